"""The shapes of documents about single deliveries and what happened to them."""

from __future__ import annotations

from typing_extensions import TypedDict

from stormctl.domain.delivery.delivery import Kind
from stormctl.render.exports.shapes import (
    DeliveryShape,
    Instant,
    MediaShape,
    StormName,
    VersionedDocument,
)


class ShownDelivery(DeliveryShape):
    """A delivery with what it would publish."""

    kind: Kind
    topic: str | None
    link: str | None
    media: list[MediaShape]
    not_before: Instant | None
    give_up_at: Instant | None


class AttemptShape(TypedDict):
    """One attempt to publish it."""

    id: int
    runner_id: str
    claimed_at: Instant
    sending_at: Instant | None
    answered_wall_at: Instant | None
    outcome: str | None
    code: str
    why: str
    settled: str | None
    post_id: str | None
    url: str | None


class EventShape(TypedDict):
    """Something that happened."""

    at: Instant
    kind: str
    text: str
    attempt_id: int | None
    url: str | None


class LogEntryShape(EventShape):
    """Something that happened, in storm time and in real time, and how late a post was."""

    wall_at: Instant
    storm_id: str | None
    channel: str | None
    key: str | None
    late_s: float | None


class LogStorm(TypedDict):
    """A storm whose events the log holds."""

    id: str
    timezone: str


class LogDocument(VersionedDocument):
    """`stormctl log --json`: what happened, the oldest first."""

    ledger: str
    since: Instant | None
    storms: list[LogStorm]
    entries: list[LogEntryShape]


class ShowDocument(VersionedDocument):
    """`stormctl show KEY --json`: everything about one delivery."""

    storm: StormName
    delivery: ShownDelivery
    attempts: list[AttemptShape]
    events: list[EventShape]
