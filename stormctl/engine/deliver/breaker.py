"""Verify a channel after a pause, and tell when it was paused or suspended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.duration import format_duration
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, Refused
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from stormctl.domain.base.channel import ChannelId
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.engine.base.equipment import Equipment

REST = timedelta(seconds=30)
"""How long a channel rests, on the storm's clock, when after its pause the platform could not be asked."""


class Breaker:
    """The ledger counts a channel's troubles, so that they hold for every runner and over restarts."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    def tell_verdict(self, claim: Claim, outcome: Outcome) -> None:
        """Tell whoever listens if an answer that was just recorded paused or suspended the channel."""
        if isinstance(outcome, InDoubt | Refused):
            verdict = self._equipment.ledger.channels.find_verdict(claim)
            if verdict is not None:
                self._equipment.listener(verdict)

    def verify_if_due(self, channel: ChannelId) -> bool:
        """Verify a channel whose pause is over; True if it may post one delivery on trial now.

        Of several runners one asks, and once a pause: on X it costs the reading of a user. What is proved
        bad suspends the channel. Where the platform can't say, the channel rests a little more.
        """
        channels, moment = self._equipment.ledger.channels, self._equipment.clock.moment()
        if not channels.take_verification(str(channel), moment):
            return False
        (proof,) = prove_channels([channel], self._equipment.adapters)
        bad, unknown = [message for message, _ in proof.check.bad], proof.check.unknown
        try:
            check_accounts([proof], self._equipment.ledger)
        except CredentialsError as error:
            bad.append(error.message)
        moment = self._equipment.clock.moment()
        if bad:
            channels.suspend(str(channel), bad[0], moment)
            text = f"suspended: {bad[0]} — once it is mended: stormctl resume --channel {channel}"
            self._equipment.tell(EventKind.SUSPENDED, text, channel=channel)
            return False
        if proof.account is None:
            reason = unknown[0][0] if unknown else "the platform did not say whose account it is"
            text = f"not verified, asked again in {format_duration(REST)}: {reason}"
            channels.rest(str(channel), REST, text, moment)
            self._equipment.tell(EventKind.PAUSED, text, channel=channel)
            return False
        channels.start_trial(str(channel))
        return True
