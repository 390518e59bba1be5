"""A process that posts: it registers, sweeps, serves every channel on a thread of its own, and ends."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING

from stormctl.engine.base.equipment import pass_on
from stormctl.engine.deliver.dispatcher import Dispatcher
from stormctl.engine.deliver.uploader import Uploader
from stormctl.engine.run.background import Background
from stormctl.engine.run.housekeeping import Housekeeping
from stormctl.engine.run.lanes import Problems
from stormctl.engine.run.scheduler import Scheduler
from stormctl.engine.run.sweep import Sweep
from stormctl.engine.run.timer import Timer
from stormctl.errors import LedgerGoneError, LedgerUnreachableError, StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Checkpoint, Equipment

logger = logging.getLogger(__name__)

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
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._durations = equipment.durations
        self._channels = channels
        self._on_sweep = on_sweep
        last_seen_at = self._ledger.runners.last_seen()
        self.id = self._ledger.runners.register(kind, socket.gethostname(), os.getpid(), self._clock.moment())
        uploader = Uploader(equipment, self.id)
        dispatcher = Dispatcher(equipment, self.id, uploader, checkpoint)
        self._recorder = dispatcher.recorder
        self._background = Background(equipment, uploader)
        self._problems = Problems(equipment)
        self._sweeper = Sweep(equipment, channels, kind, last_seen_at, told_offset)
        self._housekeeping = Housekeeping(equipment, self.id, channels, self._recorder, self._sweeper)
        self._timer = Timer(tick=self._tick, due=self._wake, every=self._durations.sweep)
        self._scheduler = Scheduler(
            equipment,
            channels,
            dispatcher=dispatcher,
            background=self._background,
            sweeper=self._sweeper,
            problems=self._problems,
            wake_in=self._timer.wake_in,
        )
        self._began_s = self._clock.steady_s()
        self._lost: LedgerGoneError | None = None

    def run(self, is_over: Callable[[], bool]) -> None:
        """Post until `is_over` or `stop`, then finish the requests in flight.

        While the ledger's server doesn't answer nothing is over: the run goes on when it is back.

        Raises:
            Exception: the first bug that was met, after everything else was brought to its end.
            LedgerGoneError: the ledger's file was deleted or replaced; nothing was claimed after that.
        """
        self._scheduler.begin()
        self._timer.start()
        try:
            self._tick()
            while not self._scheduler.stopping.is_set() and not _is_known_over(is_over):
                self._scheduler.look_for_new()
                self._scheduler.stopping.wait(POLL)
        finally:
            self._scheduler.end()
            self._timer.stop()
            self._close()

    def run_once(self) -> bool:
        """Do what is due now, one round, and stop; return whether the clock let it.

        Raises:
            Exception: the first bug that was met.
        """
        try:
            self._housekeeping.do()
            if self._sweeper.must_wait():
                return not self._sweeper.is_told
            self._scheduler.run_once()
            return True
        finally:
            self._close()

    def stop(self) -> None:
        """Ask the run to end: requests in flight are finished, nothing new is started."""
        self._scheduler.stopping.set()

    def is_done(self, storm_id: str) -> bool:
        """Whether nothing more can happen to a storm here without a person.

        Either every delivery is settled, or what is left waits for a person: it is held in doubt, its
        account can't be read for long, its channel is suspended or not served, or the budget is spent.
        """
        backlog = self._ledger.backlog
        if not backlog.open_count(storm_id):
            return True
        channels = [str(channel) for channel in self._scheduler.find_open()]
        moment = self._clock.moment()
        if self._scheduler.is_publishing or self._scheduler.is_anything_to_come():
            return False
        if self._scheduler.must_wait() or backlog.undecided(moment):
            return False
        if backlog.next_dues(moment, channels):
            return False
        doubts = [doubt for doubt in self._ledger.doubts.open(channels) if not doubt.held]
        patience = self._durations.patience(SETTLINGS)
        was_patient = self._clock.steady_s() - self._began_s >= patience.total_seconds()
        # where the account was read just now, the next reading settles it: a network came back late
        return backlog.in_flight(channels) == len(doubts) and all(
            was_patient and not doubt.is_readable and moment.wall_at >= doubt.sending_wall_at + patience
            for doubt in doubts
        )

    def collect_all(self, storm_id: str) -> None:
        """Read the metrics of a storm's posts now, all channels side by side; of those too young, not yet."""
        self._background.collect_all(self._channels(), storm_id)

    def follow_up(self) -> None:
        """Make the readings that are due now since something was sent again, all channels side by side."""
        self._background.follow_up(self._channels())

    def _tick(self) -> None:
        """Maintain the ledger and start all work; called every sweep, in real time."""
        self._guard(self._sweep)
        self._on_sweep()

    def _sweep(self) -> None:
        is_news = self._housekeeping.do()
        self._scheduler.start_all(is_news=is_news)

    def _wake(self) -> None:
        """Start what is due; called when the next moment has come, or channels are served since the sweep."""
        if not self._sweeper.is_proved:  # their platforms tell the time
            self._tick()
        self._guard(self._scheduler.start_new)

    def _guard(self, work: Callable[[], None]) -> None:
        """Work for all channels: a ledger that can't be used is reported, a bug ends the run."""
        try:
            work()
        except LedgerGoneError as gone:
            self._lost = gone
            self._problems.warn(gone.message)
            self.stop()
        except StormctlError as error:
            self._problems.warn(error.message)
        except Exception as bug:
            logger.exception("a bug in the sweep")
            self._problems.note_bug(
                bug, f"a bug in the sweep, its traceback is in the log: {type(bug).__name__}"
            )
            self.stop()

    def _close(self) -> None:
        """Finish what is under way, and raise what must not be forgotten: a bug first."""
        self._scheduler.close()
        try:
            self._recorder.give_up()
            self._ledger.runners.stop(self.id, self._clock.moment())
        finally:
            for bug in self._problems.bugs:
                raise bug
        if self._lost is not None:
            raise self._lost


def _is_known_over(is_over: Callable[[], bool]) -> bool:
    try:
        return is_over()
    except LedgerUnreachableError:
        return False  # the sweep tells it
