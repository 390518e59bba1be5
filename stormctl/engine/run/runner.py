"""A process that posts: it wakes, sweeps, serves every channel on a thread of its own, and beats."""

from __future__ import annotations

import logging
import os
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.engine.base.asking import ask_all
from stormctl.engine.base.equipment import pass_on
from stormctl.engine.base.repeats import Repeats
from stormctl.engine.deliver.breaker import Breaker
from stormctl.engine.deliver.collector import Collector
from stormctl.engine.deliver.dispatcher import Dispatcher
from stormctl.engine.deliver.reconciler import Reconciler
from stormctl.engine.deliver.uploader import Uploader
from stormctl.engine.run.agenda import Agenda
from stormctl.engine.run.lanes import Lane
from stormctl.engine.run.sweep import Sweep
from stormctl.engine.run.timer import Timer
from stormctl.errors import LedgerGoneError, LedgerUnreachableError, StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.base.channel import ChannelId
    from stormctl.domain.base.clock import Moment
    from stormctl.engine.base.equipment import Checkpoint, Equipment

logger = logging.getLogger(__name__)

PUBLISHERS = 64
READERS = 8
"""Threads at most, publishing and reading."""

SETTLINGS = 4
"""How many settling times a run waits at its end for doubts whose account can't be read."""

POLL = 0.2
"""Real seconds between two looks at whether a run is over."""


class Runner:
    """Publish what the ledger holds for the channels that it is given.

    Args:
        kind: `launch`, `daemon`, `tick` or `rehearsal`, as `status` shows it.
        channels: called at every wake: the channels to serve now.
        on_sweep: called after every sweep that came to its end, also where the ledger's server is away: a
            sign that this process does not hang.
        told_offset: see `Sweep`.
    """

    def __init__(
        self,
        equipment: Equipment,
        *,
        kind: str,
        channels: Callable[[], Sequence[ChannelId]],
        on_sweep: Callable[[], None] = lambda: None,
        told_offset: Callable[[], timedelta | None] = lambda: None,
        checkpoint: Checkpoint = pass_on,
    ) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._durations = equipment.durations
        self._channels = channels
        self._on_sweep = on_sweep
        last_seen_at = self._ledger.runners.last_seen()
        self.id = self._ledger.runners.register(kind, socket.gethostname(), os.getpid(), self._clock.moment())
        self._uploader = Uploader(equipment, self.id)
        self._dispatcher = Dispatcher(equipment, self.id, self._uploader, Breaker(equipment), checkpoint)
        self._sweeper = Sweep(equipment, channels, kind, last_seen_at, told_offset)
        self._reconciler = Reconciler(equipment)
        self._collector = Collector(equipment)
        self._agenda = Agenda(self._ledger.outbox)
        self._timer = Timer(tick=self._tick, due=self._wake, every=self._durations.sweep)
        self._publishing = self._make_lane("publish", PUBLISHERS)
        self._reading = self._make_lane("read", READERS)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._is_looking = self._has_swept = False
        self._beaten_at: datetime | None = None
        self._began_s = self._clock.steady_s()
        self._bugs: list[Exception] = []
        self._repeats = Repeats()
        self._lost: LedgerGoneError | None = None
        self._tell_alarms()

    def run(self, is_over: Callable[[], bool]) -> None:
        """Post until `is_over` or `stop`, then finish the requests in flight.

        While the ledger's server doesn't answer nothing is over: the run goes on when it is back.

        Raises:
            Exception: the first bug that was met, after everything else was brought to its end.
            LedgerGoneError: the ledger's file was deleted or replaced; nothing was claimed after that.
        """
        self._is_looking = True
        self._timer.start()
        try:
            self._tick()
            while not self._stopping.is_set() and not _is_known_over(is_over):
                if self._has_swept and self._agenda.find_unasked(self._channels()):
                    self._timer.wake_in(0)  # they are served since the last sweep
                self._stopping.wait(POLL)
        finally:
            with self._lock:  # so that nobody who is about to start work does so after it
                self._stopping.set()
            self._timer.stop()
            self._close()

    def run_once(self) -> bool:
        """Do what is due now, one round, and stop; return whether the clock let it.

        Raises:
            Exception: the first bug that was met.
        """
        try:
            self._look_after_ledger()
            if self._sweeper.must_wait():
                return not self._sweeper.is_told
            self._reading.run_all(self._channels(), self._read)
            self._publishing.run_all(self._due(self._channels()), self._publish)
            return True
        finally:
            self._close()

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
        if self._publishing.is_busy or self._must_wait() or outbox.undecided(moment):
            return False
        if outbox.next_due(moment, channels) is not None:
            return False
        doubts = [doubt for doubt in self._ledger.doubts.open(channels) if not doubt.held]
        patience = self._durations.patience(SETTLINGS)
        was_patient = self._clock.steady_s() - self._began_s >= patience.total_seconds()
        # where the account was read just now, the next reading settles it: a network came back late
        return outbox.in_flight(channels) == len(doubts) and all(
            was_patient and not doubt.is_readable and moment.wall_at >= doubt.sending_wall_at + patience
            for doubt in doubts
        )

    def collect_all(self, storm_id: str) -> None:
        """Read the metrics of every delivered post of a storm now, all channels side by side."""

        def collect(channel: ChannelId) -> None:
            self._collector.collect_all(channel, storm_id, self._equipment.adapters.reader(channel))

        self._ask_channels("metrics", collect)

    def follow_up(self) -> None:
        """Make the readings that are due now since something was sent again, all channels side by side."""

        def follow_up(channel: ChannelId) -> None:
            self._reconciler.follow_up(channel, self._equipment.adapters.reader(channel))

        self._ask_channels("follow-ups", follow_up)

    def _ask_channels(self, name: str, work: Callable[[ChannelId], None]) -> None:
        questions = [partial(work, channel) for channel in self._channels()]
        for answer in ask_all(questions, name, at_once=READERS):
            answer.result()

    def _tick(self) -> None:
        """Look after the ledger and start all work; called every sweep, in real time."""
        self._guard(self._sweep)
        self._on_sweep()

    def _wake(self) -> None:
        """Start what is due; called when the next moment has come, or channels are served since the sweep."""
        if not self._sweeper.is_proved:  # their platforms tell the time
            self._tick()
        self._guard(lambda: self._start_due(self._agenda.find_unasked(self._channels())))

    def _guard(self, work: Callable[[], None]) -> None:
        """Work for all channels: a ledger that can't be used is told, a bug ends the run."""
        try:
            work()
        except LedgerGoneError as gone:
            self._lost = gone
            self._warn(gone.message)
            self._stopping.set()
        except StormctlError as error:
            self._warn(error.message)
        except Exception as bug:
            logger.exception("a bug in the sweep")
            self._tell_bug(None, f"a bug in the sweep, its traceback is in the log: {type(bug).__name__}")
            self._bugs.append(bug)
            self._stopping.set()

    def _sweep(self) -> None:
        self._look_after_ledger()
        self._has_swept = True
        self._publishing.refresh()
        self._reading.refresh()
        for channel in self._reading.free(self._channels()):
            if not self._must_wait() and self._has_reading(channel):
                self._reading.start(channel, self._read)
        self._start_due(self._publishing.free(self._channels()))

    def _look_after_ledger(self) -> None:
        moment = self._clock.moment()
        is_due = self._beaten_at is None or abs(moment.wall_at - self._beaten_at) >= self._durations.heartbeat
        if is_due or self._ledger.fingerprint_check.must_renew():
            self._ledger.runners.beat(self.id, moment, channels=[str(c) for c in self._channels()])
            self._beaten_at = moment.wall_at
            self._tell_alarms()
        self._dispatcher.recorder.write_all()
        self._ledger.halts.acknowledge(self.id, moment)
        events = self._sweeper.sweep()
        dead = self._ledger.runners.find_dead(moment)
        if dead:
            events += self._ledger.outbox.take_over(dead, moment)
        for event in events:
            self._equipment.listener(event)
        self._equipment.swept()

    def _start_due(self, asked: Sequence[ChannelId]) -> None:
        """Ask about some channels, serve every one on which something is due, and arm for the next moment.

        A single round starts nothing by itself.
        """
        with self._lock:
            if self._stopping.is_set() or not self._is_looking:
                return
            moment = self._clock.moment()
            self._agenda.ask(moment, asked)
            for channel in self._agenda.due(moment, self._publishing.free(self._channels())):
                self._agenda.strike(channel)
                self._publishing.start(channel, self._publish)
            self._arm(moment)

    def _arm(self, moment: Moment) -> None:
        """Set the clock, then the timer to what comes next: how long that takes is the pace's to say."""
        rest_at = self._clock.hurry(lambda: self._find_rest(moment))
        next_due = self._agenda.find_next(self._publishing.free(self._channels()))
        coming = [at for at in (rest_at, next_due) if at is not None]
        if coming:
            self._timer.wake_in(self._clock.wait_until(min(coming)))

    def _find_rest(self, moment: Moment) -> datetime | None:
        """Return until when nothing has to be done on any channel; None while something is under way.

        Uploads that are due are started: until the next sweep their posts may be due too, at a hurried pace.
        """
        channels = self._publishing.open(self._channels())
        for channel in self._reading.free(channels):
            if self._uploader.is_due(channel):
                self._reading.start(channel, self._read)
        if self._is_busy(channels):
            return None
        self._agenda.ask(moment, channels)
        next_due = self._agenda.find_next(channels)
        return None if next_due is None else self._uploader.find_start(channels, moment, next_due)

    def _is_busy(self, channels: Sequence[ChannelId]) -> bool:
        """Whether something is under way, to be tried again soon, or in doubt and to be settled."""
        if self._publishing.is_busy or self._reading.is_busy or self._uploader.is_resting():
            return True
        return self._ledger.outbox.in_flight([str(c) for c in channels]) > 0

    def _due(self, channels: Sequence[ChannelId]) -> list[ChannelId]:
        names = self._ledger.outbox.due_channels(self._clock.moment(), [str(c) for c in channels])
        return [channel for channel in channels if str(channel) in set(names)]

    def _publish(self, channel: ChannelId) -> bool:
        def is_over() -> bool:  # a channel whose credentials became another account's is served no more
            return self._stopping.is_set() or self._must_wait() or channel not in self._channels()

        return self._dispatcher.serve(channel, is_over) > 0

    def _must_wait(self) -> bool:
        """Whether a look at the clocks comes before the next claim; a single round has looked."""
        return self._is_looking and self._sweeper.must_wait()

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
        """Finish what is under way, and raise what must not be forgotten: a bug first."""
        self._publishing.close()
        self._reading.close()
        try:
            self._dispatcher.recorder.give_up()
            self._ledger.runners.stop(self.id, self._clock.moment())
        finally:
            for bug in self._bugs + self._publishing.bugs + self._reading.bugs:
                raise bug
        if self._lost is not None:
            raise self._lost

    def _tell_alarms(self) -> None:
        for alarm in self._ledger.fingerprint_check.take_alarms():
            self._equipment.tell(EventKind.WARNING, alarm)

    def _make_lane(self, name: str, threads: int) -> Lane:
        return Lane(
            name,
            threads,
            warn=self._warn,
            broken=self._tell_bug,
            freed=lambda channel: self._start_due([channel]),
        )

    def _tell_bug(self, channel: ChannelId | None, text: str) -> None:
        self._equipment.tell(EventKind.BUG, text, channel=channel)

    def _warn(self, text: str) -> None:
        line = self._repeats.pass_on(text, self._clock.moment().wall_at)
        if line is not None:
            self._equipment.tell(EventKind.WARNING, line)


def _is_known_over(is_over: Callable[[], bool]) -> bool:
    try:
        return is_over()
    except LedgerUnreachableError:
        return False  # the sweep tells it
