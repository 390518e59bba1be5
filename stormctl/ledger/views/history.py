"""What happened, and single deliveries with all that is known of them."""

from __future__ import annotations

import difflib
from datetime import date, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.bank.resemblance import comparable
from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Kind, State
from stormctl.domain.plan.fixed import EnrolledSlot
from stormctl.domain.report.status import DeliveryDetails
from stormctl.domain.report.storm_log import LogEntry
from stormctl.errors import UsageError
from stormctl.ledger.journal.rows import (
    append_event,
    attempt_view_of,
    delivery_view_of,
    event_of,
    load_post,
    maybe_instant,
)

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Post
    from stormctl.domain.report.status import AttemptView, DeliveryView
    from stormctl.ledger.db.sessions import Database, Row, Session

_SHOWN = 10
_PUBLISHED = frozenset({EventKind.DELIVERED.value, EventKind.RECONCILED.value, EventKind.RESOLVED.value})
"""Events after which a post may be out; it is if its delivery has a time at which it was published."""


class History:
    """The ledger as people read it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: StormEvent, moment: Moment) -> None:
        """Write down an event; changes of a delivery's state write their own."""
        with self._database.transaction() as session:
            append_event(session, event, moment)

    def zones(self, storm_id: str | None = None) -> dict[str, str]:
        """Return the zone of each storm, the newest first, or of one; UsageError if there is none such."""
        with self._database.reading() as session:
            zones = {row["id"]: row["timezone"] for row in session.rows("storms")}
        if storm_id is None:
            return zones
        if storm_id not in zones:
            message = f"the ledger has no storm {storm_id}"
            raise UsageError(message, f"It has: {', '.join(zones)}." if zones else "It has none yet.")
        return {storm_id: zones[storm_id]}

    def log(self, storm_id: str | None = None, since: datetime | None = None) -> tuple[LogEntry, ...]:
        """Return what happened since a moment (storm time), in all storms or in one and what concerns it."""
        with self._database.reading() as session:
            micros = 0 if since is None else to_micros(since)
            return tuple(
                _log_entry_of(row) for row in session.each("log_of", storm_id=storm_id, since=micros)
            )

    def storms(self) -> list[str]:
        """Return the storms' ids, the newest first."""
        with self._database.reading() as session:
            return [row["id"] for row in session.rows("storms")]

    def deliveries(self, storm_id: str) -> list[DeliveryView]:
        """Return a storm's deliveries in order of their slots."""
        with self._database.reading() as session:
            return [delivery_view_of(row) for row in session.each("deliveries_of", storm_id=storm_id)]

    def slots(self, storm_id: str) -> list[EnrolledSlot]:
        """Return where a storm's wordings are enrolled, without what an earlier plan withdrew."""
        with self._database.reading() as session:
            return [_slot_of(row) for row in session.each("slots_of", storm_id=storm_id)]

    def published(self, storm_id: str) -> list[tuple[DeliveryView, tuple[Media, ...]]]:
        """Return what of a storm is out, was, or may be, with its media, the newest first."""
        with self._database.reading() as session:
            return [
                (delivery_view_of(row), load_post(row["post"]).media)
                for row in session.each("published", storm_id=storm_id)
            ]

    def get(self, key: str) -> DeliveryView:
        """Get a delivery.

        Raises:
            UsageError: if there is none of that key, with the nearest ones as a hint.
        """
        with self._database.reading() as session:
            row = session.find("delivery", key=key)
            if row is None:
                raise _unknown(session, key)
            return delivery_view_of(row)

    def get_key(self, part: str) -> str:
        """Get a delivery's key by the key or by whole steps of it that no other one has.

        A step ends at `/`; `message.lang` stands for `message/lang`: `noon-statement.en`,
        `x:acme/noon-statement`.

        Raises:
            UsageError: if there is none, with the nearest ones as a hint, or if there are several.
        """
        with self._database.reading() as session:
            if session.find("delivery", key=part) is not None:
                return part
            keys = [row["key"] for row in session.each("all_keys")]
            found = [key for key in keys if any(f"/{part}/" in f"/{spelt}/" for spelt in _spellings(key))]
            if not found:
                raise _unknown(session, part)
        if found[1:]:
            more = f" and {len(found) - _SHOWN} more" if found[_SHOWN:] else ""
            message = f"{part} may be any of {len(found)}: {', '.join(found[:_SHOWN])}{more}"
            raise UsageError(message, "Give more of the key, or all of it.")
        return str(found[0])

    def details(self, key: str) -> DeliveryDetails:
        """Return everything about a delivery from one snapshot; UsageError as with `get`."""
        with self._database.reading() as session:
            row = session.find("details_of", key=key)
            if row is None:
                raise _unknown(session, key)
            return DeliveryDetails(
                view=delivery_view_of(row),
                post=load_post(row["post"]),
                kind=Kind(row["kind"]),
                topic=row["topic"],
                storm_name=row["storm_name"],
                timezone=row["timezone"],
                not_before=maybe_instant(row["not_before"]),
                give_up_at=maybe_instant(row["give_up_at"]),
                spread_from=maybe_instant(row["spread_from"]),
                is_spread=row["late"] == LatePolicy.SPREAD and row["window_end_at"] is not None,
                attempts=tuple(attempt_view_of(line) for line in session.rows("attempts_of", key=key)),
                events=tuple(
                    event_of(line) for line in session.rows("events_of", storm_id=row["storm_id"], key=key)
                ),
            )

    def search(self, text: str, storm_id: str | None = None) -> list[DeliveryView]:
        """Return what is live or coming and contains a text, whatever its case and white space.

        It is looked for in the post's text, its link and the descriptions of its media.
        """
        wanted = comparable(text).casefold()
        with self._database.reading() as session:
            return [
                delivery_view_of(row)
                for row in session.each("live_and_coming", storm_id=storm_id)
                if wanted in _readable(load_post(row["post"]))
            ]

    def of_message(self, message_id: str) -> list[DeliveryView]:
        """Return a message's deliveries in all storms, in order of their slots."""
        with self._database.reading() as session:
            return [
                delivery_view_of(row) for row in session.each("deliveries_of_message", message_id=message_id)
            ]

    def attempts(self, key: str) -> list[AttemptView]:
        """Return the attempts at a delivery, the oldest first."""
        with self._database.reading() as session:
            return [attempt_view_of(row) for row in session.each("attempts_of", key=key)]


def _spellings(key: str) -> tuple[str, str]:
    """Return a key as it stands, and with its message and wording as one step."""
    storm, channel, message, rest = key.split("/", 3)
    return key, f"{storm}/{channel}/{message}.{rest}"


def _log_entry_of(row: Row) -> LogEntry:
    late = None
    if row["kind"] in _PUBLISHED and row["delivered_at"] is not None:
        late = max(from_micros(row["delivered_at"]) - from_micros(row["slot_at"]), timedelta())
    return LogEntry(event=event_of(row), wall_at=from_micros(row["happened_wall_at"]), late=late)


def _readable(post: Post) -> str:
    return comparable(" ".join((post.text, post.link or "", *(m.alt for m in post.media)))).casefold()


def _unknown(session: Session, key: str) -> UsageError:
    storm_id, _, rest = key.partition("/")
    if rest:
        message_id = rest.split("/")[1] if "/" in rest else key
        rows = session.each("near_keys", storm_id=storm_id, message_id=message_id)
        names = [row["key"] for row in rows]
    else:
        names = list({_spellings(row["key"])[1].split("/")[2] for row in session.each("all_keys")})
    near = difflib.get_close_matches(key, names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "stormctl status --find TEXT shows keys."
    return UsageError(f"there is no delivery {key}", hint)


def _slot_of(row: Row) -> EnrolledSlot:
    message, tail = row["key"].split("/")[2:4]
    return EnrolledSlot(
        channel=row["channel"],
        name=f"{message}.{tail}",
        kind=Kind(row["kind"]),
        slot_at=from_micros(row["slot_at"]),
        storm_on=date.fromisoformat(row["storm_on"]),
        expires_at=maybe_instant(row["expires_at"]),
        is_open=State(row["state"]).is_open,
    )
