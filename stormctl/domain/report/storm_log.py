"""What happened in a ledger's storms, one entry after the other: who did what, and every post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from stormctl.domain.base.event import StormEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One thing that happened.

    Attributes:
        wall_at: real time; in a rehearsal another than the event's.
        late: how long after its slot a post was published; None for all else.
    """

    event: StormEvent
    wall_at: datetime
    late: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StormLog:
    """What happened, the oldest first.

    Attributes:
        zones: the zone of each storm in it, the newest storm first.
        since: what is older is left out; None for all.
    """

    ledger: str
    zones: Mapping[str, str]
    since: datetime | None
    entries: tuple[LogEntry, ...]
