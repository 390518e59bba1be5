"""Sleep and a clock that was set are told apart by a clock that nobody can set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stormctl.engine.run.clock_guard import AWAY, SET, TRUSTED, ClockGuard
from tests.fakes import FakeClock

SECOND = timedelta(seconds=1)


def test_an_ordinary_second_is_nothing() -> None:
    """Time that passes on both clocks is neither sleep nor a setting."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    clock.move(AWAY)

    lapse = clock_guard.look()

    assert (lapse.slept, lapse.set_by) == (False, timedelta())
    assert not clock_guard.must_wait()


def test_sleep_passes_on_both_clocks() -> None:
    """Five hours on both are sleep; before the look nothing may be claimed."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    fell_asleep_at = clock.at
    clock.move(timedelta(hours=5))

    waits = clock_guard.must_wait()
    lapse = clock_guard.look()

    assert (waits, clock_guard.must_wait()) == (True, False)
    assert (lapse.slept, lapse.since_at, lapse.set_by) == (True, fell_asleep_at, timedelta())


@pytest.mark.parametrize("by", [SET + SECOND, TRUSTED, -SET - SECOND, timedelta(hours=-5)])
def test_a_setting_is_told_once_and_believed(by: timedelta) -> None:
    """A little ahead, or back by any amount: the clock counts as it is."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    clock.set_by(by)

    told = [clock_guard.look().set_by for _ in range(2)]

    assert told == [by, timedelta()]
    assert clock_guard.doubted is None
    assert not clock_guard.must_wait()


def test_small_corrections_do_not_add_up() -> None:
    """A clock that is corrected by some seconds each hour is never doubted."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    told = []
    for _ in range(100):
        clock.set_by(SET)
        told.append(clock_guard.look().set_by)

    assert set(told) == {timedelta()}


def test_a_leap_ahead_is_doubted_until_it_is_believed_or_undone() -> None:
    """Further looks change nothing; set back, the clock is trusted by itself."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    clock.set_by(timedelta(hours=1))
    before_the_look = clock_guard.must_wait()
    clock_guard.look()
    clock.move(SECOND)
    clock_guard.look()
    doubted = (clock_guard.must_wait(), clock_guard.doubted_for())

    clock.set_by(timedelta(hours=-1))
    clock_guard.look()

    assert before_the_look
    assert doubted == (True, SECOND)
    assert not clock_guard.must_wait()


def test_what_is_believed_is_the_new_measure() -> None:
    """After the leap was confirmed, the same clock is right."""
    clock = FakeClock()
    clock_guard = ClockGuard(clock)
    clock.set_by(timedelta(hours=1))
    clock_guard.look()

    clock_guard.believe()

    assert not clock_guard.must_wait()
    assert clock_guard.look().set_by == timedelta()
