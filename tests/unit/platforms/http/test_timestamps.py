"""Moments as the platforms write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from stormctl.platforms.http.answers import PlatformAnswer, clock_offset_s
from stormctl.platforms.http.timestamps import (
    find_retry_at,
    next_second,
    parse_time,
    parse_unix,
    read_steady_clock,
)

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-12-18T12:00:00.000Z", "2026-12-18T12:00:00+0000", "2026-12-18T13:00:00+01:00"]
)
def test_iso_times_of_both_platforms(text: str) -> None:
    """X writes Z, Graph +0000; both are the same moment in UTC."""
    assert parse_time(text) == NOON


@pytest.mark.parametrize("text", ["2026-12-18T12:00:00", "noon", "", None, 7])
def test_other_times_are_none(text: object) -> None:
    """A time without a zone, or no time at all, is not guessed at."""
    assert parse_time(text) is None


def test_unix_seconds() -> None:
    """Seconds since 1970; numbers that name no moment are None."""
    assert parse_unix(int(NOON.timestamp())) == NOON
    assert parse_unix(10**18) is None
    assert parse_unix(None) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("90", timedelta(seconds=90)),
        ("Fri, 18 Dec 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("9999999", timedelta(days=1)),
        ("Fri, 18 Dec 2026 11:55:00 GMT", None),
        ("Fri, 18 Dec 2026 12:05:00 -0000", None),
        ("9" * 40, None),
        ("0", None),
        ("soon", None),
        (None, None),
    ],
)
def test_retrying_after_a_while(text: str | None, after: timedelta | None) -> None:
    """Seconds or a date, a day at most; what is past or unreadable tells nothing."""
    assert find_retry_at(text, NOON) == (None if after is None else NOON + after)


def test_rounding_up() -> None:
    """A part of a second becomes the next whole one; a whole one stays."""
    assert next_second(NOON + timedelta(microseconds=1)) == NOON + timedelta(seconds=1)
    assert next_second(NOON) == NOON


@pytest.mark.parametrize(
    ("headers", "offset_s"),
    [
        ({"Date": "Fri, 18 Dec 2026 12:00:09 GMT"}, 9.0),
        ({"Date": "Fri, 18 Dec 2026 12:00:09 -0000"}, None),
        ({"Date": "today"}, None),
        ({}, None),
    ],
)
def test_clock_offset(headers: dict[str, str], offset_s: float | None) -> None:
    """The Date header minus our clock, where there is a readable one."""
    assert clock_offset_s(PlatformAnswer(200, headers, None), NOON) == offset_s


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has a clock of its own for it")
def test_the_steady_clock_counts_sleep() -> None:
    """On Linux it is the time since the machine was started, sleep included."""
    before = time.clock_gettime(time.CLOCK_BOOTTIME)

    between = read_steady_clock()

    assert before <= between <= time.clock_gettime(time.CLOCK_BOOTTIME)
