"""Tests of the emulator's clock."""

from __future__ import annotations

import pytest

from stormctl.emulator.core.clock import EmulatorClock, Scale, graph_time, iso


def test_real_time_until_told_otherwise() -> None:
    """Emulated time is real time until a scale is followed, and again after it is dropped."""
    clock = EmulatorClock(lambda: 1000.0)
    before = clock.at()

    clock.follow(Scale(anchor_wall=1000.0, anchor_at=5000.0))
    during = clock.at()
    clock.follow(None)

    assert (before, during, clock.at()) == (1000.0, 5000.0, 1000.0)


def test_both_times_are_of_one_moment() -> None:
    """Without a scale they are the same, though the clock goes on between two looks."""
    ticks = iter([45.2999, 45.3001])
    clock = EmulatorClock(lambda: next(ticks))

    at, wall = clock.both()

    assert at == wall == 45.2999


@pytest.mark.parametrize(
    ("wall", "expected"),
    [(100.0, 0.0), (101.0, 60.0), (102.0, 120.0), (103.0, 121.0), (110.0, 128.0)],
)
def test_fast_until_a_moment_then_at_the_speed_of_life(wall: float, expected: float) -> None:
    """A scaled clock runs fast up to `fast_until` and at 1× from there on."""
    scale = Scale(anchor_wall=100.0, anchor_at=0.0, speed=60.0, fast_until=120.0)

    at = scale.at(wall)

    assert expected == at


def test_a_moment_to_hurry_to_that_has_passed_means_the_speed_of_life() -> None:
    """`fast_until` before the anchor gives 1× at once, never a step back."""
    scale = Scale(anchor_wall=100.0, anchor_at=50.0, speed=60.0, fast_until=20.0)

    at = scale.at(107.0)

    assert at == 57.0


def test_a_speed_must_be_positive() -> None:
    """Time can't stand still or run backwards."""
    with pytest.raises(ValueError, match="positive"):
        EmulatorClock().follow(Scale(anchor_wall=0.0, anchor_at=0.0, speed=0.0))


def test_each_platform_writes_time_in_its_own_way() -> None:
    """X writes milliseconds and Z, Graph an offset without a colon."""
    at = 1797595200.5

    written = (iso(at), graph_time(at))

    assert written == ("2026-12-18T12:00:00.500Z", "2026-12-18T12:00:00+0000")
