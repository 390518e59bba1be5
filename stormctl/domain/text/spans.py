"""Stretches of a text: those that mean something to a platform, and those that are too long to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RUN = 2_000
"""Characters without a blank: no word is longer, and no address."""

_RUN = re.compile(r"\S+")


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


def find_long_run(text: str) -> str:
    """Return the first run of more than `MAX_RUN` characters without a blank; empty if there is none."""
    if len(text) <= MAX_RUN:
        return ""
    return next((run for run in _RUN.findall(text) if len(run) > MAX_RUN), "")


def cover(spans: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Return the positions that lie within one of some stretches, given by start and end."""
    return frozenset(at for start, end in spans for at in range(start, end))
