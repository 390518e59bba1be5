"""Windows in which so many requests are allowed, as the platforms count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

QUARTER_HOUR_S = 15 * 60
DAY_S = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A window as a client is told of it; `reset_at` in emulated Unix seconds."""

    limit: int
    remaining: int
    reset_at: float


class RateWindows:
    """Counts requests in fixed windows; each starts with its first request.

    Args:
        now: the emulated time in Unix seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def peek(self, name: str, who: str, *, limit: int, period_s: float) -> RateWindow:
        """Return a window without counting anything."""
        started_at, used = self._current(name, who, period_s)
        return RateWindow(limit, max(0, limit - used), started_at + period_s)

    def count(self, name: str, who: str, *, limit: int, period_s: float) -> RateWindow:
        """Count one request and return its window."""
        started_at, used = self._current(name, who, period_s)
        self._windows[name, who] = (started_at, used + 1)
        return self.peek(name, who, limit=limit, period_s=period_s)

    def clear(self) -> None:
        """Forget all that was counted."""
        self._windows.clear()

    def _current(self, name: str, who: str, period_s: float) -> tuple[float, int]:
        now = self._now()
        started_at, used = self._windows.get((name, who), (now, 0))
        return (started_at, used) if started_at <= now < started_at + period_s else (now, 0)
