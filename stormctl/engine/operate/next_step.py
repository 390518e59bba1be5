"""Where a campaign is, and the one command that comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.delivery.delivery import CANARY_STORM, State
from stormctl.files.campaign import SAMPLE, find_schedules
from stormctl.places import find_status

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.report.status import LedgerStatus, StormStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.ledger import Ledger

REHEARSED = ".stormctl/rehearsal/report.json"
"""What a rehearsal leaves behind, relative to the campaign folder."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where we are, in a line, and the command to type next."""

    where: str
    command: str


NO_CAMPAIGN = NextStep("no campaign here", f"stormctl rehearse --sample {SAMPLE}")


def find_next_step(root: Path, ledger: Ledger | None, moment: Moment, durations: Durations) -> NextStep:
    """Find where a campaign is: a storm that is under way comes first, then one that is to come.

    Args:
        ledger: None where there is none yet.
    """
    standing = None
    if ledger is not None:
        standing = ledger.overview.status(moment, runner_timeout=durations.runner_timeout)
    storms = [] if standing is None else [s for s in standing.storms if s.storm_id != CANARY_STORM]
    if standing is not None:
        for storm in storms:
            if not storm.is_finished:
                return _describe_open(root, standing, storm)
    coming = _find_coming(root, {storm.storm_id for storm in storms}, moment)
    if coming is not None:
        return _describe_coming(root, coming)
    if storms:
        return _describe_done(storms[0])
    return NextStep("a campaign without a storm to come", "stormctl check")


def _describe_open(root: Path, standing: LedgerStatus, storm: StormStatus) -> NextStep:
    out = f"{storm.counts.get(State.DELIVERED, 0)} of {storm.total} posts are out"
    if standing.halts:
        halt = standing.halts[-1]
        what = f"{halt.scope} {halt.target}" if halt.target else "everything"
        return NextStep(f"{storm.storm_id}: {what} halted by {halt.who}, {out}", "stormctl resume")
    if any(runner.alive for runner in standing.runners):
        return NextStep(f"{storm.storm_id}: running, {out}", "stormctl status")
    if storm.counts.get(State.IN_DOUBT) and not storm.counts.get(State.PLANNED):
        return NextStep(f"{storm.storm_id}: in doubt, {out}", "stormctl status")
    command = f"stormctl launch {storm.storm_id}"
    if not (root / "schedules" / f"{storm.storm_id}.toml").is_file():
        command = "stormctl daemon"
    return NextStep(f"{storm.storm_id}: launched, and nothing runs it, {out}", command)


def _describe_done(storm: StormStatus) -> NextStep:
    out = f"{storm.counts.get(State.DELIVERED, 0)} of {storm.total} posts are out"
    return NextStep(f"{storm.storm_id}: done, {out}", f"stormctl report {storm.storm_id}")


def _find_coming(root: Path, launched: set[str], moment: Moment) -> Path | None:
    """Find the schedule of the next storm that was not launched: the soonest, or one with errors."""
    from stormctl.files.schedules.schedule import load_storm

    if not any((root / "schedules").glob("*.toml")):
        return None
    coming = []
    for path in find_schedules(root):
        if path.stem in launched:
            continue
        storm, _ = load_storm(root, path)
        if storm is None:
            coming.append((moment.at.date(), path))
        elif storm.last_on >= moment.at.astimezone(ZoneInfo(storm.timezone)).date():
            coming.append((storm.first_on, path))
    return min(coming)[1] if coming else None


def _describe_coming(root: Path, path: Path) -> NextStep:
    from stormctl.engine.base.campaign import load_campaign

    campaign = load_campaign(root, path, remember=True)
    name = path.stem
    if campaign.errors or campaign.storm is None or campaign.plan is None:
        errors = len(campaign.errors)
        shown = "1 error" if errors == 1 else f"{errors} errors"
        return NextStep(f"{name}: {shown} to fix before a launch", f"stormctl check {path.relative_to(root)}")
    planned = f"{name}: checked, {len(campaign.plan.deliveries)} posts planned"
    if _needs_approval(campaign.storm):
        asks = f"{planned}; its approval = {campaign.storm.approval} can't be collected yet, so it can't be"
        return NextStep(f"{asks} launched", f"stormctl rehearse {name}")
    if find_status(root / REHEARSED) is None:
        return NextStep(f"{planned}, not rehearsed", f"stormctl rehearse {name}")
    return NextStep(f"{planned} and rehearsed, not launched", f"stormctl doctor {name}")


def _needs_approval(storm: Storm) -> bool:
    return storm.approval > 0
