"""Wait until every live runner has seen a halt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from datetime import timedelta

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.ledger import Ledger

POLL_S = 0.1
"""Real seconds between two looks at who has acknowledged."""


@dataclass(frozen=True, slots=True)
class HaltAcknowledgement:
    """Who has seen a halt, and what was on its way already: it went out, or still may."""

    acknowledged: tuple[RunnerStatus, ...]
    silent: tuple[RunnerStatus, ...]
    in_flight: tuple[str, ...]


def wait_for_runners(
    ledger: Ledger, clock: Clock, durations: Durations, patience: timedelta
) -> HaltAcknowledgement:
    """Wait up to `patience`, in real time, for every live runner to acknowledge the newest halt."""
    end_s = clock.steady_s() + patience.total_seconds()
    claimed = ledger.halts.claimed()
    pause = threading.Event()
    while True:
        moment = clock.moment()
        live = [r for r in ledger.runners.list(moment, timeout=durations.runner_timeout) if r.alive]
        silent = ledger.halts.unacknowledged(moment, timeout=durations.runner_timeout)
        if not silent or clock.steady_s() >= end_s:
            break
        pause.wait(POLL_S)
    in_flight = tuple(key for key in claimed if ledger.history.get(key).state is not State.PLANNED)
    silent_ids = {runner.id for runner in silent}  # one that beat in between is not the same value
    return HaltAcknowledgement(tuple(r for r in live if r.id not in silent_ids), silent, in_flight)
