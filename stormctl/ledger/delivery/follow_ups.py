"""What was sent again may stand twice: the readings that are due afterwards, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.delivery.answers import deliver, tell_copy
from stormctl.ledger.delivery.doubts import SearchedPost
from stormctl.ledger.journal.rows import follow_up_due_at, load_post, maybe_instant, micros_of, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.ledger.db.sessions import Database, Row, Session

SOON = timedelta(minutes=2)
LATER = timedelta(minutes=15)
"""How long after something was sent again its account is read, on the storm's clock; and at the storm's end.
By then a platform that accepted late, or a list that lagged, shows a second copy."""

_FOUND = "found on the account later"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(SearchedPost):
    """A reading that is to come since a delivery was sent again.

    Attributes:
        due_at: storm time from which on it is taken.
        tried_wall_at: real time of the newest reading that failed; None without one.
        row: what names it in the ledger.
    """

    due_at: datetime
    tried_wall_at: datetime | None
    row: tuple[int, int]


class FollowUps:
    """The readings of a ledger that are due after something was sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def arrange(self) -> None:
        """Enter the readings of what was sent again since the last time, as every sweep does."""
        with self._database.transaction() as session:
            arrange_follow_ups(session)

    def open(self, channel: str | None = None) -> list[FollowUp]:
        """Return the readings of a channel, or of all, that are not taken yet, the soonest first."""
        with self._database.reading() as session:
            return _load_open(session, channel)

    def record(self, follow_ups: Sequence[FollowUp], moment: Moment, *, complete: bool) -> None:
        """Write down that one reading served some of them, or that it has to be made again."""
        if not follow_ups:
            return
        tried = to_micros(moment.wall_at)
        with self._database.transaction() as session:
            for follow_up in follow_ups:
                due_at, at_end = follow_up.row
                session.write(
                    "close_follow_up",
                    attempt_id=follow_up.attempt_id,
                    due_at=due_at,
                    at_end=at_end,
                    tried_wall_at=tried,
                    taken_wall_at=tried if complete else None,
                )

    def note_found(self, sought: SearchedPost, post_id: str, url: str, moment: Moment) -> StormEvent | None:
        """Note a post that says on the account what a delivery says.

        It is the delivery's receipt if that has none yet, and a second copy otherwise: an alarm.

        Returns:
            What happened; None if the post is known already, or the delivery is under way or in doubt: then
            its own reading decides.
        """
        channel = str(sought.channel)
        with self._database.transaction() as session:
            row = session.get("followed_row", key=sought.key)
            is_known = session.find("owner_of_post", channel=channel, post_id=post_id) is not None
            if is_known or State(row["state"]) in {State.CLAIMED, State.IN_DOUBT}:
                return None
            receipt, sent_at = Delivered(post_id=post_id, url=url), to_micros(sought.sending_at)
            if deliver(session, sought.key, sought.attempt_id, receipt, delivered_at=sent_at, why=_FOUND):
                kind = EventKind.RECONCILED
                return tell(session, moment, kind, row, _FOUND, attempt_id=sought.attempt_id, url=url)
            return tell_copy(session, row, receipt, moment, attempt_id=sought.attempt_id)


def arrange_follow_ups(session: Session) -> None:
    """Do what `FollowUps.arrange` does, within a transaction."""
    session.write("arrange_follow_ups", first=micros_of(SOON), second=micros_of(LATER))


def _load_open(session: Session, channel: str | None) -> list[FollowUp]:
    found = [_follow_up_of(row) for row in session.rows("open_follow_ups", channel=channel)]
    return sorted(found, key=lambda follow_up: follow_up.due_at)


def _follow_up_of(row: Row) -> FollowUp:
    return FollowUp(
        key=row["key"],
        storm_id=row["storm_id"],
        channel=parse_channel_id(row["channel"]),
        post=load_post(row["post"]),
        attempt_id=row["attempt_id"],
        sending_at=from_micros(row["sending_at"]),
        in_reply_to=row["in_reply_to"],
        due_at=follow_up_due_at(row),
        tried_wall_at=maybe_instant(row["tried_wall_at"]),
        row=(row["due_at"], row["at_end"]),
    )
