"""What a storm allows itself on each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.platforms.record import Ceiling

if TYPE_CHECKING:
    from decimal import Decimal

CEILING_KEYS = {"per_15min": timedelta(minutes=15), "per_day": timedelta(hours=24)}
"""The keys of ceilings in a schedule's `[limits]`; one more line is one more ceiling, everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds at send time, whatever the plan says.

    `same_message_apart` alone is the plan's: at send time it would let one late channel make others miss.
    """

    spacing: timedelta = timedelta(minutes=5)
    ceilings: tuple[Ceiling, ...] = (
        Ceiling(5, CEILING_KEYS["per_15min"]),
        Ceiling(45, CEILING_KEYS["per_day"]),
    )
    same_message_apart: timedelta = timedelta()
    budget_usd: Decimal | None = None

    @property
    def budget_usd_micros(self) -> int | None:
        """The budget in millionths of a dollar; None without one."""
        return None if self.budget_usd is None else int(self.budget_usd * 1_000_000)


def make_limits(**given: Any) -> Limits:
    """Make limits of the keys of a schedule's `[limits]`; what is not given is as usual."""
    counts = {ceiling.period: ceiling.count for ceiling in Limits().ceilings}
    counts |= {period: given.pop(key) for key, period in CEILING_KEYS.items() if key in given}
    return Limits(ceilings=tuple(Ceiling(counts[period], period) for period in sorted(counts)), **given)


def find_key(ceiling: Ceiling) -> str:
    """Return a ceiling's key in a schedule; in other words where there is none."""
    return next((key for key, period in CEILING_KEYS.items() if period == ceiling.period), "its ceiling")
