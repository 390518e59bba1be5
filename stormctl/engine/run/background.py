"""What is done for a channel beside publishing: doubts are settled, media uploaded, metrics read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stormctl.domain.report.readings import TOO_EARLY
from stormctl.engine.base.parallel import ask_all
from stormctl.engine.deliver.collector import Collector
from stormctl.engine.deliver.reconciler import Reconciler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.deliver.uploader import Uploader

AT_ONCE = 8
"""How many channels are asked at the same time once a storm has ended."""


class Background:
    """The slow work of channels, each with its own adapter, so that no post waits for it."""

    def __init__(self, equipment: Equipment, uploader: Uploader) -> None:
        self._adapters = equipment.adapters
        self._metrics = equipment.ledger.metrics
        self._clock = equipment.clock
        self._reconciler = Reconciler(equipment)
        self.uploader = uploader
        self._collector = Collector(equipment)

    def ask(self) -> None:
        """Ask the ledger what is to be done on all channels; it holds as long as nobody writes there."""
        self._reconciler.ask()
        self.uploader.ask()
        self._collector.ask()

    def find_due(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels on which something is due now, by what was asked last."""
        due = self._reconciler.find_due() | self.uploader.find_due() | self._collector.find_due()
        return [channel for channel in channels if str(channel) in due]

    def do(self, channel: ChannelId) -> bool:
        """Do what is due on a channel: doubts first, then uploads for what comes, then metrics."""
        adapter = self._adapters.reader(channel)
        self._reconciler.settle(channel, adapter)
        self.uploader.prepare(channel, adapter)
        self._collector.collect(channel, adapter)
        return True

    def collect_all(self, channels: Iterable[ChannelId], storm_id: str) -> None:
        """Read the metrics of a storm's posts now, all channels side by side; of those too young, not yet."""
        posts = self._metrics.receipts(storm_id, self._clock.moment().at - TOO_EARLY)

        def collect(channel: ChannelId) -> None:
            self._collector.collect_all(channel, posts[str(channel)], self._adapters.reader(channel))

        _ask_channels([channel for channel in channels if str(channel) in posts], "metrics", collect)

    def follow_up(self, channels: Iterable[ChannelId]) -> None:
        """Make the readings that are due now since something was sent again, all channels side by side."""

        def follow_up(channel: ChannelId) -> None:
            self._reconciler.follow_up(channel, self._adapters.reader(channel))

        _ask_channels(channels, "follow-ups", follow_up)


def _ask_channels(channels: Iterable[ChannelId], name: str, work: Callable[[ChannelId], None]) -> None:
    for answer in ask_all([partial(work, channel) for channel in channels], name, at_once=AT_ONCE):
        answer.result()
