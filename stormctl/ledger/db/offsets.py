"""How far a server's clock is ahead of this machine's, from readings of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT = timedelta(minutes=1)
"""How long the sharpest reading is kept before any other one replaces it: clocks drift."""


@dataclass(frozen=True, slots=True)
class _ClockReading:
    """What one reading proves: the offset lies between `low` and `high`."""

    low: timedelta
    high: timedelta
    at: datetime

    @property
    def width(self) -> timedelta:
        return self.high - self.low


class ServerOffset:
    """The offset of a server's clock, as sharp as the quickest reading of the last minute allows."""

    def __init__(self) -> None:
        self._best: _ClockReading | None = None

    def note(self, before: datetime, server: datetime, after: datetime) -> None:
        """Take note of a reading.

        One that contradicts what was known wins: one of the clocks was set.

        Args:
            before: this machine's time when the server was asked.
            server: its answer.
            after: this machine's time when the answer was here; a clock set back meanwhile makes it useless.
        """
        if after < before:
            return
        new, best = _ClockReading(server - after, server - before, after), self._best
        if (
            best is None
            or new.width <= best.width
            or not best.at <= after <= best.at + KEPT
            or new.low > best.high
            or new.high < best.low
        ):
            self._best = new

    @property
    def value(self) -> timedelta:
        """What to add to this machine's time: zero as long as the clocks may agree."""
        best = self._best
        if best is None or best.low <= timedelta() <= best.high:
            return timedelta()
        return best.low + best.width / 2
