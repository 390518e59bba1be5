"""After a halt one waits until every live runner has seen it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Delivered, NotSent
from stormctl.engine.operate import halting
from stormctl.engine.operate.halting import HaltAcknowledgement, wait_for_runners
from tests.factories import ACME, make_delivery
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.report.status import RunnerStatus
    from tests.unit.engine.conftest import Bench

PATIENCE = timedelta(seconds=3)


class PassingClock(FakeClock):
    """A clock on which each look takes a second, and something may happen at each."""

    def __init__(self, at_each: Callable[[Moment], None] = lambda _moment: None) -> None:
        super().__init__()
        self.looks = 0
        self._at_each = at_each

    def moment(self) -> Moment:
        """Read the clock, a second later."""
        self.looks += 1
        self.at += timedelta(seconds=1)
        self.wall_at = self.at
        moment = super().moment()
        self._at_each(moment)
        return moment


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once."""
    monkeypatch.setattr(halting, "POLL_S", 0.0)


def _halt(bench: Bench) -> None:
    bench.ledger.halts.halt("all", None, "tragedy", "ada", bench.clock.moment())


def _wait(bench: Bench, clock: FakeClock) -> HaltAcknowledgement:
    return wait_for_runners(bench.ledger, clock, bench.equipment.durations, PATIENCE)


def test_a_runner_that_has_seen_the_halt_is_named_as_such(bench: Bench) -> None:
    """It sees it at its next sweep: the wait ends as soon as it has."""
    _halt(bench)

    def acknowledge(moment: Moment) -> None:
        if clock.looks == 3:
            bench.ledger.halts.acknowledge(bench.runner_id, moment)

    clock = PassingClock(acknowledge)
    heard = _wait(bench, clock)

    assert [runner.id for runner in heard.acknowledged] == [bench.runner_id]
    assert (heard.silent, clock.looks) == ((), 3)


def test_a_runner_that_says_nothing_is_named_when_patience_ends(bench: Bench) -> None:
    """A person then knows which process needs attention."""
    _halt(bench)

    heard = _wait(bench, PassingClock())

    assert [runner.id for runner in heard.silent] == [bench.runner_id]
    assert heard.acknowledged == ()


def test_patience_ends_although_the_clock_is_set_back_meanwhile(bench: Bench) -> None:
    """Whoever halts must not sit before a command that waits for hours."""
    _halt(bench)

    def set_back(_moment: Moment) -> None:
        assert clock.looks < 60, "it waits for that hour to come again"
        if clock.looks == 2:
            clock.set_by(timedelta(hours=-3))

    clock = PassingClock(set_back)
    heard = _wait(bench, clock)

    assert [runner.id for runner in heard.silent] == [bench.runner_id]


def test_a_runner_that_beats_meanwhile_is_silent_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Living is not hearing: it is never named on both sides."""
    _halt(bench)
    read = bench.ledger.runners.list

    def read_and_beat(moment: Moment, *, timeout: timedelta) -> tuple[RunnerStatus, ...]:
        runners = read(moment, timeout=timeout)
        bench.ledger.runners.beat(bench.runner_id, moment, channels=[])
        return runners

    monkeypatch.setattr(bench.ledger.runners, "list", read_and_beat)

    heard = _wait(bench, PassingClock())

    assert [runner.id for runner in heard.silent] == [bench.runner_id]
    assert heard.acknowledged == ()


def test_where_nobody_runs_there_is_nothing_to_wait_for(bench: Bench) -> None:
    """A runner that has stopped need not answer."""
    _halt(bench)
    bench.ledger.runners.stop(bench.runner_id, bench.clock.moment())
    clock = PassingClock()

    heard = _wait(bench, clock)

    assert heard == HaltAcknowledgement((), (), ())
    assert clock.looks == 1


@pytest.mark.parametrize(
    ("outcome", "named"),
    [
        (Delivered(post_id="p1", url="https://example.org/p1"), ("storm/x:acme/m1/en",)),
        (NotSent(reason="halted: tragedy"), ()),
    ],
)
def test_what_went_out_while_runners_were_waited_for_is_named(
    bench: Bench, outcome: Outcome, named: tuple[str, ...]
) -> None:
    """A request that had begun before the halt, and not one that the last check has kept back."""
    bench.enroll(make_delivery("m1"))
    claim = bench.ledger.outbox.claim(str(ACME), bench.runner_id, bench.clock.moment(), timedelta(minutes=1))
    assert claim is not None
    _halt(bench)

    def answer(moment: Moment) -> None:
        if clock.looks == 2:
            bench.ledger.outbox.record(claim, outcome, moment)
            bench.ledger.halts.acknowledge(bench.runner_id, moment)

    clock = PassingClock(answer)
    heard = _wait(bench, clock)

    assert heard.in_flight == named


def test_what_was_on_its_way_already_is_named(bench: Bench) -> None:
    """A halt can't call back a request that has begun: people are told which one."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))
    bench.ledger.outbox.claim(str(ACME), bench.runner_id, bench.clock.moment(), timedelta(minutes=1))
    _halt(bench)
    bench.ledger.halts.acknowledge(bench.runner_id, bench.clock.moment())

    heard = _wait(bench, PassingClock())

    assert heard.in_flight == ("storm/x:acme/m1/en",)
