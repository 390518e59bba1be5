"""A wall clock of its own for a process, set while it runs; its steady clocks stay true (libfaketime)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from datetime import timedelta

PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")
"""Where Debian's package faketime and its own `make install` put the library for threads."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall clock of the processes that are started with `variables`."""

    library: Path
    file: Path

    @property
    def variables(self) -> dict[str, str]:
        """What the environment of such a process holds."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, ahead: timedelta) -> None:
        """Set the clock so far ahead of the true time, or back behind it, at once."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{ahead.total_seconds():+.0f}\n", encoding="ascii")
        fresh.replace(self.file)


def make_wall_clock(file: Path, ahead: timedelta) -> WallClock:
    """Make a clock; the test is skipped where the library is missing, and fails where it must be there."""
    places = (path for place in PLACES for path in Path("/").glob(place.removeprefix("/")))
    library = next(places, None)
    if library is None:
        reason = "there is no libfaketime on this machine: install it (apt install faketime)"
        if os.environ.get("STORMCTL_REQUIRE_FAKETIME") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    clock = WallClock(library, file)
    clock.set(ahead)
    return clock
