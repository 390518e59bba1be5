"""Enter a plan in the ledger: what is new is added, what moved is updated, what is gone is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.errors import FindingsError
from stormctl.ledger.control.channels import bind_account, bind_hosts, suspend_channel
from stormctl.ledger.delivery.answers import deliver
from stormctl.ledger.journal.edits import describe_edit
from stormctl.ledger.journal.gaps import note_unknown
from stormctl.ledger.journal.rows import (
    delivery_values,
    micros_of,
    note_event,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Delivered, PlannedDelivery
    from stormctl.domain.plan.occupancy import Limits
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.platforms.record import Ceiling
    from stormctl.ledger.db.sessions import Database, Row, Session
    from stormctl.ledger.journal.gaps import Unknown

_ADOPTED = "it was on the account before this ledger was made"
_WITHDRAWN = "no longer in the plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class StormTerms:
    """What a runner must know of a storm without its campaign's files.

    Attributes:
        limits: all that the schedule says, whatever of it holds at send time.
        quiet: the silences of all days, each from (inclusive) and until (exclusive), aware UTC.
        ceilings: what the platform allows a channel's account, over all storms; a channel that is not named
            keeps what the ledger knows of it.
    """

    storm_id: str
    name: str
    timezone: str
    limits: Limits
    quiet: tuple[tuple[datetime, datetime], ...]
    channels: tuple[str, ...]
    ceilings: Mapping[str, tuple[Ceiling, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What the accounts say of deliveries that someone else may have published.

    Attributes:
        published: by delivery key, the receipts of posts that stand there: delivered from the first moment.
        unknown: what may be on accounts that could not be read completely; it starts in doubt or, on a
            suspended channel, is in doubt when that is released.
        cost_usd_micros: of the readings and of asking whose accounts they are.
    """

    published: Mapping[str, Delivered] = field(default_factory=dict)
    unknown: tuple[Unknown, ...] = ()
    cost_usd_micros: int = 0


NO_TAKEOVER = Adoption()


@dataclass(slots=True, kw_only=True)
class Enrolled:
    """What an enrolment did: counts of deliveries.

    Attributes:
        unchanged: as they were, or in flight and therefore left alone.
        withdrawn: no longer in the plan.
        settled: delivered, failed, missed, expired, retracted or cancelled by the operator: untouched.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    settled: int = 0


@dataclass(slots=True)
class _Changes:
    add: Collection[PlannedDelivery] = ()
    update: list[tuple[PlannedDelivery, Row]] = field(default_factory=list)
    withdraw: list[Row] = field(default_factory=list)
    channels: set[str] = field(default_factory=set)
    done: Enrolled = field(default_factory=Enrolled)


class Enrolment:
    """What enters plans in a ledger."""

    def __init__(self, database: Database, where: str) -> None:
        self._database = database
        self._where = where

    def enroll(
        self,
        terms: StormTerms,
        deliveries: Sequence[PlannedDelivery],
        moment: Moment,
        takeover: Adoption = NO_TAKEOVER,
        *,
        hosts: Mapping[str, str] = MappingProxyType({}),
        accounts: Mapping[ChannelId, tuple[str, str]] = MappingProxyType({}),
        suspended: Mapping[str, str] = MappingProxyType({}),
        who: str | None = None,
    ) -> Enrolled:
        """Enter a storm's plan and all that goes with it, in one transaction: whoever is killed left nothing.

        The same plan twice changes nothing. Planned deliveries follow the plan: slot, text and all. Those
        that left it are withdrawn, and come back with it. What is in flight or settled is left alone, and so
        is what the operator cancelled.

        Args:
            takeover: what stands on the accounts already, or perhaps, and what it cost to find out.
            hosts: by platform, such as `x` to `api.x.com`: the ledger is bound to the first ones.
            accounts: the id and name of each channel's account; each is bound to the first one.
            suspended: by channel, why it posts nothing until a person releases it.
            who: who launches it, for the history; None where nobody does.

        Raises:
            FindingsError: if two deliveries would say the same on a channel on one date.
            LedgerError: if a platform is bound to another host.
            CredentialsError: if a channel is bound to another account, or the account to another channel.
        """
        with self._database.transaction() as session:
            bind_hosts(session, hosts, self._where)
            for channel, account in accounts.items():
                bind_account(session, channel, *account, moment)
            if who is not None:
                note_event(session, moment, EventKind.LAUNCHED, f"launched by {who}", storm_id=terms.storm_id)
            # Before the plan: what is unknown on a suspended channel waits for its release.
            for name, why in suspended.items():
                suspend_channel(session, name, why, moment)
            return enroll_plan(session, terms, deliveries, moment, takeover)

    def find_changes(self, storm_id: str, deliveries: Sequence[PlannedDelivery]) -> frozenset[str]:
        """Return the keys of the planned deliveries that this plan would change or withdraw."""
        with self._database.reading() as session:
            changes = _compare(session, storm_id, deliveries)
        return frozenset(row["key"] for row in (*changes.withdraw, *(row for _, row in changes.update)))


def enroll_plan(
    session: Session,
    terms: StormTerms,
    deliveries: Iterable[PlannedDelivery],
    moment: Moment,
    takeover: Adoption,
) -> Enrolled:
    """Enter a plan with what was found of it, within a transaction, one row at a time.

    Raises:
        FindingsError: if two deliveries would say the same on a channel on one date.
    """
    changes = _compare(session, terms.storm_id, deliveries)
    _write_terms(session, terms, changes.channels, moment)
    _write_changes(session, changes, ZoneInfo(terms.timezone), moment)
    done = changes.done
    if done.added or done.updated or done.withdrawn:
        text = f"{done.added} added, {done.updated} updated, {done.withdrawn} withdrawn"
        note_event(session, moment, EventKind.ENROLLED, text, storm_id=terms.storm_id)
    for key, receipt in takeover.published.items():
        _adopt(session, key, receipt, moment)
    for doubtful in takeover.unknown:
        note_unknown(session, doubtful, moment)
    if takeover.cost_usd_micros:
        session.write("spend", storm_id=terms.storm_id, micros=takeover.cost_usd_micros)
    return done


def _write_changes(session: Session, changes: _Changes, zone: tzinfo, moment: Moment) -> None:
    for row in changes.withdraw:
        session.write("withdraw_delivery", key=row["key"], why=_WITHDRAWN)
        tell(session, moment, EventKind.CHANGED, row, f"withdrawn, {_WITHDRAWN}")
    for _, row in changes.update:
        session.write("park_delivery", key=row["key"])
    for delivery, row in changes.update:
        values = _keep_spread(delivery_values(delivery), row)
        if edit := describe_edit(row, values, zone):
            tell(session, moment, EventKind.CHANGED, row, edit)
        _refuse_same_text(session, values)
        session.write("replan_delivery", **values)
    for delivery in changes.add:
        values = delivery_values(delivery)
        if not session.write("add_delivery", **values):
            _refuse_same_text(session, values)


def _adopt(session: Session, key: str, receipt: Delivered, moment: Moment) -> None:
    """Record a planned delivery as delivered, since its post was found on the account."""
    row = session.find("planned_row", key=key)
    if row is not None:
        deliver(session, key, None, receipt, delivered_at=to_micros(moment.at), why=_ADOPTED)
        tell(session, moment, EventKind.RECONCILED, row, _ADOPTED, url=receipt.url)


def _compare(session: Session, storm_id: str, deliveries: Iterable[PlannedDelivery]) -> _Changes:
    """Hold a plan against what is enrolled, row by row: a large storm is not to be held twice."""
    new = {str(delivery.key): delivery for delivery in deliveries}
    changes = _Changes()
    done = changes.done
    for row in session.each("enrolled_of", storm_id=storm_id):
        changes.channels.add(row["channel"])
        delivery = new.pop(row["key"], None)
        if delivery is None:
            if row["state"] == State.PLANNED:
                changes.withdraw.append(row)
        elif _is_open_to_change(row) and (
            row["state"] == State.CANCELLED or row["plan_digest"] != delivery_values(delivery)["plan_digest"]
        ):
            changes.update.append((delivery, row))
        elif State(row["state"]).is_open:
            done.unchanged += 1
        else:
            done.settled += 1
    changes.update.sort(key=lambda pair: (pair[0].slot_at, pair[1]["key"]))
    changes.add = new.values()
    done.added, done.updated = len(changes.add), len(changes.update)
    done.withdrawn = len(changes.withdraw)
    return changes


def _keep_spread(values: dict[str, Any], row: Row) -> dict[str, Any]:
    """Leave a delivery where it was spread to, unless the plan gives it another slot than it had."""
    if row["spread_from"] != values["slot_at"]:
        return values | {"spread_from": None}
    moved = {"slot_at": row["slot_at"], "spread_from": values["slot_at"]}
    if values["give_up_at"] is not None:
        moved["give_up_at"] = row["slot_at"] + values["grace"]
    return values | moved


def _is_open_to_change(row: Row) -> bool:
    return bool(row["state"] == State.PLANNED or row["cancelled_by"] == "plan")


def _refuse_same_text(session: Session, values: dict[str, Any]) -> None:
    names = ("key", "channel", "text_digest", "storm_on")
    clash = session.find("same_text", **{name: values[name] for name in names})
    if clash is not None:
        message = (
            f"{values['key']} and {clash['key']} say the same on {values['channel']} on {values['storm_on']}"
        )
        raise FindingsError(message, "Reword one of them, or leave it out.")


def _write_terms(session: Session, terms: StormTerms, earlier: Iterable[str], moment: Moment) -> None:
    session.write(
        "upsert_storm",
        id=terms.storm_id,
        name=terms.name,
        timezone=terms.timezone,
        spacing=micros_of(terms.limits.spacing),
        budget=terms.limits.budget_usd_micros,
        wall_now=to_micros(moment.wall_at),
    )
    _write_ceilings(session, terms.limits.ceilings, storm_id=terms.storm_id)
    session.write("clear_quiet", storm_id=terms.storm_id)
    for from_at, until_at in terms.quiet:
        session.write(
            "add_quiet", storm_id=terms.storm_id, from_at=to_micros(from_at), until_at=to_micros(until_at)
        )
    session.write("clear_storm_channels", storm_id=terms.storm_id)
    # A channel that left the schedule may still have deliveries in flight or settled ones to show.
    for position, channel in enumerate(dict.fromkeys((*terms.channels, *sorted(earlier)))):
        platform = parse_channel_id(channel).platform.value
        session.write("ensure_channel", id=channel, platform=platform)
        session.write("add_storm_channel", storm_id=terms.storm_id, channel=channel, position=position)
    for channel, ceilings in terms.ceilings.items():
        _write_ceilings(session, ceilings, channel=channel)


def _write_ceilings(
    session: Session, ceilings: Iterable[Ceiling], *, storm_id: str | None = None, channel: str | None = None
) -> None:
    session.write("clear_ceilings", storm_id=storm_id, channel=channel)
    for ceiling in ceilings:
        period = micros_of(ceiling.period)
        session.write("add_ceiling", storm_id=storm_id, channel=channel, posts=ceiling.count, period=period)
