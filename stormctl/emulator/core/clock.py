"""The emulator's clock: real time, or a storm's faster time as a rehearsal tells it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


LATEST = 4_102_444_800.0
"""2100 in Unix seconds: no storm is later. Times beyond it are told as it, however fast the clock runs."""

FASTEST = 1_000_000.0
"""Emulated seconds per real one: a rehearsal of a month takes some seconds."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How emulated time follows real time; every field is in Unix seconds but `speed`.

    Attributes:
        anchor_wall: the real time at which `anchor_at` was the emulated time.
        anchor_at: the emulated time then.
        speed: emulated seconds per real second, until `fast_until` is reached.
        fast_until: the emulated time from which on it runs at 1×; None for never.
    """

    anchor_wall: float
    anchor_at: float
    speed: float = 1.0
    fast_until: float | None = None

    def at(self, wall: float) -> float:
        """Return the emulated Unix seconds at a real time."""
        passed = wall - self.anchor_wall
        if self.fast_until is None:
            return self.anchor_at + self.speed * passed
        fast_span = max(0.0, self.fast_until - self.anchor_at) / self.speed
        if passed <= fast_span:
            return self.anchor_at + self.speed * passed
        return max(self.anchor_at, self.fast_until) + (passed - fast_span)


class EmulatorClock:
    """Tells emulated and real time, both in Unix seconds.

    What followers would see (posts' times, rate windows, the audience) runs on emulated time;
    what concerns machines (signatures, uploads' expiry, lists that lag) on real time.

    Args:
        wall: gives the real time; replaced in tests.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:  # noqa: TID251 - the emulator is a process of its own: this is where its time comes in
        self._wall = wall
        self._scale: Scale | None = None

    def wall(self) -> float:
        """Return the real time."""
        return self._wall()

    def at(self) -> float:
        """Return the emulated time."""
        return self.both()[0]

    def both(self) -> tuple[float, float]:
        """Return the emulated and the real time of one moment."""
        wall = self._wall()
        return (wall if self._scale is None else min(self._scale.at(wall), LATEST)), wall

    def follow(self, scale: Scale | None) -> None:
        """Follow a rehearsal's scale from now on, or real time again for None.

        Raises:
            ValueError: if the speed is not positive, or something is no time of this century.
        """
        if scale is not None:
            _check(scale)
        self._scale = scale


def _check(scale: Scale) -> None:
    if not 0 < scale.speed <= FASTEST:
        raise ValueError(f"speed must be positive and at most {FASTEST:.0f}, not {scale.speed}")
    times = (scale.anchor_wall, scale.anchor_at, 0.0 if scale.fast_until is None else scale.fast_until)
    if not all(0 <= time <= LATEST for time in times):
        raise ValueError(f"times must lie between 1970 and 2100: {times}")


def iso(at: float) -> str:
    """Return Unix seconds as X writes them: `2026-12-18T12:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def graph_time(at: float) -> str:
    """Return Unix seconds as Graph writes them: `2026-12-18T12:00:00+0000`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
