"""Sweep the ledger with open eyes: report what sleep brought, and don't believe a clock that may be wrong."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.deliver.dispatcher import LONGEST_BACKOFF
from stormctl.engine.run.clock_guard import NOTICED, TRUSTED, ClockGuard, describe_offset, find_offset
from stormctl.errors import CredentialsError
from stormctl.ledger.delivery.channel_health import PAUSES
from stormctl.ledger.delivery.sweeping import WaitingTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.run.clock_guard import ClockJump
    from stormctl.ledger.delivery.sweeping import NextDecision

ABSENT = timedelta(minutes=1)
"""For how long nobody must have been running before that is told."""

ABSENT_BETWEEN_TICKS = timedelta(minutes=2)
"""The same for cron, which leaves the ledger alone for a minute at a time."""

ASK_EVERY = timedelta(seconds=30)
"""How often a platform is asked for the time while the clock is doubted: on X that costs money."""

_WORDS = {EventKind.MOVED: "re-spread", EventKind.EXPIRED: "expired", EventKind.MISSED: "missed"}


class Sweep:
    """What a runner does first at every look: the clocks, then the sweep, then the report.

    Args:
        channels: which are served now; their platforms are asked for the time when the clock is doubted.
        last_seen_at: real time of the last sign of any runner before this one; None if there was none.
        told_offset: by how much platforms that were asked for another reason just now are ahead of the clock
            that counts, reported once; None if none was.
    """

    def __init__(
        self,
        equipment: Equipment,
        channels: Callable[[], Sequence[ChannelId]],
        kind: str,
        last_seen_at: datetime | None,
        told_offset: Callable[[], timedelta | None] = lambda: None,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._channels = channels
        self._absence = ABSENT_BETWEEN_TICKS if kind == "tick" else ABSENT
        self._last_seen_at = last_seen_at
        self._told_offset = told_offset
        self._lock = threading.Lock()
        self._is_first = True
        self._decision: NextDecision | None = None
        self._is_contradicted = self._is_told = False
        self._asked_after = timedelta()
        is_file = equipment.ledger.path is not None
        self._clock_name = "the clock" if is_file else "the clock of the ledger's server"
        # a rehearsal's platforms are on this machine
        self._clock_guard = ClockGuard(equipment.clock, is_proved=kind == "rehearsal")

    def must_wait(self) -> bool:
        """Whether nothing may be claimed before the next sweep."""
        return self._clock_guard.must_wait()

    @property
    def is_proved(self) -> bool:
        """Whether the clock was believed at any time since the start."""
        return self._clock_guard.is_proved

    @property
    def is_told(self) -> bool:
        """Whether people were told that the clock is wrong, or that nobody confirms it."""
        return self._is_told

    def sweep(self, *, is_news: bool = True) -> tuple[StormEvent, ...]:
        """Do what time has decided, as far as the clock is believed; return what happened.

        Args:
            is_news: whether anyone may have written since the last time; without news the ledger is asked
                only once a time has come for which it waits.
        """
        with self._lock:
            return self._sweep(is_news=is_news)

    def _sweep(self, *, is_news: bool) -> tuple[StormEvent, ...]:
        decision, self._decision = None if is_news else self._decision, None
        # the clocks first: what is given up by a clock that is wrong does not come back
        was_doubted = self._clock_guard.doubted is not None
        lapse = self._clock_guard.look()
        is_right_again = was_doubted and self._clock_guard.doubted is None
        if is_right_again:
            self._forget_doubt()
            self._warn("the clock is right again: continuing")
        elif lapse.set_by and not (was_doubted and self.is_proved):
            self._tell_setting(lapse.set_by)
        if is_right_again or lapse.set_by < timedelta():
            decision = None
            self._mend(lapse.moment, -lapse.set_by if lapse.set_by else None)
        if self._clock_guard.doubted is not None and not self._settle(lapse):
            return ()
        if self._is_first:
            self._mend(lapse.moment, None)
        moment = self._equipment.clock.moment()
        away = self._find_away(lapse.since_at if lapse.slept else None, moment)
        # before the sweep, which moves or gives up what is late
        late = dict(self._ledger.backlog.late_counts(moment)) if away is not None else {}
        is_forced = self._is_first or away is not None
        if decision is not None and not is_forced and not decision.is_due(moment):
            self._decision = decision
            return ()
        events: tuple[StormEvent, ...] = ()
        decision = self._ledger.backlog.next_decision(moment)
        if is_forced or decision.is_due(moment):
            events = self._ledger.sweeping.sweep(moment)
        events += self._ledger.budgets.tell_spent(moment)
        if away is not None:
            self._append(_report(*away, moment, late, events), moment)
        self._is_first = False
        self._decision = decision
        return events

    def _find_away(self, slept_since: datetime | None, moment: Moment) -> tuple[str, datetime] | None:
        """Return how people call the time away, and since when it was."""
        if slept_since is not None:
            return "asleep", slept_since
        last = self._last_seen_at
        if self._is_first and last is not None and moment.wall_at - last > self._absence:
            since = moment.at - (moment.wall_at - last)
            if self._ledger.backlog.was_due(since, moment):
                return "no runner was running", since
        return None

    def _settle(self, lapse: ClockJump) -> bool:
        """Try to find out whether a doubted clock is right; True if it is, or does not matter yet."""
        if not self.is_proved and not self._ledger.backlog.open_channels():
            self._clock_guard.doubt()  # the patience begins with what there is to do
            return True
        doubted_for = self._clock_guard.doubted_for()
        off = self._told_offset()
        was_set = not self.is_proved and bool(lapse.set_by)  # what was told before says nothing any more
        if off is None and self._channels() and (was_set or doubted_for >= self._asked_after):
            self._asked_after = doubted_for + ASK_EVERY
            off = self._ask_offset()
            if off is None and not self._is_told and not self.is_proved:
                self._is_told = True
                self._warn(f"{self._clock_name} is not confirmed yet: nothing is published or given up")
        if off is not None and abs(off) <= TRUSTED:
            if abs(off) > NOTICED:
                self._warn(f"{self._clock_name} is {describe_offset(off)} a platform's")
            return self._believe("a platform confirms the clock: continuing")
        if off is not None and not self._is_contradicted:
            self._is_contradicted = self._is_told = True
            what = f"{self._clock_name} is {describe_offset(off)} a platform's"
            self._warn(f"{what}: correct it; until then nothing is published or given up")
        if not self._is_contradicted and doubted_for >= TRUSTED:
            self._is_told = True
            return self._believe(f"{self._clock_name} could not be confirmed: continuing with it")
        return False

    def _believe(self, why: str) -> bool:
        """Take the clock for right; tell why, unless nobody was told that it was doubted."""
        was_told = self._is_told or self.is_proved
        self._clock_guard.believe()
        self._forget_doubt()
        if was_told:
            self._warn(why)
        return True

    def _forget_doubt(self) -> None:
        self._is_contradicted = self._is_told = False
        self._asked_after = timedelta()

    def _ask_offset(self) -> timedelta | None:
        """Return how far a platform's clock is ahead of the one that counts, by the Date of an answer.

        A platform that did not answer on one channel is not waited for on the others.
        """
        silent = set()
        for channel in sorted(self._channels(), key=lambda c: c.platform.facts.prices.user_reading):
            if channel.platform in silent:
                continue
            try:
                verification = self._equipment.adapters.reader(channel).verify()
            except CredentialsError:
                continue
            self._ledger.budgets.charge_channel(str(channel), verification.cost_usd_micros)
            if verification.clock_offset_s is None and (self.is_proved or verification.account is None):
                silent.add(channel.platform)
                continue
            return find_offset([verification], self._ledger.clock_offset())
        return None

    def _tell_setting(self, by: timedelta) -> None:
        if by > TRUSTED:
            self._warn(
                f"the clock jumped ahead by {format_duration(by)}: until that is confirmed, nothing is "
                "published or given up"
            )
        else:
            self._warn(
                f"the clock was set {'ahead' if by > timedelta() else 'back'} by {format_duration(by)}"
            )

    def _mend(self, moment: Moment, by: timedelta | None) -> None:
        """Free what waits for a time that a clock, since set back, had written."""
        durations = self._equipment.durations
        rests = WaitingTimes(lease=durations.lease, pause=PAUSES[-1], backoff=LONGEST_BACKOFF)
        self._ledger.sweeping.mend_times(moment, rests, by)

    def _warn(self, text: str) -> None:
        moment = self._equipment.clock.moment()
        self._append(StormEvent(kind=EventKind.WARNING, at=moment.at, text=text), moment)

    def _append(self, event: StormEvent, moment: Moment) -> None:
        self._ledger.history.append(event, moment)
        self._equipment.listener(event)


def _report(
    how: str,
    since: datetime,
    moment: Moment,
    late: dict[str, tuple[int, str]],
    events: Iterable[StormEvent],
) -> StormEvent:
    """Say what became due while nobody was at work, and what the sweep made of it."""
    counts = Counter(event.kind for event in events)
    total = sum(count for count, _ in late.values())
    parts = [
        f"{total} late",
        *(f"{counts[kind]} {word}" for kind, word in _WORDS.items() if counts[kind]),
    ]
    what = ", ".join(parts) if total or len(parts) > 1 else "nothing was due"
    storm_id = next(iter(late)) if len(late) == 1 else None
    zone: tzinfo = ZoneInfo(late[storm_id][1]) if storm_id is not None else UTC
    text = f"{how} {_span(since, moment.at, zone)}: {what}"
    return StormEvent(kind=EventKind.WOKEN, at=moment.at, text=text, storm_id=storm_id)


def _span(since: datetime, until: datetime, zone: tzinfo) -> str:
    first, last = since.astimezone(zone), until.astimezone(zone)
    form = "%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M"
    return f"{first:{form}}–{last:{form} %Z}"
