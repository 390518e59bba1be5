"""The timer wakes at every sweep and at the moment that was set last, in real time."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import pytest

from stormctl.engine.run.timer import Timer
from tests.faketime import make_wall_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faketime import WallClock

SOON_S = 10
"""Longer than any machine needs; a test that passes never waits for it."""

PROCESS_S = 50
"""The same for the start of a process."""

HOUR = timedelta(hours=1)


def _nothing() -> None:
    pass


def test_it_ticks_again_and_again() -> None:
    """Three ticks come without anything else happening."""
    ticks = threading.Semaphore(0)
    timer = Timer(tick=ticks.release, due=_nothing, every=timedelta(milliseconds=20))

    timer.start()
    heard = [ticks.acquire(timeout=SOON_S) for _ in range(3)]
    timer.stop()

    assert heard == [True, True, True]


def test_a_tick_that_takes_long_is_not_told_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    """A locked ledger holds a tick for seconds: the ticks that are skipped meanwhile are nobody's news."""
    begun, may_end = threading.Event(), threading.Event()

    def tick() -> None:
        begun.set()
        may_end.wait(SOON_S)

    timer = Timer(tick=tick, due=may_end.set, every=timedelta(milliseconds=20))

    timer.start()
    begun.wait(SOON_S)
    timer.wake_in(0.15)
    may_end.wait(SOON_S)
    timer.stop()

    assert caplog.records == []


def test_a_new_moment_replaces_the_one_before() -> None:
    """What was set for in an hour comes at once when it is set anew; a moment in the past is now."""
    due = threading.Event()
    timer = Timer(tick=_nothing, due=due.set, every=timedelta(hours=1))
    timer.start()

    timer.wake_in(3600)
    timer.wake_in(-5)
    heard = due.wait(SOON_S)
    timer.stop()

    assert heard


def test_a_later_moment_does_not_put_off_a_sooner_one() -> None:
    """What is asked for last may be for later: the wake-up that was set already comes all the same."""
    due = threading.Event()
    timer = Timer(tick=_nothing, due=due.set, every=timedelta(hours=1))
    timer.start()

    timer.wake_in(0.05)
    timer.wake_in(3600)
    heard = due.wait(SOON_S)
    timer.stop()

    assert heard


def test_a_moment_that_comes_while_the_last_is_handled_is_not_dropped() -> None:
    """Arming again from inside the wake-up works: the second wake-up runs beside the first."""
    first, second = threading.Event(), threading.Event()

    def due() -> None:
        if first.is_set():
            second.set()
            return
        first.set()
        timer.wake_in(0)
        second.wait(SOON_S)

    timer = Timer(tick=_nothing, due=due, every=timedelta(hours=1))
    timer.start()

    timer.wake_in(0)
    heard = second.wait(SOON_S)
    timer.stop()

    assert heard


def test_stopping_waits_for_a_job_that_is_running() -> None:
    """When `stop` returns, nothing of the timer's is under way."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def due() -> None:
        begun.set()
        may_end.wait(SOON_S)
        ended.set()

    timer = Timer(tick=_nothing, due=due, every=timedelta(hours=1))
    timer.start()
    timer.wake_in(0)
    begun.wait(SOON_S)

    threading.Timer(0.05, may_end.set).start()
    timer.stop()

    assert ended.is_set()


def test_a_job_may_set_the_next_moment_while_the_timer_stops(caplog: pytest.LogCaptureFixture) -> None:
    """The wake-up that arms again just then neither blocks the end nor comes back."""
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def due() -> None:
        calls.append(1)
        begun.set()
        may_end.wait(SOON_S)
        timer.wake_in(0)

    timer = Timer(tick=_nothing, due=due, every=timedelta(hours=1))
    timer.start()
    timer.wake_in(0)
    begun.wait(SOON_S)

    threading.Timer(0.1, may_end.set).start()
    timer.stop()

    assert calls == [1]
    assert caplog.records == []


def test_stopping_while_a_moment_comes_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Whenever the end comes, no thread dies of it and nothing is logged: twenty tries."""
    for _ in range(20):
        due = threading.Event()
        timer = Timer(tick=_nothing, due=due.set, every=timedelta(hours=1))
        timer.start()
        timer.wake_in(0)
        due.wait(SOON_S)

        timer.stop()

    assert caplog.records == []


TICKING = """\
import os, sys, threading
from datetime import timedelta
from stormctl.engine.run.timer import Timer

def say(word):
    os.write(1, f"{word}\\n".encode())  # in one piece: two threads say something

timer = Timer(tick=lambda: say("tick"), due=lambda: say("due"), every=timedelta(seconds=0.2))
say("made")
sys.stdin.readline()
timer.start()
for line in sys.stdin:
    timer.wake_in(float(line))
timer.stop()
"""
"""Starts a timer at the first line that it reads; each further one is a moment to be woken in."""


@contextmanager
def _ticking(clock: WallClock) -> Iterator[tuple[IO[str], queue.Queue[str]]]:
    """Run a timer in a process that goes by this wall clock; yield its input, and what it says."""
    said: queue.Queue[str] = queue.Queue()
    process = subprocess.Popen(
        [sys.executable, "-c", TICKING],
        env=os.environ | clock.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines = process.stdout

    def listen() -> None:
        for line in lines:
            said.put(line.strip())

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    assert said.get(timeout=PROCESS_S) == "made"
    try:
        yield process.stdin, said
    finally:
        try:
            process.stdin.close()
            assert process.wait(timeout=SOON_S) == 0
        finally:
            process.kill()  # a timer that never ends must not outlive its test
            reader.join(timeout=SOON_S)
            lines.close()


@pytest.mark.parametrize(
    ("settings", "is_running"),
    [
        pytest.param([-HOUR], True, id="back"),
        pytest.param([HOUR, timedelta()], True, id="ahead-and-back"),
        pytest.param([-HOUR], False, id="back-at-start"),
        pytest.param([timedelta(days=365 * 50)], False, id="fifty-years-ahead-at-start"),
        pytest.param([timedelta(days=365 * 50)], True, id="fifty-years-ahead"),
    ],
)
def test_a_clock_that_is_set_stops_nothing(
    tmp_path: Path, settings: list[timedelta], is_running: bool
) -> None:
    """Ticks and the moment that was set come by true seconds, whenever and however far the clock is set."""
    clock = make_wall_clock(tmp_path / "clock", timedelta())
    heard = []
    with _ticking(clock) as (order, said):
        if is_running:
            print("\n0.9", file=order, flush=True)
        for ahead in settings:
            if is_running:
                heard.append(said.get(timeout=SOON_S))
            clock.set(ahead)
        if not is_running:
            print("\n0.9", file=order, flush=True)

        heard += [said.get(timeout=SOON_S) for _ in range(10)]

    assert heard.count("due") == 1
    assert set(heard) == {"due", "tick"}
