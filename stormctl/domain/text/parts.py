"""What a text is made of: its links, tags and names."""

from __future__ import annotations

import re
import unicodedata

from stormctl.domain.text import weight

_TAG = re.compile(r"(?<![\w&/])[#＃](?P<tag>[^\s#＃]+)")
_NAME = re.compile(r"(?<![\w@＠#＃$%&!*])[@＠](?P<name>[A-Za-z0-9_]{1,20})(?![@＠A-Za-z0-9_]|://)", re.ASCII)
_CASHTAG = re.compile(r"(?<!\S)\$(?P<tag>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![\w$])", re.ASCII)
_JOINERS = "\u200c\u200d"


def find_links(text: str) -> tuple[str, ...]:
    """Return the links that X sees in a text, in order; a bare domain such as `example.org` is one."""
    return weight.find_urls(text)


def find_hashtags(text: str) -> tuple[str, ...]:
    """Return the hashtags in a text, without `#`, in order; those inside links are none."""
    if "#" not in text and "＃" not in text:
        return ()
    found = (_cut_tag(match["tag"]) for match in _TAG.finditer(_without_links(text)))
    return tuple(tag for tag in found if any(character.isalpha() for character in tag))


def find_mentions(text: str) -> tuple[str, ...]:
    """Return the accounts that a text mentions, without `@`, in order; those inside links are none."""
    if "@" not in text and "＠" not in text:
        return ()
    return tuple(match["name"] for match in _NAME.finditer(_without_links(text)))


def find_cashtags(text: str) -> tuple[str, ...]:
    """Return the cashtags in a text, without `$`, in order: `$ABC`, but no amounts of money."""
    return tuple(match["tag"] for match in _CASHTAG.finditer(text))


def _without_links(text: str) -> str:
    pieces, position = [], 0
    for link in find_links(text):  # in order, so that one walk is enough
        begin = text.find(link, position)
        if begin >= 0:
            pieces.append(text[position:begin])
            position = begin + len(link)
    return " ".join([*pieces, text[position:]])


def _cut_tag(run: str) -> str:
    """Cut what follows a `#` at the first character that cannot be in a tag; marks belong to letters."""
    for index, character in enumerate(run):
        is_part = character.isalnum() or character in f"_{_JOINERS}"
        if not is_part and not unicodedata.category(character).startswith("M"):
            return run[:index]
    return run
