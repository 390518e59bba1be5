"""Write down what came of an attempt, in time or late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused, State
from stormctl.errors import UnknownAttemptError
from stormctl.ledger.delivery.channel_health import note_outcome
from stormctl.ledger.journal.rows import event_of, maybe_micros, tell

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.ledger.db.sessions import Row, Session


_LATE = "the receipt came late"


@dataclass(frozen=True, slots=True)
class _Stored:
    """An outcome as the ledger keeps it, and where it leads while the claim is current."""

    name: str
    state: State
    event: EventKind
    counts: bool
    why: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger found when it wrote an answer down.

    Attributes:
        state: the delivery's after it.
        outcome: as it was written down: a receipt that is another delivery's is a doubt.
        alarm: tells that the post is there twice, or that it may; None otherwise.
        is_surplus: whether the receipt is of a second post, and changed nothing of the delivery.
    """

    state: State
    outcome: Outcome
    alarm: StormEvent | None = None
    is_surplus: bool = False


def record_answer(
    session: Session, claim: Claim, outcome: Outcome, moment: Moment, retry_at: datetime | None
) -> Recorded:
    """Write down the answer to an attempt; return what the ledger found.

    An answer is written once, with what it tells of the channel: limits and troubles. One that comes after
    the claim was lost only completes the attempt, unless it is a receipt: then the delivery is delivered, or
    a warning says that it was posted twice. A receipt that another delivery has already is none.

    Raises:
        UnknownAttemptError: if the ledger doesn't know the attempt.
    """
    post_id = outcome.post_id if isinstance(outcome, Delivered) else None
    names = {"attempt_id": claim.attempt_id, "key": claim.key, "token": claim.token, "post_id": post_id}
    attempt = session.find("attempt_of", **names)
    if attempt is None:
        message = (
            f"the ledger knows no attempt {claim.attempt_id} of {claim.key}: was it replaced in the meantime?"
        )
        raise UnknownAttemptError(message, "Look at the account before anything is posted again.")
    # Written once, whatever comes later: an answer whose commit was lost may be said again.
    if attempt["answer"] is not None:
        return _recall(session, claim, outcome, attempt)
    if isinstance(outcome, Delivered) and attempt["owner"] is not None:
        reason = f"the platform answered with {outcome.url}, which is the receipt of {attempt['owner']}"
        outcome = InDoubt(reason=reason, limits=outcome.limits)
    answer = _translate(outcome)
    if answer.counts and attempt["sent_at"] is None:
        mark_sent(session, claim, attempt["price_usd_micros"], moment)
        attempt = session.get("attempt_of", **names)
    _complete_attempt(session, claim, answer, outcome, attempt=attempt, moment=moment)
    # In the answer's own transaction: nobody claims between a refusal and the pause that follows.
    note_outcome(session, claim, outcome, moment)
    if attempt["is_current"]:
        session.is_step = isinstance(outcome, Delivered)
        return Recorded(_move_on(session, claim, answer, outcome, moment=moment, retry_at=retry_at), outcome)
    if isinstance(outcome, Delivered):
        return _take_late_receipt(session, claim, outcome, attempt, moment)
    return Recorded(State(attempt["state"]), outcome)


def _recall(session: Session, claim: Claim, outcome: Outcome, attempt: Row) -> Recorded:
    """Return what was found when the answer was written before: that its commit went well was not known."""
    row = session.find("alarm_on", storm_id=claim.storm_id, attempt_id=claim.attempt_id)
    if row is None:
        return Recorded(State(attempt["state"]), outcome)
    is_surplus = isinstance(outcome, Delivered) and outcome.post_id != attempt["post_id"]
    return Recorded(State(attempt["state"]), outcome, event_of(row), is_surplus=is_surplus)


def mark_sent(session: Session, claim: Claim, price: int, moment: Moment) -> bool:
    """Set the moment of sending on the attempt and, while the claim is current, on its delivery.

    Returns:
        Whether the claim is current.
    """
    values = {
        "attempt_id": claim.attempt_id,
        "token": claim.token,
        "now": to_micros(moment.at),
        "wall_now": to_micros(moment.wall_at),
    }
    is_current = session.write("set_sending", key=claim.key, **values) == 1
    session.write("set_attempt_sending", **values)
    row = session.find("raise_pulse")
    session.pulse = 0 if row is None else row["value"]
    if price:
        session.write("spend", storm_id=claim.storm_id, micros=price)
    return is_current


def _translate(outcome: Outcome) -> _Stored:
    match outcome:
        case Delivered():
            return _Stored("delivered", State.DELIVERED, EventKind.DELIVERED, counts=True)
        case NotSent():
            return _Stored("not_sent", State.PLANNED, EventKind.NOT_SENT, counts=False, why=outcome.reason)
        case Refused():
            state, event = (
                (State.FAILED, EventKind.FAILED) if outcome.for_good else (State.PLANNED, EventKind.PUT_OFF)
            )
            return _Stored("refused", state, event, counts=False, why=outcome.reason, code=outcome.code)
        case InDoubt():
            return _Stored(
                "in_doubt",
                State.IN_DOUBT,
                EventKind.IN_DOUBT,
                counts=True,
                why=outcome.reason,
                code=outcome.code,
            )
        case _:
            assert_never(outcome)


def _complete_attempt(
    session: Session, claim: Claim, answer: _Stored, outcome: Outcome, *, attempt: Row, moment: Moment
) -> None:
    receipt = outcome if isinstance(outcome, Delivered) else None
    session.write(
        "answer_attempt",
        attempt_id=claim.attempt_id,
        token=claim.token,
        answer=answer.name,
        code=answer.code,
        why=answer.why,
        post_id=receipt and receipt.post_id,
        url=receipt and receipt.url,
        counts=int(answer.counts),
        wall_now=to_micros(moment.wall_at),
    )
    if attempt["counts"] and not answer.counts and attempt["price_usd_micros"]:
        session.write("spend", storm_id=claim.storm_id, micros=-attempt["price_usd_micros"])


def _move_on(
    session: Session,
    claim: Claim,
    answer: _Stored,
    outcome: Outcome,
    *,
    moment: Moment,
    retry_at: datetime | None,
) -> State:
    if isinstance(outcome, Delivered):
        deliver(session, claim.key, claim.attempt_id, outcome, delivered_at=to_micros(moment.at))
    else:
        session.write(
            "leave_claim",
            key=claim.key,
            attempt_id=claim.attempt_id,
            token=claim.token,
            state=answer.state.value,
            why=answer.why,
            retry_at=maybe_micros(retry_at) if answer.state is State.PLANNED else None,
        )
    url = outcome.url if isinstance(outcome, Delivered) else None
    _tell(session, claim, moment, answer.event, answer.why, url=url)
    return answer.state


def deliver(
    session: Session,
    key: str,
    attempt_id: int | None,
    receipt: Delivered,
    *,
    delivered_at: int,
    why: str = "",
) -> bool:
    """Make a delivery delivered; False if it already is, or if its text is live under another key."""
    row = session.find(
        "record_delivered",
        key=key,
        attempt_id=attempt_id,
        post_id=receipt.post_id,
        url=receipt.url,
        delivered_at=delivered_at,
        why=why,
    )
    return row is not None


def _take_late_receipt(
    session: Session, claim: Claim, receipt: Delivered, attempt: Row, moment: Moment
) -> Recorded:
    if attempt["post_id"] == receipt.post_id:
        return Recorded(State(attempt["state"]), receipt)
    if not deliver(session, claim.key, claim.attempt_id, receipt, delivered_at=attempt["sent_at"], why=_LATE):
        row = {**_row_of(claim), "url": attempt["url"]}
        alarm = tell_copy(session, row, receipt, moment, attempt_id=claim.attempt_id)
        return Recorded(State(attempt["state"]), receipt, alarm, is_surplus=True)
    _tell(session, claim, moment, EventKind.RECONCILED, _LATE, url=receipt.url)
    other = session.find("other_doubtful", key=claim.key, attempt_id=claim.attempt_id)
    if other is None:
        return Recorded(State.DELIVERED, receipt)
    text = f"attempt {other['id']} may have posted it a second time: look at the account"
    return Recorded(
        State.DELIVERED, receipt, _tell(session, claim, moment, EventKind.POSTED_TWICE, text, url=None)
    )


def tell_copy(
    session: Session, row: Row, receipt: Delivered, moment: Moment, *, attempt_id: int
) -> StormEvent:
    """Note a second post of a delivery, and tell it with the command that takes it down.

    `status` names it until it is gone or a person leaves it there.

    Args:
        row: the delivery's key, storm_id, channel, message_id and url.
    """
    session.write(
        "add_copy",
        channel=row["channel"],
        post_id=receipt.post_id,
        key=row["key"],
        url=receipt.url,
        wall_now=to_micros(moment.wall_at),
    )
    first = row["url"] or "the same text under another key"
    remedy = f"stormctl retract {row['key']} --url {receipt.url}"
    text = f"posted twice: {first} and {receipt.url} — take one of them down: {remedy}"
    return tell(session, moment, EventKind.POSTED_TWICE, row, text, attempt_id=attempt_id, url=receipt.url)


def _tell(
    session: Session, claim: Claim, moment: Moment, kind: EventKind, text: str, *, url: str | None
) -> StormEvent:
    return tell(session, moment, kind, _row_of(claim), text, attempt_id=claim.attempt_id, url=url)


def _row_of(claim: Claim) -> dict[str, str]:
    return {
        "key": claim.key,
        "storm_id": claim.storm_id,
        "channel": str(claim.channel),
        "message_id": claim.message_id,
    }
