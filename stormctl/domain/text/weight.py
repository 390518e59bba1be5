"""X's own counting of a text's length and its own idea of a link, with a fast path for plain text."""

from __future__ import annotations

import re
import sys
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

URL_WEIGHT = 23
"""What any link weighs on X, however long (source: docs.x.com counting characters, 2026-08)."""

_PLAIN = re.compile(
    # Letters and marks up to U+10FF without © and ®, which are emoji; general punctuation; and four
    # signs that weigh two. A dot with a letter behind it might be a link, so it isn't plain.
    r"(?:[\0-\x2d/-\xa8\xaa-\xad\xaf-\u10ff\u2000-\u200c\u2010-\u201f\u2022\u2026\u20ac\u2192]"
    r"|\.(?![A-Za-z\x80-\U0010ffff]))*",
)
MAX_CHARS = 65_536
"""A longer text than this is beyond every platform's limit, and nothing is looked for in it."""

MAX_RUN = 2_000
"""Characters without a blank: beyond it there is no address, name or word."""

_MOST_WORK = 6_000_000
"""What X's parser may cost for one text: a quarter of a second. It tries every label of a host name against
every other: a run of n characters costs n · (n + 134 · its dots) times 40 ns (version 3.0, tried)."""

_HOST_RUN = re.compile(r"[^\s/]+")
_RUN = re.compile(r"\S+")
_MAYBE_LINK = re.compile(r"\.[A-Za-z\x80-\U0010ffff]")
_HEAVY = re.compile(r"[\u2022\u2026\u20ac\u2192]")
_PLAIN_LINK = re.compile(
    r"(?:(?<=[ \n])|\A)https?://(?:[a-z0-9](?:[a-z0-9]|-(?!-)){0,40}(?<!-)\.){1,6}(?:org|com|net|int)"
    r"(?:/(?:[A-Za-z0-9/_-]{0,1000}[A-Za-z0-9/])?)?(?=[ \n]|\Z)",
)


_REMEMBERED = 256
"""Texts whose reading is kept: every rule asks for the same ones."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text that needs no parser: what is left without its links, and the links."""

    rest: str
    links: tuple[str, ...]


def measure(text: str) -> int:
    """Return the weighted length that X counts for a text, of at most 280.

    Letters weigh one, CJK and emoji two, links 23, after NFC
    (source: docs.x.com counting characters, 2026-08).
    """
    plain = _read_plain(unicodedata.normalize("NFC", text))
    if plain is None:
        return 2 * len(text) if is_monstrous(text) else measure_exactly(text)
    return len(plain.rest) + len(_HEAVY.findall(plain.rest)) + URL_WEIGHT * len(plain.links)


@lru_cache(_REMEMBERED)
def measure_exactly(text: str) -> int:
    """Return the weighted length by X's published rules alone; half a millisecond a text."""
    with _stand_in_for_pkg_resources():
        from twitter_text import parse_tweet
    return int(parse_tweet(text).weightedLength)


def find_urls(text: str) -> tuple[str, ...]:
    """Return the links that X would see in a text, in order, bare domains among them."""
    if not _MAYBE_LINK.search(text):
        return ()
    plain = _read_plain(text)
    if plain is not None:
        return plain.links
    if is_monstrous(text):  # all that could be a link is one, so that no rule about links misses it
        return tuple(run for run in _RUN.findall(text) if _MAYBE_LINK.search(run))
    return find_urls_exactly(text)


def is_monstrous(text: str) -> bool:
    """Whether a text is such that X's parser would take much longer for it than for any message."""
    if len(text) > MAX_CHARS or find_long_run(text):
        return True
    runs = [(len(run), run.count(".")) for run in _HOST_RUN.findall(text) if "." in run]
    work: int = sum(length * (length + 134 * dots) for length, dots in runs)
    return work > _MOST_WORK


def find_long_run(text: str) -> str:
    """Return the first run of more than `MAX_RUN` characters without a blank; empty if there is none."""
    if len(text) <= MAX_RUN:
        return ""
    return next((run for run in _RUN.findall(text) if len(run) > MAX_RUN), "")


@lru_cache(_REMEMBERED)
def find_urls_exactly(text: str) -> tuple[str, ...]:
    """Return the links by X's published rules alone."""
    with _stand_in_for_pkg_resources():
        from twitter_text import extract_urls
    return tuple(extract_urls(text))


def _read_plain(text: str) -> _Plain | None:
    """Take a text apart if it is plain enough to be counted by its characters; None if it is not."""
    if "\r" in text:
        return None
    links = tuple(_PLAIN_LINK.findall(text)) if "://" in text else ()
    rest = _PLAIN_LINK.sub("", text) if links else text
    return _Plain(rest, links) if _PLAIN.fullmatch(rest) else None


@contextmanager
def _stand_in_for_pkg_resources() -> Iterator[None]:
    """Let twitter-text-parser 3.0 read its emoji table where setuptools is missing or too new.

    It asks `pkg_resources` for one file of its own, but doesn't declare setuptools, and setuptools
    has dropped that module. Where the parser is loaded already, nothing is done.
    """
    if "twitter_text" in sys.modules or "pkg_resources" in sys.modules:
        yield
        return
    stand_in = ModuleType("pkg_resources")
    vars(stand_in)["resource_string"] = lambda package, name: (
        resources.files(package.rpartition(".")[0]).joinpath(name).read_bytes()
    )
    sys.modules["pkg_resources"] = stand_in
    try:
        yield
    finally:
        sys.modules.pop("pkg_resources", None)
