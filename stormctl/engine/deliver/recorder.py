"""Write down what came of each attempt; keep in mind what cannot be written now, until it can."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused, State
from stormctl.errors import LedgerError, UnknownAttemptError

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Checkpoint, Equipment
    from stormctl.ledger.delivery.answers import Recorded


@dataclass(frozen=True, slots=True)
class TimedOutcome:
    """What came of an attempt, and when.

    Attributes:
        retry_at: storm time before which the delivery is not tried again, where it is planned again.
    """

    claim: Claim
    outcome: Outcome
    moment: Moment
    retry_at: datetime | None


class Recorder:
    """Records answers in the ledger; what can't be written is kept, and its channel rests in the meantime."""

    def __init__(self, equipment: Equipment, checkpoint: Checkpoint) -> None:
        self._equipment = equipment
        self._checkpoint = checkpoint
        self._kept: dict[ChannelId, list[TimedOutcome]] = {}
        self._turn = threading.Lock()

    def record(self, claim: Claim, outcome: Outcome, retry_at: datetime | None) -> None:
        """Record an answer, or keep it until `write_kept` succeeds."""
        answer = TimedOutcome(claim, outcome, self._equipment.clock.moment(), retry_at)
        self._checkpoint("before the record")
        try:
            recorded = self._write(answer)
        except LedgerError as error:
            with self._turn:
                self._kept.setdefault(claim.channel, []).append(answer)
            self._tell(answer, f"is not recorded yet: {error.message}")
            return
        self._checkpoint("after the record")
        self._announce(answer, recorded)

    def write_kept(self, channel: ChannelId) -> bool:
        """Try again to write what was kept of a channel; whether nothing is left of it."""
        if channel not in self._kept:
            return True
        with self._turn:
            answers = self._kept.get(channel, [])
            # in the order in which they came: a later answer may follow from an earlier one
            while answers:
                try:
                    recorded = self._write(answers[0])
                except LedgerError:
                    return False
                self._announce(answers.pop(0), recorded)
            self._kept.pop(channel, None)
            return True

    def write_all(self) -> bool:
        """Try again to write everything that was kept; whether nothing is left."""
        return all(self.write_kept(channel) for channel in list(self._kept))

    def give_up(self) -> None:
        """Try a last time, and tell people what the ledger will never know unless it reads the account."""
        if not self.write_all():
            for answers in self._kept.values():
                for answer in answers:
                    self._tell(answer, "could not be recorded")

    def _write(self, answer: TimedOutcome) -> Recorded | None:
        """Write an answer down; return what the ledger found, None if it doesn't know the attempt."""
        outbox = self._equipment.ledger.outbox
        try:
            return outbox.record(answer.claim, answer.outcome, answer.moment, retry_at=answer.retry_at)
        except UnknownAttemptError as error:
            self._tell(answer, f"could not be recorded: {error.message}")
            return None

    def _announce(self, answer: TimedOutcome, recorded: Recorded | None) -> None:
        """Tell the listener: of a second post only that it is one, with the way to take it down."""
        if recorded is None:
            return
        answer = replace(answer, outcome=recorded.outcome)
        if not recorded.is_surplus:
            self._equipment.listener(_describe(answer, recorded.state))
        if recorded.alarm is not None:
            self._equipment.listener(recorded.alarm)
        if isinstance(answer.outcome, InDoubt | Refused):  # it may have paused or suspended the channel
            verdict = self._equipment.ledger.channels.find_verdict(answer.claim)
            if verdict is not None:
                self._equipment.listener(verdict)

    def _tell(self, answer: TimedOutcome, what: str) -> None:
        """Tell of an answer that is not in the ledger, unless it is that nothing was sent."""
        outcome = answer.outcome
        if isinstance(outcome, NotSent):
            return
        claim = answer.claim
        if isinstance(outcome, Delivered):
            text, url = f"{claim.message_id}: posted, but it {what}: {outcome.url}", outcome.url
        else:
            text, url = f"{claim.message_id}: its answer {what} ({outcome.reason})", None
        self._equipment.tell(
            EventKind.WARNING,
            text,
            channel=claim.channel,
            storm_id=claim.storm_id,
            key=claim.key,
            attempt_id=claim.attempt_id,
            url=url,
        )


def _describe(answer: TimedOutcome, state: State) -> StormEvent:
    claim, outcome, retry_at = answer.claim, answer.outcome, answer.retry_at
    kinds = {
        State.DELIVERED: EventKind.DELIVERED,
        State.FAILED: EventKind.FAILED,
        State.IN_DOUBT: EventKind.IN_DOUBT,
    }
    refused = isinstance(outcome, Refused)
    kind = kinds.get(state, EventKind.PUT_OFF if refused else EventKind.NOT_SENT)
    text = claim.message_id if isinstance(outcome, Delivered) else f"{claim.message_id}: {outcome.reason}"
    if retry_at is not None and state is State.PLANNED:
        day = "" if retry_at.date() == answer.moment.at.date() else f"{retry_at:%Y-%m-%d} "
        text += f" — again from {day}{retry_at:%H:%M:%S} UTC"
    return StormEvent(
        kind=kind,
        at=answer.moment.at,
        text=text,
        storm_id=claim.storm_id,
        channel=str(claim.channel),
        key=claim.key,
        attempt_id=claim.attempt_id,
        url=outcome.url if isinstance(outcome, Delivered) else None,
    )
