"""A campaign folder's storm, bank, plan and findings, all in one reading."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.base.finding import sort_findings
from stormctl.domain.base.phrase import Phrase
from stormctl.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stormctl.domain.bank.message import Bank
    from stormctl.domain.base.finding import Finding, SilencedFinding
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.fixed import EnrolledSlot
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What a schedule file and its bank say, with everything that is wrong about them.

    Attributes:
        storm: None if the schedule can't be built.
        plan: None without a storm.
        read_findings: those of the reading alone, which no plan changes.
        silenced: what somebody accepted, with their reasons.
    """

    root: Path
    storm: Storm | None
    bank: Bank | None
    plan: Plan | None
    findings: tuple[Finding, ...]
    silenced: tuple[SilencedFinding, ...] = ()
    read_findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a launch."""
        return tuple(finding for finding in self.findings if finding.is_error)

    def get_plan(self) -> tuple[Storm, Plan]:
        """Return what can be launched.

        Raises:
            FindingsError: the files break a rule that stops a launch.
        """
        if self.errors or self.storm is None or self.plan is None:
            count = len(self.errors)
            message = (
                Phrase("1 error must be fixed first")
                if count == 1
                else Phrase("{number:,} errors must be fixed first", number=count)
            )
            raise FindingsError(message, Phrase("Each one is listed above, with its place."))
        return self.storm, self.plan


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let Python's search for circles of objects rest while a bank is read: nothing of it is one.

    It would look again and again at all that was made so far, which costs the more, the larger a bank is.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@collector_paused()
def load_campaign(root: Path, schedule: Path, *, remember: bool = False) -> Campaign:
    """Read a schedule and its bank, plan the storm and check everything.

    Args:
        remember: as for `load_bank`.

    Raises:
        UsageError: a file or folder that was named does not exist.
    """
    from stormctl.checks.run import run_checks
    from stormctl.domain.plan.planning import plan_storm
    from stormctl.files.bank.bank import load_bank
    from stormctl.files.schedules.schedule import load_storm

    storm, findings = load_storm(root, schedule)
    if storm is None:
        return Campaign(root=root, storm=None, bank=None, plan=None, findings=tuple(sort_findings(findings)))
    bank, more = load_bank(root, storm.bank, remember=remember)
    plan = plan_storm(storm, bank)
    result = run_checks(storm, bank, plan)
    findings = [*findings, *more]
    return Campaign(
        root=root,
        storm=storm,
        bank=bank,
        plan=plan,
        findings=tuple(sort_findings([*findings, *result.findings])),
        silenced=result.silenced,
        read_findings=tuple(findings),
    )


@collector_paused()
def keep_enrolled(campaign: Campaign, enrolled: Sequence[EnrolledSlot]) -> Campaign:
    """Plan and check a campaign again around what a ledger has of it already."""
    from stormctl.checks.run import run_checks
    from stormctl.domain.plan.planning import plan_storm

    if not enrolled or campaign.storm is None or campaign.bank is None:
        return campaign
    plan = plan_storm(campaign.storm, campaign.bank, enrolled)
    if plan == campaign.plan:
        return campaign
    result = run_checks(campaign.storm, campaign.bank, plan)
    findings = tuple(sort_findings([*campaign.read_findings, *result.findings]))
    return replace(campaign, plan=plan, findings=findings, silenced=result.silenced)


@collector_paused()
def load_bank_alone(root: Path, folder: str) -> Campaign:
    """Read a bank and hold it against the rules that need no schedule.

    Args:
        root: what paths in findings are relative to.
        folder: the bank's path under it, such as `messages/imd-2026`.

    Raises:
        UsageError: it can't be read.
    """
    from stormctl.checks.run import run_checks
    from stormctl.files.bank.bank import load_bank_folder

    bank, findings = load_bank_folder(root, folder)
    result = run_checks(None, bank, None)
    found = tuple(sort_findings([*findings, *result.findings]))
    return Campaign(root=root, storm=None, bank=bank, plan=None, findings=found, silenced=result.silenced)


def find_scheduled_channels(root: Path) -> tuple[ChannelId, ...]:
    """Return every channel of the campaign's schedules, each once; none of a schedule that can't be read."""
    from stormctl.files.campaign import find_schedules
    from stormctl.files.schedules.schedule import load_storm

    try:
        paths = find_schedules(root)
    except UsageError:
        return ()
    storms = (load_storm(root, path)[0] for path in paths)
    return tuple(dict.fromkeys(rule.id for storm in storms if storm is not None for rule in storm.channels))
