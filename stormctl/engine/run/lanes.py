"""Threads for channels: each channel has at most one piece of work in a lane at a time."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from stormctl.errors import StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stormctl.domain.base.channel import ChannelId

logger = logging.getLogger(__name__)


class Lane:
    """One kind of work, done for many channels at once and for each channel one after the other.

    An expected error (credentials withdrawn, ledger locked) is told, and the channel rests until
    `refresh`. A bug is logged with its traceback at once, closes the lane for that channel alone, and
    is kept in `bugs`: it must neither stop the other channels on the day nor be forgotten.

    Args:
        name: of its threads.
        threads: at most; they are started as channels need them.
        warn: told one line for each error.
        broken: told the channel and a line when a bug closes the lane for it.
        freed: told a channel whenever its work has ended.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        *,
        warn: Callable[[str], None],
        broken: Callable[[ChannelId, str], None],
        freed: Callable[[ChannelId], None],
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._warn = warn
        self._tell_broken = broken
        self._freed = freed
        self._lock = threading.Lock()
        self._at_work: set[ChannelId] = set()
        self._resting: set[ChannelId] = set()
        self._broken: set[ChannelId] = set()
        self.bugs: list[Exception] = []

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
            self._warn(f"{channel}: {error.message}")
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
            self._warn(error.message)  # the next tick arms the timer again
        except Exception as bug:
            logger.exception("a bug after the work for %s", channel)
            self._break(channel, bug)

    def _break(self, channel: ChannelId, bug: Exception) -> None:
        text = f"a bug, its traceback is in the log: {type(bug).__name__}: {bug}"
        self._tell_broken(channel, text)
        with self._lock:
            self._broken.add(channel)
            self.bugs.append(bug)
