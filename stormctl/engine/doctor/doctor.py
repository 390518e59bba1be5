"""Look at everything that a storm depends on, before the day: what is fine, doubtful, or proved bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.report.diagnosis import Diagnosis, DiagnosisSection, fail, ok, warn
from stormctl.engine.accounts.preflight import find_need, prove_channels
from stormctl.engine.base.parallel import begin
from stormctl.engine.doctor.channels import examine_channels
from stormctl.engine.doctor.ledger import examine_ledger, read_ledger
from stormctl.engine.doctor.machine import examine_machine, examine_settings, examine_watch
from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.diagnosis import Line
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Durations, Readers
    from stormctl.engine.doctor.ledger import LedgerNotes
    from stormctl.engine.launch.preparation import Preparation
    from stormctl.env_reading import UnusedVariable
    from stormctl.errors import StormctlError
    from stormctl.settings import Settings

PATIENCE = timedelta(seconds=45)
"""How long all platforms together are waited for, real time; each request has a limit of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorScope:
    """What is looked at.

    Attributes:
        campaign: the storm with its bank and plan; what could not be read of it is None.
        oddities: lines of `.env` that have no effect.
        is_launching: whether a runner is about to start, so that no one has to be told that there is none.
    """

    root: Path
    settings: Settings
    durations: Durations
    campaign: Campaign
    moment: Moment
    unused_variables: tuple[UnusedVariable, ...] = ()
    is_launching: bool = False


def diagnose(case: DoctorScope, adapters: Readers) -> Diagnosis:
    """Look at channels, ledger and machine side by side; every channel is asked once.

    What X charges for being asked is part of the diagnosis.
    """
    storm, plan = case.campaign.storm, case.campaign.plan
    channels = [rule.id for rule in storm.channels] if storm is not None else []
    need = find_need(plan) if plan is not None else None
    reading = begin(lambda: read_case_ledger(case), "doctor")
    proofs = prove_channels(channels, adapters, need=need, within=PATIENCE)
    diagnosis = examine(case, proofs, reading.result())
    sections = (examine_schedule(case), *diagnosis.sections, examine_watch(case.settings))
    return Diagnosis(made_at=diagnosis.made_at, sections=sections, cost_usd_micros=diagnosis.cost_usd_micros)


def examine(case: DoctorScope, proofs: Sequence[ChannelProof], notes: LedgerNotes) -> Diagnosis:
    """Judge what is known of channels, ledger and machine; nobody is asked for it."""
    verifications = [proof.verification for proof in proofs if proof.verification is not None]
    return Diagnosis(
        made_at=case.moment.wall_at,
        sections=(
            _examine_settings(case),
            *examine_channels(case.campaign, proofs, notes, case.moment),
            examine_ledger(case.campaign, case.settings, notes, None if case.is_launching else case.moment),
            examine_machine(
                case.campaign.storm, notes.folder, proofs, case.moment, server_ahead=notes.server_ahead
            ),
        ),
        cost_usd_micros=sum(verification.cost_usd_micros for verification in verifications),
    )


def find_troubles(case: DoctorScope, preparation: Preparation) -> tuple[DiagnosisSection, ...]:
    """Find what would be warned of and a launch's summary does not show; no platform is asked again."""
    checks = preparation.summary.channels
    shown = {message for check in checks for message, _ in (*check.bad, *check.unknown)}
    return examine(case, preparation.proofs, read_case_ledger(case)).troubles(shown)


def diagnose_without_settings(root: Path, error: StormctlError, moment: Moment) -> Diagnosis:
    """Look at what can be looked at where the settings can't be read, which is the first thing to fix."""
    line = fail(error.message, error.hint, error.exit_code)
    unasked = warn("neither the channels nor the ledger were checked", "Fix the settings first.")
    machine = examine_machine(None, root, (), moment)
    return Diagnosis(
        made_at=moment.wall_at, sections=(DiagnosisSection("settings", (line, unasked)), machine)
    )


def _examine_settings(case: DoctorScope) -> DiagnosisSection:
    storm = case.campaign.storm
    channels = [rule.id for rule in storm.channels] if storm is not None else []
    met = [] if case.is_launching else channels  # a launch's summary has told where they are
    return examine_settings(
        case.root, case.settings, met, unused_variables=case.unused_variables, channels=channels
    )


def read_case_ledger(case: DoctorScope) -> LedgerNotes:
    """Read what the ledger knows of a case's channels; whatever is wrong with it is part of the notes."""
    storm = case.campaign.storm
    channels = [str(rule.id) for rule in storm.channels] if storm is not None else []
    url = case.settings.ledger_url.get_secret_value()
    return read_ledger(url, case.root, channels, case.durations)


def examine_schedule(case: DoctorScope) -> DiagnosisSection:
    """Say whether the storm's files can be launched, and when it is."""
    campaign = case.campaign
    lines: list[Line] = []
    if campaign.errors:
        count = len(campaign.errors)
        place, message = campaign.errors[0].place, campaign.errors[0].message
        text = (
            Phrase("1 error must be fixed before a launch: {place}: {message}", place=place, message=message)
            if count == 1
            else Phrase(
                "{number:,} errors must be fixed before a launch; the first is {place}: {message}",
                number=count,
                place=place,
                message=message,
            )
        )
        lines.append(fail(text, Phrase("stormctl check lists each with its place"), ExitCode.FINDINGS))
    if campaign.storm is None:
        lines.append(warn("its channels were not checked", "Fix the schedule first."))
    need = find_need(campaign.plan) if campaign.plan is not None else None
    if need is not None and campaign.plan is not None:
        zone = ZoneInfo(campaign.storm.timezone) if campaign.storm is not None else UTC
        first_at, last_at = need.first_at.astimezone(zone), need.last_at.astimezone(zone)
        posts = len(campaign.plan.deliveries)
        span = f"{first_at:%Y-%m-%d %H:%M} to {last_at:%Y-%m-%d %H:%M %Z}"
        when = f"{posts} post{'' if posts == 1 else 's'}, {span}"
        over = warn(f"{when}: it is over", "If it is still to come, correct the date in its schedule.")
        lines.append(over if need.last_at < case.moment.at else ok(when))
    elif campaign.plan is not None:
        lines.append(warn("nothing is planned", "stormctl plan says why."))
    name = campaign.storm.id if campaign.storm is not None else "schedule"
    return DiagnosisSection(f"storm {name}" if campaign.storm is not None else name, tuple(lines))
