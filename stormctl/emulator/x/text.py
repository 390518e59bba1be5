"""How X measures and shows a text: weighted length, short links, entities."""

from __future__ import annotations

import hashlib
import html
import re
import string
import sys
import unicodedata
from importlib import resources
from types import ModuleType
from typing import Any

from stormctl.emulator.core.records import ShortLink

try:
    from twitter_text import extract_urls_with_indices, parse_tweet
except (
    ModuleNotFoundError
):  # the parser asks `pkg_resources`, of setuptools that it doesn't declare, for one file
    sys.modules["pkg_resources"] = stand_in = ModuleType("pkg_resources")
    vars(stand_in)["resource_string"] = lambda package, name: (
        resources.files(package.rpartition(".")[0]).joinpath(name).read_bytes()
    )
    from twitter_text import extract_urls_with_indices, parse_tweet

MAX_WEIGHTED_LENGTH = 280
"""What a post may weigh (source: docs.x.com, counting characters)."""

MAX_CASHTAGS = 1
"""Self-serve limit (source: docs.x.com, manage posts, 2026-08)."""

_BASE62 = string.ascii_letters + string.digits
_TAG = re.compile(r"(?<![\w&])([#@$])(\w+)")


def weighted_length(text: str) -> int:
    """Return what X counts for a text: CJK and emoji weigh 2, any link 23, after NFC."""
    return int(parse_tweet(unicodedata.normalize("NFC", text)).weightedLength)


def count_cashtags(text: str) -> int:
    """Return how many `$CASHTAGS` a text has."""
    return len(re.findall(r"(?<!\w)\$[A-Za-z]{1,6}\b", text))


def normalise(text: str) -> str:
    """Return what X compares when it looks for duplicates."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def shorten_links(text: str, post_id: str) -> tuple[str, tuple[ShortLink, ...]]:
    """Replace every link by a t.co one, as X does with each new post."""
    pieces: list[str] = []
    links: list[ShortLink] = []
    end = 0
    for found in extract_urls_with_indices(text):
        start, stop = found["indices"]
        written = found["url"]
        expanded = written if "://" in written else f"http://{written}"
        link = ShortLink(_short_url(post_id, written, len(links)), expanded, _display(expanded))
        links.append(link)
        pieces += [text[end:start], link.url]
        end = stop
    return "".join([*pieces, text[end:]]), tuple(links)


def media_link(username: str, post_id: str, media_keys: tuple[str, ...]) -> ShortLink:
    """Return the one link that X appends to the text of a post with media."""
    url = _short_url(post_id, "media", 0)
    expanded = f"https://x.com/{username}/status/{post_id}/photo/1"
    return ShortLink(url, expanded, f"pic.x.com/{url.rpartition('/')[2]}", media_keys)


def describe(shown: str, links: tuple[ShortLink, ...]) -> tuple[str, dict[str, Any]]:
    """Return a shown text with `&`, `<`, `>` escaped as X does, and its entities."""
    text = html.escape(shown, quote=False)
    urls: list[dict[str, Any]] = []
    position = 0
    for link in links:
        start = text.index(link.url, position)
        position = start + len(link.url)
        entity: dict[str, Any] = {"start": start, "end": position, "url": link.url}
        entity |= {"expanded_url": link.expanded, "display_url": link.display}
        urls += [{**entity, "media_key": key} for key in link.media_keys] or [entity]
    entities: dict[str, Any] = {"urls": urls} if urls else {}
    kinds = {"#": ("hashtags", "tag"), "@": ("mentions", "username"), "$": ("cashtags", "tag")}
    for match in _TAG.finditer(text):
        name, key = kinds[match[1]]
        tag = {"start": match.start(), "end": match.end(), key: match[2]}
        entities.setdefault(name, []).append(tag)
    return text, entities


def _short_url(post_id: str, written: str, number: int) -> str:
    digest = int.from_bytes(hashlib.sha256(f"{post_id}/{number}/{written}".encode()).digest(), "big")
    return "https://t.co/" + "".join(_BASE62[digest // 62**n % 62] for n in range(10))


def _display(expanded: str) -> str:
    bare = expanded.partition("://")[2].removeprefix("www.").rstrip("/")
    return bare if len(bare) <= 27 else f"{bare[:26]}…"  # noqa: PLR2004 - as long as X shows a link
