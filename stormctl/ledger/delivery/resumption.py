"""What lifting a halt would set off, before it is lifted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.report.status import ResumedStorm, Resumption
from stormctl.ledger.control.halts import load_halts, make_rule, view_halts
from stormctl.ledger.journal.rows import delivery_view_of

if TYPE_CHECKING:
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Row, Session

_SHOWN = 10


class Resumptions:
    """What a ledger's resumptions set off."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def preview(self, moment: Moment, scope: str, target: str | None) -> Resumption:
        """Return what resuming a scope would lift, and what of it would flow then, from one snapshot."""
        with self._database.reading() as session:
            return _preview(session, moment, scope, target)


def _preview(session: Session, moment: Moment, scope: str, target: str | None) -> Resumption:
    """Return what a resumption of a scope lifts, and what of the scope flows after it."""
    touched = {halt.id for halt in load_halts(session) if halt.is_touched_by(scope, target)}
    releases = None
    if scope == "channel" and target is not None:
        row = session.find("held_channel", id=target, now=to_micros(moment.at))
        releases = None if row is None else row["why"]
    flows = make_rule(session, scope, target)
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
