"""How things stand: every storm and channel, the runners, the halts and what may be unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.status import ChannelStatus, CopyView, FollowUpView, LedgerStatus, StormStatus
from stormctl.ledger.control.budgets import find_budget
from stormctl.ledger.control.halts import view_halts
from stormctl.ledger.delivery.openings import find_wait
from stormctl.ledger.journal.gaps import view_gaps
from stormctl.ledger.journal.rows import delivery_view_of, follow_up_due_at, maybe_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.status import DeliveryView
    from stormctl.ledger.control.runners import Runners
    from stormctl.ledger.db.sessions import Database, Row, Session

_SHOWN = 10
_HELD = "it waits for the part before it, which failed or is waiting too"


class Overview:
    """What `status` shows of a ledger."""

    def __init__(self, database: Database, runners: Runners, where: str) -> None:
        self._database = database
        self._runners = runners
        self._where = where

    def status(
        self, moment: Moment, *, storm_id: str | None = None, runner_timeout: timedelta
    ) -> LedgerStatus:
        """Return how things stand, of one storm or of all, from one snapshot.

        Args:
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
                gaps=tuple(gap for gap in view_gaps(session) if gap.in_doubt),
            )


def _view_storm(session: Session, storm: Row, moment: Moment, served: set[str]) -> StormStatus:
    storm_id = storm["id"]
    totals: dict[State, int] = {}
    by_channel: dict[str, dict[State, int]] = {}
    for row in session.each("counts", storm_id=storm_id):
        state = State(row["state"])
        by_channel.setdefault(row["channel"], {})[state] = row["value"]
        totals[state] = totals.get(state, 0) + row["value"]
    span, now = session.get("span", storm_id=storm_id), to_micros(moment.at)
    held = session.rows("held_parts", storm_id=storm_id)
    keys = {row["key"] for row in held}
    upcoming = session.rows("upcoming", storm_id=storm_id, size=_SHOWN + len(held))
    return StormStatus(
        storm_id=storm_id,
        name=storm["name"],
        timezone=storm["timezone"],
        counts=totals,
        channels=tuple(
            _view_channel(
                session,
                storm_id,
                row,
                by_channel.get(row["id"], {}),
                is_served=row["id"] in served,
                moment=moment,
                held=keys,
            )
            for row in session.rows("channels_of", storm_id=storm_id)
        ),
        upcoming=_views([row for row in upcoming if row["key"] not in keys][:_SHOWN]),
        recent=_views(session.rows("newest_delivered", storm_id=storm_id, size=_SHOWN)),
        troubled=(
            *_views(session.rows("troubled", storm_id=storm_id)),
            *(replace(view, why=_HELD) for view in _views(held)),
        ),
        late=session.value("late_count", storm_id=storm_id, now=now)
        - sum(row["slot_at"] < now for row in held),
        first_slot_at=maybe_instant(span["first_at"]),
        last_slot_at=maybe_instant(span["last_at"]),
        budget=find_budget(session, storm_id),
        copies=_view_copies(session, storm_id),
        follow_ups=_view_follow_ups(session, storm_id),
    )


def _view_channel(
    session: Session,
    storm_id: str,
    row: Row,
    counts: Mapping[State, int],
    *,
    is_served: bool,
    moment: Moment,
    held: Collection[str],
) -> ChannelStatus:
    now, wait, next_at = to_micros(moment.at), None, row["next_at"]
    if held:
        coming = session.rows("next_on", storm_id=storm_id, channel=row["id"], size=len(held) + 1)
        next_at = next((line["slot_at"] for line in coming if line["key"] not in held), None)
    if next_at is not None:
        wait = find_wait(session, row["id"], storm_id, next_at, now)
    is_paused = row["paused_until"] is not None and row["paused_until"] > now
    return ChannelStatus(
        channel=row["id"],
        account_name=row["account_name"],
        counts=counts,
        next_at=maybe_instant(next_at),
        suspended_why=row["suspended_why"],
        paused_until=from_micros(row["paused_until"]) if is_paused else None,
        on_trial=bool(row["on_trial"]) and not is_paused,
        waits_until=from_micros(wait.until) if wait else None,
        waits_why=wait.why if wait else "",
        served=is_served,
    )


def _view_follow_ups(session: Session, storm_id: str) -> tuple[FollowUpView, ...]:
    """Return when the accounts of a storm are read again, each time once, the soonest first."""
    times = {
        (follow_up_due_at(row), row["channel"])
        for row in session.rows("open_follow_ups", channel=None)
        if row["storm_id"] == storm_id
    }
    return tuple(FollowUpView(channel=channel, due_at=due_at) for due_at, channel in sorted(times))


def _view_copies(session: Session, storm_id: str) -> tuple[CopyView, ...]:
    return tuple(
        CopyView(key=row["key"], channel=row["channel"], url=row["url"])
        for row in session.rows("standing_copies")
        if row["storm_id"] == storm_id
    )


def _views(rows: list[Row]) -> tuple[DeliveryView, ...]:
    return tuple(delivery_view_of(row) for row in rows)
