"""Whether two texts say the same, whatever a platform has made of them."""

from __future__ import annotations

import html
import unicodedata
from difflib import SequenceMatcher


def comparable(text: str) -> str:
    """Return a text as it must be for comparing: entities unescaped, NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def similarity(a: str, b: str) -> float:
    """Return how much two texts resemble each other, from 0 to 1 (the same when made comparable)."""
    first, second = comparable(a), comparable(b)
    if first == second:
        return 1.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
