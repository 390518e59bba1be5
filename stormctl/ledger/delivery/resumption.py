"""What lifting a halt would set off, before it is lifted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.report.status import ResumedStorm, Resumption
from stormctl.ledger.control.halts import is_halted, load_halts, matches, view_halts
from stormctl.ledger.journal.rows import delivery_view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.control.halts import Halt
    from stormctl.ledger.db.sessions import Row, Session

_SHOWN = 10


def preview_resumption(session: Session, moment: Moment, scope: str, target: str | None) -> Resumption:
    """Return what a resumption of a scope lifts, and what of the scope flows after it."""
    touched = {halt.id for halt in load_halts(session) if halt.is_touched_by(scope, target)}
    releases = None
    if scope == "channel" and target is not None:
        row = session.find("held_channel", id=target, now=to_micros(moment.at))
        releases = None if row is None else row["why"]
    flows = _make_rule(session, scope, target)
    coming: dict[str, list[Row]] = defaultdict(list)
    for row in session.each("all_planned"):
        if flows(row):
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


def forgive_late(session: Session, policy: LatePolicy, now: int, scope: str, target: str | None) -> int:
    """Set what happens to what is late and flows once a scope is resumed; return how many there are."""
    flows = _make_rule(session, scope, target)
    keys = [row["key"] for row in session.rows("late_planned", now=now) if flows(row)]
    for key in keys:
        session.write("forgive_late", key=key, policy=policy.value)
    return len(keys)


def _make_rule(session: Session, scope: str, target: str | None) -> Callable[[Row], bool]:
    """Return what tells whether a planned delivery flows once a scope is resumed, and by that alone."""
    remaining = _remaining(load_halts(session), scope, target)
    suspended = {row["id"] for row in session.rows("suspended_channels")}
    if scope == "channel":
        suspended.discard(target)

    def flows(row: Row) -> bool:
        is_free = row["channel"] not in suspended and not is_halted(remaining, row)
        return is_free and matches(scope, target, row)

    return flows


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
