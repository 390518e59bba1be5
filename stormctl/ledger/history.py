"""What happened, and how things stand."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from stormctl.domain.clock import to_micros
from stormctl.domain.delivery import State
from stormctl.domain.status import ChannelStatus, LedgerStatus, StormStatus
from stormctl.errors import UsageError
from stormctl.ledger.events import append_event
from stormctl.ledger.halts import view_halts
from stormctl.ledger.rows import attempt_view_of, delivery_view_of, event_of, maybe_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from stormctl.domain.clock import Moment
    from stormctl.domain.event import StormEvent
    from stormctl.domain.status import AttemptView, DeliveryView
    from stormctl.ledger.engines import Database, Row, Session
    from stormctl.ledger.runners import Runners

_SHOWN = 10


class History:
    """The ledger as people read it."""

    def __init__(self, database: Database, runners: Runners, where: str) -> None:
        self._database = database
        self._runners = runners
        self._where = where

    def append(self, event: StormEvent, moment: Moment) -> None:
        """Write down an event; changes of a delivery's state write their own."""
        with self._database.transaction() as session:
            append_event(session, event, moment)

    def recent(self, limit: int, storm_id: str | None = None) -> list[StormEvent]:
        """Return the newest events, oldest of them first."""
        with self._database.reading() as session:
            rows = (
                session.rows("recent_events", size=limit)
                if storm_id is None
                else session.rows("recent_events_of", storm_id=storm_id, size=limit)
            )
        return [event_of(row) for row in reversed(rows)]

    def storms(self) -> list[str]:
        """Return the storms' ids, the newest first."""
        with self._database.reading() as session:
            return [row["id"] for row in session.rows("storms")]

    def status(
        self, moment: Moment, *, storm_id: str | None = None, runner_timeout: timedelta
    ) -> LedgerStatus:
        """Return how things stand, of one storm or of all, from one snapshot.

        Args:
            moment: now.
            storm_id: only this storm; an unknown one gives no storms.
            runner_timeout: real time without a heartbeat after which a runner doesn't live.
        """
        with self._database.reading() as session:
            served = self._runners.served(session, moment, timeout=runner_timeout)
            return LedgerStatus(
                ledger=self._where,
                moment=moment,
                storms=tuple(
                    _view_storm(session, row, moment, served)
                    for row in session.rows("storms")
                    if storm_id in {None, row["id"]}
                ),
                runners=self._runners.view(session, moment, timeout=runner_timeout),
                halts=view_halts(session),
            )

    def deliveries(self, storm_id: str) -> list[DeliveryView]:
        """Return a storm's deliveries in order of their slots."""
        with self._database.reading() as session:
            return [delivery_view_of(row) for row in session.each("deliveries_of", storm_id=storm_id)]

    def get(self, key: str) -> DeliveryView:
        """Get a delivery.

        Raises:
            UsageError: if there is none of that key, with the nearest ones as a hint.
        """
        with self._database.reading() as session:
            row = session.find("delivery", key=key)
            if row is not None:
                return delivery_view_of(row)
            near = _find_near(session, key)
        message = f"there is no delivery {key}"
        raise UsageError(message, f"Did you mean {' or '.join(near)}?" if near else "")

    def attempts(self, key: str) -> list[AttemptView]:
        """Return the attempts at a delivery, the oldest first."""
        with self._database.reading() as session:
            return [attempt_view_of(row) for row in session.each("attempts_of", key=key)]


def _find_near(session: Session, key: str) -> list[str]:
    storm_id, _, rest = key.partition("/")
    message_id = rest.split("/")[1] if "/" in rest else key
    keys = [row["key"] for row in session.each("near_keys", storm_id=storm_id, message_id=message_id)]
    return difflib.get_close_matches(key, keys, n=3)


def _view_storm(session: Session, storm: Row, moment: Moment, served: set[str]) -> StormStatus:
    storm_id = storm["id"]
    totals: dict[State, int] = {}
    by_channel: dict[str, dict[State, int]] = {}
    for row in session.each("counts", storm_id=storm_id):
        state = State(row["state"])
        by_channel.setdefault(row["channel"], {})[state] = row["value"]
        totals[state] = totals.get(state, 0) + row["value"]
    span = session.get("span", storm_id=storm_id)
    return StormStatus(
        storm_id=storm_id,
        name=storm["name"],
        timezone=storm["timezone"],
        counts=totals,
        channels=tuple(
            _view_channel(row, by_channel.get(row["id"], {}), served)
            for row in session.rows("channels_of", storm_id=storm_id)
        ),
        upcoming=_views(session.rows("upcoming", storm_id=storm_id, size=_SHOWN)),
        recent=_views(session.rows("newest_delivered", storm_id=storm_id, size=_SHOWN)),
        troubled=_views(session.rows("troubled", storm_id=storm_id)),
        late=session.value("late_count", storm_id=storm_id, now=to_micros(moment.at)),
        first_slot_at=maybe_instant(span["first_at"]),
        last_slot_at=maybe_instant(span["last_at"]),
    )


def _view_channel(row: Row, counts: Mapping[State, int], served: set[str]) -> ChannelStatus:
    return ChannelStatus(
        channel=row["id"],
        account_name=row["account_name"],
        counts=counts,
        next_at=maybe_instant(row["next_at"]),
        suspended_why=row["suspended_why"],
        paused_until=maybe_instant(row["paused_until"]),
        served=row["id"] in served,
    )


def _views(rows: list[Row]) -> tuple[DeliveryView, ...]:
    return tuple(delivery_view_of(row) for row in rows)
