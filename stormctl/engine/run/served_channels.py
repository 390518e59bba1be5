"""Which channels a runner may serve: those whose credentials it holds and has verified."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.engine.run.clock_guard import find_offset
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.base.equipment import Equipment

ASK_AGAIN_AFTER = timedelta(minutes=5)
"""How long, in real time, a channel that could not be verified rests before it is asked again."""

UNKNOWN_AGAIN_AFTER = timedelta(seconds=30)
"""How long, in real time, where new credentials met no answer: nothing is wrong with them yet."""


@dataclass(frozen=True, slots=True)
class _Rest:
    since: datetime
    length: timedelta

    def is_over(self, moment: Moment) -> bool:
        """Whether it has lasted; a clock that was set back does not make it last for hours."""
        return abs(moment.wall_at - self.since) >= self.length


class ServedChannels:
    """The channels that can be served from here; changed credentials are reloaded.

    Args:
        serving: the channels of a launch, verified already; no others are added. Without it, every
            channel of the ledger that has deliveries to make, of storms launched later too.
    """

    def __init__(
        self,
        equipment: Equipment,
        serving: Sequence[ChannelId] | None = None,
        proofs: Sequence[ChannelProof] = (),
    ) -> None:
        self._equipment = equipment
        self._told_offset: timedelta | None = None
        self._hear(proofs)
        self._own = None if serving is None else [str(channel) for channel in serving]
        self._served = {str(channel): channel for channel in serving or ()}
        self._rewritten: set[str] = set()
        self._accounts: dict[str, str] = {}
        self._rests: dict[str, _Rest] = {}
        self._changes: object = None
        self._open: list[str] = []

    def channels(self) -> list[ChannelId]:
        """Return the channels to serve now."""
        return list(self._served.values())

    @property
    def is_waiting(self) -> bool:
        """Whether a launch's channel is not served for its changed credentials: a person fixes that."""
        return self._own is not None and len(self._served) < len(self._own)

    def tell_offset(self) -> timedelta | None:
        """Tell, once, how far the platforms that were asked last are ahead of the clock that counts."""
        told, self._told_offset = self._told_offset, None
        return told

    def refresh(self, *, only_at_work: bool = False) -> None:
        """Verify channels that have deliveries to make and are not served yet, and changed credentials.

        Args:
            only_at_work: only those with something due, late, in doubt or to be read again now: each
                verification on X is billed as a reading of a user, so a `tick` asks only where it has work.
        """
        self._look_for_rewritten()
        moment = self._equipment.clock.moment()
        names = self._find_unserved(moment, only_at_work=only_at_work)
        names += [name for name in self._served if name in self._rewritten]
        asked = [name for name in names if name not in self._rests or self._rests[name].is_over(moment)]
        if not asked:
            return
        proofs = prove_channels([parse_channel_id(n) for n in asked], self._equipment.adapters.candidates)
        self._hear(proofs)
        for proof in proofs:
            self._equipment.ledger.budgets.charge_channel(str(proof.channel), proof.cost_usd_micros)
            self._rests[str(proof.channel)] = _Rest(moment.wall_at, ASK_AGAIN_AFTER)
            self._judge(proof, moment)

    def _find_unserved(self, moment: Moment, *, only_at_work: bool) -> list[str]:
        backlog, follow_ups = self._equipment.ledger.backlog, self._equipment.ledger.follow_ups
        names = [name for name in self._find_wanted() if name not in self._served]
        if not only_at_work:
            return names
        at_work = {str(doubt.channel) for doubt in self._equipment.ledger.doubts.open(names)}
        at_work |= {*backlog.due_channels(moment, names), *backlog.undecided(moment)}
        at_work |= {str(one.channel) for one in follow_ups.open() if one.due_at <= moment.at}
        return [name for name in names if name in at_work]

    def _find_wanted(self) -> Sequence[str]:
        """Return the channels to serve if possible; the ledger is asked once anyone has written there."""
        if self._own is not None:
            return self._own
        changes = self._equipment.ledger.changes()
        if changes != self._changes:
            self._open = self._equipment.ledger.backlog.open_channels()
            self._changes = changes
        return self._open

    def _hear(self, proofs: Iterable[ChannelProof]) -> None:
        ledger_ahead = self._equipment.ledger.clock_offset()
        self._told_offset = find_offset((proof.verification for proof in proofs), ledger_ahead)

    def _look_for_rewritten(self) -> None:
        news = self._equipment.adapters.look()
        if news is None:
            return
        for line in news.remarks:
            self._equipment.tell(EventKind.WARNING, line)
        if news.is_read:
            self._rewritten = {str(channel) for channel in news.channels}
            self._rests.clear()  # what was missing before may be there now

    def _judge(self, proof: ChannelProof, moment: Moment) -> None:
        """Serve a channel unless it is proved bad; new credentials only if they are the same account's."""
        channel, name = proof.channel, str(proof.channel)
        for message, _ in proof.check.unknown:
            self._equipment.tell(EventKind.WARNING, message, channel=channel)
        objections = [message for message, _ in proof.check.bad] or self._check_account(proof)
        if objections:
            self._served.pop(name, None)
            for objection in objections:
                self._equipment.tell(EventKind.WARNING, f"not served: {objection}", channel=channel)
        elif name in self._rewritten and proof.account is None:
            self._rests[name] = _Rest(moment.wall_at, UNKNOWN_AGAIN_AFTER)
            self._equipment.tell(
                EventKind.WARNING,
                "new credentials are waiting: it is not known yet whose they are",
                channel=channel,
            )
        else:
            self._serve(proof)

    def _check_account(self, proof: ChannelProof) -> list[str]:
        try:
            check_accounts([proof], self._equipment.ledger)
        except CredentialsError as error:
            return [error.message]
        account, before = proof.account, self._accounts.get(str(proof.channel))
        if account is not None and before not in {None, account.id}:
            return [f"its new credentials belong to {account.name} ({account.id}), another account"]
        return []

    def _serve(self, proof: ChannelProof) -> None:
        channel, name, account = proof.channel, str(proof.channel), proof.account
        was_served = name in self._served
        self._rewritten.discard(name)
        is_renewed = self._equipment.adapters.accept(channel)
        self._served[name] = channel
        if account is not None:
            self._accounts[name] = account.id
        whose = (
            f"as {account.name} ({account.id})"
            if account is not None
            else "as an account that is not known yet"
        )
        if is_renewed:
            self._equipment.tell(EventKind.SERVED, f"reloaded credentials, {whose}", channel=channel)
            if name in self._equipment.ledger.channels.suspended():
                line = f"it stays suspended until someone runs: stormctl resume --channel {name}"
                self._equipment.tell(EventKind.WARNING, line, channel=channel)
        elif not was_served:
            self._equipment.tell(EventKind.SERVED, whose, channel=channel)
