"""Tests of the audience."""

from __future__ import annotations

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from stormctl.emulator.core.audience import react

ages = st.floats(min_value=0, max_value=10**8)


@given(st.text(max_size=20), st.integers(), ages)
def test_the_audience_is_a_pure_function(post_id: str, seed: int, age_s: float) -> None:
    """The same post, seed and age always give the same numbers."""
    first = react(post_id, seed, age_s)

    again = react(post_id, seed, age_s)

    assert first == again


@given(st.text(max_size=20), st.integers(), ages, ages)
def test_numbers_only_ever_grow(post_id: str, seed: int, one: float, other: float) -> None:
    """No count of an older post is lower than it was."""
    younger, older = sorted((one, other))

    before, after = (astuple(react(post_id, seed, age_s)) for age_s in (younger, older))

    assert all(a <= b for a, b in zip(before, after, strict=True))


@given(st.text(max_size=20), st.integers(), ages)
def test_reach_is_never_more_than_impressions(post_id: str, seed: int, age_s: float) -> None:
    """People are at most as many as views, and a new post has been seen by nobody."""
    seen = react(post_id, seed, age_s)

    assert seen.reach <= seen.impressions
    assert react(post_id, seed, 0.0).impressions == 0
    assert seen.engagements >= seen.likes


def test_posts_differ() -> None:
    """Another post or another seed meets another audience."""
    one = react("1", 7, 86_400.0)

    assert one != react("2", 7, 86_400.0)
    assert one != react("1", 8, 86_400.0)
