"""Halts, what they cover, and what resuming would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.report.status import DeliveryView


@dataclass(frozen=True, slots=True)
class Scope:
    """What a halt or a resumption is about.

    Attributes:
        kind: all, platform, channel, topic or message.
        target: which one; None for all.
        only: the number of the one halt that is meant; None for all that the scope touches.
    """

    kind: str = "all"
    target: str | None = None
    only: int | None = None

    @property
    def options(self) -> str:
        """How it is typed: ` --channel x:acme`; empty for everything."""
        return "" if self.target is None else f" --{self.kind} {self.target}"

    def __str__(self) -> str:
        return "everything" if self.target is None else f"{self.kind} {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltView:
    """A halt in force: `scope` is all, platform, channel, topic or message; `target` which one.

    Attributes:
        exceptions: what flows again under it, such as `channel x:acme`.
    """

    id: int
    scope: str
    target: str | None
    reason: str
    who: str
    at: datetime
    exceptions: tuple[str, ...] = ()

    @property
    def only(self) -> Scope:
        """The scope of this halt, and of no other."""
        return Scope(self.scope, self.target, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedStorm:
    """What of a storm would flow again.

    Attributes:
        to_come: how many planned deliveries.
        late: how many of them have passed their slot.
        upcoming: the first of them, late ones included, at most ten.
    """

    name: str
    timezone: str
    to_come: int
    late: int
    upcoming: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOutcome:
    """What becomes of late deliveries: how many are missed, too late for their deadline, moved, or sent."""

    missed: int = 0
    expired: int = 0
    moved: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What resuming a scope would do.

    Attributes:
        at: now, storm time.
        halts: those that it lifts or narrows.
        releases: why its channel is suspended or paused, which ends; None if it is not.
        storms: those of which something flows again.
    """

    at: datetime
    halts: tuple[HaltView, ...]
    releases: str | None
    storms: tuple[ResumedStorm, ...]

    @property
    def late(self) -> int:
        """How many deliveries of all storms are late."""
        return sum(storm.late for storm in self.storms)
