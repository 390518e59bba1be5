"""Keep count of a channel's troubles with every answer: pause it, put it on trial, suspend it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused
from stormctl.ledger.journal.rows import maybe_micros, note_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, Outcome, RateLimit
    from stormctl.ledger.db.sessions import Session

TROUBLES_TO_PAUSE = 3
"""Answers in a row, in doubt or refused for good, that pause a channel; on trial one is enough."""

PAUSES = (timedelta(seconds=30), timedelta(minutes=2))
"""How long the first pauses last, on the storm's clock; the next one suspends the channel."""


def note_outcome(session: Session, claim: Claim, outcome: Outcome, moment: Moment) -> None:
    """Take note of an attempt's answer, in the transaction that records it.

    So no other runner can claim anything between an answer and the pause or the closed limit that follows
    from it. A success forgets every trouble; what was not sent, or is refused for now or as a duplicate, is
    neither.
    """
    write_limits(session, str(claim.channel), outcome.limits, moment)
    match outcome:
        case Delivered():
            session.write("forget_troubles", id=str(claim.channel), now=to_micros(moment.at))
        case Refused(suspends=True):
            _suspend(session, claim, outcome.reason, moment)
        case InDoubt(is_said_to_stand=True):
            pass
        case Refused(for_good=True) | InDoubt():
            _count(session, claim, outcome.reason, moment)
        case NotSent() | Refused():
            pass


def write_limits(session: Session, channel: str, limits: Iterable[RateLimit], moment: Moment) -> None:
    """Keep the newest reading of each ceiling of a channel.

    One that is exhausted keeps the channel from posting until its reset, read as storm time: in a rehearsal
    the emulator's clock is the storm's.
    """
    for limit in limits:
        session.write(
            "record_limit",
            channel=channel,
            name=limit.name,
            ceiling=limit.limit,
            remaining=limit.remaining,
            reset_at=maybe_micros(limit.reset_at),
            now=to_micros(moment.at),
        )


def _count(session: Session, claim: Claim, reason: str, moment: Moment) -> None:
    """Count one more trouble, unless the channel is paused already: then it is an older attempt's answer."""
    row = session.find("count_trouble", id=str(claim.channel), now=to_micros(moment.at))
    if row is None or row["troubles"] < (1 if row["on_trial"] else TROUBLES_TO_PAUSE):
        return
    pauses = row["pauses"]
    if pauses >= len(PAUSES):
        _suspend(session, claim, f"still in trouble after {pauses} pauses: {reason}", moment)
        return
    until = moment.at + PAUSES[pauses]
    session.write("pause_channel", id=str(claim.channel), until=to_micros(until), why=reason)
    _tell(session, EventKind.PAUSED, claim, f"paused for {format_duration(PAUSES[pauses])}: {reason}", moment)


def _suspend(session: Session, claim: Claim, reason: str, moment: Moment) -> None:
    session.write("suspend_channel", id=str(claim.channel), why=reason)
    text = f"suspended: {reason} — once it is fixed: stormctl resume --channel {claim.channel}"
    _tell(session, EventKind.SUSPENDED, claim, text, moment)


def _tell(session: Session, kind: EventKind, claim: Claim, text: str, moment: Moment) -> None:
    names = {"storm_id": claim.storm_id, "channel": str(claim.channel)}
    note_event(session, moment, kind, text, attempt_id=claim.attempt_id, **names)
