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
from stormctl.ledger.views.keys import match_keys, name_shortly, spell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
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


class AmbiguousKeyError(UsageError):
    """A person's words may mean several deliveries.

    Attributes:
        keys: all of them.
    """

    def __init__(self, part: str, keys: Sequence[str], names: Iterable[str]) -> None:
        shown = list(names)[:_SHOWN]
        more = f" and {len(keys) - _SHOWN} more" if keys[_SHOWN:] else ""
        super().__init__(f"{part} may be any of {len(keys)}", f"Type one of: {', '.join(shown)}{more}")
        self.keys = tuple(keys)


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

    def find_keys(self, part: str) -> list[str]:
        """Find the keys that a person may mean by `noon-statement.en` or `x:acme/noon-statement`.

        Raises:
            UsageError: if there is none, with the nearest ones as a hint.
        """
        with self._database.reading() as session:
            if session.find("delivery", key=part) is not None:
                return [part]
            found = match_keys(part, (row["key"] for row in session.each("all_keys")))
            if not found:
                raise _unknown(session, part)
            return found

    def keys_in(self, states: Collection[State]) -> list[str]:
        """Return the keys of all deliveries in some states, in order."""
        with self._database.reading() as session:
            return [row["key"] for row in session.each("key_states") if State(row["state"]) in states]

    def get_key(self, part: str) -> str:
        """Get a delivery's key by the key or by whole steps of it that no other one has.

        Raises:
            UsageError: if there is none, as `find_keys`, or if there are several.
        """
        found = self.find_keys(part)
        if found[1:]:
            raise AmbiguousKeyError(part, found, self.name_shortly(found[:_SHOWN]))
        return found[0]

    def name_shortly(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Name deliveries by the shortest words that mean them, each with the keys it means; see `keys`."""
        if not keys:
            return {}
        with self._database.reading() as session:
            return name_shortly(keys, [row["key"] for row in session.each("all_keys")])

    def short_keys(self, keys: Collection[str], *, on_channel: bool = False) -> dict[str, str]:
        """Return for each delivery the shortest words that mean it alone; `on_channel` as for `keys`."""
        if not keys:
            return {}
        with self._database.reading() as session:
            every = [row["key"] for row in session.each("all_keys")]
        named = name_shortly(keys, every, together=False, on_channel=on_channel)
        return {key: name for name, (key,) in named.items()}

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


def _log_entry_of(row: Row) -> LogEntry:
    late = None
    if row["kind"] in _PUBLISHED and row["delivered_at"] is not None:
        late = max(from_micros(row["delivered_at"]) - from_micros(row["slot_at"]), timedelta())
    return LogEntry(event=event_of(row), wall_at=from_micros(row["happened_wall_at"]), late=late)


def _readable(post: Post) -> str:
    return comparable(" ".join((post.text, post.link or "", *(m.alt for m in post.media)))).casefold()


def _split(key: str) -> tuple[str, str]:
    """Return channel and message of a key, or the message with its wording where they are one step."""
    _, channel, message, *_ = key.split("/")
    return channel, message


def _unknown(session: Session, key: str) -> UsageError:
    storm_id, _, rest = key.partition("/")
    if ":" in storm_id:  # channel and message, as lists show them
        spelt = [steps for row in session.each("all_keys") for steps in map(_split, spell(row["key"]))]
        message = rest.partition("/")[0]
        names = list({f"{c}/{m}" for c, m in spelt if c == storm_id or m == message})
    elif rest:
        message_id = rest.split("/")[1] if "/" in rest else key
        rows = session.each("near_keys", storm_id=storm_id, message_id=message_id)
        names = [row["key"] for row in rows]
    else:
        names = list({spell(row["key"])[1].split("/")[2] for row in session.each("all_keys")})
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
