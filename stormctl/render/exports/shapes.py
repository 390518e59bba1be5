"""The shapes of the documents that `--json` prints; `stormctl schema` makes JSON Schemas of them.

Keys are only ever added within a `schema_version`. Instants are ISO 8601 in UTC, money is in millionths of a
dollar.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.finding import Severity
from stormctl.domain.delivery.delivery import Kind, State

Instant = Annotated[str, Field(description="ISO 8601, UTC", json_schema_extra={"format": "date-time"})]
Micros = Annotated[int, Field(description="millionths of a US dollar")]
Counts = Annotated[dict[str, int], Field(description="deliveries by state, in none of them too")]


class VersionedDocument(TypedDict):
    """What every document has."""

    schema_version: Literal[1]


class FindingShape(TypedDict):
    """Something wrong with a file."""

    severity: Severity
    path: str
    line: int | None
    column: int | None
    code: str
    message: str
    hint: str
    fixable: bool


class SilencedIn(TypedDict):
    """Where somebody wrote that a finding is accepted."""

    path: str
    line: int | None


class SilencedShape(FindingShape):
    """A finding that somebody accepted."""

    reason: str
    silenced_in: SilencedIn


class CheckDocument(VersionedDocument):
    """`stormctl check --json`: what is wrong with the files, and what is silenced."""

    errors: int
    warnings: int
    findings: list[FindingShape]
    silenced: list[SilencedShape]


class TextDocument(VersionedDocument):
    """`stormctl check - --json`: what a text is made of, as X counts and sees it."""

    weighted_length: Annotated[int, Field(description="of at most 280")]
    links: list[str]
    hashtags: list[str]
    mentions: list[str]
    findings: list[FindingShape]


class StormName(TypedDict):
    """Which storm it is."""

    id: str
    name: str
    timezone: Annotated[str, Field(description="an IANA zone")]


class MediaShape(TypedDict):
    """A picture or video of a post."""

    file: str
    alt: str
    kind: MediaKind
    sha256: str
    captions: NotRequired[str]


class PlannedShape(TypedDict):
    """A post with its slot."""

    key: str
    channel: str
    message_id: str
    tail: Annotated[str, Field(description="the wording: `en`, or `en.facebook`")]
    part: int | None
    kind: Kind
    slot_at: Instant
    storm_on: Annotated[str, Field(description="the storm's date that it counts for")]
    expires_at: Instant | None
    text: str
    link: str | None
    media: list[MediaShape]
    price_usd_micros: Micros


class UnplacedShape(TypedDict):
    """A wording that found no slot."""

    variant: str
    channel: str
    reason: str


class CostShape(TypedDict):
    """What a plan costs."""

    posts: int
    posts_with_link: int
    publish_usd_micros: Micros
    alt_text_usd_micros: Micros
    readings_usd_micros: Micros
    lookups_usd_micros: Micros
    links_usd_micros: Micros
    total_usd_micros: Micros
    by_channel: dict[str, Micros]


class PlanDocument(VersionedDocument):
    """`stormctl plan --json`: what goes out when and where, and its cost."""

    storm: StormName
    deliveries: list[PlannedShape]
    unplaced: list[UnplacedShape]
    spare: Annotated[dict[str, int], Field(description="unused slots by channel")]
    cost: CostShape


class DeliveryShape(TypedDict):
    """A delivery as people look at it."""

    key: str
    channel: str
    message_id: str
    text: str
    state: State
    why: str
    slot_at: Instant
    delivered_at: Instant | None
    expires_at: Instant | None
    retry_at: Instant | None
    attempts: int
    post_id: str | None
    url: str | None


class FoundShape(DeliveryShape):
    """A delivery in which a text was found."""

    storm_id: str


class FindDocument(VersionedDocument):
    """`stormctl status --find TEXT --json`: the deliveries in which a text was found."""

    find: str
    deliveries: list[FoundShape]


class BudgetShape(TypedDict):
    """What a storm may spend, and has spent."""

    usd_micros: Micros
    spent_usd_micros: Micros
    unpaid: int


class ChannelShape(TypedDict):
    """How a channel stands."""

    channel: str
    account_name: str | None
    counts: Counts
    next_at: Instant | None
    suspended_why: str | None
    paused_until: Instant | None
    on_trial: bool
    waits_until: Instant | None
    waits_why: str
    served: bool


class CopyShape(TypedDict):
    """A second copy of a post that stands on an account."""

    key: str
    channel: str
    url: str


class FollowUpShape(TypedDict):
    """A later look at an account."""

    channel: str
    due_at: Instant


class StormShape(TypedDict):
    """How a storm stands."""

    id: str
    name: str
    timezone: str
    first_slot_at: Instant | None
    last_slot_at: Instant | None
    total: int
    late: int
    budget: BudgetShape | None
    finished: bool
    counts: Counts
    channels: list[ChannelShape]
    upcoming: list[DeliveryShape]
    recent: list[DeliveryShape]
    troubled: list[DeliveryShape]
    copies: list[CopyShape]
    follow_ups: list[FollowUpShape]


class RunnerShape(TypedDict):
    """A process that publishes."""

    id: str
    host: str
    pid: int
    kind: str
    version: str
    started_at: Instant
    beat_at: Instant
    alive: bool


class HaltShape(TypedDict):
    """Something that holds publishing back."""

    id: int
    scope: str
    target: str | None
    reason: str
    who: str
    exceptions: list[str]
    at: Instant


class GapShape(TypedDict):
    """A time of which the ledger may not know everything."""

    since: Instant
    until: Instant
    why: str
    in_doubt: int


class StatusDocument(VersionedDocument):
    """`stormctl status --json`: how everything stands."""

    ledger: str
    at: Annotated[Instant, Field(description="the storm's time")]
    wall_at: Instant
    storms: list[StormShape]
    runners: list[RunnerShape]
    halts: list[HaltShape]
    gaps: list[GapShape]
