"""The shapes of the other documents: reports, rehearsals, doctor, access, ledger."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.delivery.signin import CredentialsKnowledge, Source
from stormctl.domain.platforms.facts import Platform
from stormctl.domain.report.diagnosis import Verdict
from stormctl.domain.report.report import Step
from stormctl.render.exports.shapes import (
    BudgetShape,
    Counts,
    DeliveryShape,
    GapShape,
    Instant,
    MediaShape,
    Micros,
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
    """Something that happened to it."""

    at: Instant
    kind: str
    text: str
    attempt_id: int | None
    url: str | None


class ShowDocument(VersionedDocument):
    """`stormctl show KEY --json`: everything about one delivery."""

    storm: StormName
    delivery: ShownDelivery
    attempts: list[AttemptShape]
    events: list[EventShape]


class TotalShape(TypedDict):
    """A sum, and of how many posts."""

    value: int
    posts: int


class ReachShape(TypedDict):
    """Reach a post: never a sum, since the same people may be in several."""

    median: int
    highest: int
    posts: int


class PeriodShape(TypedDict):
    """What the posts of an hour or a day got."""

    starts_at: Instant
    posts: int
    impressions: int | None
    engagement: int | None


class FiguresShape(TypedDict):
    """What posts got; null where a platform gave nothing."""

    posts: int
    unread: int
    totals: dict[str, TotalShape | None]
    engagement: TotalShape | None
    reach_per_post: ReachShape | None
    oldest_read_at: Instant | None
    newest_read_at: Instant | None
    periods: list[PeriodShape]


class ChannelFigures(FiguresShape):
    """What the posts of a channel got."""

    channel: str
    account_name: str | None
    counts: Counts


class BestPost(TypedDict):
    """A post that did well."""

    key: str
    channel: str
    message_id: str
    text: str
    url: str
    delivered_at: Instant
    read_at: Instant | None
    engagement: int | None
    values: dict[str, int | None]


class PlatformFigures(FiguresShape):
    """What the posts on a platform got, and the best of them."""

    platform: Platform
    best: list[BestPost]


class ReportDocument(VersionedDocument):
    """`stormctl report --json`: what a storm brought."""

    storm: StormName
    made_at: Instant
    practice_hosts: list[str]
    first_slot_at: Instant | None
    last_slot_at: Instant | None
    planned: int
    delivered: int
    unread: int
    counts: Counts
    budget: BudgetShape | None
    step: Annotated[Step, Field(description="the length of the periods")]
    channels: list[ChannelFigures]
    platforms: list[PlatformFigures]
    legend: Annotated[
        dict[str, dict[str, str | None]], Field(description="what each metric is, and is called")
    ]


class TallyChannel(TypedDict):
    """What a rehearsed channel received."""

    channel: str
    planned: int
    delivered: int
    received: int
    duplicates: int
    lost: int
    unexpected: int
    open: int
    clean: bool


class RehearseDocument(VersionedDocument):
    """`stormctl rehearse --json`: whether everything arrived exactly once."""

    clean: bool
    channels: list[TallyChannel]
    differences: list[str]
    took_s: float
    storm_s: float
    report_path: str


class DoctorLine(TypedDict):
    """One thing that was looked at."""

    verdict: Verdict
    text: str
    hint: str


class DoctorSection(TypedDict):
    """A channel, the ledger, this machine."""

    name: str
    lines: list[DoctorLine]


class DoctorDocument(VersionedDocument):
    """`stormctl doctor --json`: everything that a storm depends on."""

    made_at: Instant
    exit_code: int
    fails: int
    warnings: int
    cost_usd_micros: Micros
    sections: list[DoctorSection]


class AccountShape(TypedDict):
    """Whose credentials they are."""

    id: str
    name: str
    url: str | None


class VariableShape(TypedDict):
    """An environment variable of a channel."""

    name: str
    source: Source | None
    optional: bool


class AccessShape(TypedDict):
    """What a channel's access is."""

    channel: str
    account: AccountShape | None
    known_from: CredentialsKnowledge | None
    missing: list[str]
    variables: list[VariableShape]
    problems: list[str]
    remarks: list[str]
    hint: str
    ok: bool


class AuthDocument(VersionedDocument):
    """`stormctl auth list --json`: each channel's account and variables."""

    channels: list[AccessShape]


class LedgerStorm(TypedDict):
    """A storm that the ledger holds."""

    id: str
    name: str
    counts: Counts


class LedgerRunner(TypedDict):
    """A process that publishes from the ledger."""

    id: str
    kind: str
    host: str
    pid: int
    started_at: Instant
    beat_at: Instant


class LedgerDocument(VersionedDocument):
    """`stormctl ledger --json`: the ledger as a whole."""

    ledger: str
    version: int
    newest_version: int
    size_bytes: int
    hosts: dict[str, str]
    storms: list[LedgerStorm]
    halts: int
    moved_to: str | None
    backed_up_at: Instant | None
    last_backup_at: Instant | None
    last_backup: str | None
    known_until: Instant | None
    gaps: list[GapShape]
    runners: list[LedgerRunner]
