"""Notice between two looks at the clocks that the process slept, or that the clock was set or is wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.base.clock import Clock, Moment
    from stormctl.platforms.adapter import Verification

AWAY = timedelta(minutes=1)
"""A runner that did not look for longer was asleep: it looks every second."""

SET = timedelta(seconds=5)
"""A smaller difference between wall clock and steady clock is the ordinary correction of a clock."""

NOTICED = timedelta(minutes=1)
"""From this difference to a platform's clock on, ours is warned of; a Date header is whole seconds."""

TRUSTED = timedelta(minutes=2)
"""A clock that was set ahead by more is not believed before someone else's clock agrees this closely, and
neither is one that nobody has compared yet."""


@dataclass(frozen=True, slots=True)
class ClockJump:
    """What happened since the look before.

    Attributes:
        since_at: storm time of the look before.
        slept: whether the process was away for more than `AWAY`.
        set_by: how far the clock was set ahead (positive) or back; zero within `SET`.
    """

    since_at: datetime
    moment: Moment
    slept: bool
    set_by: timedelta


class ClockGuard:
    """Compares the wall clock with one that nobody can set.

    Args:
        is_proved: whether the clock is right as it stands at the beginning; else it is doubted first.

    Attributes:
        doubted: since when, by the steady clock, the wall clock is not believed; None while it is.
        is_proved: whether the clock was ever believed.
    """

    def __init__(self, clock: Clock, *, is_proved: bool = True) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moment, self._steady_s = clock.moment(), clock.steady_s()
        self._looked_s = self._steady_s
        self._looked_at = self._moment.at
        self.is_proved = is_proved
        self.doubted: float | None = None if is_proved else self._steady_s

    def look(self) -> ClockJump:
        """Take in what happened since the last look; from now on that is known."""
        with self._lock:
            moment, steady_s = self._clock.moment(), self._clock.steady_s()
            slept = timedelta(seconds=steady_s - self._looked_s) > AWAY
            lapse = ClockJump(self._looked_at, moment, slept, self._set_by(moment, steady_s))
            self._looked_s, self._looked_at = steady_s, moment.at
            if not self.is_proved:  # there is no earlier time to go back to
                self._moment, self._steady_s = moment, steady_s
                return lapse
            if self.doubted is None and lapse.set_by > TRUSTED:
                self.doubted = steady_s
            if self.doubted is None or lapse.set_by <= TRUSTED:
                self._trust(moment, steady_s)
            return lapse

    def believe(self) -> None:
        """Take the wall clock for right, as it stands now."""
        with self._lock:
            self.is_proved = True
            self._trust(self._clock.moment(), self._clock.steady_s())

    def doubt(self) -> None:
        """Begin to doubt the clock now: until now it did not matter."""
        with self._lock:
            self.doubted = self._clock.steady_s()

    def doubted_for(self) -> timedelta:
        """Return how long the wall clock has not been believed."""
        since = self.doubted
        return timedelta() if since is None else timedelta(seconds=self._clock.steady_s() - since)

    def must_wait(self) -> bool:
        """Whether nothing may be claimed before the next look: doubted, set ahead just now, or just woken."""
        with self._lock:
            moment, steady_s = self._clock.moment(), self._clock.steady_s()
            slept = timedelta(seconds=steady_s - self._looked_s) > AWAY
            return self.doubted is not None or slept or self._set_by(moment, steady_s) > TRUSTED

    def _trust(self, moment: Moment, steady_s: float) -> None:
        self._moment, self._steady_s, self.doubted = moment, steady_s, None

    def _set_by(self, moment: Moment, steady_s: float) -> timedelta:
        """Return how far the wall clock went beyond the steady one since both were last trusted."""
        passed = timedelta(seconds=steady_s - self._steady_s)
        difference = moment.wall_at - self._moment.wall_at - passed
        return difference if abs(difference) > SET else timedelta()


def find_offset(verifications: Iterable[Verification | None], ledger_ahead: timedelta) -> timedelta | None:
    """Return how far the platforms are ahead of the clock that counts, by the one that is nearest to it.

    One that answered without telling the time contradicts nothing. None if nobody answered.

    Args:
        ledger_ahead: how far the ledger's clock, which counts, is ahead of this machine's.
    """
    heard = [v for v in verifications if v is not None and (v.account or v.clock_offset_s is not None)]
    offsets = [
        timedelta(seconds=v.clock_offset_s) - ledger_ahead for v in heard if v.clock_offset_s is not None
    ]
    return min(offsets, key=abs, default=timedelta() if heard else None)


def describe_offset(off: timedelta) -> str:
    """Say how our clock stands to one that is so far ahead of it: `7h ahead of`, `3m behind`."""
    return f"{format_duration(off)} {'ahead of' if off < timedelta() else 'behind'}"
