"""A rule about texts that were saved in one encoding and read in another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_TRAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
GARBLED = re.compile(
    f"(?:[ÂÃÄÅ]{_TRAIL}|â{_TRAIL}{{2}}|ðŸ{_TRAIL}{{2}}|ï[¸»¼½]{_TRAIL})+|(?:[ÎÏÐÑØÙÚÛ]{_TRAIL}){{2,}}"
    "|â€(?!\\w)|√[^\\w\\s]|‚Ä."
)
"""UTF-8 read as Windows-1252, Latin-1 or, at the end, as Mac OS Roman."""

_MAY_BE_GARBLED = re.compile("[ÂÃÄÅâðïÎÏÐÑØÙÚÛ√‚]")

_CLOSING = frozenset("‘’“”…–—›»")
_LOST = re.compile(r"(?<![?\w])\?{2,}(?: \?{2,}){2,}")


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
        if "?? ??" in text:
            for match in _LOST.finditer(text):
                message = Phrase("“{value}” seems to stand for lost characters", value=match[0])
                yield CheckHit(
                    words.at(match.start()), message, Phrase("write the passage anew"), words.variant
                )
        if text.isascii():
            continue
        at = text.find("\ufffd")
        if at >= 0:
            message = Phrase("{what} holds U+FFFD, which stands for a lost character", what=words.what)
            yield CheckHit(words.at(at), message, Phrase("write the passage anew"), words.variant)
        for match in GARBLED.finditer(text) if _MAY_BE_GARBLED.search(text) else ():
            restored = None if _is_capital(match) else _restore(match[0])
            if restored is not None:
                hint = Phrase("write “{restored}”", restored=restored) if restored else Phrase("leave it out")
                yield CheckHit(
                    words.at(match.start()),
                    Phrase(
                        "“{value}” was “{restored}” in another encoding", value=match[0], restored=restored
                    ),
                    hint,
                    words.variant,
                    edit=words.edit(match.start(), match.end(), restored) if words.kind == "text" else None,
                )


def _is_capital(match: re.Match[str]) -> bool:
    """Whether it is the last letter of a word in capitals, and a sign behind it: “AMANHÔ."""
    text, (start, end) = match.string, match.span()
    is_end = match[0][1:] in _CLOSING and not text[end : end + 1].isalpha()
    return is_end and text[max(start - 1, 0) : start].isupper()


def _restore(garbled: str) -> str | None:
    """Return what the signs were before they were read in the wrong encoding, more than once perhaps.

    None if they were nothing.
    """
    restored = garbled
    while GARBLED.fullmatch(restored):
        try:
            if restored[0] in "√‚":
                restored = restored.encode("mac_roman").decode("utf-8")
            else:
                pieces = [
                    bytes([ord(sign)]) if sign < "\u0100" else sign.encode("cp1252") for sign in restored
                ]
                restored = (b"".join(pieces) + (b"\x9d" if restored == "â€" else b"")).decode("utf-8")
        except UnicodeError:
            break
    restored = restored.lstrip("\ufeff")
    is_shown = restored.replace("\xa0", "").replace("\ufe0f", "").isprintable()
    return restored if restored != garbled and is_shown else None
