"""What nobody sees is written out in JSON, in logs and in errors."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from stormctl.render.invisible import escape, render_json
from stormctl.render.words import clean

SEEN_ALTHOUGH_CF = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
SEEN_ALTHOUGH_CF |= set(range(0x13430, 0x13440))
"""Signs of Arabic, Syriac and Kaithi numbers, and of hieroglyphs: they are drawn."""

JOINERS = "\u200c\u200d"

UNSEEN = [
    character
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(character := chr(code)) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
    and code not in SEEN_ALTHOUGH_CF
]


@pytest.mark.parametrize("indent", [None, 2])
def test_json_holds_no_character_that_nobody_sees(indent: int | None) -> None:
    """Controls of both kinds, line separators, marks of direction, joiners and tags; it says the same."""
    texts = [f"a{character}b" for character in UNSEEN]

    written = render_json({"ésta": texts, "tags": "\U000e0041"}, indent=indent)

    assert [c for c in written if c in set(UNSEEN) - {"\n"}] == []
    assert json.loads(written) == {"ésta": texts, "tags": "\U000e0041"}
    assert "ésta" in written
    assert written.isascii() is False


def test_seen_signs_stay() -> None:
    """Variation selectors choose how an emoji is drawn, and marks belong to letters."""
    text = "❤\ufe0f 葛\U000e0100 n\u0303 \u0600"

    assert render_json(text) == f'"{text}"'
    assert clean(text) == text


@pytest.mark.parametrize("character", [c for c in UNSEEN if c not in JOINERS and c > " "][::37])
def test_no_view_shows_what_nobody_sees(character: str) -> None:
    """Joiners aside, of which emoji are made."""
    assert character not in clean(f"safe{character}txt.exe")


def test_an_arabic_mark_of_direction_steers_no_view() -> None:
    """It turns the direction as U+200F does, and goes the same way."""
    assert clean("a\u061cb") == "a b"


def test_a_log_line_keeps_its_lines_and_tabs() -> None:
    """A traceback has many lines; an escape sequence in it does nothing."""
    shown = escape("Traceback\n\tb\x9b31m\x1b[2J \u202e\u2028")

    assert shown == "Traceback\n\tb\\u009b31m\\u001b[2J \\u202e\\u2028"
