"""Invisible characters: they control terminals, break lines, reverse the writing direction, or hide."""

from __future__ import annotations

import json
import re
from typing import Any

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, what ends a line, and what turns the direction of writing; halves of surrogate pairs too."""

HIDDEN = re.compile(
    "[\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""What has no width and is no joiner: the rest of Unicode's category Cf but for signs that are seen (of
Arabic, Syriac and Kaithi numbers, and of hieroglyphs), noncharacters, and tags."""

_UNSEEN = re.compile(f"{STEERING.pattern[:-1]}\u200c\u200d{HIDDEN.pattern[1:]}")
_UNSEEN_BUT_LINES = re.compile(_UNSEEN.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def escape(text: str) -> str:
    r"""Write invisible characters as JSON does, `\u202e`; line feeds and tabs stay, for tracebacks."""
    return _UNSEEN_BUT_LINES.sub(_escape, text)


def render_json(data: object, *, indent: int | None = None, only_ascii: bool = False) -> str:
    """Write JSON for people and machines: letters as they are, invisible characters in JSON's own escapes.

    It says the same to whoever reads it as JSON, and nothing to a terminal or to what splits lines.

    Args:
        indent: blanks a level; None for one line.
        only_ascii: whether letters are escaped too.
    """
    return escape(json.dumps(data, ensure_ascii=only_ascii, indent=indent))


def _escape(match: re.Match[str]) -> Any:
    return json.dumps(match[0])[1:-1]
