"""A rehearsal's clock is fast while nothing is due and real while something is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.engine.base.clocks import (
    FollowedClock,
    Pace,
    StormClock,
    SystemClock,
    read_wall_clock,
    write_pace,
)

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 12, 18, 13, 0, tzinfo=UTC)


class Wall:
    """A wall clock that is told the time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Read it."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let real time pass."""
        self.now += timedelta(seconds=seconds)


def fail_to_ask() -> datetime | None:
    """Ask the ledger in vain: a clock that can't be hurried asked when something is due."""
    pytest.fail("nobody needs to know")


def test_a_rehearsal_asks_how_far_it_may_hurry() -> None:
    """Ten real seconds: half an hour of storm in three of them, whoever says so."""
    wall = Wall()
    clock = StormClock(START, 600, wall=wall)
    clock.hurry(lambda: START + timedelta(minutes=30))

    wall.move(10)

    assert clock.moment().at == START + timedelta(minutes=30, seconds=7)


def test_the_storm_hurries_to_the_due_moment_and_walks_from_there() -> None:
    """Ten real seconds: half an hour of storm in three of them, then seven seconds at 1×."""
    wall = Wall()
    clock = StormClock(START, 600, wall=wall)
    clock.run_until(START + timedelta(minutes=30))

    wall.move(10)

    assert clock.moment().at == START + timedelta(minutes=30, seconds=7)
    assert clock.moment().wall_at == wall.now


def test_the_wait_for_a_due_moment_is_counted_in_real_seconds() -> None:
    """What is due at the end of the fast part comes after its share of real time."""
    wall = Wall()
    clock = StormClock(START, 600, wall=wall)
    clock.run_until(START + timedelta(minutes=30))

    waits = [clock.wait_until(START + timedelta(minutes=minutes)) for minutes in (-1, 10, 30)]

    assert waits == pytest.approx([0, 1, 3])
    assert clock.wait_until(START + timedelta(minutes=30, seconds=5)) == pytest.approx(8)


def test_while_something_is_under_way_the_storm_runs_at_real_speed() -> None:
    """`run_until(None)` is a request in flight or a doubt: a second is a second."""
    wall = Wall()
    clock = StormClock(START, 600, wall=wall)
    clock.run_until(None)

    wall.move(5)

    assert clock.moment().at == START + timedelta(seconds=5)


def test_a_pace_that_changes_nothing_is_not_told() -> None:
    """Each telling is a request to the emulator: it is there already when a due moment has come by itself."""
    wall = Wall()
    told: list[float | None] = []
    clock = StormClock(START, 600, wall=wall, tell=lambda pace: told.append(pace.fast_until))
    due_at = START + timedelta(minutes=30)

    clock.run_until(None)  # it begins at 1×
    clock.run_until(due_at)
    clock.run_until(due_at)
    wall.move(3)
    clock.run_until(None)  # it has come there
    clock.run_until(due_at + timedelta(minutes=30))
    wall.move(1)
    clock.run_until(None)  # something is under way before

    due_s = due_at.timestamp()
    assert told == [None, due_s, due_s + 1800, None]
    assert clock.moment().at == due_at + timedelta(seconds=600)


def test_a_jump_sets_the_storm_forward() -> None:
    """After the last post the clock is set to the next day, when reach is read."""
    clock = StormClock(START, 600, wall=Wall())

    clock.jump(START + timedelta(days=1))

    assert clock.moment().at == START + timedelta(days=1)


def test_everyone_who_is_told_the_pace_reads_the_same_time(tmp_path: Path) -> None:
    """`status --rehearsal` in another window sees the storm's own time."""
    wall, path = Wall(), tmp_path / "clock.json"
    clock = StormClock(START, 600, wall=wall, tell=lambda pace: write_pace(path, pace))
    clock.run_until(START + timedelta(hours=1))
    followed = FollowedClock(path, wall)

    wall.move(2)
    followed.hurry(fail_to_ask)

    assert followed.moment() == clock.moment()
    assert followed.wait_until(START + timedelta(hours=1)) == pytest.approx(4)


@given(
    speed=st.floats(1, 10_000),
    fast=st.none() | st.floats(-100, 100_000),
    steps=st.lists(st.floats(0, 1_000), max_size=20),
)
def test_storm_time_never_runs_back_and_never_slower_than_real_time(
    speed: float, fast: float | None, steps: list[float]
) -> None:
    """Whatever the pace: an hour of real time is at least an hour of storm."""
    pace = Pace(0.0, 0.0, speed, fast)
    wall = 0.0

    for step in steps:
        before = pace.at(wall)
        wall += step

        assert pace.at(wall) - before >= step - 1e-6


def test_the_real_clock_is_one_clock() -> None:
    """On the day, storm and wall time are the same, and nothing hurries them."""
    clock = SystemClock()
    clock.hurry(fail_to_ask)

    moment = clock.moment()

    assert moment.at == moment.wall_at
    assert clock.wait_until(read_wall_clock() - timedelta(seconds=1)) == 0
    assert clock.wait_until(read_wall_clock() + timedelta(hours=1)) > 3_000


def test_the_real_clock_keeps_the_ledgers_time() -> None:
    """On a machine whose clock is an hour fast, it is the server's time that counts."""
    now = datetime(2026, 12, 18, 12, tzinfo=UTC)
    clock = SystemClock(lambda: timedelta(hours=-1), wall=lambda: now)

    moment = clock.moment()

    assert moment.at == moment.wall_at == now - timedelta(hours=1)
    assert clock.wait_until(now) == 3_600
