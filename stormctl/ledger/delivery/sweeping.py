"""Tidy up what time has decided: lost claims, passed deadlines, late and missed slots, a clock set back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.ledger.control.budgets import is_unpaid
from stormctl.ledger.control.halts import is_halted, load_halts
from stormctl.ledger.delivery.follow_ups import arrange_follow_ups
from stormctl.ledger.delivery.spreading import spread_late
from stormctl.ledger.journal.rows import maybe_instant, tell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.ledger.db.sessions import Database, Row, Session

_NOT_SENT = "before anything was sent: planned again"
_LATE = "its slot passed"
_NOT_PAID = "its slot passed, and the budget did not pay for it"
_PERHAPS_SENT = "after the request began: perhaps it was posted"

MARGIN = timedelta(seconds=5)
"""How far ahead a moment may lie that another machine has just written."""

LONGEST_AHEAD = timedelta(days=1)
"""How far back an account is read for a doubt whose moment of sending is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTimes:
    """The longest that each thing may wait, from now on."""

    lease: timedelta
    pause: timedelta
    backoff: timedelta


@dataclass(frozen=True, slots=True)
class NextDecision:
    """When a sweep has something to decide next, if nobody writes.

    Attributes:
        at: storm time; None for never.
        wall_at: real time; None for never.
    """

    at: datetime | None
    wall_at: datetime | None

    def is_due(self, moment: Moment) -> bool:
        """Whether either has come."""
        return (self.at is not None and self.at <= moment.at) or (
            self.wall_at is not None and self.wall_at <= moment.wall_at
        )


def find_next_decision(session: Session, moment: Moment) -> NextDecision:
    """Find out when a sweep has something to do next: now, or once the next time has come."""
    halts = load_halts(session)
    if (
        find_undecided(session, moment)
        or any(not is_halted(halts, row) for row in session.rows("orphaned_parts"))
        or session.find("unarranged_follow_up") is not None
    ):
        return NextDecision(moment.at, None)
    row = session.get("next_decisions", now=to_micros(moment.at))
    decided = [at for at in (row["expires_at"], row["give_up_at"]) if at is not None]
    return NextDecision(maybe_instant(min(decided, default=None)), maybe_instant(row["lease_until"]))


def find_undecided(session: Session, moment: Moment) -> set[str]:
    """Return the channels on which the next sweep will release, move or give up something."""
    now = to_micros(moment.at)
    lapsed = session.rows("lapsed_claims", wall_now=to_micros(moment.wall_at))
    expired = session.rows("expired_now", now=now)
    missed = session.rows("missed_now", now=now)
    halts = load_halts(session) if missed else ()
    suspended = {row["id"] for row in session.rows("suspended_channels")} if missed else set()
    moved = (
        row
        for row in missed
        if not is_halted(halts, row)
        and not (row["late"] == LatePolicy.SPREAD and row["channel"] in suspended)
    )
    return {row["channel"] for row in (*lapsed, *expired, *moved)}


class Sweeping:
    """What brings a ledger up to the present time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sweep(self, moment: Moment) -> tuple[StormEvent, ...]:
        """Release lapsed claims, expire what passed its deadline, spread or give up what is too late.

        While a halt covers a delivery it is not missed; deadlines pass all the same. What was sent again is
        entered to be looked at again. Returns what happened.
        """
        with self._database.transaction() as session:
            arrange_follow_ups(session)
            lapsed = session.rows("lapsed_claims", wall_now=to_micros(moment.wall_at))
            return (
                *_release(session, lapsed, moment, "the lease ran out"),
                *decide_late(session, moment),
            )

    def take_over(self, runner_ids: Collection[str], moment: Moment) -> tuple[StormEvent, ...]:
        """Release the claims of dead runners at once, whatever their leases, and strike the runners off."""
        events: list[StormEvent] = []
        with self._database.transaction() as session:
            for runner_id in runner_ids:
                rows = session.rows("claims_of", runner_id=runner_id)
                events += _release(session, rows, moment, "its runner died")
                session.write("stop_runner", id=runner_id, wall_now=to_micros(moment.wall_at))
        return tuple(events)

    def mend_times(self, moment: Moment, rests: WaitingTimes, by: timedelta | None) -> None:
        """Bring leases, heartbeats, pauses, rests and doubts that lie in the future back to what they may be.

        What a platform told (the reset of a limit) stays as it is. An attempt keeps the moment that was
        written. The account is read for a doubt from as much earlier as the clock was wrong, and again: a
        reading that began too late would prove that a post is not there although it is.

        Args:
            by: how far the clock was set back; None if that is not known.
        """
        with self._database.transaction() as session:
            now, wall_now = to_micros(moment.at), to_micros(moment.wall_at)
            session.write("mend_leases", until=to_micros(moment.wall_at + rests.lease + MARGIN))
            session.write("mend_upload_leases", until=to_micros(moment.wall_at + LONGEST_AHEAD))
            session.write("mend_beats", wall_now=wall_now, until=to_micros(moment.wall_at + MARGIN))
            session.write("mend_pauses", until=to_micros(moment.at + rests.pause))
            session.write("mend_backoffs", now=now, until=to_micros(moment.at + rests.backoff))
            session.write("mend_answers", wall_now=wall_now, soon=to_micros(moment.at + rests.lease))
            session.write("mend_retries", now=now, until=to_micros(moment.at + rests.backoff))
            session.write(
                "mend_doubts",
                wall_now=wall_now,
                since=to_micros(moment.wall_at + MARGIN) if by is None else 0,
                back=(LONGEST_AHEAD if by is None else by + MARGIN) // timedelta(microseconds=1),
                latest=to_micros(moment.at),
            )


def _release(session: Session, rows: Iterable[Row], moment: Moment, reason: str) -> tuple[StormEvent, ...]:
    """Take claims away: back to planned if nothing was sent, in doubt otherwise."""
    events = []
    for row in rows:
        # The last check commits it before the first byte: without it nothing can have left this machine.
        was_sent = row["sending_at"] is not None
        state = State.IN_DOUBT if was_sent else State.PLANNED
        kind = EventKind.IN_DOUBT if was_sent else EventKind.NOT_SENT
        why = f"{reason} {_PERHAPS_SENT if was_sent else _NOT_SENT}"
        names = {"attempt_id": row["attempt_id"], "token": row["token"]}
        session.write("lapse_attempt", lapsed="in_doubt" if was_sent else "not_sent", **names)
        session.write("leave_claim", key=row["key"], state=state.value, why=why, retry_at=None, **names)
        events.append(tell(session, moment, kind, row, why, attempt_id=row["attempt_id"]))
    return tuple(events)


def decide_late(session: Session, moment: Moment) -> tuple[StormEvent, ...]:
    """Expire what passed its deadline; spread or give up what is later than its grace and not halted."""
    return (*_expire(session, moment), *_miss(session, moment))


def _expire(session: Session, moment: Moment) -> list[StormEvent]:
    rows = session.rows("expired_now", now=to_micros(moment.at))
    return [_give_up(session, row, moment, State.EXPIRED, "its deadline passed") for row in rows]


def _miss(session: Session, moment: Moment) -> list[StormEvent]:
    """Spread or give up what is too late, give up what can't follow in its thread; nothing that is halted."""
    halts = load_halts(session)
    late = [row for row in session.rows("missed_now", now=to_micros(moment.at)) if not is_halted(halts, row)]
    spread = spread_late(session, [row for row in late if row["late"] == LatePolicy.SPREAD], moment)
    given_up = [
        (row, _NOT_PAID if is_unpaid(session, row["key"]) else _LATE)
        for row in late
        if row["late"] != LatePolicy.SPREAD
    ]
    orphans = [
        (row, "the thread ended before it")
        for row in session.rows("orphaned_parts")
        if not is_halted(halts, row)
    ]
    missed = [
        _give_up(session, row, moment, State.MISSED, why)
        for row, why in (*given_up, *spread.left_over, *orphans)
    ]
    return spread.events + missed


def _give_up(session: Session, row: Row, moment: Moment, state: State, why: str) -> StormEvent:
    session.write("give_up", key=row["key"], state=state.value, why=why)
    return tell(session, moment, EventKind(state.value), row, why)
