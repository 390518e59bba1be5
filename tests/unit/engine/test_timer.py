"""The timer wakes at every sweep and at the moment that was set last, in real time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.engine.timer import Timer

if TYPE_CHECKING:
    import pytest

SOON_S = 10
"""Longer than any machine needs; a test that passes never waits for it."""


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


def test_a_tick_that_takes_long_is_not_told_with_every_one_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """While a sweep waits for a ledger that hangs, the terminal stays readable."""
    begun, may_end = threading.Event(), threading.Event()

    def tick() -> None:
        begun.set()
        may_end.wait(SOON_S)

    timer = Timer(tick=tick, due=_nothing, every=timedelta(milliseconds=10))
    timer.start()
    begun.wait(SOON_S)
    may_end.wait(0.2)  # twenty ticks come and are left out
    may_end.set()
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
