"""Whether two texts say the same, whatever a platform has made of them."""

from __future__ import annotations

import html
import re
import unicodedata
from difflib import SequenceMatcher

LONG = 1_000
"""From so many characters on, texts are compared by words: by characters it would take minutes."""

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=[\w.-])/(?=\s|$)")
_SHORT_LINK = re.compile(r"https?://t\.co/\w+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|(?:[\w-]+\.)+[a-z]{2,}\b)\S*", re.IGNORECASE)


def comparable(text: str) -> str:
    """Return a text as it must be for comparing: entities unescaped, NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def essence(text: str) -> str:
    """Return a comparable text without what platforms add to addresses: the scheme and the last slash."""
    return _LAST_SLASH.sub("", _SCHEME.sub("", comparable(text)))


def similarity(a: str, b: str) -> float:
    """Return how much two texts resemble each other, from 0 to 1 (the same when made comparable).

    What differs in nothing but an address that X left short is the same for all that can be told.
    """
    first, second = essence(a), essence(b)
    if first == second or _may_be_the_same(a, b):
        return 1.0
    if max(len(first), len(second)) >= LONG:
        return SequenceMatcher(None, first.split(), second.split(), autojunk=False).ratio()
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _may_be_the_same(a: str, b: str) -> bool:
    if not (_SHORT_LINK.search(a) or _SHORT_LINK.search(b)):
        return False
    first, second = (comparable(_LINK.sub(" ", text)) for text in (a, b))
    return bool(first) and first == second
