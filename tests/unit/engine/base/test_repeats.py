"""The same warning is told once a minute, with how often it came meanwhile."""

from __future__ import annotations

from datetime import timedelta

from stormctl.engine.base.repeats import EVERY, Repeats
from tests.fakes import NOON

SECOND = timedelta(seconds=1)


def test_a_warning_is_told_at_once_and_then_held_back() -> None:
    """Sixty sweeps a minute fail in the same way: one line."""
    repeats = Repeats()

    told = [repeats.pass_on("no answer", NOON + n * SECOND) for n in range(60)]

    assert told == ["no answer", *[None] * 59]


def test_after_a_minute_it_is_told_again_with_how_often_it_came() -> None:
    """Whoever reads the log sees that it goes on."""
    repeats = Repeats()
    for n in range(60):
        repeats.pass_on("no answer", NOON + n * SECOND)

    again = repeats.pass_on("no answer", NOON + EVERY)

    assert again == "no answer (and 59 times since it was last told)"


def test_what_was_held_back_once_is_told_as_one_time() -> None:
    """The noun agrees with its number."""
    repeats = Repeats()
    repeats.pass_on("no answer", NOON)
    repeats.pass_on("no answer", NOON + SECOND)

    assert repeats.pass_on("no answer", NOON + EVERY) == "no answer (and 1 time since it was last told)"


def test_another_warning_is_told_at_once() -> None:
    """Only what is the same to the letter is held back."""
    repeats = Repeats()
    repeats.pass_on("x:acme: locked", NOON)

    assert repeats.pass_on("facebook:acme: locked", NOON) == "facebook:acme: locked"


def test_what_comes_back_much_later_is_told_plainly() -> None:
    """It was not held back, so there is nothing to count."""
    repeats = Repeats()
    repeats.pass_on("no answer", NOON)

    assert repeats.pass_on("no answer", NOON + 10 * EVERY) == "no answer"


def test_what_was_told_long_ago_is_forgotten() -> None:
    """A daemon runs for months: what it told takes no more room with each warning."""
    repeats = Repeats()
    for n in range(100):
        repeats.pass_on(f"warning {n}", NOON + n * EVERY)

    assert len(repeats._told) == 1


def test_a_clock_that_is_set_back_holds_no_warning_for_hours() -> None:
    """What was told at an hour that is still to come is told again."""
    repeats = Repeats()
    repeats.pass_on("no answer", NOON + timedelta(hours=3))

    assert repeats.pass_on("no answer", NOON) == "no answer"
    assert repeats.pass_on("no answer", NOON + SECOND) is None
