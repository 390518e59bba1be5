"""Read the metrics of delivered posts as they age, and keep every reading as a snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.event import EventKind
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.domain.channel import ChannelId
    from stormctl.engine.equipment import Equipment
    from stormctl.platforms.adapter import PlatformAdapter

AGES = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""How old a post is, on the storm's clock, when its metrics are read: soon, after a day (Facebook's
insights refresh once in 24 h), and when it has had its run. X bills each reading of a post."""

BATCH = timedelta(minutes=15)
"""How long a post that is due waits for others, on the storm's clock: one request reads up to 100 of them."""


class Collector:
    """Read metrics where they are due."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock

    def is_due(self, channel: ChannelId) -> bool:
        """Whether posts of the channel reached an age at which they are read at least `BATCH` ago."""
        moment = self._clock.moment()
        waited = replace(moment, at=moment.at - BATCH)
        return bool(self._ledger.metrics.due(waited, AGES, [str(channel)]))

    def collect(self, channel: ChannelId, adapter: PlatformAdapter) -> int:
        """Read the posts of the channel that are due, once one has waited; return how many were read."""
        if not self.is_due(channel):
            return 0
        due = self._ledger.metrics.due(self._clock.moment(), AGES, [str(channel)])
        return self._read(channel, adapter, [(key, post_id) for key, _, post_id in due])

    def collect_all(self, channel: ChannelId, storm_id: str, adapter: PlatformAdapter) -> int:
        """Read every delivered post of a storm's channel now, whatever its age; return how many were read."""
        return self._read(
            channel,
            adapter,
            [
                (view.key, view.post_id)
                for view in self._ledger.history.deliveries(storm_id)
                if view.channel == str(channel) and view.post_id is not None and view.delivered_at is not None
            ],
        )

    def _read(self, channel: ChannelId, adapter: PlatformAdapter, posts: Sequence[tuple[str, str]]) -> int:
        if not posts:
            return 0
        keys = {post_id: key for key, post_id in posts}
        try:
            readings = adapter.read_metrics([post_id for _, post_id in posts])
        except ReadFailed as failed:
            self._equipment.tell(
                EventKind.WARNING, f"metrics could not be read: {failed.reason}", channel=channel
            )
            readings = ()
        moment = self._clock.moment()
        rows = [(keys[r.post_id], r.metric, r.value) for r in readings if r.post_id in keys]
        self._ledger.metrics.record(rows, moment)
        self._ledger.metrics.mark_read([key for key, _ in posts], moment)
        read = len({r.post_id for r in readings})
        if read:
            what = "a post is" if read == 1 else f"{read} posts are"
            self._equipment.tell(EventKind.METRICS, f"metrics of {what} read", channel=channel)
        return read
