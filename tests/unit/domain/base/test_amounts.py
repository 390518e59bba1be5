"""Durations are read and written as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.base.amounts import count, format_duration, format_usd, parse_duration


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "$0.00"),
        (15_000, "$0.015"),
        (200_000, "$0.20"),
        (8_000_000, "$8.00"),
        (1_234_567_891, "$1,234.568"),
        (1, "$0.001"),
    ],
)
def test_money_shows_parts_of_a_cent_only_where_there_are_any(micros: int, shown: str) -> None:
    """It is never rounded down: a cost may not look smaller than it is."""
    assert format_usd(micros) == shown


def test_nouns_agree_with_their_numbers() -> None:
    """An irregular plural is given."""
    counted = [
        count(1, "post"),
        count(2, "post"),
        count(1, "post is", "posts are"),
        count(0, "post is", "posts are"),
    ]

    assert counted == ["1 post", "2 posts", "1 post is", "0 posts are"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("20m", timedelta(minutes=20)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("7d", timedelta(days=7)),
        ("3y", timedelta(days=3 * 365.25)),
        ("30m2h", timedelta(hours=2, minutes=30)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, expected: timedelta) -> None:
    """Seconds, minutes, hours, days and years, alone or together."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "20", "m", "-5m", "2 h", "1.5h", "20M", "2h30", "5m5m", "2w", "２0m x"])
def test_what_is_not_a_duration_is_refused_with_examples(text: str) -> None:
    """The sentence is fit for a finding: it quotes what was written and shows how to write it."""
    with pytest.raises(ValueError, match=f"“{text}” is not a duration: write it like 90s, 20m, 2h30m or 7d"):
        parse_duration(text)


def test_a_duration_without_measure_is_refused() -> None:
    """More than any calendar holds is an error, not a crash."""
    with pytest.raises(ValueError, match="longer than any storm"):
        parse_duration("99999999999999y")


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(), "0s"),
        (timedelta(milliseconds=400), "0s"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=-2, minutes=-30), "2h30m"),
        (timedelta(days=7, seconds=1), "7d1s"),
    ],
)
def test_a_duration_is_written_to_the_second(duration: timedelta, expected: str) -> None:
    """Empty units are left out; a negative one is written by its size."""
    assert format_duration(duration) == expected


@given(st.integers(0, 10**9))
def test_what_is_written_can_be_read_again(seconds: int) -> None:
    """Writing and reading lose nothing."""
    duration = timedelta(seconds=seconds)

    assert parse_duration(format_duration(duration)) == duration
