"""What a storm may spend, and what it says when that does not suffice."""

from __future__ import annotations

from dataclasses import dataclass

from stormctl.domain.base.amounts import count, format_usd

RAISE = "raise budget_usd in the schedule, then: stormctl launch SCHEDULE"
"""What a person can do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A storm's budget, in millionths of a US dollar.

    Attributes:
        spent_usd_micros: for what was sent, what is in doubt included, and for readings.
        unpaid: how many planned deliveries cost more than what is left; they are not sent.
    """

    usd_micros: int
    spent_usd_micros: int
    unpaid: int

    def describe(self) -> str:
        """Say what the budget does not pay for, to stand after “the”; empty while it suffices."""
        if not self.unpaid:
            return ""
        budget, spent = format_usd(self.usd_micros), format_usd(self.spent_usd_micros)
        posts = count(self.unpaid, "post is", "posts are")
        return f"budget of {budget} is spent ({spent} so far): {posts} not sent"
