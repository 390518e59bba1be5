"""When has a channel room for a post, or for a whole thread: ceilings, and the money that it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.plan.occupancy import Limits, Occupancy
from stormctl.domain.platforms.record import Ceiling
from stormctl.ledger.journal.rows import micros_of

if TYPE_CHECKING:
    from stormctl.ledger.db.sessions import Row, Session
    from stormctl.ledger.delivery.openings import Opening

_FIRST_PART = "/1"
"""How the key of a thread's first part ends."""


def find_room(session: Session, opening: Opening, row: Row, now: int) -> int | None:
    """Return from when on all that goes out with a delivery has room: of a thread, every part.

    Room that the parts of a begun thread still need is theirs. A thread that is heavier than a ceiling, which
    `check` refuses, waits until the ceiling is empty. None if the budget does not pay for all of it.
    """
    if opening.follows:
        return now
    weight, price = 1, row["price_usd_micros"]
    if row["key"].endswith(_FIRST_PART):
        rest = session.get("rest_of_thread", key=row["key"])
        weight, price = weight + rest["parts"], price + rest["price"]
    for storm_id in opening.threads:
        begun = session.get("parts_to_come", channel=opening.channel, storm_id=storm_id)
        weight += begun["parts"]
        price += begun["price"] if storm_id == opening.storm_id else 0
    if not opening.affords(int(price)):
        return None
    if weight == 1:
        return now
    ceilings = find_ceilings(session, opening.channel, opening.storm_id)
    return max((reopen(session, opening.channel, each, now, int(weight)) for each in ceilings), default=now)


def reopen(session: Session, channel: str, ceiling: Ceiling, now: int, weight: int = 1) -> int:
    """Return when a ceiling lets so many posts out: now, or when those that fill it leave them room."""
    period = micros_of(ceiling.period)
    occupancy = Occupancy(Limits(spacing=timedelta(), ceilings=(ceiling,)))
    for row in session.rows("sends_between", channel=channel, since=now - period, until=now + period):
        occupancy.add(from_micros(row["sending_at"]))
    at = from_micros(now)
    while (later := occupancy.find_free(at, weight)) is not None and later > at:
        at = later
    return to_micros(at)


def find_ceilings(session: Session, channel: str, storm_id: str) -> tuple[Ceiling, ...]:
    """Find what holds for a storm on a channel: its own ceilings and those of the account."""
    rows = session.rows("ceilings_of", channel=channel, storm_id=storm_id)
    return tuple(Ceiling(row["posts"], timedelta(microseconds=row["period"])) for row in rows)
