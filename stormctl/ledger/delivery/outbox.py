"""The outbox: what is to be published, claimed under one gate, sent at most once a claim."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.delivery.delivery import SendForbidden
from stormctl.errors import LedgerUnreachableError
from stormctl.ledger.control.channels import bind_account, bind_hosts, suspend_channel
from stormctl.ledger.control.halts import is_halted, load_halts
from stormctl.ledger.db.sessions import UniqueViolation
from stormctl.ledger.delivery.answers import mark_sent, record_answer
from stormctl.ledger.delivery.claiming import claim_best, find_lapse, find_obstacle
from stormctl.ledger.delivery.enrolment import NO_TAKEOVER, Enrolled, StormTerms, enroll_plan, plan_values
from stormctl.ledger.delivery.openings import find_next, find_openings
from stormctl.ledger.delivery.rewinding import mend_times
from stormctl.ledger.delivery.sweeping import find_rest, find_undecided, release_claims, sweep_all
from stormctl.ledger.journal.media import find_valid_upload
from stormctl.ledger.journal.rows import load_post, maybe_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.channel import ChannelId
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Claim, Outcome, PlannedDelivery
    from stormctl.ledger.db.sessions import Database, Session
    from stormctl.ledger.delivery.answers import Recorded
    from stormctl.ledger.delivery.claiming import ClaimRules
    from stormctl.ledger.delivery.enrolment import Adoption
    from stormctl.ledger.delivery.rewinding import WaitingTimes
    from stormctl.ledger.delivery.sweeping import Rest

__all__ = ["Enrolled", "Outbox", "StormTerms"]

_log = logging.getLogger(__name__)
_TAKEN = "the claim was taken away"


class Outbox:
    """The deliveries of a ledger; every change of a state is here, in `doubts` or in what they call."""

    def __init__(self, database: Database, where: str) -> None:
        self._database = database
        self._where = where
        self._footings: dict[str, ClaimRules] = {}

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
    ) -> Enrolled:
        """Enter a storm's plan and all that goes with it, in one transaction: whoever is killed left nothing.

        The same plan twice changes nothing. Planned deliveries follow the plan: slot, text and all. Those
        that left it are withdrawn, and come back with it. What is in flight or settled is left alone, and so
        is what the operator cancelled.

        Args:
            terms: the storm's.
            deliveries: its whole plan.
            moment: now.
            takeover: what stands on the accounts already, or perhaps, and what it cost to find out.
            hosts: by platform, such as `x` to `api.x.com`: the ledger is bound to the first ones.
            accounts: the id and name of each channel's account; each is bound to the first one.
            suspended: by channel, why it posts nothing until a person releases it.

        Raises:
            FindingsError: if two deliveries would say the same on a channel on one date.
            LedgerError: if a platform is bound to another host.
            CredentialsError: if a channel is bound to another account, or the account to another channel.
        """
        plan = plan_values(deliveries)
        with self._database.transaction() as session:
            bind_hosts(session, hosts, self._where)
            for channel, account in accounts.items():
                bind_account(session, channel, *account, moment)
            # Before the plan: what is unknown on a suspended channel waits for its release.
            for name, why in suspended.items():
                suspend_channel(session, name, why, moment)
            return enroll_plan(session, terms, plan, moment, takeover)

    def next_due(self, moment: Moment, channels: Collection[str]) -> datetime | None:
        """Return the earliest storm time from now on at which `claim` would succeed if nobody halts.

        None if nothing of these channels can come by time alone: nothing planned, suspended, a thread
        that waits for its previous part, no budget left, or a claim in flight, whose answer decides.
        """
        return min(self.next_dues(moment, channels).values(), default=None)

    def next_dues(self, moment: Moment, channels: Collection[str]) -> dict[str, datetime]:
        """Return what `next_due` does, by channel; those that have nothing to come are left out."""
        if not channels:
            return {}
        now = to_micros(moment.at)
        with self._database.reading() as session:
            return {
                channel: from_micros(at)
                for channel in channels
                if (at := _find_next_of(session, channel, now)) is not None
            }

    def due_channels(self, moment: Moment, channels: Collection[str]) -> list[str]:
        """Return those of the channels that have something due now, by the rule of `next_due`."""
        return [channel for channel, at in self.next_dues(moment, channels).items() if at <= moment.at]

    def claim(self, channel: str, runner_id: str, moment: Moment, lease: timedelta) -> Claim | None:
        """Take the best due delivery of a channel: attempt, lease and token are committed with it.

        Enforces, whatever the plan says: due, not halted, not silent, channel neither suspended nor paused
        nor out of its limits, spacing, ceilings, deadline, lateness, budget, one claim in flight a channel,
        a thread in order. What is later than its grace also keeps a minute to the send before it. Order:
        `post`, pins, priority, nearest deadline, newest slot.

        Args:
            channel: whose credentials the runner holds.
            runner_id: who claims.
            moment: now.
            lease: real time after which others may take the claim away.
        """
        try:
            with self._database.transaction(durable=False) as session:
                session.is_step = True
                return self._claim(session, channel, runner_id, moment, lease)
        except UniqueViolation as violation:
            _log.warning("nothing claimed on %s: %s", channel, violation)
            return None

    def claim_unless_media(
        self, channel: str, runner_id: str, moment: Moment, lease: timedelta
    ) -> tuple[Claim | None, bool]:
        """Claim as `claim` does, unless something due on the channel has media: that is uploaded first.

        Returns:
            The claim, None without one; and whether there is none because of media.
        """
        try:
            with self._database.transaction(durable=False) as session:
                session.is_step = True
                return self._claim_unless_media(session, channel, runner_id, moment, lease)
        except UniqueViolation as violation:
            _log.warning("nothing claimed on %s: %s", channel, violation)
            return None, False

    def mark_sending(self, claim: Claim, moment: Moment) -> None:
        """Set the moment of sending, right before the first byte; after it the attempt may be in doubt.

        It is on the disk when this returns, and with it the claim and every answer before. Where nobody has
        written since the claim but for steps on other channels, what the claim saw is not read again.

        Raises:
            SendForbidden: if the claim is not ours any more, its lease ran out, or something that `claim`
                enforces has changed since.
        """
        footing = self._footings.pop(str(claim.channel), None)
        with self._database.transaction() as session:
            session.is_step = True
            if footing is not None and footing.bears(claim, session.stamp):
                obstacle, price = find_lapse(footing, moment), footing.price
            else:
                row = session.find(
                    "claimed_row", key=claim.key, attempt_id=claim.attempt_id, token=claim.token
                )
                if row is None:
                    raise SendForbidden(_TAKEN)
                obstacle, price = find_obstacle(session, row, moment), row["price_usd_micros"]
            if obstacle is not None:
                raise SendForbidden(obstacle)
            if not mark_sent(session, claim, price, moment):
                raise SendForbidden(_TAKEN)

    def record(
        self, claim: Claim, outcome: Outcome, moment: Moment, *, retry_at: datetime | None = None
    ) -> Recorded:
        """Write down what came of an attempt; return what the ledger found: the state, and any alarm.

        Args:
            claim: the attempt's.
            outcome: delivered, certainly not sent, refused (for now or for good) or in doubt.
            moment: now.
            retry_at: storm time before which it is not tried again, where it is planned again.

        Raises:
            LedgerError: if the ledger doesn't know the attempt.
        """
        try:
            # A lost answer leaves a doubt; but an older claim's may be all that tells of a second post.
            with self._database.transaction(durable=moment.wall_at >= claim.lease_until) as session:
                return record_answer(session, claim, outcome, moment, retry_at)
        except LedgerUnreachableError:
            # Whether it was written is unknown. An answer is written once, so it may be said again.
            with self._database.transaction() as session:
                return record_answer(session, claim, outcome, moment, retry_at)

    def _claim(
        self, session: Session, channel: str, runner_id: str, moment: Moment, lease: timedelta
    ) -> Claim | None:
        found = claim_best(session, channel, runner_id, moment, lease)
        if found is None:
            return None
        claim, self._footings[channel] = found
        return claim

    def _claim_unless_media(
        self, session: Session, channel: str, runner_id: str, moment: Moment, lease: timedelta
    ) -> tuple[Claim | None, bool]:
        if session.find("media_due", channel=channel, now=to_micros(moment.at)) is not None:
            return None, True
        return self._claim(session, channel, runner_id, moment, lease), False

    def sweep(self, moment: Moment) -> tuple[StormEvent, ...]:
        """Do what time has decided: release lapsed claims, expire, miss. Return what happened.

        While a halt covers a delivery it is not missed; deadlines pass all the same.
        """
        with self._database.transaction() as session:
            return sweep_all(session, moment)

    def late_counts(self, moment: Moment) -> dict[str, tuple[int, str]]:
        """Return by storm how many planned deliveries have passed their slot, with the storm's zone."""
        with self._database.reading() as session:
            rows = session.rows("late_counts", now=to_micros(moment.at))
        return {row["storm_id"]: (row["value"], row["timezone"]) for row in rows}

    def was_due(self, since: datetime, moment: Moment) -> bool:
        """Whether a storm that was enrolled already had something planned that became due since a moment."""
        with self._database.reading() as session:
            row = session.find(
                "due_since",
                since=to_micros(since),
                now=to_micros(moment.at),
                wall_since=to_micros(moment.wall_at - (moment.at - since)),
            )
        return row is not None

    def undecided(self, moment: Moment) -> set[str]:
        """Return the channels on which the next sweep will release, move or give up something."""
        with self._database.reading() as session:
            return find_undecided(session, moment)

    def find_rest(self, moment: Moment) -> Rest:
        """Return until when `sweep` would do nothing if nobody writes."""
        with self._database.reading() as session:
            return find_rest(session, moment)

    def mend_times(self, moment: Moment, rests: WaitingTimes, by: timedelta | None) -> None:
        """Free what waits for a time that will not come, since the clock was set back; see `rewinding`."""
        with self._database.transaction() as session:
            mend_times(session, moment, rests, by)

    def take_over(self, runner_ids: Collection[str], moment: Moment) -> tuple[StormEvent, ...]:
        """Release the claims of dead runners at once, whatever their leases, and strike the runners off."""
        events: list[StormEvent] = []
        with self._database.transaction() as session:
            for runner_id in runner_ids:
                rows = session.rows("claims_of", runner_id=runner_id)
                events += release_claims(session, rows, moment, "its runner died")
                session.write("stop_runner", id=runner_id, wall_now=to_micros(moment.wall_at))
        return tuple(events)

    def to_prepare(
        self, moment: Moment, ahead: timedelta, channels: Collection[str] | None = None
    ) -> list[tuple[str, Media]]:
        """Return channel and media of what is due within `ahead` (storm time) and has no valid upload.

        Nothing that a halt covers: it stops uploads too. Without `channels` it is of all.
        """
        missing: dict[tuple[str, str, str], tuple[str, Media]] = {}
        now, until = to_micros(moment.at), to_micros(moment.at + ahead)
        only = next(iter(channels)) if channels is not None and len(channels) == 1 else None
        with self._database.reading() as session:
            rows = [
                row
                for row in session.rows("to_prepare", channel=only, now=now, until=until)
                if channels is None or row["channel"] in channels
            ]
            halts = load_halts(session) if rows else []
            for row in rows:
                if is_halted(halts, row):
                    continue
                channel = row["channel"]
                for media in load_post(row["post"]).media:
                    name = (channel, media.digest, media.alt)
                    if name not in missing and not find_valid_upload(session, channel, media, moment):
                        missing[name] = (channel, media)
        return list(missing.values())

    def next_media_slot(self, after: datetime) -> datetime | None:
        """Return the first slot after a moment (storm time) of anything planned with media; None without."""
        with self._database.reading() as session:
            return maybe_instant(session.value("next_media_slot", after=to_micros(after)))

    def open_count(self, storm_id: str | None = None) -> int:
        """Return how many deliveries are planned, claimed or in doubt, of one storm or of all."""
        with self._database.reading() as session:
            if storm_id is None:
                return int(session.value("open_count"))
            return int(session.value("open_count_of", storm_id=storm_id))

    def in_flight(self, channels: Collection[str]) -> int:
        """Return how many deliveries of some channels are claimed, or in doubt and not held for a person."""
        with self._database.reading() as session:
            rows = session.rows("in_flight_counts")
        return sum(row["value"] for row in rows if row["channel"] in channels)

    def open_channels(self) -> list[str]:
        """Return the channels on which something may still happen, in order."""
        with self._database.reading() as session:
            return [row["channel"] for row in session.rows("open_channels")]


def _find_next_of(session: Session, channel: str, now: int) -> int | None:
    found = [
        at
        for opening in find_openings(session, channel, now)
        if (at := find_next(session, opening, now)) is not None
    ]
    return min(found, default=None)
