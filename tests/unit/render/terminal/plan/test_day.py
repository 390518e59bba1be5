"""The drawing of a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stormctl.render.terminal.plan.day import MOST_TOPICS, Drawing, DrawnRow, assign_letters, read_clock

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN = datetime(2026, 12, 18, 13, tzinfo=UTC)


def test_topics_have_different_letters_and_the_frequent_ones_choose_first() -> None:
    """A topic without a free letter of its own gets another; `o` is for what has none."""
    letters = assign_letters(["sign-on", "share", "sign-on", "s", "o", None])

    assert letters == {None: "o", "sign-on": "s", "o": "O", "s": "S", "share": "h"}


def test_beyond_so_many_topics_the_rest_share_a_sign() -> None:
    """A legend of hundreds would be longer than the day; no letter stands for two."""
    letters = assign_letters([f"topic-{number}" for number in range(60)])

    named = [sign for sign in letters.values() if sign != "*"]
    assert len(named) == len(set(named)) == MOST_TOPICS


@pytest.mark.parametrize(("number", "sign"), [(1, "a"), (2, "2"), (9, "9"), (10, "+"), (400, "+")])
def test_a_cell_says_how_many_go_out_in_it(show: Callable[..., str], number: int, sign: str) -> None:
    """One by its topic, more by their number."""
    row = DrawnRow(name="x:a", posts=[(5, "a")] * number, number=number)
    hours = [read_clock(BEGIN, ZoneInfo("UTC"))]

    drawn = show(Drawing([row], hours, 60, assign_letters(["a"]))).splitlines()[-1]

    assert drawn.split()[1:] == [sign, str(number)]


def test_a_zone_of_quarter_hours_shows_each_hour_where_it_begins(show: Callable[..., str]) -> None:
    """13:00 UTC is 18:45 in Kathmandu, so that 19 stands a quarter of an hour later than 13."""
    row = DrawnRow(name="x:a", posts=[(0, None)], number=1)
    hours = [read_clock(BEGIN, ZoneInfo(zone)) for zone in ("UTC", "Asia/Kathmandu")]

    utc, theirs = show(Drawing([row], hours, 720, assign_letters([None])), width=70).splitlines()[:2]

    assert theirs.index("19") - utc.index("13") == 1


@pytest.mark.parametrize("minutes", [1, 59, 61, 1440, 2880, 20_000])
@pytest.mark.parametrize("width", [30, 80, 200])
def test_a_drawing_of_any_length_fits_any_width(show: Callable[..., str], minutes: int, width: int) -> None:
    """And shows what goes out in its last minute, a deadline at its end, and one beyond it not at all."""
    row = DrawnRow(name="x:a", posts=[(minutes - 1, "a")], number=1, deadlines=[minutes, minutes * 2 + 99])
    hours = [read_clock(BEGIN, ZoneInfo("UTC"))]

    lines = show(Drawing([row], hours, minutes, assign_letters(["a"])), width=width).splitlines()

    assert max(map(len, lines)) <= width
    assert lines[-1].count("a") == 2
    assert lines[1].count("│") == 1
