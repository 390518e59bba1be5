"""Whether two texts say the same, whatever a platform has made of them."""

from __future__ import annotations

import html
import re
import unicodedata
from difflib import SequenceMatcher
from urllib.parse import unquote

MOST_WORDS = 1_000
"""Of longer texts only so many words are compared by likeness, which takes the square of their number."""

LONG = 1_000
"""From so many characters on, texts are compared by words: by characters it would take minutes."""

_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=\w)/(?!\w)")
_BLANK = re.compile(r"\s")
_SHORT_LINK = re.compile(r"\bt\.co/\w+")


def comparable(text: str) -> str:
    """Return a text as it must be for comparing: entities unescaped, NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def recognisable(text: str) -> str:
    """Return a text as it can be recognised on an account: comparable, however its addresses are written.

    Of what was written as `example.org`, X shows `http://example.org` (entities of a post, as clients record
    them). A slash at the end and percent signs count for nothing either.
    """
    return _LAST_SLASH.sub("", _SCHEME.sub("", unquote(comparable(text))))


def is_shortened(text: str) -> bool:
    """Whether a text that an account shows holds an address that X left short."""
    return _SHORT_LINK.search(text) is not None


def is_shown_as(shown: str, sent: str, *, has_media: bool) -> bool:
    """Whether a text that an account shows is one that we sent.

    X replaces every address by one of t.co, and adds one for media (docs.x.com, 2026-08). Where it did not
    tell where they lead, each stands for any address at its place, if there is any other word.

    Args:
        shown: with short links written out again as far as they were told.
    """
    seen, ours = recognisable(shown), recognisable(sent)
    if seen == ours:
        return True
    pieces = _SHORT_LINK.split(seen)
    forms = [pieces] if len(pieces) > 1 and any(re.search(r"\w", piece) for piece in pieces) else []
    if has_media and forms and not pieces[-1]:
        forms.append([*pieces[:-2], pieces[-2].rstrip()])
    words = _BLANK.split(ours)
    return any(_are_shown(_BLANK.split("\0".join(form)), words) for form in forms)


def _are_shown(seen: list[str], ours: list[str]) -> bool:
    """Whether words, in which a NUL stands for any address, are those that we sent."""
    return len(seen) == len(ours) and all(map(_is_word_shown, seen, ours))


def _is_word_shown(seen: str, ours: str) -> bool:
    """The same of one word, in one walk: an address as short as it can be leaves the others most."""
    first, *others = seen.split("\0")
    if not others or not ours.startswith(first):
        return seen == ours
    position = len(first)
    for piece in others[:-1]:
        dot = ours.find(".", position + 1)
        found = ours.find(piece, dot + 2) if dot >= 0 else -1
        if found < 0:
            return False
        position = found + len(piece)
    dot = ours.find(".", position + 1)
    return 0 <= dot < len(ours) - len(others[-1]) - 1 and ours.endswith(others[-1])


def similarity(a: str, b: str) -> float:
    """Return how much two texts resemble each other, from 0 to 1 (the same when made recognisable).

    What differs in nothing but an address that X left short is the same for all that can be told.
    """
    first, second = recognisable(a), recognisable(b)
    if first == second:
        return 1.0
    if any(is_shortened(x) and is_shown_as(x, y, has_media=True) for x, y in ((a, b), (b, a))):
        return 1.0
    if max(len(first), len(second)) >= LONG:
        one, other = (text.split()[:MOST_WORDS] for text in (first, second))
        return SequenceMatcher(None, one, other, autojunk=False).ratio()
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
