"""A message in its languages."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import make_rule, make_storm, make_variant

_STORM = make_storm(make_rule("x:acme", languages=("en",)), make_rule("x:acme-es", languages=("es",)))
_YEAR = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("47 million people.", "51 millones de personas."),
        ("1,109 names.", "1.190 nombres."),
        ("Wages are 13% lower.", "El salario es un 31 % menor."),
        ("It was in 1990.", "Fue en 1991."),
    ],
)
def test_figures_are_those_of_the_other_language(english: str, spanish: str) -> None:
    """A figure that one wording has instead of another's is told."""
    found = codes(make_variant("a.en", english, as_of=_YEAR), make_variant("a.es", spanish, as_of=_YEAR))

    assert found == ["translation-differs"]


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("The wall cost $2.55 billion.", "El muro costó 2.550 millones de dólares."),
        ("$656 billion a year.", "656.000 millones al año."),
        ("1,109 names in 2024.", "1 109 noms en 2024."),
        ("It is 2,400 miles.", "Son 3.860 kilómetros."),
        ("December 18, 2026, at 8 p.m.", "El 18/12/2026 a las 20:00."),
        ("By 2026, 304 people.", "Desde 2026 hay 304 personas."),
        ("Watch https://example.org/4711", "Mira https://example.org/4712"),
        ("New York, NY 10017.", "1211 Genève."),
        ("Three hundred names.", "304 nombres."),
    ],
)
def test_the_same_figure_may_be_written_otherwise(english: str, other: str) -> None:
    """Grouping, scales, dates and measures belong to a language."""
    english_one = make_variant("a.en", english, as_of=_YEAR)

    found = codes(english_one, make_variant("a.es", other, as_of=_YEAR))

    assert "translation-differs" not in found


def test_the_figure_that_differs_is_shown_where_it_stands() -> None:
    """In its line, of the part of a thread that holds it."""
    english = make_variant("a.en", "In 2020: 1,109 of 304 million.")
    spanish = make_variant(
        "a.es", parts=("En 2020:", "Son 1.109,\nde 281 millones."), starts=((5, 1), (7, 1))
    )

    (finding,) = find(english, spanish)

    assert (finding.place.line, finding.place.column) == (8, 4)
    assert finding.message == "it says 281 millones where a.en says 304 million"


def test_labels_may_speak_of_other_things() -> None:
    """Only plain wordings are translations of each other."""
    found = codes(make_variant("a.en", "It was in 1990."), make_variant("a.es.short", "Fue en 1991."))

    assert found == []


def test_dates_of_figures_are_the_same() -> None:
    """Another `as_of` is told where it stands."""
    english = make_variant("a.en", "47 million.", as_of=_YEAR)
    spanish = make_variant(
        "a.es", "47 millones.", as_of=date(2025, 6, 1), spots=(("as_of", 2, 8),), lines=(("as_of", 2),)
    )

    (finding,) = find(english, spanish)

    assert (finding.code, finding.place.line, finding.place.column) == ("translation-differs", 2, 8)


def test_a_forgotten_translation_is_told() -> None:
    """Where four of five messages are in a language, the fifth was forgotten; a half is a habit."""
    both = [make_variant(f"m{n}.{lang}") for n in range(4) for lang in ("en", "es")]
    alone = [make_variant(f"n{n}.en") for n in range(4)]

    one = find(*both, alone[0], storm=_STORM)

    assert [finding.message for finding in one] == ["“n0” is not there in “es”, as most messages are"]
    assert one[0].hint == "write n0.es.md"
    assert codes(*both, *alone, storm=_STORM) == []


def test_what_no_channel_of_a_language_publishes_needs_no_translation() -> None:
    """A message that another selection or partner keeps to itself is not missed."""
    storm = make_storm(
        make_rule("x:acme", languages=("en",), messages=("m*", "n")),
        make_rule("x:acme-es", languages=("es",), messages=("m*",)),
        make_rule("x:other", languages=("en",), partner="other", messages=("p*",)),
    )
    both = [make_variant(f"m{n}.{lang}") for n in range(5) for lang in ("en", "es")]

    found = codes(*both, make_variant("n.en"), make_variant("p.en", partner="other"), storm=storm)

    assert found == []


def test_a_wording_that_staff_named_for_a_channel_needs_no_translation_there() -> None:
    """`sign-on.en*` is what they chose; the Spanish wording is there, for another channel."""
    named = make_storm(
        make_rule("facebook:acme", languages=("en", "es"), messages=("m*", "sign-on.en*")),
        make_rule("x:acme-es", languages=("es",), messages=("sign-on",)),
    )
    whole = make_storm(make_rule("facebook:acme", languages=("en", "es"), messages=("m*", "sign-on")))
    both = [make_variant(f"m{n}.{lang}") for n in range(5) for lang in ("en", "es")]

    assert codes(*both, make_variant("sign-on.en"), make_variant("sign-on.es"), storm=named) == []
    assert codes(*both, make_variant("sign-on.en"), storm=whole) == ["translation-missing"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://es.wikipedia.org/wiki/Migrante", []),
        ("https://www.es.wikipedia.org/wiki/Migrante", []),
        ("https://fr.wikipedia.org/wiki/Migrant", ["variants-differ"]),
    ],
)
def test_a_site_may_have_a_host_for_each_language(link: str, expected: list[str]) -> None:
    """The host of the wording's own language is the same site."""
    english = make_variant("a.en", link="https://en.wikipedia.org/wiki/Migrant")

    found = [code for code in codes(english, make_variant("a.es", link=link)) if code == "variants-differ"]

    assert found == expected
