"""Read the metrics of delivered posts as they age, and keep every reading as a snapshot."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count
from stormctl.domain.base.event import EventKind
from stormctl.domain.plan.cost import price_of_readings
from stormctl.domain.report.readings import AGES, BATCH
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.platforms.adapter import PlatformAdapter

TRIES = 3
REST = timedelta(minutes=5)
"""How often a post is tried at one age, and how long a channel rests in between, on the storm's clock."""


class Collector:
    """Read metrics where they are due."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._tries: Counter[str] = Counter()
        self._rests_until: dict[str, datetime] = {}
        self._due_at: dict[str, datetime] = {}
        self._told_scant: set[ChannelId] = set()

    def ask(self) -> None:
        """Ask the ledger when which channel is read next; it holds as long as nobody writes there."""
        self._due_at = {name: at + BATCH for name, at in self._ledger.metrics.next_due(AGES).items()}

    def find_due(self) -> set[str]:
        """Return the channels of which a post reached an age at which it is read at least `BATCH` ago.

        It goes by what was asked last.
        """
        now = self._clock.moment().at
        return {name for name, at in self._due_at.items() if at <= now and not self._rests(name, now)}

    def collect(self, channel: ChannelId, adapter: PlatformAdapter) -> int:
        """Read the posts of the channel that are due, once one has waited; return how many were read."""
        moment = self._clock.moment()
        waited = replace(moment, at=moment.at - BATCH)
        if self._rests(str(channel), moment.at) or not self._ledger.metrics.due(waited, AGES, [str(channel)]):
            return 0
        due = self._ledger.metrics.due(self._clock.moment(), AGES, [str(channel)])
        posts = self._find_payable(channel, {key: post_id for key, _, post_id in due})
        read = self._read(channel, adapter, posts)
        self._give_up(posts, read)
        if len(read) < len(due):
            self._rests_until[str(channel)] = self._clock.moment().at + REST
        return len(read)

    def collect_all(self, channel: ChannelId, posts: Mapping[str, str], adapter: PlatformAdapter) -> int:
        """Read posts of a channel now (their ids, by key), whatever their age; return how many were read."""
        payable = self._find_payable(channel, posts)
        missing = dict(payable)
        for _ in range(TRIES):
            for key in self._read(channel, adapter, missing):
                del missing[key]
            if not missing:
                break
        return len(payable) - len(missing)

    def _find_payable(self, channel: ChannelId, posts: Mapping[str, str]) -> dict[str, str]:
        """Leave out the posts whose reading would spend what posts still need; say so once a channel."""
        price = price_of_readings(channel, 1)
        keys = self._ledger.metrics.find_payable(posts, self._clock.moment(), price)
        left_out = len(posts) - len(keys)
        if left_out and channel not in self._told_scant:
            text = f"figures of {count(left_out, 'post')} wait: the budget is kept for what is planned"
            self._equipment.tell(EventKind.WARNING, text, channel=channel)
            self._told_scant.add(channel)
        return {key: posts[key] for key in keys}

    def _read(self, channel: ChannelId, adapter: PlatformAdapter, posts: Mapping[str, str]) -> set[str]:
        """Read posts by delivery key, keep what came, and return the keys of those that were read."""
        if not posts:
            return set()
        keys = {post_id: key for key, post_id in posts.items()}
        try:
            readings = adapter.read_metrics(list(keys))
        except ReadFailed as failed:
            text = f"metrics could not be read: {failed.reason}"
            self._equipment.tell(EventKind.WARNING, text, channel=channel)
            return set()
        rows = [(keys[r.post_id], r.metric, r.value) for r in readings if r.post_id in keys]
        read = {key for key, _, _ in rows}
        price = price_of_readings(channel, 1)
        self._ledger.metrics.record(rows, self._clock.moment(), price_usd_micros=price)
        if read:
            text = f"read metrics of {count(len(read), 'post')}"
            self._equipment.tell(EventKind.METRICS, text, channel=channel)
        return read

    def _rests(self, name: str, now: datetime) -> bool:
        until = self._rests_until.get(name)
        return until is not None and now < until

    def _give_up(self, posts: Mapping[str, str], read: set[str]) -> None:
        """Leave posts that gave nothing `TRIES` times until their next age: they may be gone."""
        for key in read:
            self._tries.pop(key, None)
        self._tries.update(set(posts) - read)
        lost = [key for key in posts if self._tries[key] >= TRIES]
        self._ledger.metrics.mark_read(lost, self._clock.moment())
        for key in lost:
            del self._tries[key]
