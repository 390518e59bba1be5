"""Read a text once: every rule of every room asks this reading, by position."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from stormctl.domain.text.links import find_links, find_other_links
from stormctl.domain.text.spans import TextSpan
from stormctl.domain.text.weights import LINK_WEIGHT, weigh_without_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_REMEMBERED = 32_768
"""Texts whose reading is kept: plan, checks and prices ask for the same ones."""

_SIGN = re.compile(r"[#＃]")
_ALSO_IN_TAGS = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
"""Signs within hashtags (source: twitter-text 3)."""

_BEFORE_TAGS = frozenset("\ufe0e\ufe0f")
_NO_TAG_BEFORE = ("\ufe0f", "\u20e3")
_NO_TAG_BEHIND = ("#", "＃", "://")
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f"
    "\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_NAME = re.compile(
    rf"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?:(?<![A-Za-z0-9_+~.-])|\A)[Rr][Tt]:?)"
    rf"(?P<sign>[@＠])(?P<name>[A-Za-z0-9_]{{1,20}}+)(?![@＠{_ACCENTED}]|://)",
)
_PAGE = re.compile(r"@\[(?P<name>\d+)(?::[^\[\]\n]{0,200})?\]")
"""A Page named in a text on Facebook (source: Graph API, Page posts, 2026)."""

_CASHTAG = re.compile(
    r"(?:(?<=\s)|\A)\$(?P<name>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=\s|\Z|[!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])"
)


@dataclass(frozen=True, slots=True)
class TextReading:
    """What a text is made of.

    Attributes:
        weighted_length: as X counts it, of at most 280.
        links: as X sees them, bare domains such as `example.org` among them.
        other_links: what X does not link, but may one day, or another platform does: anything with a scheme,
            and dotted words whose ending is unknown.
        hashtags: those of X, for both platforms.
        mentions: of accounts, and of Pages by their number.
    """

    text: str
    weighted_length: int
    links: tuple[TextSpan, ...]
    other_links: tuple[TextSpan, ...]
    hashtags: tuple[TextSpan, ...]
    mentions: tuple[TextSpan, ...]
    cashtags: tuple[TextSpan, ...]

    @property
    def all_links(self) -> tuple[TextSpan, ...]:
        """Both kinds of links, in order."""
        return tuple(sorted((*self.links, *self.other_links), key=lambda span: span.start))

    @property
    def has_link(self) -> bool:
        """Whether there is any."""
        return bool(self.links or self.other_links)


@lru_cache(_REMEMBERED)
def read(text: str) -> TextReading:
    """Read a text in one pass: its length on X, and its links, tags and names with their places."""
    links = find_links(text)
    taken = _Taken(links)
    return TextReading(
        text=text,
        weighted_length=_weigh(text, links),
        links=links,
        other_links=find_other_links(text, links),
        hashtags=tuple(taken.without(_find_hashtags(text))),
        mentions=tuple(taken.without(_find_mentions(text))) if "@" in text or "＠" in text else (),
        cashtags=tuple(taken.without(_find(text, _CASHTAG))) if "$" in text else (),
    )


class _Taken:
    """The places that links take, in which nothing else is."""

    def __init__(self, links: Sequence[TextSpan]) -> None:
        self._starts = [link.start for link in links]
        self._ends = [link.end for link in links]

    def without(self, spans: Iterable[TextSpan]) -> Iterator[TextSpan]:
        """Pass the spans on that begin in no link."""
        for span in spans:
            i = bisect_right(self._starts, span.start) - 1
            if i < 0 or span.start >= self._ends[i]:
                yield span


def _weigh(text: str, links: Sequence[TextSpan]) -> int:
    if "\r" in text or not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
        links = find_links(text)
    if not links:
        return weigh_without_links(text)
    pieces, position = [], 0
    for link in links:
        pieces.append(text[position : link.start])
        position = link.end
    rest = sum(map(weigh_without_links, [*pieces, text[position:]]))
    return rest + LINK_WEIGHT * len(links)


def _find_hashtags(text: str) -> Iterator[TextSpan]:
    position = 0
    while sign := _SIGN.search(text, position):
        start, position = sign.start(), sign.end()
        before = text[start - 1 : start] if start else ""
        if before and before not in _BEFORE_TAGS and (before == "&" or _is_in_tags(before)):
            continue
        while position < len(text) and _is_in_tags(text[position]):
            position += 1
        name = text[sign.end() : position]
        is_tag = any(unicodedata.category(sign)[0] in "LM" for sign in name)
        if is_tag and not name.startswith(_NO_TAG_BEFORE) and not text.startswith(_NO_TAG_BEHIND, position):
            yield TextSpan(name, start, position)


def is_hashtag(name: str) -> bool:
    """Whether X would make one tag of `#` and this."""
    return [span.text for span in _find_hashtags(f"#{name}")] == [name]


@lru_cache(4096)
def _is_in_tags(character: str) -> bool:
    return character in _ALSO_IN_TAGS or unicodedata.category(character) in _CATEGORIES_OF_TAGS


_CATEGORIES_OF_TAGS = frozenset(["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd"])


def _find_mentions(text: str) -> Iterator[TextSpan]:
    found = [TextSpan(match["name"], match.start("sign"), match.end()) for match in _NAME.finditer(text)]
    pages = _find(text, _PAGE)
    return iter(sorted([*found, *pages], key=lambda span: span.start))


def _find(text: str, pattern: re.Pattern[str]) -> Iterator[TextSpan]:
    for match in pattern.finditer(text):
        yield TextSpan(match["name"], match.start(), match.end())
