"""Time as an argument: a storm's moment beside the real one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of a clock.

    Attributes:
        at: the storm's time (slots, spacing, limits, grace, deadlines), aware, UTC.
        wall_at: real time (leases, requests, heartbeats), aware, UTC.

    The two are equal except in a rehearsal, whose storm clock runs faster.
    """

    at: datetime
    wall_at: datetime


class Clock(Protocol):
    """Where moments come from."""

    def moment(self) -> Moment:
        """Read the clock."""

    def steady_s(self) -> float:
        """Return real seconds since some moment, sleep included, which no setting of the clock changes."""

    def wait_until(self, due_at: datetime) -> float:
        """Return the real seconds until the storm's time reaches `due_at`; 0 if it has."""

    def hurry(self, find_next: Callable[[], datetime | None]) -> datetime | None:
        """Let a rehearsal's clock hurry to the moment before which nothing is due, if there is one.

        Returns that moment. A clock that can't be hurried doesn't ask when it is, and returns None.
        """


def to_micros(at: datetime) -> int:
    """Return an aware datetime as integer microseconds since 1970 UTC; ValueError if it is naive."""
    if at.tzinfo is None:
        raise ValueError(f"naive datetime {at.isoformat()}")
    return (at - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC datetime of integer microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)
