"""Everything that can be known before a storm is enrolled, and what stops a launch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.summary import LaunchSummary, find_end
from stormctl.engine.accounts.preflight import check_accounts, find_need, prove_channels
from stormctl.engine.operate.standing import find_live_runners
from stormctl.engine.run.clock_guard import TRUSTED, describe_offset, find_offset
from stormctl.errors import ApprovalError, CredentialsError, UsageError
from stormctl.files.nearest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Plan, PlannedDelivery
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.status import DeliveryView, RunnerStatus
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Workspace
    from stormctl.ledger.ledger import Ledger


class NothingToPublishError(UsageError):
    """No message found a slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """A storm that is ready to be enrolled once a person has seen the summary."""

    campaign: Campaign
    storm: Storm
    plan: Plan
    proofs: tuple[ChannelProof, ...]
    summary: LaunchSummary
    runners: tuple[RunnerStatus, ...] = ()
    """Those that run it already."""

    @property
    def storm_id(self) -> str:
        """The storm's id."""
        return self.storm.id

    @property
    def timezone(self) -> str:
        """The storm's zone."""
        return self.storm.timezone

    @property
    def bad(self) -> tuple[ChannelProof, ...]:
        """The channels that are proved unable to publish."""
        return tuple(proof for proof in self.proofs if proof.is_bad)

    @property
    def serving(self) -> tuple[ChannelId, ...]:
        """The channels that this launch will serve."""
        return tuple(p.channel for p in self.proofs if not p.is_bad and not p.check.without)


def prepare_launch(
    campaign: Campaign,
    workspace: Workspace,
    ledger: Ledger | None,
    *,
    without: Collection[ChannelId] = (),
) -> Preparation:
    """Check everything that can be known before anything is enrolled.

    Raises:
        FindingsError: the files break a rule.
        UsageError: the storm is over, `without` names a channel that it doesn't have, or all of them, or
            the platforms say that the clock is wrong.
        CredentialsError: no channel can publish, or one's credentials are another account's.
        LedgerError: the ledger is bound to other hosts.
    """
    storm, plan = campaign.get_plan()
    channels = tuple(rule.id for rule in storm.channels)
    for channel in without:
        if channel not in channels:
            hint = suggest(str(channel), map(str, channels))
            raise UsageError(f"{storm.id} has no channel {channel}", hint)
    if ledger is not None:
        ledger.check_hosts(workspace.settings.hosts, channels)
    moment = workspace.find_clock(ledger).moment()
    known = {view.key: view for view in ledger.history.deliveries(storm.id)} if ledger is not None else {}
    settled = {key for key, view in known.items() if not view.state.is_open}
    proofs = tuple(prove_channels(channels, workspace.adapters, without, need=find_need(plan)))
    _refuse_wrong_clock(proofs, ledger)  # by a wrong clock a storm may look over
    _refuse_when_over(storm, plan, moment, is_enrolled=bool(ledger and storm.id in ledger.history.storms()))
    check_accounts(proofs, ledger)
    _refuse_without_channels(storm, proofs)
    summary = _summarize(storm, plan, workspace, proofs=proofs, settled=settled, moment=moment)
    if ledger is not None and known:
        changed = ledger.enrolment.find_changes(storm.id, plan.deliveries)
        summary = replace(summary, changes=explain_changes(plan, known, changed))
    runners = find_live_runners(ledger, moment, workspace.durations) if ledger is not None and known else ()
    return Preparation(
        campaign=campaign, storm=storm, plan=plan, proofs=proofs, summary=summary, runners=runners
    )


def require_approval(storm: Storm) -> None:
    """Refuse a storm that asks for approvals, since they can't be collected yet; it may be rehearsed.

    Raises:
        ApprovalError: it asks for some.
    """
    if storm.approval:
        raise ApprovalError(
            f"{storm.id} asks for {count(storm.approval, 'approval')} of each post; "
            "this version can't collect them",
            "Set approval = 0 in the schedule once the posts have been agreed on elsewhere.",
        )


def explain_changes(
    plan: Plan, known: Mapping[str, DeliveryView], changed: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Say of each post that is enrolled and will be changed what changes of it."""
    planned = {str(delivery.key): delivery for delivery in plan.deliveries}
    return tuple((key, _explain_change(known[key], planned.get(key))) for key in sorted(changed))


def _explain_change(view: DeliveryView, delivery: PlannedDelivery | None) -> str:
    if delivery is None:
        return "no longer in the plan"
    if not view.state.is_open:
        return "in the plan again"
    changes = {
        "text": view.text != delivery.post.text,
        "deadline": view.expires_at != delivery.expires_at,
        "slot": view.slot_at != delivery.slot_at,
    }
    return ", ".join(what for what, is_so in changes.items() if is_so) or "link, picture or terms"


def _refuse_when_over(storm: Storm, plan: Plan, moment: Moment, *, is_enrolled: bool) -> None:
    """Refuse the first launch of a storm whose last slot is past its grace; a later one may finish it."""
    last = find_end(plan)
    if last is None:
        raise NothingToPublishError(
            f"{storm.id} has nothing to publish: no message found a slot", "stormctl plan says why."
        )
    if last < moment.at and not is_enrolled:
        raise UsageError(
            f"{storm.id} is over: its last slot was {last - storm.late.grace:%Y-%m-%d %H:%M} UTC",
            "Correct the date in the schedule, or rehearse it: stormctl rehearse.",
        )


def _refuse_wrong_clock(proofs: Sequence[ChannelProof], ledger: Ledger | None) -> None:
    """Refuse a launch whose posts would go out early or late: by what its channels told of the time."""
    ledger_ahead = ledger.clock_offset() if ledger is not None else timedelta()
    off = find_offset((proof.verification for proof in proofs), ledger_ahead)
    if off is not None and abs(off) > TRUSTED:
        is_server = ledger is not None and ledger.path is None
        whose = "the clock of the ledger's server" if is_server else "this machine's clock"
        raise UsageError(
            f"{whose} is {describe_offset(off)} the platforms'", "Correct it, then launch again."
        )


def _refuse_without_channels(storm: Storm, proofs: Sequence[ChannelProof]) -> None:
    """Refuse a launch that no channel is left for: all are left out, or proved unable to publish."""
    asked = [proof for proof in proofs if not proof.check.without]
    if not asked:
        raise UsageError(f"every channel of {storm.id} is left out", "Leave at least one to publish on.")
    if not all(proof.is_bad for proof in asked):
        return
    for proof in asked:
        if proof.error is not None:
            raise proof.error
    message, hint = asked[0].check.bad[0]
    raise CredentialsError(f"no channel of {storm.id} can publish: {message}", hint)


def _summarize(
    storm: Storm,
    plan: Plan,
    workspace: Workspace,
    *,
    proofs: Sequence[ChannelProof],
    settled: set[str],
    moment: Moment,
) -> LaunchSummary:
    settings = workspace.settings
    coming = [d for d in plan.deliveries if str(d.key) not in settled]
    left = replace(plan, deliveries=tuple(coming))
    budget = storm.limits.budget_usd
    channels = sorted(rule.id for rule in storm.channels)
    return LaunchSummary(
        storm_id=storm.id,
        storm_name=storm.name,
        timezone=storm.timezone,
        hosts=tuple(dict.fromkeys((c.platform.label, settings.host(c)) for c in channels)),
        is_live=all(settings.is_official(channel) for channel in channels),
        channels=tuple(proof.check for proof in proofs),
        first_at=min((d.slot_at for d in coming), default=None),
        last_at=max((d.slot_at for d in coming), default=None),
        count=len(coming),
        late=sum(d.slot_at < moment.at for d in coming),
        cost_usd_micros=cost_of(left).total_usd_micros,
        budget_usd_micros=None if budget is None else int(budget * 1_000_000),
        unplaced=len(plan.unplaced),
        ledger=workspace.where,
    )
