"""Turn domain objects into rows and back, and append events; a post is stored as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import Claim, Kind, PlannedDelivery, Post, State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.report.status import AttemptView, DeliveryView

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Row, Session

MICROSECONDS_PER_SECOND = 1_000_000

RANKS = {Kind.POST: 0, Kind.PIN: 1, Kind.REMINDER: 2, Kind.SLOT: 2}
"""What is claimed first; reminders and slots go by priority."""


def micros_of(duration: timedelta) -> int:
    """Return a duration in microseconds."""
    return (duration.days * 86_400 + duration.seconds) * MICROSECONDS_PER_SECOND + duration.microseconds


def maybe_micros(at: datetime | None) -> int | None:
    """Return an instant in microseconds; None stays None."""
    return None if at is None else to_micros(at)


def maybe_instant(micros: int | None) -> datetime | None:
    """Return the instant of microseconds; None stays None."""
    return None if micros is None else from_micros(micros)


def dump_post(post: Post) -> str:
    """Write a post as canonical JSON: the same post always gives the same text."""
    media = [
        {
            "file": item.file,
            "alt": item.alt,
            "kind": item.kind.value,
            "mime": item.mime,
            "digest": item.digest,
            "size": item.size,
            "captions": item.captions,
            # only where it is so: rows of before keep their digest
            **({"made_with_ai": True} if item.made_with_ai else {}),
        }
        for item in post.media
    ]
    return _canonical(
        {
            "text": post.text,
            "link": post.link,
            "media": media,
            "reply_settings": post.reply_settings,
            "made_with_ai": post.made_with_ai,
            "paid_partnership": post.paid_partnership,
        }
    )


def load_post(text: str) -> Post:
    """Read back what `dump_post` wrote."""
    fields = json.loads(text)
    media = tuple(Media(**{**item, "kind": MediaKind(item["kind"])}) for item in fields.pop("media"))
    return Post(media=media, **fields)


def dump_channels(channels: list[str]) -> str:
    """Write a runner's channels as JSON."""
    return _canonical(channels)


def load_channels(text: str) -> list[str]:
    """Read back what `dump_channels` wrote."""
    channels: list[str] = json.loads(text)
    return channels


def find_give_up_at(delivery: PlannedDelivery) -> datetime | None:
    """Return after which moment a late delivery is missed, or spread; None where lateness does not matter.

    A thread's parts after the first follow the part before them, however late that was.
    """
    if delivery.late is LatePolicy.SEND or _follows(delivery):
        return None
    return delivery.slot_at + delivery.grace


def delivery_values(delivery: PlannedDelivery) -> dict[str, Any]:
    """Return the values of a planned delivery's row.

    Its plan digest is a short text that differs whenever any other of them does.
    """
    key, post = delivery.key, delivery.post
    values: dict[str, Any] = {
        "key": str(key),
        "storm_id": key.storm,
        "channel": str(delivery.channel),
        "platform": delivery.channel.platform.value,
        "message_id": key.message,
        "topic": delivery.topic,
        "follows": int(_follows(delivery)),
        "before_key": _before_key(delivery),
        "post": dump_post(post),
        "text_digest": post.digest,
        "has_media": int(bool(post.media)),
        "slot_at": to_micros(delivery.slot_at),
        "storm_on": delivery.storm_on.isoformat(),
        "kind": delivery.kind.value,
        "rank": RANKS[delivery.kind],
        "priority": delivery.priority,
        "late": delivery.late.value,
        "grace": micros_of(delivery.grace),
        "window_end_at": maybe_micros(delivery.window_end_at),
        "give_up_at": maybe_micros(find_give_up_at(delivery)),
        "not_before": maybe_micros(delivery.not_before),
        "expires_at": maybe_micros(delivery.expires_at),
        "price": delivery.price_usd_micros,
    }
    return {**values, "plan_digest": hashlib.sha256(_canonical(values).encode()).hexdigest()}


def claim_of(row: Row, reply_to: str | None) -> Claim:
    """Make a claim of the row that the claiming statement returned."""
    return Claim(
        key=row["key"],
        storm_id=row["storm_id"],
        channel=parse_channel_id(row["channel"]),
        message_id=row["message_id"],
        post=load_post(row["post"]),
        slot_at=from_micros(row["slot_at"]),
        kind=Kind(row["kind"]),
        attempt_id=row["attempt_id"],
        token=row["token"],
        lease_until=from_micros(row["lease_until"]),
        runner_id=row["runner_id"],
        reply_to=reply_to,
    )


def delivery_view_of(row: Row) -> DeliveryView:
    """Make the view of a delivery."""
    return DeliveryView(
        key=row["key"],
        storm_id=row["storm_id"],
        channel=row["channel"],
        message_id=row["message_id"],
        text=load_post(row["post"]).text,
        state=State(row["state"]),
        slot_at=from_micros(row["slot_at"]),
        why=row["why"],
        url=row["url"],
        post_id=row["post_id"],
        delivered_at=maybe_instant(row["delivered_at"]),
        expires_at=maybe_instant(row["expires_at"]),
        retry_at=maybe_instant(row["retry_at"]),
        attempts=row["attempts"],
    )


def attempt_view_of(row: Row) -> AttemptView:
    """Make the view of an attempt; without an answer, its outcome is what its lapse allowed to conclude."""
    return AttemptView(
        id=row["id"],
        runner_id=row["runner_id"],
        claimed_at=from_micros(row["claimed_at"]),
        sending_at=maybe_instant(row["sending_at"]),
        outcome=row["answer"] or row["lapsed"],
        code=row["answer_code"],
        why=row["answer_why"],
        answered_wall_at=maybe_instant(row["answered_wall_at"]),
        settled=row["settled"],
        post_id=row["post_id"],
        url=row["url"],
    )


def follow_up_due_at(row: Row) -> datetime:
    """Return when an account is read again; at the storm's end, once its last slot has passed."""
    due_at = row["due_at"]
    if row["at_end"] and row["last_slot_at"] is not None:
        due_at = max(due_at, row["last_slot_at"])
    return from_micros(due_at)


def event_of(row: Row) -> StormEvent:
    """Make an event of its row."""
    return StormEvent(
        kind=EventKind(row["kind"]),
        at=from_micros(row["happened_at"]),
        text=row["text"],
        storm_id=row["storm_id"],
        channel=row["channel"],
        key=row["key"],
        attempt_id=row["attempt_id"],
        url=row["url"],
    )


def _follows(delivery: PlannedDelivery) -> bool:
    return delivery.key.part is not None and delivery.key.part > 1


def _before_key(delivery: PlannedDelivery) -> str | None:
    if delivery.key.part is None or delivery.key.part <= 1:
        return None
    return str(replace(delivery.key, part=delivery.key.part - 1))


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def append_event(session: Session, event: StormEvent, moment: Moment) -> None:
    """Append an event to the history."""
    session.write(
        "append_event",
        kind=event.kind.value,
        happened_at=to_micros(event.at),
        wall_now=to_micros(moment.wall_at),
        text=event.text,
        storm_id=event.storm_id,
        channel=event.channel,
        key=event.key,
        attempt_id=event.attempt_id,
        url=event.url,
    )


def note_event(
    session: Session,
    moment: Moment,
    kind: EventKind,
    text: str,
    *,
    storm_id: str | None = None,
    channel: str | None = None,
    attempt_id: int | None = None,
) -> StormEvent:
    """Append an event that happens now, of more than one delivery."""
    event = StormEvent(
        kind=kind, at=moment.at, text=text, storm_id=storm_id, channel=channel, attempt_id=attempt_id
    )
    append_event(session, event, moment)
    return event


def tell(
    session: Session,
    moment: Moment,
    kind: EventKind,
    row: Row,
    text: str,
    *,
    attempt_id: int | None = None,
    url: str | None = None,
) -> StormEvent:
    """Append an event about a delivery, of which `row` has key, storm_id, channel and message_id."""
    event = StormEvent(
        kind=kind,
        at=moment.at,
        text=f"{row['message_id']}: {text}" if text else row["message_id"],
        storm_id=row["storm_id"],
        channel=row["channel"],
        key=row["key"],
        attempt_id=attempt_id,
        url=url,
    )
    append_event(session, event, moment)
    return event
