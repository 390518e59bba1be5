"""Texts that are nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rapidfuzz import fuzz

from stormctl.checks.case import CheckContext
from stormctl.checks.wording.similarity import find_near_duplicates
from tests.fakes import noting
from tests.unit.checks.holding import find
from tests.unit.domain.making import make_bank, make_variant

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant

_DOOR = "Every open door is a new beginning for somebody."


def near(*variants: Variant) -> list[str]:
    """Return the places of near duplicates."""
    return [finding.place.path for finding in find(*variants) if finding.code == "near-duplicate"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.en", "Each open door is a new beginning for somebody."),
        ("b.en", "Every open door is a new beginning for somebody! #MigrantsDay https://example.org/b"),
        ("a.en.short", "Every open door is the beginning for somebody."),
        ("b.en.x", "EVERY open door is a new beginning for somebody"),
    ],
)
def test_nearly_the_same_is_told(name: str, text: str) -> None:
    """A word, signs, case, link and tags make no other text; a free label has to be another."""
    assert near(make_variant("a.en", _DOOR), make_variant(name, text)) == [f"messages/bank/{name}.md"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.en", "Somebody opened a gate, and a street came to life again."),
        ("a.en.facebook", "Every open door is a new beginning for somebody, friends."),
        ("b.es", "Every open door is a new beginning for somebodies."),
    ],
)
def test_other_words_platforms_and_languages_are_fine(name: str, text: str) -> None:
    """What one platform would never post twice may be alike."""
    assert near(make_variant("a.en", _DOOR), make_variant(name, text)) == []


def test_wordings_for_different_platforms_never_meet() -> None:
    """One for X and one for Facebook of two messages, and a plain one whose place is taken."""
    on_x = make_variant("a.en.x", _DOOR)
    plain = make_variant("b.en", "Each open door is a new beginning for somebody.")

    assert near(on_x, make_variant("c.en.facebook", "An open door is a new beginning for somebody.")) == []
    assert near(on_x, plain, make_variant("b.en.x", "Nobody knows how a street comes to life again.")) == []


def test_a_text_with_another_link_is_nearly_the_same() -> None:
    """Only what is the same throughout is left to the rule about repeats."""
    one = make_variant("a.en", _DOOR, link="https://example.org/a")

    assert near(one, make_variant("b.en", _DOOR, link="https://example.org/b")) == ["messages/bank/b.en.md"]
    assert near(one, make_variant("b.en", _DOOR, link="https://example.org/a")) == []


def test_a_series_on_one_pattern_is_told_once_a_text() -> None:
    """A hundred texts that differ in a number are found, though they share all their words."""
    series = [
        make_variant(f"m{n:03}.en", f"Country number {n:03} has not ratified the Convention; ask why.")
        for n in range(100)
    ]

    assert len(near(*series)) == 99


@pytest.mark.parametrize(
    "text", ["Verse {0} of the same old song that all of us sing of home", "{0} " + "abc def ghi jkl " * 9]
)
def test_not_all_pairs_are_compared(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times the texts take eight times as many comparisons, not sixty-four times."""
    compared: list[tuple[object, ...]] = []
    monkeypatch.setattr(fuzz, "ratio", noting(fuzz.ratio, compared))

    def compare(number: int) -> int:
        compared.clear()
        bank = make_bank(*(make_variant(f"m{n}.en", text.format(n)) for n in range(number)))
        list(find_near_duplicates(CheckContext(None, bank, None)))
        return len(compared)

    few, many = compare(500), compare(4000)

    assert few > 0
    assert many <= 9 * few
