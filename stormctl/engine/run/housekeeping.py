"""What a runner does for the whole ledger before it starts anything: it beats, and tidies up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.deliver.recorder import Recorder
    from stormctl.engine.run.sweep import Sweep


ASK_AGAIN = timedelta(seconds=30)
"""After how long, in real time, the ledger is asked for everything again although nobody has written.

What was asked holds until then; only an upload that expires meanwhile is not noticed before.
"""


class Housekeeping:
    """Heartbeat, answers that could not be written, halts, what time has decided, and runners that died."""

    def __init__(
        self,
        equipment: Equipment,
        runner_id: str,
        channels: Callable[[], Sequence[ChannelId]],
        recorder: Recorder,
        sweeper: Sweep,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._runner_id = runner_id
        self._channels = channels
        self._recorder = recorder
        self._sweeper = sweeper
        self._beaten_at: datetime | None = None
        self._changes: object = None
        self._asked_at: datetime | None = None
        self._tell_alarms()

    def do(self) -> bool:
        """Do it all, as every sweep does; there is little to do where nobody has written.

        Returns:
            whether anyone has written since the last sweep, this one too: what was read holds no more.
        """
        moment = self._equipment.clock.moment()
        is_due = not _is_within(moment.wall_at, self._beaten_at, self._equipment.durations.heartbeat)
        # a ledger that became an older one is recognised first: until then it refuses everything else
        if is_due or self._ledger.fingerprint_check.must_renew():
            names = [str(channel) for channel in self._channels()]
            self._ledger.runners.beat(self._runner_id, moment, channels=names)
            self._beaten_at = moment.wall_at
            self._tell_alarms()
        # before the sweep: a receipt that is written is no claim that lapses
        self._recorder.write_all()
        # before anything is read: what is written meanwhile is news for the next sweep
        changes = self._ledger.changes()
        is_news = changes != self._changes or not _is_within(moment.wall_at, self._asked_at, ASK_AGAIN)
        if is_news:
            self._ledger.halts.acknowledge(self._runner_id, moment)
        events = self._sweeper.sweep(is_news=is_news)
        dead = self._ledger.runners.find_dead(is_news=is_news)
        if dead:
            events += self._ledger.sweeping.take_over(dead, moment)
        for event in events:
            self._equipment.listener(event)
        self._equipment.swept()
        if is_news:
            self._changes, self._asked_at = changes, moment.wall_at
        return is_news or bool(events)

    def _tell_alarms(self) -> None:
        for alarm in self._ledger.fingerprint_check.take_alarms():
            self._equipment.tell(EventKind.WARNING, alarm)


def _is_within(now: datetime, since: datetime | None, length: timedelta) -> bool:
    """Whether something was less than so long ago; a clock that was set since does not make it so."""
    return since is not None and abs(now - since) < length
