"""The clocks that storms run on: the real one, and a rehearsal's fast one."""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import Clock, Moment
from stormctl.places import write_text
from stormctl.platforms.http.timestamps import read_steady_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_wall_clock() -> datetime:
    """Return the real time, aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads it; everyone else takes a Clock


class _SteadyClock:
    def steady_s(self) -> float:
        """Return real seconds that no setting of the clock changes."""
        return read_steady_clock()


class SystemClock(_SteadyClock):
    """Real time: the storm's time and the wall's are one.

    Args:
        offset: how far the clock that all runners agree on, the ledger's, is ahead of this machine's.
    """

    def __init__(
        self, offset: Callable[[], timedelta] = timedelta, *, wall: Callable[[], datetime] = read_wall_clock
    ) -> None:
        self._offset = offset
        self._wall = wall

    def moment(self) -> Moment:
        """Read the clock."""
        now = self._wall() + self._offset()
        return Moment(now, now)

    def wait_until(self, due_at: datetime) -> float:
        """Return the real seconds until `due_at`; 0 if it has passed."""
        return max(0.0, (due_at - self.moment().at).total_seconds())

    def hurry(self, find_next: Callable[[], datetime | None]) -> None:
        """Return None: real time can't be hurried."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a scaled clock runs: from an anchor at `speed` until `fast_until`, from then on at 1×.

    All instants are seconds since 1970 UTC; `anchor_wall` is real, the others are the storm's.
    """

    anchor_wall: float
    anchor_at: float
    speed: float
    fast_until: float | None = None

    def at(self, wall: float) -> float:
        """Return the storm's time at a real time."""
        gone = max(0.0, wall - self.anchor_wall)
        if self.fast_until is None or self.fast_until <= self.anchor_at:
            return self.anchor_at + gone
        fast = (self.fast_until - self.anchor_at) / self.speed
        if gone <= fast:
            return self.anchor_at + gone * self.speed
        return self.fast_until + (gone - fast)

    def is_slow(self, wall: float) -> bool:
        """Whether the clock runs at 1× at a real time."""
        return self.fast_until is None or self.at(wall) >= self.fast_until

    def wait(self, at: float, wall: float) -> float:
        """Return the real seconds from `wall` until the storm's time is `at`."""
        now = self.at(wall)
        if at <= now:
            return 0.0
        fast_end = max(now, min(at, self.fast_until if self.fast_until is not None else now))
        return (fast_end - now) / self.speed + (at - fast_end)


class _PacedClock(_SteadyClock):
    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall

    def moment(self) -> Moment:
        """Read the clock."""
        wall = self._wall()
        return Moment(_from_seconds(self.find_pace().at(wall.timestamp())), wall)

    def wait_until(self, due_at: datetime) -> float:
        """Return the real seconds until the storm's time reaches `due_at`."""
        return self.find_pace().wait(due_at.timestamp(), self._wall().timestamp())

    @abstractmethod
    def find_pace(self) -> Pace:
        """Return the pace as it is now."""


class StormClock(_PacedClock):
    """A rehearsal's clock: fast while nothing is due, real while something is due, in flight or in doubt.

    Args:
        start_at: the storm's time at the first moment.
        speed: storm seconds a real second while nothing is due.
        tell: told the pace at each change, so that others can run the same clock.
    """

    def __init__(
        self,
        start_at: datetime,
        speed: float,
        *,
        wall: Callable[[], datetime] = read_wall_clock,
        tell: Callable[[Pace], None] = lambda _pace: None,
    ) -> None:
        super().__init__(wall)
        self._tell = tell
        self._lock = threading.Lock()
        self.pace = Pace(wall().timestamp(), start_at.timestamp(), speed)
        tell(self.pace)

    def find_pace(self) -> Pace:
        """Return the pace that was set last."""
        return self.pace

    def hurry(self, find_next: Callable[[], datetime | None]) -> datetime | None:
        """Hurry to the moment that is found, and run at 1× from there; at 1× from now on if none is."""
        until = find_next()
        self.run_until(until)
        return until

    def run_until(self, due_at: datetime | None) -> None:
        """Hurry to `due_at`, and run at 1× from there; None means at 1× from now on."""
        with self._lock:
            until = due_at.timestamp() if due_at is not None else None
            wall = self._wall().timestamp()
            if until == self.pace.fast_until or (until is None and self.pace.is_slow(wall)):
                return  # nothing changes: telling everyone takes a request
            self.pace = replace(self.pace, anchor_wall=wall, anchor_at=self.pace.at(wall), fast_until=until)
            self._tell(self.pace)

    def jump(self, at: datetime) -> None:
        """Set the storm's time forward to `at` and run at 1× from there."""
        with self._lock:
            wall = self._wall().timestamp()
            self.pace = replace(self.pace, anchor_wall=wall, anchor_at=at.timestamp(), fast_until=None)
            self._tell(self.pace)


class FollowedClock(_PacedClock):
    """The clock of a rehearsal that runs in another process, read from the file that it keeps."""

    def __init__(self, path: Path, wall: Callable[[], datetime] = read_wall_clock) -> None:
        super().__init__(wall)
        self._path = path

    def hurry(self, find_next: Callable[[], datetime | None]) -> None:
        """Return None: the rehearsal itself sets the pace."""

    def find_pace(self) -> Pace:
        """Read the pace that the rehearsal has written last."""
        return Pace(**json.loads(self._path.read_text(encoding="utf-8")))


def write_pace(path: Path, pace: Pace) -> None:
    """Keep a pace in a file, whole at every instant, for a `FollowedClock`."""
    fresh = path.with_suffix(".new")
    write_text(fresh, json.dumps(asdict(pace)))
    fresh.replace(path)


def _from_seconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)


_CLOCKS: tuple[type[Clock], ...] = (SystemClock, StormClock, FollowedClock)  # mypy: each one is a Clock
