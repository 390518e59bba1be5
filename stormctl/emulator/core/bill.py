"""What the emulated platforms have billed so far, by channel and item."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.rates import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class Bill:
    """Lines of items and what they cost; safe to read from other threads.

    Args:
        now: the emulated time in Unix seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._lines: Counter[tuple[str, str, int]] = Counter()
        self._read: set[tuple[str, str, int]] = set()

    def add(self, channel: str, item: str, number: int, usd_micros: int) -> None:
        """Bill so many of an item, each at a price."""
        with self._lock:
            self._lines[channel, item, usd_micros] += number

    def take_unread(self, app: str, post_ids: Collection[str]) -> int:
        """Count the posts that an app has not read on this UTC day, and note that now it has."""
        day = int(self._now() // DAY_S)
        with self._lock:
            new = {(app, post_id, day) for post_id in post_ids} - self._read
            self._read |= new
        return len(new)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._lines.clear()
            self._read.clear()

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return a line for each channel and item: how many, and what they cost together."""
        with self._lock:
            return [
                {"channel": channel, "item": item, "count": number, "usd_micros": number * price}
                for (channel, item, price), number in sorted(self._lines.items())
                if number
            ]
