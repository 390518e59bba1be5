"""What a budget says of itself."""

from __future__ import annotations

import pytest

from stormctl.domain.delivery.budget import Budget


@pytest.mark.parametrize(
    ("unpaid", "words"),
    [
        (0, ""),
        (1, "budget of $5.00 is spent ($4.985 so far): 1 post is not sent"),
        (2, "budget of $5.00 is spent ($4.985 so far): 2 posts are not sent"),
    ],
)
def test_a_budget_speaks_when_it_does_not_suffice(unpaid: int, words: str) -> None:
    """How much was spent shows why a dear post stays when a cheap one goes."""
    budget = Budget(usd_micros=5_000_000, spent_usd_micros=4_985_000, unpaid=unpaid)

    assert budget.describe() == words
