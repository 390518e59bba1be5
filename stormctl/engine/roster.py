"""Which channels a daemon or tick may serve: those whose credentials it holds and has verified."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.channel import parse_channel_id
from stormctl.domain.event import EventKind
from stormctl.engine.preflight import check_accounts, prove_channels
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.channel import ChannelId
    from stormctl.engine.equipment import Equipment

ASK_AGAIN_AFTER = timedelta(minutes=5)
"""How long, in real time, a channel that could not be verified rests before it is asked again."""


class Roster:
    """The ledger's channels that can be served from here, those of storms launched later included."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._served: dict[str, ChannelId] = {}
        self._asked_at: dict[str, datetime] = {}

    def channels(self) -> list[ChannelId]:
        """Return the channels to serve now."""
        return list(self._served.values())

    def refresh(self, *, only_at_work: bool = False) -> None:
        """Verify channels that have deliveries to make and are not served yet.

        Args:
            only_at_work: only those with something due or in doubt now: each verification on X is billed
                as a reading of a user, so a `tick` asks only where it will publish.
        """
        moment = self._equipment.clock.moment()
        outbox = self._equipment.ledger.outbox
        names = [name for name in outbox.open_channels() if name not in self._served]
        if only_at_work:
            at_work = {str(doubt.channel) for doubt in self._equipment.ledger.doubts.open(names)}
            at_work |= set(outbox.due_channels(moment, names))
            names = [name for name in names if name in at_work]
        for name in names:
            asked_at = self._asked_at.get(name)
            if asked_at is None or moment.wall_at - asked_at >= ASK_AGAIN_AFTER:
                self._asked_at[name] = moment.wall_at
                self._verify(name)

    def _verify(self, name: str) -> None:
        """Ask who a channel's credentials belong to; it is served unless it is proved bad."""
        channel = parse_channel_id(name)
        (proof,) = prove_channels([channel], self._equipment.adapters)
        try:
            check_accounts([proof], self._equipment.ledger)
        except CredentialsError as error:
            self._equipment.tell(EventKind.WARNING, f"not served: {error.message}", channel=channel)
            return
        for message, _ in proof.check.bad:
            self._equipment.tell(EventKind.WARNING, f"not served: {message}", channel=channel)
        for message, _ in proof.check.unknown:
            self._equipment.tell(EventKind.WARNING, message, channel=channel)
        if not proof.is_bad:
            self._served[name] = channel
