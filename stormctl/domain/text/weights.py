"""How much a text weighs on X: letters one, CJK and emoji two, links 23."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK_WEIGHT = 23
"""What any link weighs on X, however long (source: docs.x.com counting characters, 2026-08)."""

EMOJI_WEIGHT = 2
"""What an emoji weighs, of however many code points (source: as above)."""

_HEAVY = re.compile(r"[^\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]+")
"""What weighs two: all but these ranges (source: twitter-text's configuration, version 3)."""

_JOINED = re.compile(r"[©®\u200d\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Without one of these, each emoji is one code point, which weighs two anyway."""

_EMOJI_RUN = re.compile(r"[0-9#*](?=\ufe0f?\u20e3)|[©®\u200d\u203c-\U0010ffff]")


def weigh_without_links(text: str) -> int:
    """Return what a text without links weighs; it must be in NFC."""
    if text.isascii():
        return len(text)
    weight = len(text) + sum(len(run) for run in _HEAVY.findall(text))
    return weight - _count_surplus(text) if _JOINED.search(text) else weight


def _count_surplus(text: str) -> int:
    """Return by how much the code points of a text's emoji together weigh more than the emoji."""
    emoji, longest = _load_emoji()
    surplus, position = 0, 0
    while match := _EMOJI_RUN.search(text, position):
        start = match.start()
        for length in range(longest, 0, -1):
            found = text[start : start + length]
            if found in emoji:
                surplus += len(found) + sum(map(len, _HEAVY.findall(found))) - EMOJI_WEIGHT
                position = start + len(found)
                break
        else:
            position = start + 1
    return surplus


@lru_cache(1)
def _load_emoji() -> tuple[Mapping[str, object], int]:
    from emoji import EMOJI_DATA  # a tenth of a second, and many a text has none

    return EMOJI_DATA, max(map(len, EMOJI_DATA))
