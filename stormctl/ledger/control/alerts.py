"""What someone must be told: gathered from the history, told by one alert for all runners."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.alert import Alert, Notice
from stormctl.domain.delivery.delivery import State
from stormctl.ledger.journal.rows import event_of, maybe_instant, maybe_micros, note_event

if TYPE_CHECKING:
    from collections.abc import Collection

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.control.runners import Runners
    from stormctl.ledger.db.sessions import Database, Row, Session

COLLECTING = timedelta(seconds=5)
"""How long a notice waits for others: what goes wrong seldom goes wrong alone."""

PAUSE = timedelta(minutes=1)
"""Between two alerts: people can't read faster, and a telephone that never rests is switched off."""

REST = timedelta(minutes=15)
"""How long the same subject is not told again; what comes meanwhile is told in the next alert."""

NEWS = timedelta(hours=1)
"""What is older is no news: alerts that are set up later don't tell the whole history."""

TRIES = 5
"""How often an alert is sent to an address that doesn't take it: after 1, 2, 4 and 8 minutes again."""

_BY_HAND = {EventKind.HALTED, EventKind.RESUMED}
"""Each of them is told: people make them, one at a time."""

_CHANGES = {
    EventKind.DELIVERED,
    EventKind.RECONCILED,
    EventKind.RESOLVED,
    EventKind.CANCELLED,
    EventKind.FAILED,
    EventKind.MISSED,
    EventKind.EXPIRED,
    EventKind.HELD,
}
"""After any of them the storm may be finished."""

_QUIET = {EventKind.DELIVERED, EventKind.RECONCILED, EventKind.RESOLVED, EventKind.CANCELLED}
"""Those that nobody has to hear of by themselves."""


class Alerts:
    """The notices and alerts of a ledger; all is taken under its gate, so that one runner tells it."""

    def __init__(self, database: Database, runners: Runners) -> None:
        self._database = database
        self._runners = runners

    def gather(self, moment: Moment, patience: timedelta) -> None:
        """Take note of what happened since the last look, by whomever, that someone must be told.

        Args:
            patience: real time in which a doubt normally settles itself; one that does is no alarm.
        """
        with self._database.reading() as session:
            if int(session.value("newest_event")) <= _noticed(session):
                return
        with self._database.transaction() as session:
            after, storms = _noticed(session), set()
            newest = int(session.value("newest_event"))
            rows = session.rows("news", after=after, since_wall=to_micros(moment.wall_at - NEWS))
            for row in rows:
                kind = EventKind(row["kind"])
                if kind not in _QUIET:
                    _note_row(session, kind, row, patience)
                if kind in _CHANGES:
                    storms.add(row["storm_id"])
            for storm_id in sorted(storms - {None}):
                _note_if_finished(session, storm_id, moment)
            session.write("set_meta", key="noticed_event", value=str(max(newest, after)))

    def note(self, event: StormEvent, moment: Moment) -> None:
        """Note something that the history doesn't hold; once while it waits or was reported lately."""
        subject = f"{event.kind.value}/{event.channel or ''}"
        known = {"subject": subject} | _lately(moment)
        with self._database.reading() as session:
            if session.find("notice_of_subject", **known) is not None:
                return
        with self._database.transaction() as session:
            if session.find("notice_of_subject", **known) is None:
                _add(session, event, subject, noted=to_micros(moment.wall_at))

    def take(self, moment: Moment, *, patient: bool = True, pausing: bool = True) -> Alert | None:
        """Take the next alert that is to be sent now; None if there is none, or not yet.

        New notices come first. An alert that not every address took is sent again in between.
        """
        wall, again = to_micros(moment.wall_at), to_micros(moment.wall_at + PAUSE)
        ripe_until = to_micros(moment.wall_at + (timedelta() if patient else COLLECTING))
        times = {"wall_now": wall, "wall_ahead": again}
        with self._database.reading() as session:
            if session.find("anything_to_tell", wall_until=ripe_until, wall_ahead=again) is None:
                return None
        with self._database.transaction() as session:
            last = session.value("last_try", wall_ahead=again)
            if pausing and last is not None and wall < last + PAUSE // timedelta(microseconds=1):
                return None
            session.write("forget_settled_doubts", **times)
            session.write("forget_old_notices", before_wall=to_micros(moment.wall_at - NEWS))
            free = session.rows("free_notices", wall_until=ripe_until, **times, **_lately(moment))
            if any(row["is_ripe"] for row in free):
                alert_id = session.get("add_alert", wall_now=wall, retry_wall_at=again)["id"]
                for row in free:
                    session.write("take_notice", id=row["id"], alert_id=alert_id)
                return _alert_of(session, alert_id)
            failed = session.find("alert_to_retry", **times)
            if failed is None:
                return None
            session.write("retry_alert", id=failed["id"], wall_now=wall, retry_wall_at=again)
            return _alert_of(session, failed["id"])

    def close(self, alert: Alert, heard: Collection[str], moment: Moment, *, is_whole: bool) -> None:
        """Write down which addresses have taken an alert by now.

        Args:
            heard: all that took it, at this try or before.
            is_whole: whether nobody is left who has to hear it; otherwise it is sent again, some times.
        """
        retry_at = None
        if not is_whole and alert.tries < TRIES:
            retry_at = moment.wall_at + PAUSE * 2.0 ** (alert.tries - 1)
        with self._database.transaction() as session:
            session.write(
                "close_try",
                id=alert.id,
                heard=json.dumps(sorted(heard)),
                retry_wall_at=maybe_micros(retry_at),
            )
            if set(heard) > alert.heard or retry_at is None:
                note_event(session, moment, EventKind.ALERTED, _describe(alert, len(heard)))

    def served(self, moment: Moment, *, timeout: timedelta) -> set[str]:
        """Return the channels that some live runner serves, on any machine."""
        with self._database.reading() as session:
            return self._runners.served(session, moment, timeout=timeout)

    def storm_of(self, channel: str) -> str | None:
        """Return the channel's storm that was enrolled last."""
        with self._database.reading() as session:
            return _storm_of(session, channel)


def _describe(alert: Alert, heard: int) -> str:
    """Say who was told what by an alert, in a line."""
    whom = f"{heard} addresses" if heard > 1 else "1 address" if heard else "nobody, no address took it"
    more = f", and {len(alert.notices) - 1} more" if alert.notices[1:] else ""
    about = f": {alert.notices[0].text}{more}" if alert.notices else ""
    return f"alerted {whom}{about}"


def _lately(moment: Moment) -> dict[str, int]:
    """Return between which moments a subject was reported lately, whichever way the clock was set since."""
    since, until = moment.wall_at - REST, moment.wall_at + REST
    return {"since_wall": to_micros(since), "until_wall": to_micros(until)}


def _noticed(session: Session) -> int:
    row = session.find("noticed_event")
    return 0 if row is None else int(row["value"])


def _note_row(session: Session, kind: EventKind, row: Row, patience: timedelta) -> None:
    whose = row["channel"] or row["storm_id"] or ""
    subject = f"{kind.value}/{row['id'] if kind in _BY_HAND else whose}"
    storm_id = row["storm_id"] or (row["channel"] and _storm_of(session, row["channel"]))
    wait = patience if kind is EventKind.IN_DOUBT else COLLECTING
    _add(
        session, replace(event_of(row), storm_id=storm_id), subject, noted=row["happened_wall_at"], wait=wait
    )


def _note_if_finished(session: Session, storm_id: str, moment: Moment) -> None:
    if session.value("open_but_for_people", storm_id=storm_id):
        return
    counts: dict[str, int] = {}
    for row in session.each("counts", storm_id=storm_id):
        counts[row["state"]] = counts.get(row["state"], 0) + row["value"]
    told = [
        f"{counts.get(state.value, 0)} {state.value.replace('_', ' ')}"
        for state in (State.DELIVERED, State.MISSED, State.FAILED, State.IN_DOUBT)
    ]
    others = [
        f"{counts[state.value]} {state.value}"
        for state in (State.EXPIRED, State.CANCELLED, State.RETRACTED)
        if counts.get(state.value)
    ]
    text = f"{storm_id}: {', '.join([*told, *others])}"
    event = StormEvent(kind=EventKind.FINISHED, at=moment.at, text=text, storm_id=storm_id)
    _add(session, event, f"finished/{storm_id}", noted=to_micros(moment.wall_at))


def _add(
    session: Session, event: StormEvent, subject: str, *, noted: int, wait: timedelta = COLLECTING
) -> None:
    session.write(
        "add_notice",
        kind=event.kind.value,
        subject=subject,
        at=to_micros(event.at),
        noted_wall_at=noted,
        ripe_wall_at=noted + wait // timedelta(microseconds=1),
        text=event.text,
        storm_id=event.storm_id,
        channel=event.channel,
        key=event.key,
        attempt_id=event.attempt_id,
        url=event.url,
    )


def _storm_of(session: Session, channel: str) -> str | None:
    row = session.find("newest_storm_of", channel=channel)
    return None if row is None else str(row["storm_id"])


def _alert_of(session: Session, alert_id: int) -> Alert:
    row = session.get("alert_row", id=alert_id)
    return Alert(
        id=alert_id,
        notices=tuple(
            Notice.of(event_of(line), line["timezone"] or "UTC", maybe_instant(line["told_wall_at"]))
            for line in session.rows("notices_of", alert_id=alert_id)
        ),
        tries=row["tries"],
        heard=frozenset(json.loads(row["heard"])),
    )
