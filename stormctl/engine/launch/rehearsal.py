"""A whole storm against the emulator: the very code of a launch, on a fast clock and a ledger of its own."""

from __future__ import annotations

import json
import shutil
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import Moment
from stormctl.domain.report.tally import Tally
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.alerts.notifications import make_notifications
from stormctl.engine.base.clocks import StormClock, read_wall_clock, write_pace
from stormctl.engine.base.equipment import Workspace
from stormctl.engine.launch.emulator_process import EmulatorProcess
from stormctl.engine.launch.launch import launching
from stormctl.engine.launch.stage import (
    ACCESS,
    CLOCK,
    DURATIONS,
    LEDGER,
    make_environment,
    open_stage_ledger,
    rehearsal_folder,
)
from stormctl.engine.launch.tally import tally_channels
from stormctl.engine.operate.standing import get_status, report_storm
from stormctl.errors import StormctlError, UsageError
from stormctl.places import find_status, make_folder, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.report.report import Report
    from stormctl.domain.report.status import StormStatus
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.clocks import Pace
    from stormctl.engine.launch.preparation import Preparation
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.service import Onlooker
    from stormctl.ledger.ledger import Ledger

FAST_PART_S = 4.0
WATCHED_FAST_PART_S = 12.0
"""Real seconds that the time between posts takes in all, where no speed is given; longer to look at."""

LEAD = timedelta(minutes=2)
"""How long before the first slot the storm's clock starts."""

READ_AFTER = timedelta(hours=25)
"""How long after the last post its reach is read: Facebook's insights lag a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How a rehearsal went.

    Attributes:
        billed_usd_micros: what the emulated platforms billed.
        spent_usd_micros: what the ledger has booked.
    """

    tally: Tally
    billed_usd_micros: int
    spent_usd_micros: int
    report: Report
    status: StormStatus


def choose_speed(plan: Plan, *, is_watched: bool) -> float:
    """Return the speed at which the time between a storm's posts takes some seconds in all; at least 1."""
    slots = [delivery.slot_at for delivery in plan.deliveries]
    span = (max(slots) - min(slots) + LEAD).total_seconds() if slots else 0.0
    return max(1.0, span / (WATCHED_FAST_PART_S if is_watched else FAST_PART_S))


def rehearse(
    campaign: Campaign,
    agree: Callable[[Preparation], None],
    tell: Callable[[str], None],
    onlooker: Onlooker,
    *,
    speed: float | None,
    is_watched: bool,
    faults: str,
    report_path: str,
) -> Rehearsed:
    """Launch the storm against an emulator started for it, then ask that what it really received.

    Args:
        speed: storm seconds a real second while nothing is due; None for what suits the storm.
        is_watched: whether someone follows it on a moving picture: without a speed it is slower then.
        faults: the emulator's profile of faults: `none`, `normal`, `rough` or a file.

    Raises:
        FindingsError: the files break a rule.
        UsageError: another rehearsal of this campaign is running.
    """
    _, plan = campaign.get_plan()
    speed = speed if speed is not None else choose_speed(plan, is_watched=is_watched)
    with (
        _set_stage(campaign, speed, faults) as stage,
        launching(campaign, stage.workspace, agree, tell) as launch,
    ):
        runner = launch.run("rehearsal", make_notifications(stage.workspace.settings), onlooker)
        return _settle(campaign, stage, runner, report_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """What a rehearsal runs on: an emulator of its own, and everything that is made for it.

    Attributes:
        started_at: when its making was begun, in real time.
        begun_at: the storm's time when it was ready.
    """

    started_at: datetime
    begun_at: datetime
    emulator: EmulatorProcess
    ledger: Ledger
    clock: StormClock
    workspace: Workspace


def _settle(campaign: Campaign, stage: _Stage, runner: Runner, report_path: str) -> Rehearsed:
    """Read what was reached, a day later, and hold what the ledger says against what arrived."""
    storm, _ = campaign.get_plan()
    ended_at = stage.clock.moment().at
    stage.clock.jump(ended_at + READ_AFTER)
    runner.follow_up()
    runner.collect_all(storm.id)
    now = stage.clock.moment()
    deliveries, received = stage.ledger.history.deliveries(storm.id), stage.emulator.received()
    tallies, differences = tally_channels(deliveries, received)
    tally = Tally(
        channels=tallies,
        differences=differences,
        took_s=(read_wall_clock() - stage.started_at).total_seconds(),
        storm_s=(ended_at - stage.begun_at - LEAD).total_seconds(),
        report_path=report_path,
    )
    return Rehearsed(
        tally=tally,
        billed_usd_micros=stage.emulator.billed(),
        spent_usd_micros=stage.ledger.budgets.spent(storm.id),
        report=report_storm(stage.ledger, now, storm.id, DURATIONS),
        status=get_status(stage.ledger, now, storm.id, DURATIONS),
    )


@contextmanager
def _set_stage(campaign: Campaign, speed: float, faults: str) -> Iterator[_Stage]:
    """Start an emulator with its clock, adapters and a new ledger; put everything away at the end."""
    started_at = read_wall_clock()
    storm, plan = campaign.get_plan()
    folder = _fresh_folder(campaign.root)
    channels = [rule.id for rule in storm.channels]
    verified = [rule.id for rule in storm.channels if rule.verified]
    with EmulatorProcess(channels, seed=storm.seed, faults=faults, verified=verified) as emulator:
        environment = make_environment(emulator.variables())

        def tell(pace: Pace) -> None:
            write_pace(folder / CLOCK, pace)
            emulator.set_pace(pace)

        first = min((d.slot_at for d in plan.deliveries), default=read_wall_clock())
        clock = StormClock(first - LEAD, speed, tell=tell)
        with (
            closing(EnvironmentAdapters(environment)) as adapters,
            closing(open_stage_ledger(campaign.root, create=True)) as ledger,
        ):
            workspace = Workspace(
                root=campaign.root,
                settings=environment.settings,
                durations=DURATIONS,
                adapters=adapters,
                where=ledger.where,
                has_ledger=lambda: True,
                open_ledger=lambda **_options: nullcontext(ledger),
                clock=clock,
            )
            write_text(folder / ACCESS, json.dumps(dict(emulator.variables())), 0o600)
            try:
                yield _Stage(
                    started_at=started_at,
                    begun_at=clock.moment().at,
                    emulator=emulator,
                    ledger=ledger,
                    clock=clock,
                    workspace=workspace,
                )
            finally:
                (folder / ACCESS).unlink(missing_ok=True)


def _fresh_folder(root: Path) -> Path:
    """Make an empty folder for the rehearsal; UsageError while another one is using it, or if it can't be."""
    folder = rehearsal_folder(root)
    try:
        _empty(root, folder)
    except OSError as error:
        message = f"the rehearsal's folder {folder} can't be made: {error.strerror}"
        raise UsageError(message, "The campaign folder must be writable for you.") from None
    return folder


def _empty(root: Path, folder: Path) -> None:
    if find_status(folder / LEDGER) is not None:
        try:
            old = open_stage_ledger(root)
        except StormctlError:
            pass  # of another version, or broken: it is thrown away below
        else:
            now = read_wall_clock()
            runners = old.runners.list(Moment(now, now), timeout=DURATIONS.runner_timeout)
            old.close()
            if any(runner.alive for runner in runners):
                raise UsageError(
                    "a rehearsal of this campaign is running",
                    "Wait until it ends, or watch it: stormctl status --rehearsal.",
                )
        shutil.rmtree(folder)
    make_folder(folder)
