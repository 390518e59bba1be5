"""The known word that a person most likely meant."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.base.phrase import Hint

LONGEST = 100
"""Characters of a word that someone may have mistyped; comparing takes the product of two lengths."""

MOST_KNOWN = 2_000
"""Among more words than these none is looked for: it would take seconds."""


def fold(word: str) -> str:
    """Write a word without case, accents and punctuation, as it is looked up."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


def find_nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Find the known word that looks most like `word`, whatever the case of either."""
    by_folded = {name.casefold(): name for name in known if len(name) <= LONGEST}
    if len(word) > LONGEST or len(by_folded) > MOST_KNOWN:
        return None
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> Hint:
    """Return a hint that names the nearest known word, or all of them where none is near."""
    names = sorted(set(known))
    nearest = find_nearest(word, names)
    if nearest is not None:
        return Phrase("did you mean “{nearest}”?", nearest=nearest)
    return Phrase("known: {names}", names=", ".join(names)) if names else ""
