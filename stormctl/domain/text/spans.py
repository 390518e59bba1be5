"""A stretch of a text that means something to a platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextSpan:
    """What was found, and where.

    Attributes:
        text: without the sign before it (`#`, `@`, `$`); a link whole.
        start: of the sign, in code points of the text as given.
        end: behind the last character.
    """

    text: str
    start: int
    end: int
