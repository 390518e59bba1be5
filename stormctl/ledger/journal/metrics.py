"""Snapshots of what delivered posts brought, all of them kept."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import PostReach
from stormctl.ledger.journal.rows import load_post, maybe_instant, micros_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database

_DAY = micros_of(timedelta(days=1))


class Metrics:
    """The metrics of a ledger's deliveries; times and ages are the storm's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, rows: Sequence[tuple[str, Metric, int]], moment: Moment, *, price_usd_micros: int = 0
    ) -> None:
        """Keep a snapshot: delivery key, metric and value, as read now.

        Args:
            price_usd_micros: of each post that was read; its storm has spent it, once in a UTC day.
        """
        now = to_micros(moment.at)
        with self._database.transaction() as session:
            for key in {key for key, _, _ in rows}:
                before = session.find("read_before", key=key) if price_usd_micros else None
                session.write("mark_read", key=key, now=now)
                if before is not None and not _is_same_day(before["read_at"], now):
                    session.write("charge_reading", key=key, micros=price_usd_micros)
            for key, metric, value in rows:
                session.write("add_snapshot", key=key, metric=metric.value, read_at=now, value=value)

    def find_payable(self, keys: Collection[str], moment: Moment, price_usd_micros: int) -> list[str]:
        """Return the deliveries whose reading the budgets pay for, beside all posts that are to come.

        Args:
            price_usd_micros: of each post that is read, unless it was on the same UTC day.
        """
        now = to_micros(moment.at)
        spare: dict[str, int | None] = {}
        payable: list[str] = []
        with self._database.reading() as session:
            for key in keys:
                row = session.find("read_before", key=key) if price_usd_micros else None
                if row is None or _is_same_day(row["read_at"], now):
                    payable.append(key)
                    continue
                storm_id = row["storm_id"]
                if storm_id not in spare:
                    spare[storm_id] = session.get("spare_for_readings", storm_id=storm_id)["spare"]
                left = spare[storm_id]
                if left is None:
                    payable.append(key)
                elif left >= price_usd_micros:
                    payable.append(key)
                    spare[storm_id] = left - price_usd_micros
        return payable

    def mark_read(self, keys: Collection[str], moment: Moment) -> None:
        """Write down that deliveries were read now, even if the reading gave nothing."""
        with self._database.transaction() as session:
            for key in keys:
                session.write("mark_read", key=key, now=to_micros(moment.at))

    def newest(self, storm_id: str | None = None) -> list[PostReach]:
        """Return every delivered post with its newest value of each metric, in order of delivery."""
        values: defaultdict[str, dict[Metric, int]] = defaultdict(dict)
        read_at: dict[str, int] = {}
        times: defaultdict[str, list[datetime]] = defaultdict(list)
        with self._database.reading() as session:
            for row in session.each("newest_snapshots", storm_id=storm_id):
                key = row["key"]
                values[key][Metric(row["metric"])] = row["value"]
                read_at[key] = min(row["read_at"], read_at.get(key, row["read_at"]))
            for row in session.each("reading_times", storm_id=storm_id):
                times[row["key"]].append(from_micros(row["read_at"]))
            posts = session.rows("delivered_posts", storm_id=storm_id)
        return [
            PostReach(
                key=row["key"],
                channel=row["channel"],
                message_id=row["message_id"],
                text=load_post(row["post"]).text,
                url=row["url"],
                delivered_at=from_micros(row["delivered_at"]),
                values=values.get(row["key"], {}),
                read_at=maybe_instant(read_at.get(row["key"])),
                reading_times=tuple(times.get(row["key"], ())),
            )
            for row in posts
        ]

    def receipts(self, storm_id: str, until: datetime) -> dict[str, dict[str, str]]:
        """Return the post ids of a storm's posts that were out by then, by channel and key, by slot."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        with self._database.reading() as session:
            for row in session.each("receipts_of_storm", storm_id=storm_id, until=to_micros(until)):
                found[row["channel"]][row["key"]] = row["post_id"]
        return dict(found)

    def next_due(self, ages: Sequence[timedelta]) -> dict[str, datetime]:
        """Return by channel when the first post reaches, or has reached, an age without a reading since."""
        found: dict[str, datetime] = {}
        with self._database.reading() as session:
            for age in ages:
                for row in session.rows("first_unread_at_age", age=micros_of(age)):
                    if row["delivered_at"] is not None:
                        at = from_micros(row["delivered_at"]) + age
                        found[row["channel"]] = min(at, found.get(row["channel"], at))
        return found

    def due(
        self, moment: Moment, ages: Sequence[timedelta], channels: Collection[str]
    ) -> list[tuple[str, str, str]]:
        """Return key, channel and post id of posts that have reached an age without a reading since."""
        due: dict[str, tuple[str, str, str]] = {}
        with self._database.reading() as session:
            for channel in channels:
                for age in ages:
                    rows = session.each(
                        "unread_at_age", channel=channel, now=to_micros(moment.at), age=micros_of(age)
                    )
                    due |= {row["key"]: (row["key"], row["channel"], row["post_id"]) for row in rows}
        return list(due.values())


def _is_same_day(before: int | None, now: int) -> bool:
    """Whether two moments (microseconds) are of one day of UTC, in which X bills a post's reading once."""
    return before is not None and before // _DAY == now // _DAY
