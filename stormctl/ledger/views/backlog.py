"""What is still to come, as whoever posts asks for it: nothing is changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.ledger.control.halts import is_halted, load_halts
from stormctl.ledger.delivery.openings import find_next, find_openings
from stormctl.ledger.delivery.sweeping import find_next_decision, find_undecided
from stormctl.ledger.journal.media import find_valid_upload
from stormctl.ledger.journal.rows import load_post, maybe_instant

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Session
    from stormctl.ledger.delivery.sweeping import NextDecision


class Backlog:
    """The deliveries of a ledger that are planned, claimed or in doubt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_dues(self, moment: Moment, channels: Collection[str]) -> dict[str, datetime]:
        """Return by channel the earliest storm time from now on at which a claim succeeds if nobody halts.

        Channels on which nothing can come by time alone are left out: nothing planned, suspended, a thread
        that waits for its previous part, no budget left, or a claim in flight, whose answer decides.
        """
        if not channels:
            return {}
        now = to_micros(moment.at)
        with self._database.reading() as session:
            return {
                channel: from_micros(at)
                for channel in channels
                if (at := _find_next_of(session, channel, now)) is not None
            }

    def due_channels(self, moment: Moment, channels: Collection[str]) -> list[str]:
        """Return those of the channels that have something due now, by the rule of `next_dues`."""
        return [channel for channel, at in self.next_dues(moment, channels).items() if at <= moment.at]

    def undecided(self, moment: Moment) -> set[str]:
        """Return the channels on which the next sweep will release, move or give up something."""
        with self._database.reading() as session:
            return find_undecided(session, moment)

    def next_decision(self, moment: Moment) -> NextDecision:
        """Return when a sweep has something to do next, if nobody writes; until then it does nothing."""
        with self._database.reading() as session:
            return find_next_decision(session, moment)

    def late_counts(self, moment: Moment) -> dict[str, tuple[int, str]]:
        """Return by storm how many planned deliveries have passed their slot, with the storm's zone."""
        with self._database.reading() as session:
            rows = session.rows("late_counts", now=to_micros(moment.at))
        return {row["storm_id"]: (row["value"], row["timezone"]) for row in rows}

    def was_due(self, since: datetime, moment: Moment) -> bool:
        """Whether a storm that was enrolled already had something planned that became due since a moment."""
        with self._database.reading() as session:
            row = session.find(
                "due_since",
                since=to_micros(since),
                now=to_micros(moment.at),
                wall_since=to_micros(moment.wall_at - (moment.at - since)),
            )
        return row is not None

    def to_prepare(
        self, moment: Moment, ahead: timedelta, channels: Collection[str] | None = None
    ) -> list[tuple[str, Media]]:
        """Return channel and media of what is due within `ahead` (storm time) and has no valid upload.

        Nothing that a halt covers: it stops uploads too. Without `channels` it is of all.
        """
        missing: dict[tuple[str, str, str], tuple[str, Media]] = {}
        now, until = to_micros(moment.at), to_micros(moment.at + ahead)
        only = next(iter(channels)) if channels is not None and len(channels) == 1 else None
        with self._database.reading() as session:
            rows = [
                row
                for row in session.rows("to_prepare", channel=only, now=now, until=until)
                if channels is None or row["channel"] in channels
            ]
            halts = load_halts(session) if rows else []
            for row in rows:
                if is_halted(halts, row):
                    continue
                channel = row["channel"]
                for media in load_post(row["post"]).media:
                    name = (channel, media.digest, media.alt)
                    if name not in missing and not find_valid_upload(session, channel, media, moment):
                        missing[name] = (channel, media)
        return list(missing.values())

    def next_media_slot(self, after: datetime) -> datetime | None:
        """Return the first slot after a moment (storm time) of anything planned with media; None without."""
        with self._database.reading() as session:
            return maybe_instant(session.value("next_media_slot", after=to_micros(after)))

    def open_count(self, storm_id: str | None = None) -> int:
        """Return how many deliveries are planned, claimed or in doubt, of one storm or of all."""
        with self._database.reading() as session:
            if storm_id is None:
                return int(session.value("open_count"))
            return int(session.value("open_count_of", storm_id=storm_id))

    def in_flight(self, channels: Collection[str]) -> int:
        """Return how many deliveries of some channels are claimed, or in doubt and not held for a person."""
        with self._database.reading() as session:
            rows = session.rows("in_flight_counts")
        return sum(row["value"] for row in rows if row["channel"] in channels)

    def open_channels(self) -> list[str]:
        """Return the channels on which something may still happen, in order."""
        with self._database.reading() as session:
            return [row["channel"] for row in session.rows("open_channels")]


def _find_next_of(session: Session, channel: str, now: int) -> int | None:
    found = [
        at
        for opening in find_openings(session, channel, now)
        if (at := find_next(session, opening, now)) is not None
    ]
    return min(found, default=None)
