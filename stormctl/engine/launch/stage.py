"""The rehearsal of a campaign as other windows see it: its folder, ledger, clock and accounts."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.base.clocks import FollowedClock
from stormctl.engine.base.equipment import Durations
from stormctl.environment import Environment, find_base_urls
from stormctl.errors import StormctlError, UsageError
from stormctl.ledger.ledger import open_ledger
from stormctl.places import find_status
from stormctl.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.ledger.ledger import Ledger

DURATIONS = Durations(
    request_limit=timedelta(seconds=4),
    lease=timedelta(seconds=8),
    settling=dict.fromkeys(Platform, timedelta(seconds=1)),
    sweep=timedelta(milliseconds=250),
    heartbeat=timedelta(seconds=1),
    upload_rest=timedelta(seconds=1),
)
"""Machine durations of a rehearsal: shorter, so that a doubt costs seconds only."""

LEDGER = "ledger.db"
CLOCK = "clock.json"
ACCESS = "emulator.json"
"""Addresses and throw-away keys of the emulator, for commands in other windows, while it runs."""


def rehearsal_folder(root: Path) -> Path:
    """Return where a campaign's rehearsal keeps its ledger, its clock and its report."""
    return root / ".stormctl" / "rehearsal"


def open_rehearsal(root: Path) -> tuple[Ledger, Clock, Durations]:
    """Open the ledger of a campaign's newest rehearsal, with the clock that it runs on.

    Raises:
        UsageError: there has been none.
    """
    folder = rehearsal_folder(root)
    try:
        is_there = all(find_status(folder / name) is not None for name in (LEDGER, CLOCK))
    except OSError as error:
        raise UsageError(f"the rehearsal's folder {folder} can't be read: {error.strerror}") from None
    if not is_there:
        raise UsageError("there is no rehearsal to act on", "Start one in another window: stormctl rehearse.")
    return open_stage_ledger(root), FollowedClock(folder / CLOCK), DURATIONS


def find_live_runner(ledger: Ledger, clock: Clock) -> RunnerStatus | None:
    """Find the runner of the rehearsal to which a ledger belongs; None once it is over."""
    runners = ledger.runners.list(clock.moment(), timeout=DURATIONS.runner_timeout)
    return next((runner for runner in runners if runner.alive), None)


def refuse_when_over(root: Path, ledger: Ledger, clock: Clock) -> None:
    """Refuse to act on a rehearsal that no longer runs, or not yet; UsageError says how to start one."""
    if find_live_runner(ledger, clock) is not None:
        return
    runners = ledger.runners.list(clock.moment(), timeout=DURATIONS.runner_timeout)
    report = rehearsal_folder(root) / "report.html"
    last = max((runner.beat_at for runner in runners), default=None)
    ended = "" if last is None else f": the last one ended at {last.astimezone():%H:%M}"
    hint = "Start one in another window: stormctl rehearse."
    if find_status(report) is not None:
        hint += f" How the last one went: {report.relative_to(root)}"
    raise UsageError(f"no rehearsal is running{ended}", hint)


def is_rehearsing(root: Path) -> bool:
    """Whether a rehearsal of a campaign runs now, as far as its files can be read."""
    if not (rehearsal_folder(root) / ACCESS).exists():
        return False
    try:
        ledger, clock, _ = open_rehearsal(root)
        with closing(ledger):
            return find_live_runner(ledger, clock) is not None
    except (OSError, StormctlError):
        return False


def open_rehearsal_adapters(root: Path) -> EnvironmentAdapters:
    """Make adapters for the emulator of the rehearsal that is running.

    Raises:
        UsageError: none is.
    """
    try:
        variables = json.loads((rehearsal_folder(root) / ACCESS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            "the rehearsal is over, and its emulator is gone", "Start another one: stormctl rehearse."
        ) from None
    return EnvironmentAdapters(make_environment(variables))


def make_environment(variables: Mapping[str, str]) -> Environment:
    """Return the environment of a rehearsal, from the variables of its emulator."""
    settings = Settings(
        base_urls=find_base_urls(variables),
        live=False,
        request_limit=DURATIONS.request_limit,
    )
    return Environment(settings, variables)


def open_stage_ledger(root: Path, *, create: bool = False) -> Ledger:
    """Open the ledger of a campaign's rehearsal."""
    path = (rehearsal_folder(root) / LEDGER).relative_to(root)
    return open_ledger(
        f"sqlite:///{path.as_posix()}",
        root=root,
        create=create,
        state=rehearsal_folder(root),  # it is made again each time, and nobody else's business
    )
