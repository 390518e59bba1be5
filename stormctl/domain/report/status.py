"""How things stand, as the ledger tells it: what `status`, the live view and the rehearsal's summary show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Budget, Kind, Post, State
    from stormctl.domain.platforms.record import Metric
    from stormctl.domain.report.halts import HaltView


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery as people look at it.

    Attributes:
        why: the newest reason for its state; empty where there is nothing to explain.
    """

    key: str
    storm_id: str
    channel: str
    message_id: str
    text: str
    state: State
    slot_at: datetime
    why: str = ""
    url: str | None = None
    post_id: str | None = None
    delivered_at: datetime | None = None
    expires_at: datetime | None = None
    retry_at: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """A channel within a storm: its account, its counts, and what keeps it from posting.

    Attributes:
        paused_until: the end of a pause that is not over.
        on_trial: its pause is over, and the next answer decides whether a longer one follows.
        waits_until, waits_why: what keeps back the next slot beyond its time: a pause, a ceiling, a limit
            that the platform told of, a long spacing; None where nothing does.
    """

    channel: str
    account_name: str | None
    counts: Mapping[State, int]
    next_at: datetime | None
    suspended_why: str | None = None
    paused_until: datetime | None = None
    on_trial: bool = False
    waits_until: datetime | None = None
    waits_why: str = ""
    served: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """A second post of a delivery that is on its account: nobody has taken it down, or left it there."""

    key: str
    channel: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpView:
    """A reading of an account that is to come since something was sent again; `due_at` is storm time."""

    channel: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StormStatus:
    """A storm in numbers.

    Attributes:
        first_slot_at, last_slot_at: of all its deliveries; None for an empty storm.
        upcoming: the next planned deliveries, soonest first, at most ten.
        recent: the newest delivered ones, newest first, at most ten.
        troubled: in doubt, failed, missed and expired ones, and the parts of a thread behind a failed one.
        late: how many planned ones have passed their slot, but for such parts.
        copies: what is on its accounts twice.
        follow_ups: when its accounts are read again since something was sent again, the soonest first.
    """

    storm_id: str
    name: str
    timezone: str
    counts: Mapping[State, int]
    channels: tuple[ChannelStatus, ...]
    upcoming: tuple[DeliveryView, ...]
    recent: tuple[DeliveryView, ...]
    troubled: tuple[DeliveryView, ...]
    late: int
    first_slot_at: datetime | None
    last_slot_at: datetime | None
    budget: Budget | None = None
    copies: tuple[CopyView, ...] = ()
    follow_ups: tuple[FollowUpView, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen without a person."""
        return not any(n for state, n in self.counts.items() if state.is_open)

    @property
    def total(self) -> int:
        """How many deliveries it has."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost:
    """A post that is out, or was, as those who answer and moderate comments look at it.

    Attributes:
        media: with their descriptions.
        values: the newest reading of each metric; empty before the first.
        read_at: when the oldest of them was read.
    """

    view: DeliveryView
    account_name: str | None
    media: tuple[Media, ...]
    values: Mapping[Metric, int]
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerStatus:
    """A process that posts, or did.

    Attributes:
        beat_at: wall time of its newest heartbeat.
        alive: whether it beats now.
        version: of its stormctl; empty where an older one did not say.
    """

    id: str
    host: str
    pid: int
    kind: str
    started_at: datetime
    beat_at: datetime
    alive: bool
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A span of storm time of which the ledger may not know everything that was published.

    Attributes:
        in_doubt: how many deliveries are in doubt because of it now.
    """

    since: datetime
    until: datetime
    why: str
    in_doubt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """Everything that `status` shows.

    Attributes:
        gaps: those because of which something is in doubt now, the newest first.
    """

    ledger: str
    moment: Moment
    storms: tuple[StormStatus, ...]
    runners: tuple[RunnerStatus, ...]
    halts: tuple[HaltView, ...]
    gaps: tuple[GapView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt at a delivery, as people look at it.

    Attributes:
        claimed_at: storm time.
        sending_at: storm time of the last check before the first byte; None if nothing was sent.
        outcome: delivered, not_sent, refused or in_doubt; None while it is under way.
        code: the platform's code with the HTTP status, empty without one.
        why: the answer in plain words.
        answered_wall_at: real time of the answer; None if its runner never told.
        settled: what reading the account proved later: delivered or not_there.
    """

    id: int
    runner_id: str
    claimed_at: datetime
    sending_at: datetime | None
    outcome: str | None
    code: str = ""
    why: str = ""
    answered_wall_at: datetime | None = None
    settled: str | None = None
    post_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetails:
    """Everything that the ledger knows of one delivery.

    Attributes:
        give_up_at: after which moment a late one is missed, or spread; None where lateness does not matter.
        spread_from: the slot that the plan had given, where it was spread.
        is_spread: whether a late one is moved to a free time rather than missed.
        attempts, events: the oldest first.
    """

    view: DeliveryView
    post: Post
    kind: Kind
    topic: str | None
    storm_name: str
    timezone: str
    not_before: datetime | None
    give_up_at: datetime | None
    attempts: tuple[AttemptView, ...]
    events: tuple[StormEvent, ...]
    spread_from: datetime | None = None
    is_spread: bool = False
