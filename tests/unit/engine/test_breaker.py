"""A channel in trouble is paused, then suspended; a success resets it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery import Refused
from stormctl.domain.event import EventKind
from stormctl.engine.breaker import PAUSES, TROUBLES_TO_PAUSE
from tests.factories import ACME, make_delivery

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

REFUSED = Refused(reason="not allowed", code="403", for_good=True)


def _enroll(bench: Bench, count: int) -> None:
    bench.enroll(*(make_delivery(f"m{number:02}") for number in range(count)))


def test_three_troubles_in_a_row_pause_the_channel(bench: Bench) -> None:
    """After the third refusal nothing is sent until the pause is over."""
    _enroll(bench, 6)
    bench.x.script.extend([REFUSED] * 6)

    bench.serve()
    bench.clock.move(PAUSES[0] - timedelta(seconds=1))
    bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE
    assert len(bench.events.texts(EventKind.PAUSED)) == 1


def test_after_a_pause_one_more_trouble_pauses_longer(bench: Bench) -> None:
    """One trial delivery decides; the second pause is the longer one."""
    _enroll(bench, 6)
    bench.x.script.extend([REFUSED] * 6)

    bench.serve()
    bench.clock.move(PAUSES[0])
    bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE + 1
    assert bench.ledger.outbox.next_due(bench.clock.moment(), [str(ACME)]) == bench.clock.at + PAUSES[1]


def test_when_pauses_do_not_help_the_channel_is_suspended(bench: Bench) -> None:
    """The next trouble after the last pause stops the channel until a person resumes it."""
    _enroll(bench, 8)
    bench.x.script.extend([REFUSED] * 8)

    for wait in (timedelta(), *PAUSES, timedelta(hours=1)):
        bench.clock.move(wait)
        bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE + len(PAUSES)
    assert "x:acme" in bench.ledger.channels.suspended()


def test_a_success_forgets_the_troubles_before_it(bench: Bench) -> None:
    """Two refusals, a success and two more are no row of three."""
    _enroll(bench, 6)
    bench.x.script.extend([REFUSED, REFUSED, bench.x.accept, REFUSED, REFUSED, bench.x.accept])

    bench.serve()

    assert len(bench.x.sent) == 6
    assert bench.events.texts(EventKind.PAUSED) == []
