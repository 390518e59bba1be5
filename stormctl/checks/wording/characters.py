"""Rules about single characters: what can't be seen, what looks like another, what was decoded wrongly."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Controls, direction marks, fillers, empty blanks, tag letters, private use (Unicode 17)."""

_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
"""The flags of England, Scotland and Wales end in tag letters (UTS 51)."""

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FOR_RIGHT_TO_LEFT = frozenset("\u061c\u200e\u200f\u2066\u2067\u2068\u2069")
"""Marks that texts in Arabic and Hebrew need around numbers and names; they hide nothing there."""

_JOINERS = re.compile("[\u200c\u200d]")
_JOINED = frozenset({"Mn", "Mc", "Lo", "So", "Sk", "Cf"})
_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_ALIKE = re.compile("[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονρυχАВЕКМНОРСТХаеорсухіјѕԁԛԝһ]")
"""Greek and Cyrillic letters that look like Latin ones (Unicode, confusables)."""

_FANCY_LETTER = "[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\uff21-\uff5a]"
_FANCY = re.compile(f"{_FANCY_LETTER}+(?: {_FANCY_LETTER}+)*")
"""Mathematical, encircled, squared and wide letters."""

_GARBLED = re.compile("[ÂÃâÐÑ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]{1,2}")


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
    flags = [match.span() for match in _FLAG.finditer(text)] if "\U0001f3f4" in text else []
    has_rtl = _RIGHT_TO_LEFT.search(text) is not None
    for match in _UNSEEN.finditer(text):
        inside = any(begin < match.start() < end for begin, end in flags)
        if not inside and not (has_rtl and match[0] in _FOR_RIGHT_TO_LEFT):
            yield match
    for match in _JOINERS.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        is_joined = (
            before and after and all(unicodedata.category(sign) in _JOINED for sign in (before, after))
        )
        if not is_joined and not (before and _RIGHT_TO_LEFT.match(before)):
            yield match


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
    """Find Greek and Cyrillic letters in words that are otherwise Latin."""
    for words in case.words:
        if words.kind == "link" or words.text.isascii() or not _ALIKE.search(words.text):
            continue
        links = [(link.start, link.end) for link in words.reading.all_links]
        for match in _WORD.finditer(words.text):
            found = _ALIKE.search(match[0])
            if any(begin <= match.start() < end for begin, end in links):
                continue  # `link-disguised` tells of them
            if found and _LATIN.search(match[0]):
                yield CheckHit(
                    words.at(match.start() + found.start()),
                    Phrase(
                        "“{word}” holds {name}, which looks like a Latin letter",
                        word=match[0],
                        name=unicodedata.name(found[0], "?"),
                    ),
                    Phrase("retype the word"),
                    words.variant,
                )


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
        if words.text.isascii():
            continue
        for match in _FANCY.finditer(words.text):
            plain = unicodedata.normalize("NFKC", match[0])
            yield CheckHit(
                words.at(match.start()),
                Phrase("“{value}” is no plain writing", value=match[0][:30]),
                Phrase("write “{value}”", value=plain[:30]),
                words.variant,
                edit=words.edit(match.start(), match.end(), plain) if words.kind == "text" else None,
            )


@rule(
    "mojibake",
    Severity.ERROR,
    Phrase("Accents and quotation marks are what they should be."),
    why=Phrase("A text that was saved in one encoding and read in another shows Ã© for é."),
    fix=Phrase("Write the passage anew; stormctl check --fix restores it where that is certain."),
    bad="MigraciÃ³n",
    good="Migración",
    silenced_by=SilencedBy.WRITER,
)
def find_mojibake(case: CheckContext) -> Iterator[CheckHit]:
    """Find what UTF-8 looks like when it is read as Windows-1252 or Latin-1."""
    for words in case.words:
        text = words.text
        if text.isascii():
            continue
        at = text.find("\ufffd")
        if at >= 0:
            message = Phrase("{what} holds U+FFFD, which stands for a lost character", what=words.what)
            yield CheckHit(words.at(at), message, Phrase("write the passage anew"), words.variant)
        for match in _GARBLED.finditer(text):
            restored = _restore(match[0])
            if restored:
                yield CheckHit(
                    words.at(match.start()),
                    Phrase(
                        "“{value}” was “{restored}” in another encoding", value=match[0], restored=restored
                    ),
                    Phrase("write “{restored}”", restored=restored),
                    words.variant,
                    edit=words.edit(match.start(), match.end(), restored) if words.kind == "text" else None,
                )


def _restore(garbled: str) -> str:
    """Return what the signs were before they were read in the wrong encoding; empty if they were nothing."""
    for encoding in ("cp1252", "latin-1"):
        try:
            restored = garbled.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if len(restored) == 1 and restored.isprintable():
            return restored
    return ""
