"""Go on with what is enrolled when the files can't be launched: new content never stops a storm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import CANARY_STORM
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.accounts.preflight import find_strangers, prove_channels
from stormctl.engine.launch.preparation import explain_changes
from stormctl.engine.operate.standing import find_live_runners, get_status
from stormctl.errors import CredentialsError, UsageError
from stormctl.files.nearest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.status import RunnerStatus, StormStatus
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Workspace
    from stormctl.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A storm that goes on with what is enrolled.

    Attributes:
        proofs: of the channels on which something is open.
        strangers: those whose credentials are another account's, which are not served, with the reason.
        drift: how the files differ from what is enrolled, by key; None where they make no plan at all.
        runners: those that are alive already.
        hosts: platform label and host of each channel, in order.
    """

    status: StormStatus
    proofs: tuple[ChannelProof, ...]
    strangers: tuple[tuple[ChannelId, CredentialsError], ...]
    drift: tuple[tuple[str, str], ...] | None
    runners: tuple[RunnerStatus, ...]
    hosts: tuple[tuple[str, str], ...]
    is_live: bool

    @property
    def storm_id(self) -> str:
        """The storm's id."""
        return self.status.storm_id

    @property
    def timezone(self) -> str:
        """The storm's zone."""
        return self.status.timezone

    @property
    def serving(self) -> tuple[ChannelId, ...]:
        """The channels that are served."""
        strange = {channel for channel, _ in self.strangers}
        usable = (p for p in self.proofs if not p.is_bad and not p.check.without)
        return tuple(proof.channel for proof in usable if proof.channel not in strange)


def find_running(ledger: Ledger, root: Path, schedule: str | None) -> str | None:
    """Find the storm that is meant and has open deliveries, also without its schedule; None if none has.

    Args:
        schedule: as it was typed: a storm's id, or the path of a schedule; None where nothing was.

    Raises:
        UsageError: nothing was typed, and several storms are open.
    """
    storms = (name for name in ledger.history.storms() if name != CANARY_STORM)
    running = [name for name in storms if ledger.backlog.open_count(name)]
    if schedule is not None:
        path = Path(schedule)
        named = path.stem if path.suffix == ".toml" else path.name
        return named if named in running else None
    names = {path.stem for path in (root / "schedules").glob("*.toml")}
    meant = [name for name in running if names == {name}] or running
    if len(meant) > 1:
        raise UsageError(
            f"{len(meant)} storms are running: say which one", f"stormctl launch {' or '.join(sorted(meant))}"
        )
    return meant[0] if meant else None


def prepare_continuation(
    workspace: Workspace,
    ledger: Ledger,
    storm_id: str,
    campaign: Campaign | None,
    *,
    without: Collection[ChannelId] = (),
) -> Continuation:
    """Look at what a storm has open, as whom it can go on, and how the files differ from it.

    Args:
        campaign: as far as it can be read.

    Raises:
        CredentialsError: no channel on which something is open can be published on.
        LedgerError: the ledger is bound to other hosts.
    """
    moment = workspace.find_clock(ledger).moment()
    status = get_status(ledger, moment, storm_id, workspace.durations)
    names = [channel.channel for channel in status.channels]
    for channel in without:
        if str(channel) not in names:
            raise UsageError(f"{storm_id} has no channel {channel}", suggest(str(channel), names))
    open_on = [c for c in status.channels if any(n for state, n in c.counts.items() if state.is_open)]
    channels = [parse_channel_id(channel.channel) for channel in open_on]
    ledger.check_hosts(workspace.settings.hosts, channels)
    proofs = tuple(prove_channels(channels, workspace.adapters, without))
    bound = {str(channel): ledger.channels.get_account(str(channel)) for channel in channels}
    settings = workspace.settings
    continuation = Continuation(
        status=status,
        proofs=proofs,
        strangers=tuple(find_strangers(proofs, bound)),
        drift=_find_drift(ledger, storm_id, campaign),
        runners=find_live_runners(ledger, moment, workspace.durations),
        hosts=tuple(dict.fromkeys((c.platform.label, settings.host(c)) for c in channels)),
        is_live=all(settings.is_official(channel) for channel in channels),
    )
    if not continuation.serving:
        raise next(_find_refusals(continuation, without))
    return continuation


def _find_refusals(continuation: Continuation, without: Collection[ChannelId]) -> Iterator[CredentialsError]:
    """Yield why nothing can be published, the most telling reason first."""
    yield from (error for _, error in continuation.strangers)
    yield from (proof.error for proof in continuation.proofs if proof.error is not None)
    for proof in continuation.proofs:
        if proof.is_bad:
            message, hint = proof.check.bad[0]
            yield CredentialsError(f"{proof.channel} can't publish: {message}", hint)
    names = ", ".join(map(str, without))
    yield CredentialsError(
        f"all that is open is left out: {names}", "Leave at least one channel to publish on."
    )


def _find_drift(
    ledger: Ledger, storm_id: str, campaign: Campaign | None
) -> tuple[tuple[str, str], ...] | None:
    if campaign is None or campaign.plan is None:
        return None
    known = {view.key: view for view in ledger.history.deliveries(storm_id)}
    changed = ledger.enrolment.find_changes(storm_id, campaign.plan.deliveries)
    planned: Sequence[str] = [str(delivery.key) for delivery in campaign.plan.deliveries]
    new = [(key, "new") for key in planned if key not in known]
    return (*explain_changes(campaign.plan, known, changed), *new)
