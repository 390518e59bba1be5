"""In a lane each channel does one thing at a time, and one channel's trouble is not another's."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.engine.run.lanes import EVERY, Lane, Problems
from stormctl.errors import CredentialsError, LedgerError
from tests.factories import ACME, PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.platforms.channel import ChannelId
    from tests.unit.engine.conftest import Bench

SECOND = timedelta(seconds=1)
PATIENCE_S = 10


@dataclass
class Bay:
    """A lane with what is told of it, and what is raised when it frees a channel."""

    bench: Bench
    freed: int = 0
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.problems = Problems(self.bench.equipment)
        self.lane = Lane("test", 4, self.problems, freed=self._count)

    def told(self, kind: EventKind = EventKind.WARNING) -> list[str]:
        """Return what was told of a kind."""
        return self.bench.events.texts(kind)

    def warn(self, times: int, text: str = "no answer") -> None:
        """Warn once a second."""
        for _ in range(times):
            self.problems.warn(text)
            self.bench.clock.move(SECOND)

    def _count(self, _channel: ChannelId) -> None:
        self.freed += 1
        if self.error is not None:
            raise self.error

    def do(self, work: Callable[[ChannelId], bool], channel: ChannelId = ACME) -> None:
        """Do a channel's work and wait for it."""
        self.lane.run_all([channel], work)


@pytest.fixture
def bay(bench: Bench) -> Iterator[Bay]:
    """A lane of four threads."""
    made = Bay(bench)
    yield made
    made.lane.close()


def _fail(_channel: ChannelId) -> bool:
    raise ZeroDivisionError("a bug of ours")


def test_a_channel_is_at_work_only_once(bay: Bay) -> None:
    """Starting again while the work goes on does nothing; another channel starts beside it."""
    begun, may_end, done = threading.Semaphore(0), threading.Event(), []

    def work(channel: ChannelId) -> bool:
        begun.release()
        may_end.wait(PATIENCE_S)
        done.append(channel)
        return True

    for channel in (ACME, ACME, PAGE):
        bay.lane.start(channel, work)
    begun.acquire(timeout=PATIENCE_S)
    begun.acquire(timeout=PATIENCE_S)
    busy, free = bay.lane.is_busy, bay.lane.free([ACME, PAGE])
    may_end.set()
    bay.lane.close()

    assert (busy, free) == (True, [])
    assert sorted(done) == sorted([ACME, PAGE])
    assert (bay.lane.is_busy, bay.lane.free([ACME, PAGE])) == (False, [ACME, PAGE])


def test_a_channel_that_had_nothing_to_do_rests_until_the_next_sweep(bay: Bay) -> None:
    """It is not started in a circle; `refresh` lets it start again."""
    bay.do(lambda _: False)
    resting = bay.lane.free([ACME, PAGE])
    bay.lane.refresh()

    assert resting == [PAGE]
    assert bay.lane.free([ACME, PAGE]) == [ACME, PAGE]


def test_an_expected_error_is_told_and_the_channel_rests(bay: Bay) -> None:
    """Withdrawn credentials are a line, not a crash; the lane stays open for the channel."""

    def refuse(_channel: ChannelId) -> bool:
        raise CredentialsError("no credentials", "Put them back.")

    bay.do(refuse)

    assert bay.told() == ["x:acme: no credentials"]
    assert (bay.lane.free([ACME]), bay.lane.open([ACME]), bay.problems.bugs) == ([], [ACME], [])
    assert bay.freed == 1


def test_a_bug_closes_the_lane_for_its_channel_alone(bay: Bay, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback and kept; the other channels go on."""
    bay.do(_fail)
    bay.lane.refresh()

    assert [type(bug) for bug in bay.problems.bugs] == [ZeroDivisionError]
    assert bay.told() == []
    (told,) = (event for event in bay.bench.events.all if event.kind is EventKind.BUG)
    assert (told.channel, told.text) == (
        "x:acme",
        "a bug, its traceback is in the log: ZeroDivisionError: a bug of ours",
    )
    assert "Traceback" in caplog.text
    assert (bay.lane.free([ACME, PAGE]), bay.lane.open([ACME, PAGE])) == ([PAGE], [PAGE])


def test_an_error_after_the_work_is_told(bay: Bay) -> None:
    """A ledger that is locked just when the timer is armed costs a line."""
    bay.error = LedgerError("the ledger is locked")

    bay.do(lambda _: True)

    assert bay.told() == ["the ledger is locked"]
    assert bay.problems.bugs == []


def test_a_bug_after_the_work_is_not_forgotten(bay: Bay, caplog: pytest.LogCaptureFixture) -> None:
    """It is kept like one within the work."""
    bay.error = ZeroDivisionError("a bug of ours")

    bay.do(lambda _: True)

    assert bay.problems.bugs == [bay.error]
    assert "Traceback" in caplog.text


def test_a_warning_is_told_at_once_and_then_held_back_for_a_minute(bay: Bay) -> None:
    """Sixty sweeps a minute fail in the same way: one line, and then another one with their number."""
    bay.warn(60)
    held_back = bay.told()
    bay.warn(1)

    assert held_back == ["no answer"]
    assert bay.told() == ["no answer", "no answer (and 59 times since it was last reported)"]


def test_what_was_held_back_once_is_told_as_one_time(bay: Bay) -> None:
    """The noun agrees with its number."""
    bay.warn(2)
    bay.bench.clock.move(EVERY)
    bay.warn(1)

    assert bay.told()[1] == "no answer (and 1 time since it was last reported)"


def test_another_warning_is_told_at_once(bay: Bay) -> None:
    """Only what is the same to the letter is held back."""
    bay.warn(2, "x:acme: locked")
    bay.warn(1, "facebook:acme: locked")

    assert bay.told() == ["x:acme: locked", "facebook:acme: locked"]


def test_what_comes_back_much_later_is_told_plainly(bay: Bay) -> None:
    """It was not held back, so there is nothing to count."""
    bay.warn(1)
    bay.bench.clock.move(10 * EVERY)
    bay.warn(1)

    assert bay.told() == ["no answer"] * 2


def test_what_was_told_long_ago_is_forgotten(bay: Bay) -> None:
    """A daemon runs for months: what it told takes no more room with each warning."""
    for number in range(100):
        bay.warn(1, f"warning {number}")
        bay.bench.clock.move(EVERY)

    assert len(bay.problems._told) == 1


def test_a_clock_that_is_set_back_holds_no_warning_for_hours(bay: Bay) -> None:
    """What was told at an hour that is still to come is told again."""
    bay.warn(1)
    bay.bench.clock.set_by(timedelta(hours=-3))
    bay.warn(2)

    assert bay.told() == ["no answer"] * 2
