"""What lifting a halt would set off, before it is lifted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.clock import to_micros
from stormctl.domain.status import ResumedStorm, Resumption
from stormctl.ledger.halts import is_halted, load_halts, matches, view_halts
from stormctl.ledger.rows import delivery_view_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.clock import Moment
    from stormctl.ledger.engines import Row, Session
    from stormctl.ledger.halts import Halt

_SHOWN = 10


def preview_resumption(session: Session, moment: Moment, scope: str, target: str | None) -> Resumption:
    """Return what a resumption of a scope lifts, and what of the scope flows after it."""
    halts = load_halts(session)
    touched = {halt.id for halt in halts if halt.is_touched_by(scope, target)}
    suspended = {row["id"]: row["suspended_why"] for row in session.rows("suspended_channels")}
    releases = None
    if scope == "channel" and target is not None:
        row = session.find("held_channel", id=target, now=to_micros(moment.at))
        releases = None if row is None else row["why"]
        suspended.pop(target, None)
    remaining = _remaining(halts, scope, target)
    coming: dict[str, list[Row]] = defaultdict(list)
    for row in session.each("all_planned"):
        if matches(scope, target, row) and row["channel"] not in suspended and not is_halted(remaining, row):
            coming[row["storm_id"]].append(row)
    return Resumption(
        at=moment.at,
        halts=tuple(view for view in view_halts(session) if view.id in touched),
        releases=releases,
        storms=tuple(
            _view_storm(session, storm, coming[storm["id"]], to_micros(moment.at))
            for storm in session.rows("storms")
            if coming[storm["id"]]
        ),
    )


def _remaining(halts: Iterable[Halt], scope: str, target: str | None) -> list[Halt]:
    """Return the halts as they will stand: lifted, narrowed or untouched."""
    if scope == "all" or target is None:
        return []
    return [
        replace(halt, exceptions=(*halt.exceptions, (scope, target)))
        if halt.is_wider(scope, target)
        else halt
        for halt in halts
        if (halt.scope, halt.target) != (scope, target)
    ]


def _view_storm(session: Session, storm: Row, rows: list[Row], now: int) -> ResumedStorm:
    late = [row for row in rows if row["slot_at"] < now]
    views = [delivery_view_of(session.get("delivery", key=row["key"])) for row in rows[:_SHOWN]]
    return ResumedStorm(
        name=storm["name"],
        timezone=storm["timezone"],
        to_come=len(rows),
        late=len(late),
        upcoming=tuple(views),
    )
