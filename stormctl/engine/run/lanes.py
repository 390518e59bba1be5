"""Threads for channels, one piece of work a channel at a time; and what is told where it goes wrong."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count
from stormctl.domain.base.event import EventKind
from stormctl.errors import StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
"""How long, in real time, an identical warning is held back after it was told."""


@dataclass(slots=True)
class _Told:
    at: datetime
    held_back: int = 0

    def is_recent(self, wall_at: datetime) -> bool:
        """Whether it was within the minute; a clock that was set back does not make it so for hours."""
        return abs(wall_at - self.at) < EVERY


class Problems:
    """What goes wrong while a runner works; for any number of threads.

    The same warning again and again is a storm of its own: it is told once a minute, with how often it came.

    Attributes:
        bugs: in the order in which they were met; they must not be forgotten.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._told: dict[str, _Told] = {}
        self._lock = threading.Lock()
        self.bugs: list[Exception] = []

    def warn(self, text: str) -> None:
        """Tell a warning, unless it was told just now."""
        wall_at = self._equipment.clock.moment().wall_at
        with self._lock:
            told = self._told.get(text)
            if told is not None and told.is_recent(wall_at):
                told.held_back += 1
                return
            self._told = {line: t for line, t in self._told.items() if t.held_back or t.is_recent(wall_at)}
            self._told[text] = _Told(wall_at)
        if told is not None and told.held_back:
            text += f" (and {count(told.held_back, 'time')} since it was last reported)"
        self._equipment.tell(EventKind.WARNING, text)

    def note_bug(self, bug: Exception, text: str, channel: ChannelId | None = None) -> None:
        """Keep a bug, whose traceback was logged, and tell of it."""
        self.bugs.append(bug)
        self._equipment.tell(EventKind.BUG, text, channel=channel)


class Lane:
    """One kind of work, done for many channels at once and for each channel one after the other.

    An expected error (credentials withdrawn, ledger locked) is told, and the channel rests until
    `refresh`. A bug is logged with its traceback at once, and closes the lane for that channel alone: it
    must not stop the other channels on the day.

    Args:
        freed: told a channel whenever its work has ended.
    """

    def __init__(
        self, name: str, threads: int, problems: Problems, *, freed: Callable[[ChannelId], None]
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._problems = problems
        self._freed = freed
        self._lock = threading.Lock()
        self._at_work: set[ChannelId] = set()
        self._resting: set[ChannelId] = set()
        self._broken: set[ChannelId] = set()

    @property
    def is_busy(self) -> bool:
        """Whether any channel's work is going on."""
        return bool(self._at_work)

    def free(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels that could start now."""
        with self._lock:
            taken = self._at_work | self._resting | self._broken
        return [channel for channel in channels if channel not in taken]

    def open(self, channels: Iterable[ChannelId]) -> list[ChannelId]:
        """Return those of the channels that no bug has closed the lane for."""
        with self._lock:
            return [c for c in channels if c not in self._broken]

    def refresh(self) -> None:
        """Let channels that rest start again."""
        with self._lock:
            self._resting.clear()

    def start(self, channel: ChannelId, work: Callable[[ChannelId], bool]) -> None:
        """Start a channel's work; where it returns False there was nothing to do, and the channel rests."""
        with self._lock:
            if channel in self._at_work:
                return
            self._at_work.add(channel)
        self._pool.submit(self._run, channel, work)

    def run_all(self, channels: Iterable[ChannelId], work: Callable[[ChannelId], bool]) -> None:
        """Do the work of every channel that is free and wait for all of it."""
        for future in [self._pool.submit(self._run, channel, work) for channel in self.free(channels)]:
            future.result()

    def close(self) -> None:
        """Wait for the work that is going on; start no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, channel: ChannelId, work: Callable[[ChannelId], bool]) -> None:
        rests = True
        try:
            rests = not work(channel)
        except StormctlError as error:
            self._problems.warn(f"{channel}: {error.message}")
        except Exception as bug:
            logger.exception("a bug while working for %s", channel)
            self._break(channel, bug)
        with self._lock:
            self._at_work.discard(channel)
            if rests:
                self._resting.add(channel)
        try:
            self._freed(channel)
        except StormctlError as error:
            self._problems.warn(error.message)  # the next tick arms the timer again
        except Exception as bug:
            logger.exception("a bug after the work for %s", channel)
            self._break(channel, bug)

    def _break(self, channel: ChannelId, bug: Exception) -> None:
        text = f"a bug, its traceback is in the log: {type(bug).__name__}: {bug}"
        self._problems.note_bug(bug, text, channel)
        with self._lock:
            self._broken.add(channel)
