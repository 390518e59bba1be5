"""What resuming would do: the halts it lifts, what goes out then, and what becomes of what is late."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.report.halts import LateOutcome, ResumedStorm, Resumption
from stormctl.ledger.control.halts import (
    find_late,
    forgive_late,
    lift_halts,
    load_halts,
    make_rule,
    view_halts,
)
from stormctl.ledger.delivery.sweeping import decide_late
from stormctl.ledger.journal.rows import delivery_view_of

if TYPE_CHECKING:
    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.halts import Scope
    from stormctl.ledger.db.sessions import Database, Row, Session

_SHOWN = 10


class _UndoneError(Exception):
    """What was tried is not to be kept."""


class Resuming:
    """What a ledger's halts keep back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def preview(self, moment: Moment, scope: Scope) -> Resumption:
        """Return what resuming a scope would lift, and what of it would flow then, from one snapshot."""
        with self._database.reading() as session:
            return _preview(session, moment, scope)

    def try_policy(self, policy: LatePolicy | None, moment: Moment, scope: Scope) -> LateOutcome:
        """Try what a policy would make of what is late, in a transaction that is undone.

        Args:
            policy: None for each delivery's own.
        """
        counts, late = Counter[EventKind](), list[str]()
        with suppress(_UndoneError), self._database.transaction(durable=False) as session:
            late = find_late(session, moment, scope)
            if policy is not None:
                forgive_late(session, policy, moment, scope)
            lift_halts(session, moment, "", scope)
            if scope.kind == "channel" and scope.only is None:
                session.write("release_channel", id=scope.target, now=to_micros(moment.at))
            session.memory.clear()  # the halts as they stood
            meant = set(late)
            counts.update(event.kind for event in decide_late(session, moment) if event.key in meant)
            raise _UndoneError
        return LateOutcome(
            missed=counts[EventKind.MISSED],
            expired=counts[EventKind.EXPIRED],
            moved=counts[EventKind.MOVED],
            sent=len(late) - counts.total(),
        )


def _preview(session: Session, moment: Moment, scope: Scope) -> Resumption:
    touched = {halt.id for halt in load_halts(session) if halt.is_touched_by(scope)}
    releases = None
    if scope.kind == "channel" and scope.only is None:
        row = session.find("held_channel", id=scope.target, now=to_micros(moment.at))
        releases = None if row is None else row["why"]
    flows = make_rule(session, scope)
    coming: dict[str, list[Row]] = defaultdict(list)
    for row in session.each("all_planned"):
        if flows(row):
            coming[row["storm_id"]].append(row)
    return Resumption(
        at=moment.at,
        halts=tuple(view for view in view_halts(session) if view.id in touched),
        releases=releases,
        storms=tuple(
            _view_resumed(session, storm, coming[storm["id"]], to_micros(moment.at))
            for storm in session.rows("storms")
            if coming[storm["id"]]
        ),
    )


def _view_resumed(session: Session, storm: Row, rows: list[Row], now: int) -> ResumedStorm:
    late = [row for row in rows if row["slot_at"] < now]
    views = [delivery_view_of(session.get("delivery", key=row["key"])) for row in rows[:_SHOWN]]
    return ResumedStorm(
        name=storm["name"],
        timezone=storm["timezone"],
        to_come=len(rows),
        late=len(late),
        upcoming=tuple(views),
    )
