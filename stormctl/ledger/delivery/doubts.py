"""Deliveries that perhaps were posted, and the readings that settle them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import NOT_THERE_AFTER_ALL, SAID_TO_STAND, Delivered, State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.delivery.answers import deliver
from stormctl.ledger.journal.gaps import give_back
from stormctl.ledger.journal.rows import load_post, micros_of, tell

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Post
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.db.sessions import Database, Row, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtReading:
    """One reading of an account: when it began (real time), and whether it saw every page."""

    started_at: datetime
    complete: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedPost:
    """A delivery whose post is looked for on its account.

    Attributes:
        sending_at: storm time of the earliest last check of an attempt that may have published it. A list
            that lags for long may show an earlier attempt's post only now.
        in_reply_to: the platform id of the thread's previous part; None if it is not a thread.
    """

    key: str
    storm_id: str
    channel: ChannelId
    post: Post
    attempt_id: int
    sending_at: datetime
    in_reply_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt(SearchedPost):
    """A delivery in doubt, with what its reconciling needs.

    Attributes:
        sending_wall_at: real time of the newest attempt's last check.
        readings: the oldest first.
        held: whether it waits for a person.
        is_said_to_stand: whether the platform refused it as a duplicate.
    """

    sending_wall_at: datetime
    readings: tuple[DoubtReading, ...]
    held: bool
    is_said_to_stand: bool

    @property
    def is_readable(self) -> bool:
        """Whether the newest reading of the account saw every page."""
        return bool(self.readings) and self.readings[-1].complete


class Doubts:
    """The deliveries in doubt of a ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, channels: Collection[str] | None = None) -> list[Doubt]:
        """Return what is in doubt on some channels, or on all, the oldest sending first."""
        only = next(iter(channels)) if channels is not None and len(channels) == 1 else None
        with self._database.reading() as session:
            return [
                _doubt_of(session, row)
                for row in session.rows("open_doubts", channel=only)
                if channels is None or row["channel"] in channels
            ]

    def record_reading(self, doubt: Doubt, moment: Moment, *, complete: bool, reason: str) -> None:
        """Keep a reading of the account for a doubt.

        Args:
            moment: when the reading began, not when it ended.
        """
        with self._database.transaction() as session:
            session.write(
                "add_reading",
                attempt_id=doubt.attempt_id,
                started_wall_at=to_micros(moment.wall_at),
                complete=int(complete),
                reason=reason,
            )

    def settle_delivered(self, doubt: Doubt, post_id: str, url: str, moment: Moment, how: str) -> bool:
        """Make a delivery in doubt delivered, since its post was found.

        Args:
            moment: now; the delivery counts as delivered when it was sent.
            how: for the history, such as “found on the account”.

        Returns:
            False if it is not in doubt any more, or if the post is another delivery's.
        """
        with self._database.transaction() as session:
            taken = session.find(
                "other_with_receipt", channel=str(doubt.channel), key=doubt.key, post_id=post_id
            )
            row = session.find("doubt_row", key=doubt.key, attempt_id=doubt.attempt_id)
            if taken is not None or row is None:
                return False
            session.write(
                "settle_attempt", attempt_id=doubt.attempt_id, settled="delivered", post_id=post_id, url=url
            )
            receipt = Delivered(post_id=post_id, url=url)
            deliver(session, doubt.key, doubt.attempt_id, receipt, delivered_at=row["sending_at"], why=how)
            tell(session, moment, EventKind.RECONCILED, row, how, attempt_id=doubt.attempt_id, url=url)
            return True

    def settle_not_there(
        self, doubt: Doubt, moment: Moment, *, request_limit: timedelta, settling: timedelta
    ) -> State | None:
        """Plan a delivery in doubt again if the ledger's readings prove that it was not posted.

        Proof is two complete readings: the first began when the request could not be under way any more,
        the second a settling time later. The statement itself checks it. What the platform refused as a
        duplicate fails instead: to send it again might be the second post.

        Args:
            request_limit: how long a publishing request may be under way, in real time.
            settling: how long after a first reading the second one proves something, in real time.

        Returns:
            The state to which it went; None without proof, or while it is held for a person.
        """
        is_refused = doubt.is_said_to_stand
        state = State.FAILED if is_refused else State.PLANNED
        why = NOT_THERE_AFTER_ALL if is_refused else "two complete readings of the account don't show it"
        with self._database.transaction() as session:
            row = session.find("doubt_row", key=doubt.key, attempt_id=doubt.attempt_id)
            # The statement judges the readings itself: one that began too early would plan a second post.
            settled = row is not None and session.write(
                "settle_not_there",
                key=doubt.key,
                attempt_id=doubt.attempt_id,
                state=state.value,
                why=why,
                request_limit=micros_of(request_limit),
                settling=micros_of(settling),
            )
            if row is None or not settled:
                return None
            session.write(
                "settle_attempt", attempt_id=doubt.attempt_id, settled="not_there", post_id=None, url=None
            )
            give_back(session, doubt.attempt_id, whoever=is_refused)
            kind = EventKind.FAILED if is_refused else EventKind.RECONCILED
            tell(session, moment, kind, row, why, attempt_id=doubt.attempt_id)
            return state

    def hold(self, doubt: Doubt, reason: str, moment: Moment) -> None:
        """Leave a doubt to a person; it stays in doubt until it is resolved."""
        with self._database.transaction() as session:
            held = session.write("hold_doubt", key=doubt.key, attempt_id=doubt.attempt_id, why=reason)
            if held:
                row = session.get("doubt_row", key=doubt.key, attempt_id=doubt.attempt_id)
                text = f"needs a decision: {reason}"
                tell(session, moment, EventKind.HELD, row, text, attempt_id=doubt.attempt_id)

    def open_texts(self, channel: str) -> set[str]:
        """Return the texts of what is claimed or in doubt on a channel: they may stand there unreceipted."""
        with self._database.reading() as session:
            return {load_post(row["post"]).text for row in session.rows("open_posts", channel=channel)}

    def known_post_ids(self, channel: str) -> set[str]:
        """Return the platform ids of every receipt of a channel, so that no post is matched twice."""
        with self._database.reading() as session:
            return {row["post_id"] for row in session.each("known_post_ids", channel=channel)}


def _doubt_of(session: Session, row: Row) -> Doubt:
    first, newest = row["first_sending_at"], row["sending_at"]
    return Doubt(
        key=row["key"],
        storm_id=row["storm_id"],
        channel=parse_channel_id(row["channel"]),
        post=load_post(row["post"]),
        attempt_id=row["attempt_id"],
        sending_at=from_micros(newest if first is None else min(first, newest)),
        sending_wall_at=from_micros(row["sending_wall_at"]),
        readings=tuple(
            DoubtReading(
                started_at=from_micros(reading["started_wall_at"]),
                complete=bool(reading["complete"]),
                reason=reading["reason"],
            )
            for reading in session.rows("readings_of", attempt_id=row["attempt_id"])
        ),
        in_reply_to=row["in_reply_to"],
        held=bool(row["held"]),
        is_said_to_stand=(row["code"] or "").endswith(SAID_TO_STAND),
    )
