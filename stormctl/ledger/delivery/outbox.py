"""The outbox, which keeps the promise: claimed under one gate, and sent at most once per claim."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.delivery.delivery import SendForbidden
from stormctl.errors import LedgerUnreachableError
from stormctl.ledger.db.sessions import UniqueViolation
from stormctl.ledger.delivery.answers import mark_sent, record_answer
from stormctl.ledger.delivery.claiming import claim_best, find_lapse, find_obstacle

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.ledger.db.sessions import Database, Session
    from stormctl.ledger.delivery.answers import Recorded
    from stormctl.ledger.delivery.claiming import ClaimRules

_log = logging.getLogger(__name__)
_TAKEN = "the claim was taken away"


class Outbox:
    """The way of a delivery from its claim to its answer; nothing else in stormctl lets a post be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._footings: dict[str, ClaimRules] = {}

    def claim(self, channel: str, runner_id: str, moment: Moment, lease: timedelta) -> Claim | None:
        """Take the best due delivery of a channel: attempt, lease and token are committed with it.

        Enforces, whatever the plan says: due, not halted, not silent, channel neither suspended nor paused
        nor out of its limits, spacing, ceilings, deadline, lateness, budget, one claim in flight a channel,
        a thread in order. What is later than its grace also keeps a minute to the send before it. Order:
        `post`, pins, priority, nearest deadline, newest slot.

        Args:
            channel: whose credentials the runner holds.
            lease: real time after which others may take the claim away.
        """
        try:
            with self._database.transaction(durable=False) as session:
                session.is_step = True
                # Before any request: whoever comes next finds the claim, and waits for its lease to run out.
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
                if session.find("media_due", channel=channel, now=to_micros(moment.at)) is not None:
                    return None, True
                return self._claim(session, channel, runner_id, moment, lease), False
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
            # Committed before the first byte leaves: a death after this line is a doubt, never a second post.
            if not mark_sent(session, claim, price, moment):
                raise SendForbidden(_TAKEN)

    def record(
        self, claim: Claim, outcome: Outcome, moment: Moment, *, retry_at: datetime | None = None
    ) -> Recorded:
        """Write down what came of an attempt; return what the ledger found: the state, and any alarm.

        Args:
            outcome: delivered, certainly not sent, refused (for now or for good) or in doubt.
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
