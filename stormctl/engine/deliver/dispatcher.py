"""Claim what is due, publish it with one request, record the answer: the path of every delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import (
    MEDIA_GONE,
    SAID_TO_STAND,
    Delivered,
    InDoubt,
    NotSent,
    RateLimit,
    Refused,
    SendForbidden,
)
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.engine.base.equipment import pass_on
from stormctl.engine.deliver.recorder import Recorder
from stormctl.errors import CredentialsError, LedgerError
from stormctl.ledger.delivery.openings import BACKOFF
from stormctl.platforms.adapter import OutgoingPost

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Checkpoint, Equipment
    from stormctl.engine.deliver.uploader import Uploader
    from stormctl.ledger.journal.media import StoredUpload

FIRST_BACKOFF = timedelta(seconds=15)
LONGEST_BACKOFF = timedelta(minutes=15)
"""How long a channel rests after a refusal for now without a usable reset: doubling, on the storm's clock."""

FIRST_RECONNECT = timedelta(seconds=5)
LONGEST_RECONNECT = timedelta(minutes=1)
"""How long a channel rests when the platform could not be reached at all."""

UNVERIFIED_REST = timedelta(seconds=30)
"""How long a channel rests, on the storm's clock, when after its pause the platform could not be asked."""


class Dispatcher:
    """Serve channels from the ledger; one at a time a channel, any number of channels at once.

    Attributes:
        recorder: of the answers; as long as it keeps one of a channel, nothing is claimed there.
    """

    def __init__(
        self,
        equipment: Equipment,
        runner_id: str,
        uploader: Uploader,
        checkpoint: Checkpoint = pass_on,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._runner_id = runner_id
        self._uploader = uploader
        self._checkpoint = checkpoint
        self.recorder = Recorder(equipment, checkpoint)
        self._setbacks: dict[ChannelId, int] = {}

    def serve(self, channel: ChannelId, stopping: Callable[[], bool]) -> int:
        """Publish all that is due on a channel, one after the other; return how many were attempted."""
        adapter = self._equipment.adapters.publisher(channel)
        attempted, is_prepared = 0, False
        while not stopping() and self.recorder.write_kept(channel):
            # kept answers come first: while the ledger takes none, another post would only be another doubt
            self._checkpoint("before claim")
            claim, has_media = self._claim(channel, is_prepared=is_prepared)
            if claim is not None:
                self._checkpoint("after claim")
                self._attempt(claim)
                attempted, is_prepared = attempted + 1, False
            elif has_media:
                self._uploader.prepare(channel, adapter, ahead=timedelta())
                is_prepared = True
            # a pause outlasts the serving: what it asks for comes before a first attempt
            elif attempted or not self._verify_if_due(channel):
                break
        return attempted

    def _claim(self, channel: ChannelId, *, is_prepared: bool) -> tuple[Claim | None, bool]:
        """Claim what comes next; or tell that something due has media, which is uploaded before."""
        place = str(channel), self._runner_id, self._clock.moment(), self._equipment.durations.lease
        if is_prepared:
            return self._ledger.outbox.claim(*place), False
        return self._ledger.outbox.claim_unless_media(*place)

    def _verify_if_due(self, channel: ChannelId) -> bool:
        """Verify a channel whose pause is over; True if it may post one delivery on trial now.

        Of several runners one asks, and once a pause: on X it costs the reading of a user. What is proved
        bad suspends the channel. Where the platform can't say, the channel rests a little more.
        """
        channels, moment = self._ledger.channels, self._clock.moment()
        if not channels.take_verification(str(channel), moment):
            return False
        (proof,) = prove_channels([channel], self._equipment.adapters)
        self._ledger.budgets.charge_channel(str(channel), proof.cost_usd_micros)
        bad, unknown = [message for message, _ in proof.check.bad], proof.check.unknown
        try:
            check_accounts([proof], self._ledger)
        except CredentialsError as error:
            bad.append(error.message)
        moment = self._clock.moment()
        if bad:
            channels.suspend(str(channel), bad[0], moment)
            text = f"suspended: {bad[0]} — once it is fixed: stormctl resume --channel {channel}"
            self._equipment.tell(EventKind.SUSPENDED, text, channel=channel)
            return False
        if proof.account is None:
            reason = unknown[0][0] if unknown else "the platform did not say whose account it is"
            text = f"not verified, trying again in {format_duration(UNVERIFIED_REST)}: {reason}"
            channels.rest(str(channel), UNVERIFIED_REST, text, moment)
            self._equipment.tell(EventKind.PAUSED, text, channel=channel)
            return False
        channels.start_trial(str(channel))
        return True

    def _attempt(self, claim: Claim) -> None:
        media_ids = self._uploader.ids_of(claim)
        if not isinstance(media_ids, tuple):
            self._record(claim, media_ids, self._equipment.durations.upload_rest)
            return
        try:
            outcome = self._publish(claim, media_ids)
        except (SendForbidden, LedgerError) as error:  # at the last check before the first byte
            reason = error.reason if isinstance(error, SendForbidden) else error.message
            self._record(claim, NotSent(reason=reason), FIRST_RECONNECT)
            return
        if isinstance(outcome, Refused) and outcome.code.endswith(MEDIA_GONE):
            self._record(claim, self._uploader.renew(claim, outcome), timedelta())
            return
        if isinstance(outcome, Refused) and outcome.probably_posted:
            code = f"{outcome.code} {SAID_TO_STAND}"
            outcome = InDoubt(reason=outcome.reason, code=code, limits=outcome.limits)
        self._answer(claim, outcome)

    def _publish(self, claim: Claim, media_ids: tuple[str, ...]) -> Outcome:
        spent: list[tuple[Media, StoredUpload]] = []

        def before_send() -> None:
            self._checkpoint("before sending_at")
            # forgotten before the moment of sending: if we die in between, they are only uploaded once more
            spent.extend(self._uploader.spend(claim))
            # committed before the first byte: whoever finds it may not send again without reading the account
            self._ledger.outbox.mark_sending(claim, self._clock.moment())
            self._checkpoint("after sending_at")

        post = claim.post
        outgoing = OutgoingPost(
            text=post.text,
            key=claim.request_key,
            link=post.link,
            media_ids=media_ids,
            in_reply_to=claim.reply_to,
            reply_settings=post.reply_settings,
            made_with_ai=post.made_with_ai,
            paid_partnership=post.paid_partnership,
        )
        try:
            outcome = self._equipment.adapters.publisher(claim.channel).publish(outgoing, before_send)
        except (SendForbidden, LedgerError):
            self._uploader.give_back(claim, spent)
            raise
        finally:
            self._checkpoint("after the write")
        if isinstance(outcome, NotSent) or (isinstance(outcome, Refused) and not outcome.for_good):
            self._uploader.give_back(claim, spent)
        return outcome

    def _answer(self, claim: Claim, outcome: Outcome) -> None:
        """Record what the platform or the network answered; where that is to wait, the whole channel does."""
        retry_at = self._retry_at(claim.channel, outcome, self._clock.moment())
        if retry_at is not None:
            backoff = RateLimit(name=BACKOFF, limit=None, remaining=0, reset_at=retry_at)
            outcome = replace(outcome, limits=(*outcome.limits, backoff))
        self.recorder.record(claim, outcome, retry_at)

    def _record(self, claim: Claim, outcome: NotSent | Refused, rest: timedelta) -> None:
        """Record what had to wait for something of our own (a picture, a halt), to be tried after a rest."""
        self.recorder.record(claim, outcome, self._clock.moment().at + rest)

    def _retry_at(self, channel: ChannelId, outcome: Outcome, moment: Moment) -> datetime | None:
        """Return when a delivery that was certainly not accepted may be tried again, on the storm's clock."""
        if isinstance(outcome, Delivered | InDoubt) or (
            isinstance(outcome, Refused) and (outcome.for_good or outcome.suspends)
        ):  # a suspended channel waits for a person, and not for a time beyond their word
            self._setbacks.pop(channel, None)
            return None
        setbacks = self._setbacks.get(channel, 0)
        self._setbacks[channel] = setbacks + 1
        if isinstance(outcome, NotSent):
            return moment.at + min(FIRST_RECONNECT * 2.0 ** min(setbacks, 8), LONGEST_RECONNECT)
        if outcome.retry_at is not None and outcome.retry_at > moment.at:
            return outcome.retry_at
        return moment.at + min(FIRST_BACKOFF * 2.0 ** min(setbacks, 8), LONGEST_BACKOFF)
