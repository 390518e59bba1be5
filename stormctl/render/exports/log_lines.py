"""One event, one JSON line: the log that machines read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.render.invisible import render_json

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.base.event import StormEvent

SAME_TIME = timedelta(seconds=1)
"""Storm time is written down beside real time only where it is further away than that."""

ERRORS = frozenset({EventKind.FAILED, EventKind.SUSPENDED, EventKind.POSTED_TWICE, EventKind.BUG})
WARNINGS = frozenset(
    {
        EventKind.IN_DOUBT,
        EventKind.HELD,
        EventKind.MISSED,
        EventKind.EXPIRED,
        EventKind.HALTED,
        EventKind.PAUSED,
        EventKind.BUDGET_SPENT,
        EventKind.WOKEN,
        EventKind.WARNING,
    }
)

STATES = {
    EventKind.ENROLLED: State.PLANNED,
    EventKind.CLAIMED: State.CLAIMED,
    EventKind.DELIVERED: State.DELIVERED,
    EventKind.NOT_SENT: State.PLANNED,
    EventKind.PUT_OFF: State.PLANNED,
    EventKind.FAILED: State.FAILED,
    EventKind.IN_DOUBT: State.IN_DOUBT,
    EventKind.MISSED: State.MISSED,
    EventKind.EXPIRED: State.EXPIRED,
    EventKind.CANCELLED: State.CANCELLED,
    EventKind.RETRIED: State.PLANNED,
    EventKind.RETRACTED: State.RETRACTED,
}
"""The state in which an event leaves its delivery, where the kind of event alone says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who writes: `runner` is its id in the ledger, None until it has registered."""

    host: str
    pid: int
    runner: str | None = None


def render_event_line(event: StormEvent, wall_at: datetime, origin: Origin) -> str:
    """Write an event; what it does not have is left out.

    Args:
        wall_at: real time; the event's own time stands beside it where the two differ (in a rehearsal).
    """
    return _write(
        wall_at,
        name_level(event.kind),
        event.kind.value,
        origin,
        storm_time=_iso(event.at) if abs(event.at - wall_at) >= SAME_TIME else None,
        storm=event.storm_id,
        channel=event.channel,
        key=event.key,
        attempt_id=event.attempt_id,
        state=_find_state(event),
        text=event.text,
        url=event.url,
    )


def render_record_line(
    text: str, level: str, wall_at: datetime, origin: Origin, *, source: str, traceback: str | None = None
) -> str:
    """Write what a library or a bug told Python's own log; its kind is `log`."""
    return _write(wall_at, level, "log", origin, source=source, text=text, traceback=traceback)


def name_level(kind: EventKind) -> str:
    """Return how grave an event is: `info`, `warning` or `error`."""
    if kind in ERRORS:
        return "error"
    return "warning" if kind in WARNINGS else "info"


def _find_state(event: StormEvent) -> State | None:
    if event.key is None:
        return None
    if event.kind in {EventKind.RECONCILED, EventKind.RESOLVED} and event.url is not None:
        return State.DELIVERED
    return STATES.get(event.kind)


def _write(wall_at: datetime, level: str, kind: str, origin: Origin, **fields: Any) -> str:
    line = {
        "time": _iso(wall_at),
        "level": level,
        "kind": kind,
        **fields,
        "runner": origin.runner,
        "host": origin.host,
        "pid": origin.pid,
    }
    given = {name: value for name, value in line.items() if value is not None}
    return render_json(given)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
