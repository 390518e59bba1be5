"""Findings are told in the language of whoever reads them."""

from __future__ import annotations

import pytest

from stormctl.domain.base.phrase import Phrase
from stormctl.render.language import Language, choose_accepted, find_language


def test_a_phrase_is_translated_with_what_is_in_it() -> None:
    """Phrases within a phrase too; values as they are."""
    said = Phrase("{what} contains what looks like {kind}", what=Phrase("the link"), kind=Phrase("a key"))

    assert Language("en").say(said) == "the link contains what looks like a key"
    assert Language("es").say(said) == "el enlace contiene lo que parece una clave"
    assert Language("fr").say(said) == "le lien contient ce qui ressemble à une clé"


def test_what_is_no_phrase_stays_as_it_is() -> None:
    """A plain text, and a sentence without translation, are told in English."""
    spanish = Language("es")

    assert spanish.say("nothing fills in {name}") == "nothing fills in {name}"
    assert spanish.say(Phrase("no such {thing}", thing="sentence")) == "no such sentence"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "es_AR.UTF-8"}, "es"),
        ({"LANG": "fr"}, "fr"),
        ({"LC_ALL": "fr_CA.UTF-8", "LANG": "es_MX.UTF-8"}, "fr"),
        ({"LC_ALL": "", "LC_MESSAGES": "es_ES", "LANG": "fr_FR"}, "es"),
        ({"LC_ALL": "C.UTF-8", "LANG": "es_MX.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_systems_language_is_found(environ: dict[str, str], expected: str) -> None:
    """By the variables of POSIX, the strongest first; English where it is none of ours."""
    assert find_language(environ) == expected


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("de,it;q=0.5", "en"),
        ("es-MX,es;q=0.9,en;q=0.5", "es"),
        ("en;q=0.2, fr;q=0.7", "fr"),
        ("fr;q=0, es;q=0.1", "es"),
        ("fr;q=many, es", "es"),
        ("FR-ca", "fr"),
        (";;;,q=,=", "en"),
    ],
)
def test_a_browser_s_language_is_chosen(header: str, code: str) -> None:
    """The one that it likes best of ours."""
    assert choose_accepted(header).code == code
