"""Sweep the ledger with open eyes: report what sleep brought, and don't believe a clock that leapt ahead."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.duration import format_duration
from stormctl.domain.event import EventKind, StormEvent
from stormctl.engine.dispatcher import LONGEST_BACKOFF
from stormctl.engine.watchfulness import TRUSTED, Watchfulness
from stormctl.errors import CredentialsError
from stormctl.ledger.rewinding import Rests
from stormctl.ledger.troubles import PAUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from stormctl.domain.channel import ChannelId
    from stormctl.domain.clock import Moment
    from stormctl.engine.equipment import Equipment

ABSENT = timedelta(minutes=1)
"""For how long nobody must have been running before that is told."""

ABSENT_BETWEEN_TICKS = timedelta(minutes=2)
"""The same for cron, which leaves the ledger alone for a minute at a time."""

ASK_EVERY = timedelta(seconds=30)
"""How often a platform is asked for the time while the clock is doubted: on X that costs money."""

_WORDS = {EventKind.MOVED: "re-spread", EventKind.EXPIRED: "expired", EventKind.MISSED: "missed"}


class Waking:
    """What a runner does first at every look: the clocks, then the sweep, then the report.

    Args:
        equipment: the runner's.
        channels: which are served now; their platforms are asked for the time when the clock is doubted.
        kind: the runner's.
        last_seen_at: real time of the last sign of any runner before this one; None if there was none.
    """

    def __init__(
        self,
        equipment: Equipment,
        channels: Callable[[], Sequence[ChannelId]],
        kind: str,
        last_seen_at: datetime | None,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._channels = channels
        self._absence = ABSENT_BETWEEN_TICKS if kind == "tick" else ABSENT
        self._last_seen_at = last_seen_at
        self._is_first = True
        self._is_contradicted = False
        self._asked_after = timedelta()
        self._watchfulness = Watchfulness(equipment.clock)

    def must_wait(self) -> bool:
        """Whether nothing may be claimed before the next sweep."""
        return self._watchfulness.must_wait()

    def sweep(self) -> tuple[StormEvent, ...]:
        """Do what time has decided, as far as the clock is believed; return what happened."""
        was_doubted = self._watchfulness.doubted is not None
        lapse = self._watchfulness.look()
        is_right_again = was_doubted and self._watchfulness.doubted is None
        if is_right_again:
            self._warn("the clock was set right again: going on")
        elif not was_doubted and lapse.set_by:
            self._tell_setting(lapse.set_by)
        if self._is_first or is_right_again or lapse.set_by < timedelta():
            self._mend(lapse.moment, -lapse.set_by if lapse.set_by else None)
        if self._watchfulness.doubted is not None and not self._settle():
            return ()
        moment = self._equipment.clock.moment()
        away = self._find_away(lapse.since_at if lapse.slept else None, moment)
        late = dict(self._ledger.outbox.late_counts(moment)) if away is not None else {}
        events = self._ledger.outbox.sweep(moment) + self._ledger.budgets.tell_spent(moment)
        if away is not None:
            self._report(*away, moment, late, events)
        self._is_first = False
        return events

    def _find_away(self, slept_since: datetime | None, moment: Moment) -> tuple[str, datetime] | None:
        """Return how people call the time away, and since when it was."""
        if slept_since is not None:
            return "asleep", slept_since
        last = self._last_seen_at
        if self._is_first and last is not None and moment.wall_at - last > self._absence:
            since = moment.at - (moment.wall_at - last)
            if self._ledger.outbox.was_due(since, moment):
                return "nobody was running", since
        return None

    def _report(
        self,
        how: str,
        since: datetime,
        moment: Moment,
        late: dict[str, tuple[int, str]],
        events: Iterable[StormEvent],
    ) -> None:
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
        self._append(StormEvent(kind=EventKind.WOKEN, at=moment.at, text=text, storm_id=storm_id), moment)

    def _settle(self) -> bool:
        """Try to find out whether a clock that leapt ahead is right; True once it is believed."""
        doubted_for = self._watchfulness.doubted_for()
        if doubted_for >= self._asked_after:
            self._asked_after = doubted_for + ASK_EVERY
            off = self._ask_offset()
            if off is not None and abs(off) <= TRUSTED:
                return self._believe("a platform confirms the clock: going on")
            if off is not None and not self._is_contradicted:
                self._is_contradicted = True
                ahead = "ahead" if off < timedelta() else "behind"
                self._warn(f"the clock is {_amount(off)} {ahead} of a platform's: set it right")
        if not self._is_contradicted and doubted_for >= TRUSTED:
            return self._believe("nobody could confirm the clock: going on with this machine's")
        return False

    def _believe(self, why: str) -> bool:
        self._watchfulness.believe()
        self._is_contradicted, self._asked_after = False, timedelta()
        self._warn(why)
        return True

    def _ask_offset(self) -> timedelta | None:
        """Return how far a platform's clock is ahead of this machine's, by the Date of an answer."""
        for channel in sorted(self._channels(), key=lambda channel: channel.platform):  # Facebook is free
            try:
                offset_s = self._equipment.adapters.reader(channel).verify().clock_offset_s
            except CredentialsError:
                continue
            if offset_s is not None:
                return timedelta(seconds=offset_s)
        return None

    def _tell_setting(self, by: timedelta) -> None:
        if by > TRUSTED:
            self._warn(
                f"the clock leapt ahead by {_amount(by)}: until that is confirmed nothing is published, "
                "and nothing is given up"
            )
        else:
            self._warn(f"the clock was set {'ahead' if by > timedelta() else 'back'} by {_amount(by)}")

    def _mend(self, moment: Moment, by: timedelta | None) -> None:
        """Free what waits for a time that a clock, since set back, had written."""
        durations = self._equipment.durations
        rests = Rests(lease=durations.lease, pause=PAUSES[-1], backoff=LONGEST_BACKOFF)
        self._ledger.outbox.mend_times(moment, rests, by)

    def _warn(self, text: str) -> None:
        moment = self._equipment.clock.moment()
        self._append(StormEvent(kind=EventKind.WARNING, at=moment.at, text=text), moment)

    def _append(self, event: StormEvent, moment: Moment) -> None:
        self._ledger.history.append(event, moment)
        self._equipment.listener(event)


def _span(since: datetime, until: datetime, zone: tzinfo) -> str:
    first, last = since.astimezone(zone), until.astimezone(zone)
    form = "%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M"
    return f"{first:{form}}–{last:{form} %Z}"


def _amount(by: timedelta) -> str:
    return format_duration(timedelta(seconds=round(abs(by).total_seconds())))
