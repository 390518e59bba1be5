"""The same warning again and again is a storm of its own: tell it once a minute, with how often it came."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count

if TYPE_CHECKING:
    from datetime import datetime

EVERY = timedelta(minutes=1)
"""How long, in real time, an identical warning is held back after it was told."""


@dataclass(slots=True)
class _Told:
    at: datetime
    held_back: int = 0


class Repeats:
    """Warnings that were told lately; for any number of threads."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}
        self._lock = threading.Lock()

    def pass_on(self, text: str, wall_at: datetime) -> str | None:
        """Return the text to tell now, with how often it was held back; None while it is held back."""
        with self._lock:
            told = self._told.get(text)
            if told is not None and _is_recent(told, wall_at):
                told.held_back += 1
                return None
            self._told = {line: t for line, t in self._told.items() if t.held_back or _is_recent(t, wall_at)}
            self._told[text] = _Told(wall_at)
        if told is None or not told.held_back:
            return text
        return f"{text} (and {count(told.held_back, 'time')} since it was last told)"


def _is_recent(told: _Told, wall_at: datetime) -> bool:
    """Whether it was told within the minute; a clock that was set back does not make it so for hours."""
    return abs(wall_at - told.at) < EVERY
