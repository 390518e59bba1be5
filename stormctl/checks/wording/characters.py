"""Rules about single characters: what can't be seen, what looks like another, what is no plain letter."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.checks.wording.encoding import GARBLED
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.spans import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Controls, joiners, direction marks, fillers, empty blanks, tag letters, private use (Unicode 17)."""

_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
"""The flags of England, Scotland and Wales end in tag letters (UTS 51)."""

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010d00-\U00010d3f\U0001e900-\U0001e95f]"
)
_FOR_RIGHT_TO_LEFT = frozenset("\u061c\u200e\u200f\u2066\u2067\u2068\u2069")
"""Marks that texts in Arabic and Hebrew need around numbers and names; they hide nothing there."""

_JOINERS, _STYLES = frozenset("\u200c\u200d"), frozenset("\ufe0e\ufe0f")
_LETTERS = frozenset({"Mn", "Mc", "Lo"})
_PICTURES = frozenset({"So", "Sk", "Sm"})
_NEIGHBOURS = (
    (re.compile("\u200b"), re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u1aaf]")),
    (re.compile("\u2800"), re.compile("[\u2801-\u28ff]")),
    (re.compile("[\u180b-\u180e]"), re.compile("[\u1820-\u18aa]")),
    (
        re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]"),
        re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    ),
)
"""Signs that are written beside those of a script: Khmer and Burmese words, Braille, Mongolian, Han."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_ALIKE = re.compile("[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονρυχАВЕКМНОРСТХаеорсухіјѕԁԛԝһЅІЈԌԚԜօոսցհՕՍ\u13a0-\u13f5\ua4d0-\ua4f7]")
"""Greek, Cyrillic, Armenian, Cherokee and Lisu letters that look like Latin ones (Unicode, confusables)."""

_LATIN_ALIKE = re.compile("[ABCEHIJKMNOPSTXYZaceijoprsuvxy]")
"""Latin letters that look like Greek or Cyrillic ones."""

_MATH = "\U0001d400-\U0001d7ff"
_HOLES = "\u2102\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212c\u212d\u212f-\u2134"
_BOXED = "[\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]{2,}"
_WIDE = re.compile("[\uff21-\uff3a\uff41-\uff5a]+")
_FANCY = re.compile(
    f"[{_HOLES}]?[{_MATH}][{_MATH}{_HOLES}]*(?: [{_MATH}{_HOLES}]+)*|{_BOXED}(?: {_BOXED})*|{_WIDE.pattern}"
    "|[\ufb00-\ufb06]|[\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1d6a\u1d9c-\u1dbf\u2071\u207f]{4,}"
)
"""Mathematical, encircled, squared and wide letters, ligatures of a printed page, raised words.

One encircled letter is a sign: Ⓜ stands at stations.
"""

_MAY_BE_FANCY = re.compile(
    f"[{_MATH}\u24b6-\u24e9\U0001f130-\U0001f189\uff21-\uff5a\ufb00-\ufb06\u02b0-\u02e4\u1d2c-\u1dbf\u2071\u207f]"
)

_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Japanese, Chinese and Korean, in which wide letters are letters."""

_DARK = str.maketrans({0x1F150 + start + at: 65 + at for start in (0, 32) for at in range(26)})
"""Letters in dark circles and squares, which Unicode does not trace back to plain ones."""


@rule(
    "control-character",
    Severity.ERROR,
    Phrase("Texts contain no invisible characters."),
    why=Phrase(
        "Characters that can't be seen, or that turn the direction of writing, can make a text or link look"
        " like"
        " another one; platforms remove or refuse them."
    ),
    fix=Phrase("Retype the passage; text copied from elsewhere often contains such characters."),
    bad="Hello\\u202e, evil",
    good="Hello",
    silenced_by=SilencedBy.STAFF,
)
def find_control_characters(case: CheckContext) -> Iterator[CheckHit]:
    """Find what nobody sees: controls, direction marks, fillers, lone joiners."""
    for words in case.words:
        text = words.text
        if text.isascii() and text.isprintable():
            continue
        met: set[str] = set()
        for match in _find_unseen(text):
            character = match[0]
            if character not in met:
                met.add(character)
                name = unicodedata.name(character, "") or Phrase("a control character")
                yield CheckHit(
                    words.at(match.start()),
                    Phrase(
                        "{what} holds U+{number:04X} ({name}), which nobody sees",
                        what=words.what,
                        number=ord(character),
                        name=name,
                    ),
                    Phrase("retype that passage"),
                    words.variant,
                )


def _find_unseen(text: str) -> Iterator[re.Match[str]]:
    found = [match for match in _UNSEEN.finditer(text) if not _is_needed(text, match.start())]
    if not found:
        return
    flags = cover(match.span() for match in _FLAG.finditer(text))
    garbled = cover(match.span() for match in GARBLED.finditer(text))  # `mojibake` tells of it
    has_rtl = _RIGHT_TO_LEFT.search(text) is not None
    for match in found:
        if not (
            match.start() in flags or match.start() in garbled or (has_rtl and match[0] in _FOR_RIGHT_TO_LEFT)
        ):
            yield match


def _is_needed(text: str, at: int) -> bool:
    """Whether the script or emoji beside it needs what can't be seen."""
    sign, before, after = text[at], text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    if not before:
        return False
    if sign in _STYLES:  # once, behind whatever could be an emoji
        return not (before.isspace() or (before.isascii() and before.isalpha()) or before in _STYLES)
    if sign in _JOINERS:
        kind = unicodedata.category(before)
        if before in _STYLES or kind in _PICTURES:
            return bool(after) and unicodedata.category(after) in _PICTURES
        return kind in _LETTERS or _RIGHT_TO_LEFT.match(before) is not None
    return any(
        signs.match(sign) and (script.match(before) or script.match(after)) for signs, script in _NEIGHBOURS
    )


@rule(
    "lookalike-letters",
    Severity.ERROR,
    Phrase("A word is written in one alphabet."),
    why=Phrase("A Cyrillic “а” in a Latin word can't be seen; searches, tags and links miss it."),
    fix=Phrase("Retype the word."),
    bad=Phrase("Migr\u0430nts have rights.  # with a Cyrillic а"),
    good="Migrants have rights.",
    silenced_by=SilencedBy.STAFF,
)
def find_lookalike_letters(case: CheckContext) -> Iterator[CheckHit]:
    """Find letters of one alphabet in words of another that nobody could tell from its own.

    Others are meant: “SMSка”.
    """
    for words in case.words:
        if words.kind == "link" or words.text.isascii() or not _ALIKE.search(words.text):
            continue
        links = cover((link.start, link.end) for link in words.reading.all_links)
        for match in _WORD.finditer(words.text):
            if match.start() in links:
                continue  # `link-disguised` tells of them
            at, message = _find_stranger(match[0])
            if at >= 0:
                yield CheckHit(
                    words.at(match.start() + at),
                    message,
                    Phrase("retype the word"),
                    words.variant,
                )


def _find_stranger(word: str) -> tuple[int, Phrase]:
    """Return which letter of a word is another alphabet's, and what to say of it; -1 if none is."""
    latin = [sign for sign in word if _LATIN.match(sign)]
    others = [sign for sign in word if not _LATIN.match(sign)]
    if latin and others and all(map(_ALIKE.match, others)):
        name = unicodedata.name(others[0], "?")
        message = Phrase("“{word}” holds {name}, which looks like a Latin letter", word=word, name=name)
        return word.index(others[0]), message
    if latin and len(latin) < len(others) and all(map(_LATIN_ALIKE.match, latin)):
        name = unicodedata.name(latin[0], "?")
        message = Phrase("“{word}” holds {name}, a letter of another alphabet", word=word, name=name)
        return word.index(latin[0]), message
    return -1, Phrase("")


@rule(
    "fancy-letters",
    Severity.WARNING,
    Phrase("Words are written with letters."),
    why=Phrase("Screen readers spell out “fancy” letters or pass over them, and no search finds them."),
    fix=Phrase("Write plain letters; stormctl check --fix does it."),
    bad="𝗦𝗶𝗴𝗻 the letter.",
    good="Sign the letter.",
    silenced_by=SilencedBy.WRITER,
)
def find_fancy_letters(case: CheckContext) -> Iterator[CheckHit]:
    """Find mathematical, encircled and wide letters used for looks."""
    for words in case.words:
        if words.text.isascii() or not _MAY_BE_FANCY.search(words.text):
            continue
        found = tuple(_FANCY.finditer(words.text))
        may_be_wide = bool(found) and _EAST_ASIAN.search(words.text) is not None
        for match in found:
            if may_be_wide and _WIDE.match(match[0]):
                continue
            plain = unicodedata.normalize("NFKC", match[0].translate(_DARK))
            yield CheckHit(
                words.at(match.start()),
                Phrase("“{value}” is no plain writing", value=match[0][:30]),
                Phrase("write “{value}”", value=plain[:30]),
                words.variant,
                edit=words.edit(match.start(), match.end(), plain) if words.kind == "text" else None,
            )
