"""Figures without a date, and days that are over."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.checks.holding import codes
from tests.unit.domain.making import make_storm, make_variant


@pytest.mark.parametrize(
    "text",
    [
        "About 281 million people live abroad.",
        "Unos 300 mil niños viajan solos.",
        "Le mur a coûté 2,55 milliards.",
        "1 109 personnes sont mortes en mer.",
        "Wages are 13% lower.",
        "Migrants give $656 billion a year.",
        "Fees of €6,500 for a permit.",
        "More than 10000 voices.",
        "Give back: wages are 13 % lower.",
        "Call your senator: 2,500 children are held.",
    ],
)
def test_figures_say_of_when_they_are(text: str) -> None:
    """Shares, sums, thousands and millions need a year beside or above them, in each language."""
    dated = make_variant(text=f"In 2024: {text}")
    above = make_variant(text=text, as_of=date(2024, 12, 31))

    assert codes(make_variant(text=text)) == ["figures-without-date"]
    assert codes(dated) == codes(above) == []


@pytest.mark.parametrize(
    "text",
    [
        "100% human, 0 % illegal.",
        "Give $25 today.",
        "Con $25 hay una hora de abogada. Dona hoy.",
        "Help us reach 1,000 signatures.",
        "Ayúdanos a llegar a 1.000 firmas.",
        "Objectif : 15 000 lettres. Il y en a 9 214.",
        "Text WELCOME to 52886.",
        "United Nations, New York, NY 10017.",
        "À lire : la Poste, 75010 Paris.",
        "It is 2,400 miles on foot, 3 860 km in all.",
        "Doors at 17:30, room 204, day 18.12.",
        "Resolution 45/158 and convention 143.",
        "One table, 14 languages, 24/7.",
    ],
)
def test_other_numbers_need_no_date(text: str) -> None:
    """What is asked for, aimed at, measured or addressed does not age."""
    assert codes(make_variant(text=text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Sign by December 10.",
        "SIGN BY\nDECEMBER 10.",
        "Register before Friday, 11 December!",
        "Deadline: Dec. 1 for the open call.",
        "Firma antes del 10 de diciembre.",
        "Inscríbete a más tardar el 11 de diciembre de 2026.",
        "Signez avant le 10 décembre.",
        "Inscriptions jusqu'au 1er décembre.",
    ],
)
def test_a_deadline_that_is_over_is_told(text: str) -> None:
    """A day by which something is asked for is not before the storm, on 18 December 2026."""
    assert codes(make_variant(text=text)) == ["date-passed"]


@pytest.mark.parametrize(
    "text",
    [
        "Sign by December 18.",
        "Sign before January 15.",
        "Firma antes del 15 de enero.",
        "Signez avant le 15 janvier.",
        "On 18 December 1990 the Convention was adopted; sign it.",
        "Before December 10, 1948 nobody could sign it.",
        "Until December 10 we collected letters.",
        "By June 30, 2026, a million had moved.",
        "Hasta el 10 de diciembre recogimos cartas.",
        "Avant le 10 décembre, les lettres arrivaient par sacs.",
        "The register was open until December 10.",
        "Sign by February 30.",
    ],
)
def test_history_and_the_next_year_are_no_deadlines_past(text: str) -> None:
    """A story, another year's day and a day still to come are left alone."""
    assert codes(make_variant(text=text)) == []


def test_december_is_over_for_a_storm_in_january() -> None:
    """A day without a year is the last one that was."""
    storm = make_storm(first_on=date(2027, 1, 5), last_on=date(2027, 1, 5))

    assert codes(make_variant(text="Sign by December 20."), storm=storm) == ["date-passed"]
    assert codes(make_variant(text="Sign by January 20."), storm=storm) == []
