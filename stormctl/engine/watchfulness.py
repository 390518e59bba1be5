"""Notice between two looks at the clocks that the process slept, or that the clock was set."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.clock import Clock, Moment

AWAY = timedelta(minutes=1)
"""A runner that did not look for longer was asleep: it looks every second."""

SET = timedelta(seconds=5)
"""A smaller difference between wall clock and steady clock is the ordinary correction of a clock."""

TRUSTED = timedelta(minutes=2)
"""A clock that was set ahead by more is not believed before somebody else's clock agrees this closely."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """What happened since the look before.

    Attributes:
        since_at: storm time of the look before.
        moment: now.
        slept: whether the process was away for more than `AWAY`.
        set_by: how far the clock was set ahead (positive) or back; zero within `SET`.
    """

    since_at: datetime
    moment: Moment
    slept: bool
    set_by: timedelta


class Watchfulness:
    """Compares the wall clock with one that nobody can set.

    Attributes:
        doubted: since when, by the steady clock, the wall clock is not believed; None while it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moment, self._steady_s = clock.moment(), clock.steady_s()
        self._looked_s = self._steady_s
        self._looked_at = self._moment.at
        self.doubted: float | None = None

    def look(self) -> Lapse:
        """Take in what happened since the last look; from now on that is known."""
        with self._lock:
            moment, steady_s = self._clock.moment(), self._clock.steady_s()
            slept = timedelta(seconds=steady_s - self._looked_s) > AWAY
            lapse = Lapse(self._looked_at, moment, slept, self._set_by(moment, steady_s))
            self._looked_s, self._looked_at = steady_s, moment.at
            if self.doubted is None and lapse.set_by > TRUSTED:
                self.doubted = steady_s
            if self.doubted is None or lapse.set_by <= TRUSTED:
                self._trust(moment, steady_s)
            return lapse

    def believe(self) -> None:
        """Take the wall clock for right, as it stands now."""
        with self._lock:
            self._trust(self._clock.moment(), self._clock.steady_s())

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
