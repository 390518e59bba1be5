"""The agenda: when each channel has something due, asked seldom and remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.engine.run.scheduler import Agenda
from tests.factories import ACME, PAGE, make_delivery

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

MINUTE = timedelta(minutes=1)


def test_it_remembers_what_comes_next_on_each_channel(bench: Bench) -> None:
    """One channel is due now, the other in a minute."""
    now, agenda = bench.clock.at, Agenda(bench.ledger.backlog)
    bench.enroll(make_delivery(slot_at=now), make_delivery("later", slot_at=now + MINUTE, channel=PAGE))

    agenda.ask(bench.clock.moment(), [ACME, PAGE])

    assert agenda.due(bench.clock.moment(), [ACME, PAGE]) == [ACME]
    assert (agenda.find_next([ACME, PAGE]), agenda.find_next([PAGE])) == (now, now + MINUTE)
    assert agenda.due(bench.clock.move(MINUTE), [ACME, PAGE]) == [ACME, PAGE]


def test_a_channel_with_nothing_to_come_is_not_due(bench: Bench) -> None:
    """It was asked about, and that is remembered, too."""
    agenda = Agenda(bench.ledger.backlog)

    agenda.ask(bench.clock.moment(), [ACME])

    assert agenda.due(bench.clock.moment(), [ACME]) == []
    assert agenda.find_next([ACME]) is None
    assert agenda.find_unasked([ACME, PAGE]) == [PAGE]


def test_a_channel_that_is_being_served_is_not_due_again_before_it_was_asked(bench: Bench) -> None:
    """What was due is perhaps being sent: starting again for it would find nothing, and let it rest."""
    agenda = Agenda(bench.ledger.backlog)
    bench.enroll(make_delivery(slot_at=bench.clock.at))
    agenda.ask(bench.clock.moment(), [ACME])

    agenda.strike(ACME)

    assert agenda.due(bench.clock.moment(), [ACME]) == []
    assert agenda.find_unasked([ACME]) == []
