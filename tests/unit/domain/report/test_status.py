"""Storms tell by themselves whether they are done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.status import StormStatus

EMPTY = StormStatus(
    storm_id="storm",
    name="A storm",
    timezone="UTC",
    counts={},
    channels=(),
    upcoming=(),
    recent=(),
    troubled=(),
    late=0,
    first_slot_at=None,
    last_slot_at=None,
)


@pytest.mark.parametrize("state", list(State))
def test_a_storm_is_finished_when_nothing_is_open(state: State) -> None:
    """Planned, claimed and in doubt may still change; every other state waits for a person or for nothing."""
    status = replace(EMPTY, counts={State.DELIVERED: 2, state: 1})

    assert status.is_finished is not state.is_open


def test_a_state_that_nothing_is_in_keeps_no_storm_open() -> None:
    """A count of nought is none."""
    status = replace(EMPTY, counts={State.PLANNED: 0, State.DELIVERED: 4})

    assert (status.is_finished, status.total) == (True, 4)
