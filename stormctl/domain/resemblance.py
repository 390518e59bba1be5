"""Whether two texts say the same, whatever a platform has made of them."""

from __future__ import annotations

import html
import re
import unicodedata
from difflib import SequenceMatcher
from urllib.parse import unquote

_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=\w)/(?!\w)")


def comparable(text: str) -> str:
    """Return a text as it must be for comparing: entities unescaped, NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def recognisable(text: str) -> str:
    """Return a text as it can be recognised on an account: comparable, however its addresses are written.

    Of what was written as `example.org`, X shows `http://example.org` (entities of a post, as clients record
    them). A slash at the end and percent signs count for nothing either.
    """
    return _LAST_SLASH.sub("", _SCHEME.sub("", unquote(comparable(text))))


def similarity(a: str, b: str) -> float:
    """Return how much two texts resemble each other, from 0 to 1 (the same when made recognisable)."""
    first, second = recognisable(a), recognisable(b)
    if first == second:
        return 1.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
