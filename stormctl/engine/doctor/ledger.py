"""What is known of the ledger before the day: read once, without changing it."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import CANARY_STORM, State
from stormctl.domain.platforms.channel import find_host
from stormctl.domain.report.diagnosis import DiagnosisSection, fail, ok, warn
from stormctl.engine.operate.maintenance import LedgerMaintenance
from stormctl.errors import ExitCode, LedgerError, StormctlError
from stormctl.ledger.db.guards import find_faults, refuse_distrusted
from stormctl.ledger.db.stores import FileStore, find_store
from stormctl.ledger.ledger import open_ledger
from stormctl.places import find_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import RateLimit
    from stormctl.domain.report.diagnosis import Line
    from stormctl.domain.report.maintenance import LedgerFacts
    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.db.guards import Fault
    from stormctl.ledger.db.stores import Store
    from stormctl.settings import Settings

RUNNER_NOTICE = timedelta(minutes=15)
"""So long before its first post a storm that is enrolled should have a live runner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerNotes:
    """What the ledger tells.

    Attributes:
        where: for people; empty if the address names no place.
        folder: the nearest folder that exists above its file, or above its runners' locks.
        facts: None if there is no ledger yet, or it can't be read.
        error: why it can't be used; None if it can.
        accounts: by channel, the id and name of the account that it is bound to.
        limits: by channel, the newest reading of each ceiling.
        suspended: by channel, why it is.
        canaries: every one there ever was.
        server_ahead: how far its server's clock is ahead of this machine's; None without a server.
        faults: how others could write its file.
        distrust: why nothing would be posted from it; None if it would be.
    """

    where: str
    folder: Path
    facts: LedgerFacts | None = None
    error: LedgerError | None = None
    accounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    limits: Mapping[str, Sequence[RateLimit]] = field(default_factory=dict)
    suspended: Mapping[str, str] = field(default_factory=dict)
    canaries: tuple[DeliveryView, ...] = ()
    server_ahead: timedelta | None = None
    faults: tuple[Fault, ...] = ()
    distrust: StormctlError | None = None


def read_ledger(url: str, root: Path, channels: Sequence[str], durations: Durations) -> LedgerNotes:
    """Read a ledger of any version; whatever is wrong with it is part of the notes, never raised."""
    where, folder, facts = "", root, None
    try:
        store = find_store(url, root)
        where, folder = store.where, _find_folder(store.path if isinstance(store, FileStore) else store.locks)
        if not store.exists():
            return LedgerNotes(where=where, folder=folder)
        facts = LedgerMaintenance(url, root, durations.runner_timeout).describe()
        ledger = open_ledger(url, root=root)
        faults, distrust = _look_for_others(store)
    except LedgerError as error:
        return LedgerNotes(where=where, folder=folder, facts=facts, error=error)
    try:
        bound = {channel: ledger.channels.get_account(channel) for channel in channels}
        return LedgerNotes(
            where=where,
            folder=folder,
            facts=facts,
            accounts={channel: account for channel, account in bound.items() if account is not None},
            limits={channel: ledger.channels.limits(channel) for channel in channels},
            suspended=ledger.channels.suspended(),
            canaries=tuple(ledger.history.deliveries(CANARY_STORM)),
            server_ahead=ledger.clock_offset() if ledger.path is None else None,
            faults=faults,
            distrust=distrust,
        )
    except LedgerError as error:
        return LedgerNotes(where=where, folder=folder, facts=facts, error=error)
    finally:
        ledger.close()


def _look_for_others(store: Store) -> tuple[tuple[Fault, ...], StormctlError | None]:
    """Look how others could write a ledger's file, or have done so, as a runner would."""
    if not isinstance(store, FileStore):
        return (), None
    try:
        faults = tuple(find_faults(store))
    except StormctlError as error:
        return (), error
    try:
        refuse_distrusted(store, store.database)
    except StormctlError as error:
        return faults, error
    return faults, None


def examine_ledger(
    campaign: Campaign, settings: Settings, notes: LedgerNotes, moment: Moment | None
) -> DiagnosisSection:
    """Judge the ledger: whether it opens, whose it is, what it may not know, and who works with it.

    Args:
        moment: now; None if it does not matter whether a runner is alive.
    """
    lines: list[Line] = []
    if notes.error is not None:
        lines.append(fail(notes.error.message, notes.error.hint, notes.error.exit_code))
    elif notes.facts is None:
        lines.append(ok(f"{notes.where}: there is none yet; launch creates it"))
    else:
        lines.append(ok(f"{notes.where}: version {notes.facts.version}, it can be read and written"))
    for fault in notes.faults:
        if fault.place is None:
            lines.append(fail(fault.message, fault.hint, ExitCode.MAINTENANCE))
        else:
            lines.append(warn(fault.message, f"{fault.hint}. The next runner does it, and says so."))
    if notes.distrust is not None:
        lines.append(fail(notes.distrust.message, notes.distrust.hint, notes.distrust.exit_code))
    if notes.facts is not None:
        lines += _judge_facts(notes.facts)
        lines += _judge_hosts(notes.facts, campaign, settings)
        if moment is not None:
            lines += _judge_runners(notes.facts, campaign, moment)
    lines += _judge_canaries(notes.canaries)
    return DiagnosisSection("ledger", tuple(lines))


def _judge_facts(facts: LedgerFacts) -> Iterator[Line]:
    for gap in facts.gaps:
        if gap.in_doubt:
            text = f"it may not know what was published since {gap.since:%Y-%m-%d %H:%M} UTC: {gap.why}"
            yield warn(f"{text} ({gap.in_doubt} in doubt)", "A runner settles it by reading the accounts.")
    if facts.halts:
        halts = "a halt is" if facts.halts == 1 else f"{facts.halts} halts are"
        yield warn(f"{halts} in force: nothing that they cover goes out", "stormctl status shows them.")
    if facts.last_backup_at is not None:
        yield ok(f"last backup {facts.last_backup_at:%Y-%m-%d %H:%M} UTC")
    elif facts.backed_up_at is None and any(storm.storm_id != CANARY_STORM for storm in facts.storms):
        yield warn("it has never been backed up", "stormctl ledger backup works while runners post.")


def _judge_hosts(facts: LedgerFacts, campaign: Campaign, settings: Settings) -> Iterator[Line]:
    channels = sorted(rule.id for rule in campaign.storm.channels) if campaign.storm is not None else []
    found = ((c.platform.label, find_host(facts.hosts, str(c)), settings.host(c)) for c in channels)
    for label, bound, host in dict.fromkeys(found):
        if bound is not None and bound != host:
            text = f"it belongs to {bound}, but {label} is at {host} here"
            yield fail(text, "Use another ledger: set STORMCTL_LEDGER_URL.", ExitCode.MAINTENANCE)


def _judge_runners(facts: LedgerFacts, campaign: Campaign, moment: Moment) -> Iterator[Line]:
    for runner in facts.runners:
        yield ok(f"a runner is alive: {runner.kind} on {runner.host} (process {runner.pid})")
    if facts.runners:
        return
    storm = campaign.storm.id if campaign.storm is not None else None
    counts = next((known.counts for known in facts.storms if known.storm_id == storm), {})
    is_open = any(number for state, number in counts.items() if state.is_open)
    first = min((d.slot_at for d in campaign.plan.deliveries), default=None) if campaign.plan else None
    if is_open and first is not None and first - RUNNER_NOTICE <= moment.at:
        yield warn(
            "no runner is alive, and the storm has posts to make",
            "Start one: stormctl launch, or stormctl daemon on a server.",
        )
    else:
        yield ok("no runner is alive; launch, daemon or tick starts one")


def _judge_canaries(canaries: Sequence[DeliveryView]) -> Iterator[Line]:
    for view in canaries:
        if view.state is State.DELIVERED:
            yield warn(f"a canary is still there: {view.url}", f"stormctl retract {view.key}")
        elif view.state is State.IN_DOUBT:
            hint = f"Look at the account, then: stormctl resolve {view.key} --posted URL, or --not-posted."
            yield warn(f"a canary is in doubt: {view.key}", hint)


def _find_folder(path: Path) -> Path:
    for folder in path.absolute().parents:
        try:
            status = find_status(folder)
        except OSError:
            continue
        if status is not None and stat.S_ISDIR(status.st_mode):
            return folder
    raise AssertionError(path)  # the root is one
