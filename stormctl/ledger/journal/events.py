"""Write down what happened, in the transaction in which it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import StormEvent

if TYPE_CHECKING:
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import EventKind
    from stormctl.ledger.db.sessions import Row, Session


def append_event(session: Session, event: StormEvent, moment: Moment) -> None:
    """Append an event to the history."""
    session.write(
        "append_event",
        kind=event.kind.value,
        happened_at=to_micros(event.at),
        wall_now=to_micros(moment.wall_at),
        text=event.text,
        storm_id=event.storm_id,
        channel=event.channel,
        key=event.key,
        attempt_id=event.attempt_id,
        url=event.url,
    )


def tell(
    session: Session,
    moment: Moment,
    kind: EventKind,
    row: Row,
    text: str,
    *,
    attempt_id: int | None = None,
    url: str | None = None,
) -> StormEvent:
    """Append an event about a delivery, of which `row` has key, storm_id, channel and message_id."""
    event = StormEvent(
        kind=kind,
        at=moment.at,
        text=f"{row['message_id']}: {text}" if text else row["message_id"],
        storm_id=row["storm_id"],
        channel=row["channel"],
        key=row["key"],
        attempt_id=attempt_id,
        url=url,
    )
    append_event(session, event, moment)
    return event
