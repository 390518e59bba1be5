"""stormctl on a machine that is unwell.

`unwell.json` in the current folder says how, and may change at any time. A machine that slept has both clocks
ahead, one whose clock was set only the wall clock.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base

from stormctl.engine.base import clocks
from stormctl.engine.run.runner import Runner
from stormctl.platforms.http import timestamps

ILLNESS = Path("unwell.json")


def make_unwell(
    folder: Path, *, wall_s: float = 0, steady_s: float = 0, is_full: bool = False, hangs: bool = False
) -> None:
    """Say how the machine is for the commands that run in a folder, whole at every instant.

    Args:
        wall_s: by how many seconds its wall clock is ahead of the real one.
        steady_s: the same of the clock that nobody can set.
        is_full: whether its disk takes no change of the ledger.
        hangs: whether a runner hangs with an answer that is not written down yet; then there is a
            file `hung`.
    """
    fresh = folder / "unwell.new"
    how = {"wall_s": wall_s, "steady_s": steady_s, "is_full": is_full, "hangs": hangs}
    fresh.write_text(json.dumps(how), encoding="utf-8")
    fresh.replace(folder / ILLNESS)


def _ask(what: str) -> Any:
    return json.loads(ILLNESS.read_text(encoding="utf-8"))[what] if ILLNESS.exists() else 0


class _WallClock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one, not of this class
        return datetime.now(tz) + timedelta(seconds=_ask("wall_s"))  # noqa: TID251 - what it is ahead of


class _SteadyClock:
    CLOCK_BOOTTIME = 0

    @staticmethod
    def clock_gettime(_: int) -> float:
        return time.monotonic() + float(_ask("steady_s"))


class _FullDisk(sqlite3.Connection):
    """A connection whose file can't grow: SQLite then undoes the transaction that changed something."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE" and _ask("is_full"):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return super().execute(sql, parameters)


def _hang(point: str, /) -> None:
    """Hang with an answer that is not written down yet."""
    if point == "before the record" and _ask("hangs"):
        Path("hung").touch()
        while _ask("hangs"):
            threading.Event().wait(0.1)


def fall_ill() -> None:
    """Make this process one of a machine that is unwell."""
    vars(clocks).update(datetime=_WallClock)  # the modules that read them
    vars(timestamps).update(time=_SteadyClock)
    vars(apscheduler.schedulers.base).update(datetime=_WallClock)
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **{"factory": _FullDisk} | k)
    assert Runner.__init__.__kwdefaults__ is not None
    Runner.__init__.__kwdefaults__["checkpoint"] = _hang
