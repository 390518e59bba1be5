"""Start each channel's work when it is due: publishing by the next due moment, all else with the sweep."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from stormctl.engine.run.lanes import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.deliver.dispatcher import Dispatcher
    from stormctl.engine.run.background import Background
    from stormctl.engine.run.lanes import Problems
    from stormctl.engine.run.sweep import Sweep
    from stormctl.ledger.views.backlog import Backlog

PUBLISHERS = 64
READERS = 8
"""Threads at most, publishing and reading."""


class Agenda:
    """Remembers the next due moment of each channel, so that one post doesn't mean asking about all.

    What it remembers is a hint. A claim decides by the ledger alone, and a sweep asks about all channels
    again whenever anyone has written: what others enrolled, resumed or halted in the meantime is seen then.
    """

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self._next: dict[ChannelId, datetime | None] = {}
        self._struck: set[ChannelId] = set()

    def ask(self, moment: Moment, channels: Iterable[ChannelId]) -> None:
        """Ask the ledger about some channels."""
        names = {str(channel): channel for channel in channels}
        found = self._backlog.next_dues(moment, list(names))
        for name, channel in names.items():
            self._next[channel] = found.get(name)
            self._struck.discard(channel)

    def strike(self, channel: ChannelId) -> None:
        """Forget what was due on a channel that is being served: the ledger is asked again after it."""
        self._next[channel] = None
        self._struck.add(channel)

    def find_struck(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels that were not asked about since they were served: that failed."""
        return [channel for channel in channels if channel in self._struck]

    def find_unasked(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels that were never asked about."""
        return [channel for channel in channels if channel not in self._next]

    def due(self, moment: Moment, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels on which something is due."""
        return [c for c in channels if (at := self._next.get(c)) is not None and at <= moment.at]

    def find_next(self, channels: Iterable[ChannelId]) -> datetime | None:
        """Return the earliest moment at which something is due on one of the channels; None if nothing is."""
        moments = [at for channel in channels if (at := self._next.get(channel)) is not None]
        return min(moments, default=None)


class Scheduler:
    """A runner's two lanes, one to publish and one for all else, and the timer set to what comes next.

    Args:
        wake_in: sets the timer that calls `start_new` or a sweep, in real seconds.

    Attributes:
        stopping: set once nothing new is to be started.
    """

    def __init__(
        self,
        equipment: Equipment,
        channels: Callable[[], Sequence[ChannelId]],
        *,
        dispatcher: Dispatcher,
        background: Background,
        sweeper: Sweep,
        problems: Problems,
        wake_in: Callable[[float], None],
    ) -> None:
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._channels = channels
        self._dispatcher = dispatcher
        self._background = background
        self._sweeper = sweeper
        self._wake_in = wake_in
        self._agenda = Agenda(self._ledger.backlog)
        self._publishing = Lane("publish", PUBLISHERS, problems, freed=self._start_after)
        self._reading = Lane("read", READERS, problems, freed=self._start_after)
        self._lock = threading.RLock()
        self._is_running = self._has_started_all = self._has_asked = False
        self.stopping = threading.Event()

    @property
    def is_publishing(self) -> bool:
        """Whether any channel is being served."""
        return self._publishing.is_busy

    def is_anything_to_come(self) -> bool:
        """Whether time alone brings something to publish, by what was asked last."""
        return self._agenda.find_next(self.find_open()) is not None

    def find_open(self) -> list[ChannelId]:
        """Return the channels on which publishing was not ended by a bug."""
        return self._publishing.open(self._channels())

    def must_wait(self) -> bool:
        """Whether a look at the clocks comes before the next claim; a single round has looked."""
        return self._is_running and self._sweeper.must_wait()

    def begin(self) -> None:
        """Let work be started; until then only `run_once` does any."""
        self._is_running = True

    def end(self) -> None:
        """Start nothing more."""
        with self._lock:  # so that nobody who is about to start work does so after it
            self.stopping.set()

    def close(self) -> None:
        """Wait for what is under way."""
        self._publishing.close()
        self._reading.close()

    def run_once(self) -> None:
        """Do what is due now on every channel, and wait for it: publishing last, with what was uploaded."""
        self._reading.run_all(self._channels(), self._background.do)
        self._publishing.run_all(self._find_due(), self._publish)

    def start_all(self, *, is_news: bool) -> None:
        """Start whatever is due on all channels, at every sweep.

        Args:
            is_news: whether anyone has written since the last time: then the ledger is asked about all.
        """
        must_ask, self._has_asked = is_news or not self._has_asked, False  # unless it succeeds
        self._has_started_all = True
        self._publishing.refresh()
        self._reading.refresh()
        if must_ask:
            with self._lock, self._ledger.snapshot():
                self._background.ask()
                self._agenda.ask(self._clock.moment(), self._publishing.free(self._channels()))
        for channel in self._background.find_due(self._reading.free(self._channels())):
            if not self.must_wait():
                self._reading.start(channel, self._background.do)
        self._start_due(self._agenda.find_struck(self._publishing.free(self._channels())))
        self._has_asked = True

    def start_new(self) -> None:
        """Start what is due, and ask about channels that are served since the last sweep."""
        self._start_due(self._agenda.find_unasked(self._channels()))

    def look_for_new(self) -> None:
        """Have channels that are served since the last sweep asked about at once."""
        if self._has_started_all and self._agenda.find_unasked(self._channels()):
            self._wake_in(0)

    def _start_after(self, channel: ChannelId) -> None:
        self._start_due([channel])

    def _start_due(self, asked: Sequence[ChannelId]) -> None:
        """Ask about some channels, serve every one on which something is due, and arm for the next moment.

        A single round starts nothing by itself.
        """
        with self._lock:
            if self.stopping.is_set() or not self._is_running:
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
            self._wake_in(self._clock.wait_until(min(coming)))

    def _find_rest(self, moment: Moment) -> datetime | None:
        """Return until when nothing has to be done on any channel; None while something is under way.

        Uploads that are due are started: until the next sweep their posts may be due too, at a hurried pace.
        """
        channels, uploader = self.find_open(), self._background.uploader
        uploader.ask()
        due = uploader.find_due()
        for channel in self._reading.free(channels):
            if str(channel) in due:
                self._reading.start(channel, self._background.do)
        if self._is_busy(channels):
            return None
        self._agenda.ask(moment, channels)
        next_due = self._agenda.find_next(channels)
        return None if next_due is None else uploader.find_start(channels, moment, next_due)

    def _is_busy(self, channels: Sequence[ChannelId]) -> bool:
        """Whether something is under way, to be tried again soon, or in doubt and to be settled."""
        if self._publishing.is_busy or self._reading.is_busy or self._background.uploader.is_resting():
            return True
        return self._ledger.backlog.in_flight([str(c) for c in channels]) > 0

    def _find_due(self) -> list[ChannelId]:
        channels = self._channels()
        names = self._ledger.backlog.due_channels(self._clock.moment(), [str(c) for c in channels])
        return [channel for channel in channels if str(channel) in set(names)]

    def _publish(self, channel: ChannelId) -> bool:
        def is_over() -> bool:  # a channel whose credentials became another account's is served no more
            return self.stopping.is_set() or self.must_wait() or channel not in self._channels()

        return self._dispatcher.serve(channel, is_over) > 0
