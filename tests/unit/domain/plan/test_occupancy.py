from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.plan.occupancy import CEILING_KEYS, Limits, Occupancy, find_key, make_limits
from stormctl.domain.platforms.record import Ceiling
from tests.factories import DAY, HOUR, QUARTER, keeps
from tests.unit.domain.making import at, draw_ceilings


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


_NOON = at("12:00")


def _limits(spacing: int = 0, per_15min: int = 100, per_day: int = 1000) -> Limits:
    return make_limits(spacing=timedelta(minutes=spacing), per_15min=per_15min, per_day=per_day)


def _minutes(*minutes: float) -> list[datetime]:
    return [_NOON + timedelta(minutes=m) for m in minutes]


def test_neighbours_keep_the_spacing() -> None:
    """A moment nearer than the spacing, before or after, is not free; the spacing itself is."""
    occupancy = Occupancy(_limits(spacing=7))
    occupancy.add(_NOON)
    before, touching, near, after = _minutes(-7, -1, 6, 7)

    assert occupancy.is_free(before)
    assert after == occupancy.find_free(touching)
    assert occupancy.find_nearer(near) == _NOON
    assert occupancy.is_free(after)


def test_quarter_of_an_hour_holds_no_more_than_its_ceiling() -> None:
    """When 15 minutes are full, the moment to try is when the first of them is 15 minutes old."""
    occupancy = Occupancy(_limits(per_15min=2))
    for moment in _minutes(0, 5):
        occupancy.add(moment)
    (full, free) = _minutes(10, 15)

    assert free == occupancy.find_free(full)


def test_coming_posts_count_too() -> None:
    """A moment that would make the 15 minutes before a claimed one too full is not free."""
    occupancy = Occupancy(_limits(per_15min=2, spacing=1))
    for moment in _minutes(10, 12):
        occupancy.add(moment)
    before, after = _minutes(0, 13)

    assert after == occupancy.find_free(before)


def test_older_posts_leave_the_rolling_quarter() -> None:
    """Posts that are 15 minutes older than a coming one don't count beside it."""
    occupancy = Occupancy(_limits(per_15min=2))
    for moment in _minutes(0, 18):
        occupancy.add(moment)

    assert occupancy.is_free(_minutes(10)[0])


def test_parts_of_a_thread_count_each() -> None:
    """A thread of three leaves room for two more in 15 minutes, and one longer than the ceiling fills it."""
    occupancy = Occupancy(_limits(per_15min=5))
    occupancy.add(_NOON, weight=3)
    later = _minutes(5)[0]

    assert occupancy.is_free(later, weight=2)
    assert not occupancy.is_free(later, weight=3)
    assert Occupancy(_limits(per_15min=5)).is_free(_NOON, weight=9)


def test_a_day_holds_no_more_than_its_ceiling() -> None:
    """The day is any 24 hours; without a ceiling for it, it holds whatever comes."""
    strict, lenient = (Occupancy(Limits(ceilings=ceilings)) for ceilings in ((Ceiling(1, DAY),), ()))
    for occupancy in (strict, lenient):
        occupancy.add(_NOON)
    later = _minutes(120)[0]

    assert strict.find_free(later) == _NOON + DAY
    assert lenient.is_free(later)


def test_ceiling_of_nothing_lets_nothing_through() -> None:
    """Where no post is allowed, no moment ever suits."""
    assert Occupancy(_limits(per_15min=0)).find_free(_NOON) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 3)), max_size=40),
    st.integers(0, 9),
    draw_ceilings(least=1),
)
def test_what_is_found_free_keeps_every_limit(
    wishes: list[tuple[int, int]], spacing: int, ceilings: tuple[Ceiling, ...]
) -> None:
    """However moments are entered, those that were found free never break spacing or ceiling."""
    occupancy = Occupancy(Limits(spacing=timedelta(minutes=spacing), ceilings=ceilings))
    most = min(ceiling.count for ceiling in ceilings)
    posts: list[datetime] = []
    for minute, wish in wishes:
        moment, weight = _minutes(minute)[0], min(wish, most)
        found = occupancy.find_free(moment, weight)
        assert found is not None
        assert found >= moment
        if found == moment:
            occupancy.add(moment, weight)
            posts += [moment] * weight

    posts.sort()
    starts = sorted(set(posts))
    assert all(b - a >= timedelta(minutes=spacing) for a, b in pairwise(starts))
    assert all(keeps(ceiling, posts) for ceiling in ceilings)
