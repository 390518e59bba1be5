"""Small domain objects for tests: only what a test is about needs to be said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.delivery.delivery import DeliveryKey, Kind, PlannedDelivery, Post
from stormctl.domain.plan.occupancy import CEILING_KEYS, Limits, make_limits
from stormctl.domain.platforms.channel import ChannelId, parse_channel_id
from stormctl.ledger.control.channels import bind_account, bind_hosts, release_channel
from stormctl.ledger.delivery.channel_health import write_limits
from stormctl.ledger.delivery.enrolment import StormTerms
from stormctl.ledger.journal.gaps import note_gap
from stormctl.ledger.journal.rows import event_of
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import RateLimit
    from stormctl.domain.platforms.record import Ceiling
    from stormctl.ledger.ledger import Ledger

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24)
ACME = parse_channel_id("x:acme")
PAGE = parse_channel_id("facebook:acme")
PNG = b"\x89PNG\r\n\x1a\nnot really a picture"


def make_media(name: str = "boat", content: bytes = PNG) -> Media:
    """Make a picture."""
    return Media(
        file=f"messages/acme/{name}.png",
        alt=f"A {name}",
        kind=MediaKind.IMAGE,
        mime="image/png",
        digest=sha256(content).hexdigest(),
        size=len(content),
    )


def make_delivery(
    message: str = "m1",
    *,
    channel: ChannelId = ACME,
    slot_at: datetime = NOON,
    text: str | None = None,
    media: tuple[Media, ...] = (),
    part: int | None = None,
    **fields: Any,
) -> PlannedDelivery:
    """Make a planned delivery of the storm `storm`, in English, due at noon."""
    usual: dict[str, Any] = {"kind": Kind.SLOT, "late": LatePolicy.SKIP, "grace": timedelta(minutes=15)}
    return PlannedDelivery(
        key=DeliveryKey(storm="storm", channel=str(channel), message=message, tail="en", part=part),
        channel=channel,
        post=Post(text=text if text is not None else f"Text of {message} {part or ''}".strip(), media=media),
        slot_at=slot_at,
        storm_on=date(2026, 12, 18),
        **usual | fields,
    )


def take_limits(fields: dict[str, Any], **usual: Any) -> Limits:
    """Take from the fields of a storm's terms what limits it; `usual` is what is not among them.

    They are called as in a schedule, but for the budget, which is in millionths of a dollar.
    """
    given = {key: fields.pop(key) for key in ("spacing", *CEILING_KEYS) if key in fields}
    micros = fields.pop("budget_usd_micros", None)
    budget = None if micros is None else Decimal(micros) / 1_000_000
    return make_limits(**usual | given, budget_usd=budget)


def make_terms(*channels: ChannelId, **fields: Any) -> StormTerms:
    """Make the terms of the storm `storm`, with ceilings that nothing meets by chance."""
    usual: dict[str, Any] = {
        "storm_id": "storm",
        "name": "A storm",
        "timezone": "America/New_York",
        "limits": take_limits(fields, spacing=timedelta(), per_15min=1000, per_day=1000),
        "quiet": (),
        "channels": tuple(str(channel) for channel in channels or (ACME,)),
    }
    return StormTerms(**usual | fields)


def keeps(ceiling: Ceiling, posts: Sequence[datetime]) -> bool:
    """Tell whether posts, in order, keep a ceiling: no span of its period holds one more than its count."""
    return all(b - a >= ceiling.period for a, b in zip(posts, posts[ceiling.count :], strict=False))


def learn_limits(ledger: Ledger, channel: str, limits: Sequence[RateLimit], moment: Moment) -> None:
    """Let a ledger have learnt limits, as from an answer of the platform."""
    platform = parse_channel_id(channel).platform.value
    with ledger._database.transaction() as session:
        session.write("ensure_channel", id=channel, platform=platform)
        write_limits(session, channel, limits, moment)


def note_gap_of(ledger: Ledger, since: datetime, moment: Moment, why: str) -> int:
    """Let a ledger not know what was published since a moment, as after a restore; return the doubts."""
    with ledger._database.transaction() as session:
        return note_gap(session, since, moment, why)


def bind_hosts_of(ledger: Ledger, hosts: Mapping[str, str]) -> None:
    """Bind a ledger to hosts, as its first enrolment does."""
    with ledger._database.transaction() as session:
        bind_hosts(session, hosts, ledger.where)


def bind_account_of(ledger: Ledger, channel: ChannelId, account_id: str, name: str, moment: Moment) -> None:
    """Bind a channel to its account, as an enrolment does."""
    with ledger._database.transaction() as session:
        bind_account(session, channel, account_id, name, moment)


def release(ledger: Ledger, channel: str, moment: Moment) -> bool:
    """Let a channel post again, as `resume` does; False if nothing kept it from that."""
    with ledger._database.transaction() as session:
        return release_channel(session, channel, moment)


def recent_events(ledger: Ledger, size: int, storm_id: str | None = None) -> list[StormEvent]:
    """Return the newest events of a ledger or storm, oldest of them first."""
    with ledger._database.reading() as session:
        rows = session._connection.execute("SELECT * FROM events ORDER BY id").fetchall()
    return [event_of(row) for row in rows if storm_id in {None, row["storm_id"]}][-size:]
