"""Halt, wait until every live runner has seen it, and resume."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.domain.report.halts import Scope
from stormctl.errors import UsageError
from stormctl.files.nearest import find_nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.clock import Clock
    from stormctl.domain.report.halts import Resumption
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.control.halts import Resumed
    from stormctl.ledger.ledger import Ledger

POLL_S = 0.1
"""Real seconds between two looks at who has acknowledged."""

ANYWAY = "If it is meant all the same: --anyway"
_NAMED = 10
"""How many known names a hint lists where none is near."""


@dataclass(frozen=True, slots=True)
class HaltAcknowledgement:
    """Who has seen a halt, and what was on its way already: it went out, or still may."""

    acknowledged: tuple[RunnerStatus, ...]
    silent: tuple[RunnerStatus, ...]
    in_flight: tuple[str, ...]


def check_scope(ledger: Ledger, scope: Scope, *, anyway: bool | None = None) -> Scope:
    """Return a scope as the ledger spells it.

    Args:
        anyway: whether it may name what the ledger has no posts of; None where nobody can say so.

    Raises:
        UsageError: nothing is of that name, with the nearest one that something is of.
    """
    if scope.target is None:
        return scope
    known = find_targets(ledger, scope.kind)
    folded = {name.casefold(): name for name in known}
    wanted = scope.target.strip().lower() if scope.kind == "platform" else scope.target.strip()
    target = folded.get(wanted.casefold(), wanted)
    if target not in known:
        _check_form(scope.kind, target, known)
        if not anyway:
            message = f"nothing was done: no post has the {scope.kind} “{target}”"
            ways = [_suggest(target, known), "" if anyway is None else ANYWAY]
            raise UsageError(message, " ".join(way for way in ways if way))
    return Scope(scope.kind, target, scope.only)


def find_targets(ledger: Ledger, kind: str) -> set[str]:
    """Return what a scope can name: that of which there are posts, and what is halted or suspended."""
    names = ledger.halts.find_names("channel" if kind == "platform" else kind)
    if kind == "platform":
        names = {name.partition(":")[0] for name in names}
    return names | find_held(ledger, kind)


def find_held(ledger: Ledger, kind: str) -> set[str]:
    """Return what is halted by name, or is a suspended channel."""
    held = {h.target for h in ledger.halts.active() if h.scope == kind and h.target is not None}
    return held | (set(ledger.channels.suspended()) if kind == "channel" else set())


def _check_form(kind: str, target: str, known: set[str]) -> None:
    try:
        if kind == "channel":
            parse_channel_id(target)
        if kind == "platform":
            Platform(target)
    except ValueError as error:
        message = f"“{target}” is not a platform" if kind == "platform" else str(error)
        known = known | {platform.value for platform in Platform} if kind == "platform" else known
        raise UsageError(f"nothing was done: {message}", _suggest(target, known)) from None


def _suggest(target: str, known: set[str]) -> str:
    is_near = find_nearest(target, known) is not None
    return suggest(target, known if is_near else sorted(known)[:_NAMED])


def resume_scope(
    ledger: Ledger,
    clock: Clock,
    scope: Scope,
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
    preview = ledger.resuming.preview(clock.moment(), scope)
    if not preview.halts and preview.releases is None:
        raise _explain_nothing(ledger, scope)
    late = decide(preview)
    return ledger.halts.resume(
        clock.moment(), who, scope=scope.kind, target=scope.target, only=scope.only, late=late
    )


def _explain_nothing(ledger: Ledger, scope: Scope) -> UsageError:
    others = [f"stormctl resume{halt.only.options}" for halt in ledger.halts.active()]
    others += [f"stormctl resume --channel {channel}" for channel in ledger.channels.suspended()]
    hint = f"What is held back: {', '.join(others[:_NAMED])}" if others else "Nothing is halted."
    of = "" if scope.target is None else f" of {scope}"
    return UsageError(f"there was no halt{of} to lift", hint)


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
