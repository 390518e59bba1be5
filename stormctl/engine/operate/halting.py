"""Halt, wait until every live runner has seen it, and resume."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import State
from stormctl.errors import UsageError
from stormctl.files.nearest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.clock import Clock
    from stormctl.domain.report.status import Resumption, RunnerStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.control.halts import Resumed
    from stormctl.ledger.ledger import Ledger

POLL_S = 0.1
"""Real seconds between two looks at who has acknowledged."""


@dataclass(frozen=True, slots=True)
class HaltAcknowledgement:
    """Who has seen a halt, and what was on its way already: it went out, or still may."""

    acknowledged: tuple[RunnerStatus, ...]
    silent: tuple[RunnerStatus, ...]
    in_flight: tuple[str, ...]


def halt_scope(ledger: Ledger, clock: Clock, scope: str, target: str | None, *, reason: str, who: str) -> str:
    """Stop publishing; return a warning where that holds nothing back, as after a slip of the hand."""
    ledger.halts.halt(scope, target, reason, who, clock.moment())
    if target is None or scope == "platform":
        return ""
    known = ledger.halts.find_names(scope)
    if target in known:
        return ""
    return f"This halt stops nothing: no post has {scope} {target}; {suggest(target, known)}"


def resume_scope(
    ledger: Ledger,
    clock: Clock,
    scope: str,
    target: str | None,
    *,
    who: str,
    decide: Callable[[Resumption], LatePolicy | None],
) -> Resumed:
    """Let publishing flow again; one transaction lifts halts, releases a channel and treats what is late.

    Args:
        decide: shown what flows then; returns what happens to what is late, or raises to leave all as it is.

    Raises:
        UsageError: there is nothing to lift.
    """
    preview = ledger.overview.preview_resumption(clock.moment(), scope, target)
    if not preview.halts and preview.releases is None:
        raise UsageError("there was no halt to lift", "stormctl status shows the halts in force.")
    late = decide(preview)
    return ledger.halts.resume(clock.moment(), who, scope=scope, target=target, late=late)


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
