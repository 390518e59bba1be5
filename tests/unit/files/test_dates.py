"""Dates in a person's own form, and what a hint makes of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.dates import rewrite_day, rewrite_moment
from stormctl.files.values import BadValueError, parse_day, parse_instant

FIVE_IN_MADRID = datetime(2026, 12, 17, 16, tzinfo=UTC)


def _hint(text: str) -> str:
    with pytest.raises(BadValueError) as caught:
        parse_instant(text)
    return caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "December 17, 2026 5pm Europe/Madrid",
        "Thursday, December 17th, 2026 at 5:00 PM Europe/Madrid",
        "17 December 2026, 17:00 Europe/Madrid",
        "17 de diciembre de 2026 a las 17:00 Europe/Madrid",
        "jueves 17 dic. 2026 17.00 h Europe/Madrid",
        "17 décembre 2026 à 17h00 Europe/Madrid",
        "17/12/2026 17:00 Europe/Madrid",
        "12/17/2026 5 p.m. Europe/Madrid",
        "17.12.26 17:00 Europe/Madrid",
        "2026/12/17 17:00 Europe/Madrid",
        "2026-12-17 5 PM Madrid",
    ],
)
def test_a_hint_rewrites_a_moment_that_can_be_meant_in_one_way(text: str) -> None:
    """Followed, the hint gives the moment that was meant."""
    hint = _hint(text)

    assert parse_instant(hint.removeprefix("write ")).at == FIVE_IN_MADRID


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "03/04/2026 5 PM Europe/Madrid",
            "it may be several: write 2026-04-03 17:00 Europe/Madrid or 2026-03-04 17:00 Europe/Madrid",
        ),
        (
            "17/12/2026 5:00 Europe/Madrid",
            "it may be several: write 2026-12-17 05:00 Europe/Madrid or 2026-12-17 17:00 Europe/Madrid",
        ),
        (
            "December 17, 2026 5pm PST",
            "write 2026-12-17 17:00, then America/Los_Angeles, America/Tijuana or Asia/Manila",
        ),
        (
            "17/12/2026 at noon",
            "write 2026-12-17 12:00, then the place whose clock is meant, as Continent/City",
        ),
        ("3 de abril de 2026", "add the time and the place: 2026-04-03 HH:MM Continent/City"),
        (
            "03/04/2026",
            (
                "add the time and the place: "
                "2026-04-03 HH:MM Continent/City or 2026-03-04 HH:MM Continent/City"
            ),
        ),
        ("on the last evening", "write it like 2026-12-18 20:00 America/New_York"),
    ],
)
def test_a_hint_asks_where_a_moment_can_be_meant_in_several_ways(text: str, hint: str) -> None:
    """Day or month, morning or evening, one zone or another: all that it may be, and what is missing."""
    assert _hint(text) == hint


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("1 December 2018", [date(2018, 12, 1)]),
        ("31/12/2018", [date(2018, 12, 31)]),
        ("1er décembre 2018", [date(2018, 12, 1)]),
        ("01/12/2018", [date(2018, 12, 1), date(2018, 1, 12)]),
    ],
)
def test_a_day_is_rewritten_in_each_way(text: str, readings: list[date]) -> None:
    """Every reading is in our form, and none is guessed away."""
    hint = rewrite_day(text)

    assert [parse_day(found) for found in re.findall(r"\d{4}-\d\d-\d\d", hint)] == readings


def test_a_long_text_is_no_date() -> None:
    """Of more than a date has characters no sense is made: it would take long."""
    padded = f"{'x ' * 40}December 17, 2026"

    assert (rewrite_moment(padded), rewrite_day(padded)) == ("", "")


@given(st.text(alphabet=st.sampled_from("0123456789:/-. apmhPSTdecing"), max_size=40))
def test_whatever_is_written_gives_a_hint_or_none(text: str) -> None:
    """No text breaks the rewriting, and a moment that it gives is one."""
    hint = rewrite_moment(text)

    for found in re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d)", hint):
        assert datetime.fromisoformat(found) is not None
