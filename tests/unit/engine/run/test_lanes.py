"""In a lane each channel does one thing at a time, and one channel's trouble is not another's."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.run.lanes import Lane
from stormctl.errors import CredentialsError, LedgerError
from tests.factories import ACME, PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.base.channel import ChannelId

PATIENCE_S = 10


@dataclass
class Bay:
    """A lane with its warnings and broken channels, and what is raised when it frees a channel."""

    warnings: list[str] = field(default_factory=list)
    broken: list[tuple[ChannelId, str]] = field(default_factory=list)
    freed: int = 0
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.lane = Lane("test", 4, warn=self.warnings.append, broken=self._break, freed=self._count)

    def _break(self, channel: ChannelId, text: str) -> None:
        self.broken.append((channel, text))

    def _count(self, _channel: ChannelId) -> None:
        self.freed += 1
        if self.error is not None:
            raise self.error

    def do(self, work: Callable[[ChannelId], bool], channel: ChannelId = ACME) -> None:
        """Do a channel's work and wait for it."""
        self.lane.run_all([channel], work)


@pytest.fixture
def bay() -> Iterator[Bay]:
    """A lane of four threads."""
    made = Bay()
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

    assert bay.warnings == ["x:acme: no credentials"]
    assert (bay.lane.free([ACME]), bay.lane.open([ACME]), bay.lane.bugs) == ([], [ACME], [])
    assert bay.freed == 1


def test_a_bug_closes_the_lane_for_its_channel_alone(bay: Bay, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback and kept; the other channels go on."""
    bay.do(_fail)
    bay.lane.refresh()

    assert [type(bug) for bug in bay.lane.bugs] == [ZeroDivisionError]
    assert bay.warnings == []
    assert bay.broken == [
        (ACME, "a bug, its traceback is in the log: ZeroDivisionError: a bug of ours"),
    ]
    assert "Traceback" in caplog.text
    assert (bay.lane.free([ACME, PAGE]), bay.lane.open([ACME, PAGE])) == ([PAGE], [PAGE])


def test_an_error_after_the_work_is_told(bay: Bay) -> None:
    """A ledger that is locked just when the timer is armed costs a line."""
    bay.error = LedgerError("the ledger is locked")

    bay.do(lambda _: True)

    assert bay.warnings == ["the ledger is locked"]
    assert bay.lane.bugs == []


def test_a_bug_after_the_work_is_not_forgotten(bay: Bay, caplog: pytest.LogCaptureFixture) -> None:
    """It is kept like one within the work."""
    bay.error = ZeroDivisionError("a bug of ours")

    bay.do(lambda _: True)

    assert bay.lane.bugs == [bay.error]
    assert "Traceback" in caplog.text
