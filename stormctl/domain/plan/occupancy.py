"""What a storm allows itself on a channel, and when that has room: one rule for plan, ledger and checks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.platforms.record import Ceiling

if TYPE_CHECKING:
    from decimal import Decimal

_INSTANT = timedelta(seconds=1)

CEILING_KEYS = {"per_15min": timedelta(minutes=15), "per_day": timedelta(hours=24)}
"""The keys of ceilings in a schedule's `[limits]`; one more line is one more ceiling, everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds at send time, whatever the plan says.

    `same_message_apart` alone is the plan's: at send time it would let one late channel make others miss.
    `usual` names the keys that a schedule leaves as they are.
    """

    spacing: timedelta = timedelta(minutes=5)
    ceilings: tuple[Ceiling, ...] = (
        Ceiling(5, CEILING_KEYS["per_15min"]),
        Ceiling(45, CEILING_KEYS["per_day"]),
    )
    same_message_apart: timedelta = timedelta()
    budget_usd: Decimal | None = None
    usual: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def budget_usd_micros(self) -> int | None:
        """The budget in millionths of a dollar; None without one."""
        return None if self.budget_usd is None else int(self.budget_usd * 1_000_000)


def make_limits(**given: Any) -> Limits:
    """Make limits of the keys of a schedule's `[limits]`; what is not given is as usual."""
    usual = frozenset({*CEILING_KEYS, "spacing"} - given.keys())
    counts = {ceiling.period: ceiling.count for ceiling in Limits().ceilings}
    counts |= {period: given.pop(key) for key, period in CEILING_KEYS.items() if key in given}
    return Limits(
        ceilings=tuple(Ceiling(counts[period], period) for period in sorted(counts)), usual=usual, **given
    )


def find_key(ceiling: Ceiling) -> str:
    """Return a ceiling's key in a schedule; in other words where there is none."""
    return next((key for key, period in CEILING_KEYS.items() if period == ceiling.period), "its ceiling")


class Occupancy:
    """The moments at which one channel posts, in order, and how many posts go out at each.

    The ceilings are rolling: no span of a ceiling's period holds more than its count, wherever it begins.
    A thread's parts count each.
    """

    def __init__(self, limits: Limits) -> None:
        self._spacing = limits.spacing
        self._ceilings = limits.ceilings
        self._times: list[datetime] = []
        self._weights: list[int] = []
        self._is_heavy = False

    def add(self, at: datetime, weight: int = 1) -> None:
        """Enter posts at a moment, whether it suits or not."""
        index = bisect_right(self._times, at)
        self._times.insert(index, at)
        self._weights.insert(index, weight)
        self._is_heavy |= weight > 1

    def is_free(self, at: datetime, weight: int = 1) -> bool:
        """Return whether posts at a moment keep spacing and ceilings."""
        return self.find_free(at, weight) == at

    def find_free(self, at: datetime, weight: int = 1) -> datetime | None:
        """Return the moment itself if it suits, else a later one worth trying; None if none ever suits."""
        if any(ceiling.count <= 0 for ceiling in self._ceilings):
            return None
        near = self._after_neighbours(at)
        if near is not None:
            return near
        for ceiling in self._ceilings:
            later = self._after_ceiling(at, min(weight, ceiling.count), ceiling)
            if later is not None:
                return later
        return at

    def find_nearer(self, at: datetime) -> datetime | None:
        """Return the neighbour that is nearer than the spacing, the later one first; None without one."""
        index = bisect_left(self._times, at)
        if index < len(self._times) and self._times[index] - at < self._spacing:
            return self._times[index]
        if index and at - self._times[index - 1] < self._spacing:
            return self._times[index - 1]
        return None

    def _after_neighbours(self, at: datetime) -> datetime | None:
        neighbour = self.find_nearer(at)
        return None if neighbour is None else neighbour + self._spacing

    def _after_ceiling(self, at: datetime, weight: int, ceiling: Ceiling) -> datetime | None:
        """Return when to try again if the ceiling would be passed; None if it holds."""
        count, period = ceiling.count, ceiling.period
        low, high = bisect_right(self._times, at - period), bisect_left(self._times, at + period)
        if self._sum(low, high) + weight <= count:
            return None
        middle = bisect_right(self._times, at)
        total = self._sum(low, middle) + weight
        start = low
        while total > count:
            total -= self._weights[start]
            start += 1
        if start > low:
            return self._times[start - 1] + period
        for index in range(middle, high):
            total += self._weights[index]
            while start < middle and self._times[start] <= self._times[index] - period:
                total -= self._weights[start]
                start += 1
            if total > count:
                return self._times[index] + max(self._spacing, _INSTANT)
        return None

    def _sum(self, low: int, high: int) -> int:
        return sum(self._weights[low:high]) if self._is_heavy else high - low
