"""Spans of time of which a ledger may not know what was published, and what they put in doubt."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.status import GapView
from stormctl.ledger.journal.rows import note_event, tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Row, Session


class Gaps:
    """The gaps of a ledger: it was restored, copied, or is new to a storm that has begun."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[GapView, ...]:
        """Return every gap, the newest first."""
        with self._database.reading() as session:
            return view_gaps(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap that is written down: `since` and `until` in storm time."""

    id: int
    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Planned deliveries of which nobody can say whether they were published before they are enrolled here.

    Attributes:
        channel: on which they all are.
        since: storm time from which on the account has to be read for them.
        why: for people, such as “x:acme can't be read”.
    """

    channel: str
    keys: tuple[str, ...]
    since: datetime
    why: str


def note_unknown(session: Session, unknown: Unknown, moment: Moment) -> None:
    """Put deliveries in doubt in the transaction that enrols them, so that no runner claims them before.

    A channel that is suspended is not served, so nothing is in doubt there until it is released.
    """
    rows = _rows_to_doubt(session, unknown.keys)
    if not rows:
        return
    gap = open_gap(session, unknown.since, moment, unknown.why)
    if is_suspended(session, unknown.channel):
        for key in unknown.keys:
            session.write("add_unread", key=key, since=to_micros(unknown.since), why=unknown.why)
    else:
        put_in_doubt(session, gap, rows, moment)


def doubt_unread(session: Session, channel: str, moment: Moment) -> None:
    """Put in doubt what nobody has looked for on a channel while it was suspended.

    To be called when it is released, and when something on it is asked for again: what is planned then is
    looked for first. What is not planned stays to be looked for, should it be asked for later.
    """
    rows = session.rows("unread_of", channel=channel)
    session.write("forget_unread", channel=channel)
    for (since, why), group in groupby(rows, key=itemgetter("since_at", "unread_why")):
        put_in_doubt(session, open_gap(session, from_micros(since), moment, why), group, moment)


def is_suspended(session: Session, channel: str) -> bool:
    """Whether nothing is published on a channel until a person releases it."""
    return any(row["id"] == channel for row in session.rows("suspended_channels"))


def note_gap(session: Session, since: datetime, moment: Moment, why: str) -> int:
    """Write a gap down, and put in doubt what may have been published in it.

    That is whatever is claimed, and whatever is planned and was due: with another life of this ledger, a
    runner may have published it. The reconciler finds out by reading the accounts from `since` on. What is
    in doubt already needs its proof again.

    Args:
        since: storm time from which on the ledger may lack what was published.
        moment: now; the gap ends here.
        why: for people, such as “the ledger was restored from a backup”.

    Returns:
        How many deliveries went in doubt.
    """
    gap = open_gap(session, since, moment, why)
    session.write("restart_proofs", wall_now=to_micros(moment.wall_at))
    rows = session.rows("doubtful_since", now=to_micros(moment.at))
    return put_in_doubt(session, gap, rows, moment)


def open_gap(session: Session, since: datetime, moment: Moment, why: str) -> Gap:
    """Write a gap down; a clock that was set back makes it end where it began."""
    gap = session.get(
        "add_gap",
        from_at=to_micros(since),
        until_at=max(to_micros(moment.at), to_micros(since)),
        why=why,
        wall_now=to_micros(moment.wall_at),
    )
    return Gap(id=gap["id"], since=since, until=max(moment.at, since), why=why)


def put_in_doubt(session: Session, gap: Gap, rows: Iterable[Row], moment: Moment) -> int:
    """Put planned and claimed deliveries in doubt because of a gap; return how many there were.

    A request that began under a claim of this ledger stays the attempt in question. For all others one
    is assumed, at the slot: it counts against ceilings and budget until it is proved not to be there.
    """
    count = 0
    for row in rows:
        was_sent = row["sending_at"] is not None
        why = f"perhaps published already: {gap.why}"
        if row["state"] == State.CLAIMED:
            lapsed = "in_doubt" if was_sent else "not_sent"
            session.write("lapse_attempt", attempt_id=row["attempt_id"], token=row["token"], lapsed=lapsed)
        attempt_id = row["attempt_id"] if was_sent else _assume_attempt(session, gap, row, moment)
        session.write(
            "go_in_doubt",
            key=row["key"],
            attempt_id=attempt_id,
            since=row["sending_at"] if was_sent else to_micros(gap.since),
            wall_now=to_micros(moment.wall_at),
            why=why,
        )
        tell(session, moment, EventKind.IN_DOUBT, row, why, attempt_id=attempt_id)
        count += 1
    span = f"{gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC"
    text = f"what was published from {span} may be unknown: {gap.why} (now in doubt: {count})"
    note_event(session, moment, EventKind.WARNING, text)
    return count


def give_back(session: Session, attempt_id: int, *, whoever: bool = False) -> None:
    """Give back what an attempt took of ceilings and budget that a gap had assumed and nobody made.

    Args:
        whoever: also where a runner made it: the platform has refused it.
    """
    row = session.find("forget_attempt", attempt_id=attempt_id, whoever=int(whoever))
    if row is not None and row["price_usd_micros"]:
        session.write("spend", storm_id=row["storm_id"], micros=-row["price_usd_micros"])


def view_gaps(session: Session) -> tuple[GapView, ...]:
    """Return what `Gaps.list` does, within a transaction."""
    return tuple(
        GapView(
            since=from_micros(row["from_at"]),
            until=from_micros(row["until_at"]),
            why=row["why"],
            in_doubt=row["in_doubt"],
        )
        for row in session.rows("all_gaps")
    )


def _rows_to_doubt(session: Session, keys: Iterable[str]) -> list[Row]:
    return [row for key in keys if (row := session.find("row_to_doubt", key=key)) is not None]


def _assume_attempt(session: Session, gap: Gap, row: Row, moment: Moment) -> int:
    """Enter the attempt that another life of the ledger may have made; return its id."""
    since, now = to_micros(gap.since), to_micros(moment.at)
    attempt = session.get(
        "add_gap_attempt",
        key=row["key"],
        storm_id=row["storm_id"],
        channel=row["channel"],
        message_id=row["message_id"],
        runner_id=f"gap-{gap.id}",
        token=secrets.token_hex(16),
        price=row["price_usd_micros"],
        sending_at=min(max(row["slot_at"], since), max(now, since)),
        wall_now=to_micros(moment.wall_at),
    )
    if row["price_usd_micros"]:
        session.write("spend", storm_id=row["storm_id"], micros=row["price_usd_micros"])
    return int(attempt["id"])
