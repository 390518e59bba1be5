"""What a storm allows itself on each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ceilings that hold at send time, whatever the plan says.

    `same_message_apart` alone is the plan's: at send time it would let one late channel make others miss.
    """

    spacing: timedelta = timedelta(minutes=5)
    per_15min: int = 5
    per_day: int = 45
    same_message_apart: timedelta = timedelta()
    budget_usd: Decimal | None = None
