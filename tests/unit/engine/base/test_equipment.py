"""What a runner is handed tells events with the storm's own time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.base.equipment import Durations
from tests.factories import ACME

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench


def test_an_event_carries_the_storms_time_and_the_channels_name(bench: Bench) -> None:
    """Whoever listens gets one object with everything that is known."""
    bench.clock.wall_at -= timedelta(days=20)

    bench.equipment.tell(EventKind.WARNING, "no route", channel=ACME, storm_id="storm", key="k", attempt_id=7)
    bench.equipment.tell(EventKind.FINISHED, "all done")

    assert bench.events.all == [
        StormEvent(
            kind=EventKind.WARNING,
            at=bench.clock.at,
            text="no route",
            storm_id="storm",
            channel="x:acme",
            key="k",
            attempt_id=7,
        ),
        StormEvent(kind=EventKind.FINISHED, at=bench.clock.at, text="all done"),
    ]


def test_a_runner_counts_as_gone_after_three_heartbeats() -> None:
    """One late heartbeat is no death."""
    assert Durations(heartbeat=timedelta(seconds=2)).runner_timeout == timedelta(seconds=6)
