"""A process that posts: it wakes, sweeps, serves every channel on a thread of its own, and beats."""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import TYPE_CHECKING

from stormctl.domain.event import EventKind
from stormctl.engine.breaker import Breaker
from stormctl.engine.collector import Collector
from stormctl.engine.dispatcher import Dispatcher
from stormctl.engine.equipment import pass_on
from stormctl.engine.lanes import Lane
from stormctl.engine.reconciler import Reconciler
from stormctl.engine.timer import Timer
from stormctl.engine.uploader import Uploader
from stormctl.errors import LedgerUnreachableError, StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stormctl.domain.channel import ChannelId
    from stormctl.engine.equipment import Checkpoint, Equipment

logger = logging.getLogger(__name__)

PUBLISHERS = 64
READERS = 8
"""Threads at most, publishing and reading."""

SETTLINGS = 12
"""How many settling times a run waits at its end for doubts whose account can't be read."""

POLL = 0.2
"""Real seconds between two looks at whether a run is over."""


class Runner:
    """Publish what the ledger holds for the channels that it is given.

    Args:
        kind: `launch`, `daemon`, `tick` or `rehearsal`, as `status` shows it.
        channels: called at every wake: the channels to serve now.
    """

    def __init__(
        self,
        equipment: Equipment,
        *,
        kind: str,
        channels: Callable[[], Sequence[ChannelId]],
        checkpoint: Checkpoint = pass_on,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._durations = equipment.durations
        self._channels = channels
        self.id = self._ledger.runners.register(kind, socket.gethostname(), os.getpid(), self._clock.moment())
        self._uploader = Uploader(equipment, self.id)
        self._dispatcher = Dispatcher(equipment, self.id, self._uploader, Breaker(equipment), checkpoint)
        self._reconciler = Reconciler(equipment)
        self._collector = Collector(equipment)
        self._timer = Timer(tick=self._tick, due=self._wake, every=self._durations.sweep)
        self._publishing = Lane("publish", PUBLISHERS, warn=self._warn, freed=self._arm)
        self._reading = Lane("read", READERS, warn=self._warn, freed=self._arm)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._beaten_at: datetime | None = None
        self._bugs: list[Exception] = []

    def run(self, is_over: Callable[[], bool]) -> None:
        """Post until `is_over` or `stop`, then finish the requests in flight.

        While the ledger's server doesn't answer nothing is over: the run goes on when it is back.

        Raises:
            Exception: the first bug that was met, after everything else was brought to its end.
        """
        self._timer.start()
        try:
            self._tick()
            while not self._stopping.is_set() and not _is_known_over(is_over):
                self._stopping.wait(POLL)
        finally:
            self._stopping.set()
            self._timer.stop()
            self._close()
        self._raise_bugs()

    def run_once(self) -> None:
        """Do what is due now, one round, and stop.

        Raises:
            Exception: the first bug that was met.
        """
        try:
            self._look_after_ledger()
            self._reading.run_all(self._channels(), self._read)
            self._publishing.run_all(self._due(self._channels()), self._publish)
        finally:
            self._close()
        self._raise_bugs()

    def stop(self) -> None:
        """Ask the run to end: requests in flight are finished, nothing new is started."""
        self._stopping.set()

    def is_done(self, storm_id: str) -> bool:
        """Whether nothing more can happen to a storm here without a person.

        Either every delivery is settled, or what is left waits for a person: it is held in doubt, its
        account can't be read for long, its channel is suspended or not served, or the budget is spent.
        """
        outbox = self._ledger.outbox
        if not outbox.open_count(storm_id):
            return True
        channels = [str(c) for c in self._publishing.open(self._channels())]
        moment = self._clock.moment()
        if self._publishing.is_busy or outbox.next_due(moment, channels) is not None:
            return False
        doubts = [doubt for doubt in self._ledger.doubts.open(channels) if not doubt.held]
        patience = self._durations.request_limit + SETTLINGS * self._durations.settling
        return outbox.in_flight(channels) == len(doubts) and all(
            moment.wall_at >= doubt.sending_wall_at + patience for doubt in doubts
        )

    def collect_all(self, storm_id: str) -> None:
        """Read the metrics of every delivered post of a storm now, channel by channel."""
        for channel in self._channels():
            self._collector.collect_all(channel, storm_id, self._equipment.adapters.reader(channel))

    def _tick(self) -> None:
        """Look after the ledger and start the slow work; called every sweep, in real time."""
        try:
            self._look_after_ledger()
            self._publishing.refresh()
            self._reading.refresh()
            for channel in self._reading.free(self._channels()):
                if self._has_reading(channel):
                    self._reading.start(channel, self._read)
            self._wake()
        except StormctlError as error:
            self._warn(error.message)
        except Exception as bug:
            logger.exception("a bug in the sweep")
            self._bugs.append(bug)
            self._stopping.set()

    def _look_after_ledger(self) -> None:
        moment = self._clock.moment()
        if self._beaten_at is None or moment.wall_at - self._beaten_at >= self._durations.heartbeat:
            self._ledger.runners.beat(self.id, moment, channels=[str(c) for c in self._channels()])
            self._beaten_at = moment.wall_at
        self._ledger.halts.acknowledge(self.id, moment)
        events = self._ledger.outbox.sweep(moment)
        dead = self._ledger.runners.find_dead(moment)
        if dead:
            events += self._ledger.outbox.take_over(dead, moment)
        for event in events:
            self._equipment.listener(event)

    def _wake(self) -> None:
        """Serve every channel on which something is due, and arm the timer for the next moment."""
        with self._lock:
            if self._stopping.is_set():
                return
            for channel in self._due(self._publishing.free(self._channels())):
                self._publishing.start(channel, self._publish)
            self._arm()

    def _arm(self) -> None:
        """Set the timer and the clock to the next due moment."""
        with self._lock:
            if self._stopping.is_set():
                return
            outbox, moment = self._ledger.outbox, self._clock.moment()
            free = [str(c) for c in self._publishing.free(self._channels())]
            next_due = outbox.next_due(moment, free)
            if next_due is not None:
                self._timer.wake_in(self._clock.wait_until(next_due))
            channels = [str(c) for c in self._publishing.open(self._channels())]
            if self._publishing.is_busy or self._reading.is_busy or outbox.in_flight(channels):
                self._clock.run_until(None)
            else:
                self._clock.run_until(outbox.next_due(moment, channels))

    def _due(self, channels: Sequence[ChannelId]) -> list[ChannelId]:
        names = self._ledger.outbox.due_channels(self._clock.moment(), [str(c) for c in channels])
        return [channel for channel in channels if str(channel) in set(names)]

    def _publish(self, channel: ChannelId) -> bool:
        return self._dispatcher.serve(channel, self._stopping.is_set) > 0

    def _has_reading(self, channel: ChannelId) -> bool:
        return (
            self._reconciler.is_due(channel)
            or self._uploader.is_due(channel)
            or self._collector.is_due(channel)
        )

    def _read(self, channel: ChannelId) -> bool:
        """Do the channel's slow work: doubts first, then uploads for what comes, then metrics."""
        adapter = self._equipment.adapters.reader(channel)
        self._reconciler.settle(channel, adapter)
        self._uploader.prepare(channel, adapter)
        self._collector.collect(channel, adapter)
        return True

    def _close(self) -> None:
        self._publishing.close()
        self._reading.close()
        self._ledger.runners.stop(self.id, self._clock.moment())

    def _raise_bugs(self) -> None:
        for bug in self._bugs + self._publishing.bugs + self._reading.bugs:
            raise bug

    def _warn(self, text: str) -> None:
        self._equipment.tell(EventKind.WARNING, text)


def _is_known_over(is_over: Callable[[], bool]) -> bool:
    try:
        return is_over()
    except LedgerUnreachableError:
        return False  # the sweep tells it, every time
