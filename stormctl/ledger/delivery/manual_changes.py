"""What people do to single deliveries: call off, ask for again, settle a doubt, record a removal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, State
from stormctl.errors import UsageError
from stormctl.ledger.delivery.answers import deliver
from stormctl.ledger.journal.gaps import doubt_unread, give_back, is_suspended
from stormctl.ledger.journal.rows import dump_post, load_post, tell

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Row, Session

RETRIED_FROM = (State.FAILED, State.MISSED, State.EXPIRED, State.CANCELLED, State.RETRACTED)
"""States of what can be asked for again."""

_ENDS_A_THREAD = (State.MISSED, State.EXPIRED, State.CANCELLED, State.RETRACTED)
_WORDS = {State.CLAIMED: "being sent", State.IN_DOUBT: "in doubt"}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancellation of a whole message did.

    Attributes:
        left: key and state of what may still be, or become, a post.
    """

    keys: tuple[str, ...]
    left: tuple[tuple[str, State], ...]


class ManualChanges:
    """Changes of state at a person's word; each one transaction, with an event that says whose word."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cancel(self, keys: Collection[str], who: str, moment: Moment) -> None:
        """Call planned deliveries off, all or none; they stay so, whatever a later plan says.

        Raises:
            UsageError: one of them is not planned.
        """
        with self._database.transaction() as session:
            for key in dict.fromkeys(keys):
                row = _get_row(session, key)
                if not _is_cancellable(row):
                    raise UsageError(f"{_describe(row)}: it can't be cancelled", _hint_to_cancel(row))
                _cancel(session, row, who, moment)

    def cancel_message(self, storm_id: str, message_id: str, who: str, moment: Moment) -> Cancelled:
        """Call off what is planned of a message; what is being sent or in doubt is left and named."""
        cancelled, left = [], []
        with self._database.transaction() as session:
            for row in session.rows("desk_rows_of_message", storm_id=storm_id, message_id=message_id):
                state = State(row["state"])
                if _is_cancellable(row):
                    _cancel(session, row, who, moment)
                    cancelled.append(row["key"])
                elif state.is_open:
                    left.append((row["key"], state))
        return Cancelled(tuple(cancelled), tuple(left))

    def retry(
        self,
        keys: Collection[str],
        who: str,
        moment: Moment,
        *,
        at: datetime | None = None,
        without_alt: bool = False,
    ) -> dict[str, datetime]:
        """Plan deliveries again that failed, were missed, expired, cancelled or retracted: all or none.

        Their kind, terms and date stay, and every ceiling applies to them. The parts of a thread must
        be given in order. What nobody has looked for on its account is in doubt first.

        Args:
            at: their new slot, storm time; None for now, or for the earliest moment that they may go out.
                What was cancelled goes back to its own slot while that is ahead.
            without_alt: whether what is said of their pictures is left away from now on.

        Returns:
            The new slots.

        Raises:
            UsageError: the state doesn't allow it, the deadline is over by then, `at` is past or too early,
                the same text is live or coming on that channel and date, its thread has ended, or it has no
                description that could be left away.
        """
        slots = {}
        with self._database.transaction() as session:
            for key in dict.fromkeys(keys):
                row = _get_row(session, key)
                slot_at = _find_slot(row, to_micros(moment.at), None if at is None else to_micros(at))
                _refuse_same_text(session, row)
                _refuse_ended_thread(session, row)
                session.write("retry_delivery", key=key, slot_at=slot_at, why=f"asked for again by {who}")
                slots[key] = from_micros(slot_at)
                text = f"planned again by {who}, was {State(row['state']).value}"
                if without_alt:
                    session.write("change_post", key=key, post=_leave_alt_away(row))
                    text += ", without the descriptions of its pictures"
                tell(session, moment, EventKind.RETRIED, row, text)
                if not is_suspended(session, row["channel"]):  # otherwise its release does it
                    doubt_unread(session, row["channel"], moment)
        return slots

    def resolve_posted(self, key: str, post_id: str, url: str, who: str, moment: Moment) -> None:
        """Make a delivery in doubt delivered: a person has found its post; it counts from its sending.

        Raises:
            UsageError: it is not in doubt, or the post is another delivery's.
        """
        with self._database.transaction() as session:
            row = _get_doubt(session, key)
            taken = session.find("other_with_receipt", channel=row["channel"], key=key, post_id=post_id)
            if taken is not None:
                raise UsageError(
                    f"{url} is the receipt of {taken['key']}",
                    "A post belongs to one delivery only: look for another.",
                )
            # The attempt keeps room for a receipt of its own: the person may have found another post.
            names = {"attempt_id": row["attempt_id"]}
            session.write("settle_attempt", settled="delivered", post_id=None, url=None, **names)
            receipt, why = Delivered(post_id=post_id, url=url), f"found by {who}"
            deliver(session, key, row["attempt_id"], receipt, delivered_at=row["sending_at"], why=why)
            tell(session, moment, EventKind.RESOLVED, row, why, url=url, **names)

    def resolve_not_posted(self, key: str, who: str, moment: Moment) -> None:
        """Make a delivery in doubt cancelled: a person has looked, and it is not there.

        Raises:
            UsageError: it is not in doubt.
        """
        with self._database.transaction() as session:
            row = _get_doubt(session, key)
            names, why = {"attempt_id": row["attempt_id"]}, f"not posted, says {who}"
            session.write("settle_attempt", settled="not_there", post_id=None, url=None, **names)
            give_back(session, row["attempt_id"])
            session.write("call_off_doubt", key=key, why=why, **names)
            tell(session, moment, EventKind.RESOLVED, row, why, **names)

    def leave_copies(self, key: str, who: str, moment: Moment) -> tuple[str, ...]:
        """Leave the second posts of a delivery on the account at a person's word; return their addresses.

        Raises:
            UsageError: none is known.
        """
        with self._database.transaction() as session:
            row = _get_row(session, key)
            copies = [copy["url"] for copy in session.rows("standing_copies") if copy["key"] == key]
            if not session.write("leave_copies", key=key):
                message = f"no second post of {key} is known"
                raise UsageError(message, f"stormctl show {key} shows its history.")
            tell(session, moment, EventKind.RESOLVED, row, f"may be there twice, says {who}")
            return tuple(copies)

    def receipts(self, key: str) -> dict[str, str]:
        """Return the address of every post that a delivery is known to have, by the platform's id."""
        with self._database.reading() as session:
            return {row["post_id"]: row["url"] for row in session.rows("receipts_of", key=key)}

    def retracted(self, key: str, post_id: str, who: str, moment: Moment) -> State:
        """Record that a post was taken off the platform; return the delivery's state after it.

        Where it was posted twice and the other post stays, the delivery stays delivered.
        """
        with self._database.transaction() as session:
            row = _get_row(session, key)
            touched = session.write("retract_delivery", key=key, post_id=post_id, why=f"taken down by {who}")
            session.write("remove_copy", channel=row["channel"], post_id=post_id)
            text = f"post {post_id} taken down by {who}"
            tell(session, moment, EventKind.RETRACTED, row, text)
            return State.RETRACTED if touched else State(row["state"])


def _get_row(session: Session, key: str) -> Row:
    row = session.find("desk_row", key=key)
    if row is None:
        raise UsageError(f"there is no delivery {key}", "stormctl status --find TEXT shows keys.")
    return row


def _get_doubt(session: Session, key: str) -> Row:
    row = _get_row(session, key)
    if row["state"] != State.IN_DOUBT:
        raise UsageError(f"{_describe(row)}, not in doubt", f"stormctl show {key} shows how that came about.")
    return row


def _describe(row: Row) -> str:
    state = State(row["state"])
    return f"{row['key']} is {_WORDS.get(state, state.value)}"


def _is_cancellable(row: Row) -> bool:
    return bool(row["state"] == State.PLANNED or row["cancelled_by"] == "plan")


def _cancel(session: Session, row: Row, who: str, moment: Moment) -> None:
    why = f"cancelled by {who}"
    session.write("cancel_delivery", key=row["key"], why=why)
    tell(session, moment, EventKind.CANCELLED, row, why)


def _hint_to_cancel(row: Row) -> str:
    match State(row["state"]):
        case State.CLAIMED:
            return f"stormctl halt --message {row['message_id']} stops it if it has to be tried again."
        case State.IN_DOUBT:
            return f"Look at the account, then: stormctl resolve {row['key']} --posted URL, or --not-posted."
        case State.DELIVERED:
            return f"To take it down: stormctl retract {row['key']}"
        case _:
            return "It will not go out in any case."


def _find_slot(row: Row, now: int, at: int | None) -> int:
    """Return the new slot of what is asked for again; UsageError where there can be none."""
    if State(row["state"]) not in RETRIED_FROM:
        raise UsageError(
            f"{_describe(row)}: there is nothing to try again",
            f"stormctl show {row['key']} says what you can do.",
        )
    earliest = max(now, row["not_before"] or 0)
    if at is not None and at < now:
        raise UsageError("that time has already passed", "Without --at it goes out as soon as it may.")
    if at is not None and at < earliest:
        raise UsageError(
            f"{row['key']} must not go out before {from_micros(earliest):%Y-%m-%d %H:%M} UTC",
            "Choose a later time, or leave out --at.",
        )
    is_early = row["state"] == State.CANCELLED and row["slot_at"] > earliest
    slot_at = (row["slot_at"] if is_early else earliest) if at is None else at
    if row["expires_at"] is not None and row["expires_at"] <= slot_at:
        raise UsageError(
            f"{row['key']}: its deadline is {from_micros(row['expires_at']):%Y-%m-%d %H:%M} UTC, before that",
            "A message is not sent again after its deadline.",
        )
    return slot_at


def _leave_alt_away(row: Row) -> str:
    """Return the post for the ledger without what is said of its pictures; UsageError if nothing is."""
    post = load_post(row["post"])
    if not any(media.alt for media in post.media):
        raise UsageError(f"{row['key']} has no description to leave out", "Leave out --without-alt.")
    return dump_post(replace(post, media=tuple(replace(media, alt="") for media in post.media)))


def _refuse_same_text(session: Session, row: Row) -> None:
    names = ("key", "channel", "text_digest", "storm_on")
    clash = session.find("same_text", **{name: row[name] for name in names})
    if clash is not None:
        raise UsageError(
            f"{clash['key']} says the same on {row['channel']} on {row['storm_on']}",
            "A channel says the same thing at most once a day: cancel or retract that one first.",
        )


def _refuse_ended_thread(session: Session, row: Row) -> None:
    before = None if row["before_key"] is None else session.find("desk_row", key=row["before_key"])
    if before is not None and State(before["state"]) in _ENDS_A_THREAD:
        raise UsageError(
            f"{_describe(before)}, and {row['key']} replies to it",
            "Retry both, in one command or that one first.",
        )
