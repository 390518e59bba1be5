"""When each channel has something due, by what the ledger said when it was last asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.base.channel import ChannelId
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.delivery.outbox import Outbox


class Agenda:
    """Remembers the next due moment of each channel, so that one post doesn't mean asking about all.

    What it remembers is a hint. A claim decides by the ledger alone, and every sweep asks about all channels
    again: what others enrolled, resumed or halted meanwhile is seen then.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._next: dict[ChannelId, datetime | None] = {}

    def ask(self, moment: Moment, channels: Iterable[ChannelId]) -> None:
        """Ask the ledger about some channels."""
        names = {str(channel): channel for channel in channels}
        found = self._outbox.next_dues(moment, list(names))
        for name, channel in names.items():
            self._next[channel] = found.get(name)

    def strike(self, channel: ChannelId) -> None:
        """Forget what was due on a channel that is being served: the ledger is asked again after it."""
        self._next[channel] = None

    def find_unasked(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels that were never asked about."""
        return [channel for channel in channels if channel not in self._next]

    def due(self, moment: Moment, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels on which something is due."""
        return [channel for channel in channels if self._is_due(channel, moment)]

    def find_next(self, channels: Iterable[ChannelId]) -> datetime | None:
        """Return the earliest moment at which something is due on one of the channels; None if nothing is."""
        moments = [at for channel in channels if (at := self._next.get(channel)) is not None]
        return min(moments, default=None)

    def _is_due(self, channel: ChannelId, moment: Moment) -> bool:
        at = self._next.get(channel)
        return at is not None and at <= moment.at
