"""Durations are read and written as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.base.duration import format_duration, parse_duration


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
