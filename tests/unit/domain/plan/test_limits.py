"""Limits by the keys of a schedule, and ceilings in words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from stormctl.domain.plan.limits import CEILING_KEYS, Limits, find_key, make_limits
from stormctl.domain.platforms.record import Ceiling
from tests.factories import DAY, HOUR, QUARTER


@pytest.mark.parametrize(
    ("ceiling", "text", "key"),
    [
        (Ceiling(1, QUARTER), "1 post in 15 minutes", "per_15min"),
        (Ceiling(2_400, DAY), "2,400 posts in 24 hours", "per_day"),
        (Ceiling(3, HOUR), "3 posts in 1 hour", "its ceiling"),
        (Ceiling(3, timedelta(minutes=90)), "3 posts in 90 minutes", "its ceiling"),
    ],
)
def test_a_ceiling_is_told_in_words(ceiling: Ceiling, text: str, key: str) -> None:
    """Its span is in hours where it has only whole ones; a schedule's key names it where there is one."""
    assert (str(ceiling), find_key(ceiling)) == (text, key)


def test_what_a_schedule_does_not_limit_is_as_usual() -> None:
    """Five posts in 15 minutes, 45 in 24 hours; what is given replaces that of its own span alone."""
    made = make_limits(per_day=20, spacing=timedelta(minutes=1))

    assert make_limits() == Limits()
    assert Limits().ceilings == (Ceiling(5, QUARTER), Ceiling(45, DAY))
    assert made == Limits(spacing=timedelta(minutes=1), ceilings=(Ceiling(5, QUARTER), Ceiling(20, DAY)))


def test_one_more_key_is_one_more_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no usual count: without it, nothing changes."""
    monkeypatch.setitem(CEILING_KEYS, "per_hour", HOUR)

    made = make_limits(per_hour=12)

    assert made.ceilings == (Ceiling(5, QUARTER), Ceiling(12, HOUR), Ceiling(45, DAY))
    assert make_limits() == Limits()


@pytest.mark.parametrize(("budget", "micros"), [(None, None), ("2.5", 2_500_000), ("0", 0)])
def test_a_budget_in_millionths_of_a_dollar(budget: str | None, micros: int | None) -> None:
    """No budget is not a budget of nothing."""
    limits = make_limits(budget_usd=None if budget is None else Decimal(budget))

    assert limits.budget_usd_micros == micros
