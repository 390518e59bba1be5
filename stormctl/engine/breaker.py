"""Pause a channel whose answers keep going wrong, and suspend it when pauses don't help."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery import Delivered, InDoubt, Refused
from stormctl.domain.duration import format_duration
from stormctl.domain.event import EventKind

if TYPE_CHECKING:
    from stormctl.domain.clock import Moment
    from stormctl.domain.delivery import Claim, Outcome
    from stormctl.engine.equipment import Equipment

TROUBLES_TO_PAUSE = 3
"""Answers in a row, in doubt or refused for good, that pause a channel; after a pause one is enough."""

PAUSES = (timedelta(seconds=30), timedelta(minutes=2))
"""How long the first pauses last, on the storm's clock; the next one suspends the channel."""


class Breaker:
    """Keep count of a channel's troubles in the ledger, so that every runner sees them."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    def note(self, claim: Claim, outcome: Outcome, moment: Moment) -> None:
        """Take note of an answer: reset, count, pause or suspend the claim's channel."""
        channels, channel = self._equipment.ledger.channels, str(claim.channel)
        if isinstance(outcome, Delivered):
            channels.success(channel, moment)
            return
        if isinstance(outcome, Refused) and outcome.suspends:
            self._suspend(claim, outcome.reason, moment)
            return
        if not (isinstance(outcome, InDoubt) or (isinstance(outcome, Refused) and outcome.for_good)):
            return
        troubles, pauses = channels.trouble(channel, moment)
        if troubles < (1 if pauses else TROUBLES_TO_PAUSE):
            return
        if pauses >= len(PAUSES):
            self._suspend(claim, f"still in trouble after {pauses} pauses: {outcome.reason}", moment)
            return
        channels.pause(channel, moment.at + PAUSES[pauses], outcome.reason, moment)
        text = f"paused for {format_duration(PAUSES[pauses])}: {outcome.reason}"
        self._equipment.tell(EventKind.PAUSED, text, channel=claim.channel, storm_id=claim.storm_id)

    def _suspend(self, claim: Claim, reason: str, moment: Moment) -> None:
        self._equipment.ledger.channels.suspend(str(claim.channel), reason, moment)
        text = f"suspended: {reason} — once it is mended: stormctl resume --channel {claim.channel}"
        self._equipment.tell(EventKind.SUSPENDED, text, channel=claim.channel, storm_id=claim.storm_id)
