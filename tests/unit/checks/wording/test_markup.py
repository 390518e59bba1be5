"""Markdown, HTML, drafts and strange letters: what is mended, and at what cost it is looked for."""

from __future__ import annotations

import time
from collections import deque
from textwrap import wrap
from typing import TYPE_CHECKING

import pytest
import yaml

from stormctl.checks.case import CheckContext
from stormctl.checks.registry import RULES
from stormctl.domain.base.finding import Place
from tests.unit.domain.making import make_bank, make_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckHit

_CODES = (
    "placeholder",
    "markdown-picture",
    "markdown",
    "emoji-name",
    "html",
    "wrapped-lines",
    "mojibake",
    "control-character",
    "lookalike-letters",
    "fancy-letters",
)

_PROSE = (
    "Nobody leaves home without a reason. Some flee, some follow people whom"
    " I do not know, since the roads of the world are long and they are many."
    " Bring a friend, a drum and a candle, and come to the river at seven."
)
_WRAPPED, _JOINED = (f"Dear all,\n{prose}\n- a name" for prose in ("\n".join(wrap(_PROSE, 73)), _PROSE))


def look(code: str, text: str, lang: str = "en") -> Iterator[CheckHit]:
    """Look for what breaks one rule."""
    test = RULES[code].test
    assert test is not None
    variant = make_variant(f"a.{lang}", text, place=Place("messages/bank/a.md", 1))
    return test(CheckContext(None, make_bank(variant), None))


def hits(code: str, text: str) -> list[CheckHit]:
    """Find what breaks one rule."""
    return list(look(code, text))


def mend(code: str, text: str) -> str:
    """Make the edits of one rule, the last first."""
    for hit in sorted(hits(code, text), key=lambda hit: hit.place.order, reverse=True):
        assert hit.edit is not None
        assert hit.place.line is not None
        assert hit.place.column is not None
        lines = text.split("\n")[: hit.place.line - 1]
        start = sum(len(line) + 1 for line in lines) + hit.place.column - 1
        assert text[start : start + len(hit.edit.old)] == hit.edit.old
        text = text[:start] + hit.edit.new + text[start + len(hit.edit.old) :]
    return text


@pytest.mark.parametrize(
    ("code", "text", "mended"),
    [
        ("markdown", "***All*** **#no_one** _of us_ ~~now~~", "All #no_one of us now"),
        (
            "markdown",
            "[a](https://example.org/A_(b)) [example.org](https://example.org)",
            "a https://example.org/A_(b) https://example.org",
        ),
        (
            "markdown",
            '[b](www.example.org "us")\n<https://example.org>',
            "b www.example.org\nhttps://example.org",
        ),
        ("markdown", "## Rights\\\n\\#MigrantsDay 1\\. now", "Rights\n#MigrantsDay 1. now"),
        ("html", '<a href="https://example.org">here</a> we are', "here https://example.org we are"),
        ("html", "<a href='https://example.org'>https://example.org</a>", "https://example.org"),
        ("html", "<p>One.</p><p>Two<br>three<br/>\nfour</p>", "One.\n\nTwo\nthree\nfour"),
        ("html", "<B>Bread</B> &amp; roses&#8217; &frac12;&nbsp;price", "Bread & roses’ ½\xa0price"),
        ("emoji-name", ":heart::fire: :+1: :flag-mx:", "❤️🔥 👍 🇲🇽"),
        ("mojibake", "MigraciÃ³n, â€œdÃ©jÃ\xa0â€\x9d ðŸ˜€", "Migración, “déjà” 😀"),
        ("mojibake", "MigraciÃƒÂ³n Ð¿Ñ€Ð°Ð²Ð° We‚Äôre", "Migración права We’re"),
        ("mojibake", "ï»¿Hello", "Hello"),
        ("fancy-letters", "𝗦𝗶𝗴𝗻 𝗻𝗼𝘄, 🆂🅸🅶🅽 𝓗ℯ𝓁𝓁ℴ oﬃce ＮＯＷ", "Sign now, SIGN Hello office NOW"),
        ("wrapped-lines", _WRAPPED, _JOINED),
    ],
)
def test_only_signs_are_mended(code: str, text: str, mended: str) -> None:
    """Words and addresses stay, and what was meant is what stands there."""
    assert mend(code, text) == mended


def test_an_address_without_its_end_is_left_to_a_person() -> None:
    """To leave out <a href=…> alone would lose where it leads."""
    found = hits("html", 'Read <a href="https://example.org"><b>this</b></a>')

    assert [(hit.place.column, hit.edit is None) for hit in found] == [
        (6, True),
        (36, False),
        (43, False),
        (47, False),
    ]


@pytest.mark.parametrize(
    ("text", "file", "alt"),
    [
        ("![A boat](boat.png)", "boat.png", "A boat"),
        ("![](two boats.png)", "two boats.png", "…"),
        ('![Say "hi", C:\\d](images/b(1).png "A title")', "images/b(1).png", "Say 'hi', C:/d"),
        ("![A: b](https://example.org/x/boat%20two.png)", "boat two.png", "A: b"),
        ("![[boat.png|300]]", "boat.png", "…"),
    ],
)
def test_the_block_for_a_picture_is_front_matter(text: str, file: str, alt: str) -> None:
    """What the hint says can be pasted, whatever the name and description hold."""
    (hit,) = hits("markdown-picture", f"Look:\n{text}\n")

    block = str(hit.hint).partition("---: ")[2]

    assert yaml.safe_load(block) == {"media": [{"file": file, "alt": alt}]}


@pytest.mark.parametrize("code", _CODES)
def test_whatever_a_text_holds_is_looked_at_in_linear_time(code: str) -> None:
    """Eight times as much takes not nearly sixty-four times as long."""
    pieces = (
        "[",
        "](",
        "![a](",
        "[LINK]",
        "*a",
        "_a",
        "~~a",
        "<a href=http://a>",
        "&a",
        "\\#",
        ":a",
        "a\n" * 30,
    )
    strange = (
        "Ã",
        "â€\u200b",
        "a\u200d",
        "\ufe0f",
        "aа",
        "𝗦 ",
        "ｗ-",
        "?? ",
        "XXX ",
        "a" * 65 + "\n",
        "\u202e",
    )

    for piece in pieces + strange:
        times = 4_000 // len(piece)
        few, many = _cost(code, piece * times), _cost(code, piece * (8 * times))

        assert many < 24 * max(few, 0.02), piece


def _cost(code: str, text: str) -> float:
    started = time.process_time()
    deque(look(code, text, "es"), maxlen=0)  # nothing is kept, so that the collector costs nothing
    return time.process_time() - started
