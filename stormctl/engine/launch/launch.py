"""From a campaign to a running storm: agree, enrol, run; the same for real and in a rehearsal."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.amounts import count
from stormctl.domain.plan.slots import find_quiet_spans
from stormctl.engine.base.campaign import keep_enrolled
from stormctl.engine.launch.adoption import find_published
from stormctl.engine.launch.continuing import prepare_continuation
from stormctl.engine.launch.preparation import prepare_launch
from stormctl.engine.run.service import run_storm
from stormctl.errors import FindingsError
from stormctl.files.media.media import read_media
from stormctl.ledger.delivery.enrolment import StormTerms
from stormctl.places import find_user

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.plan.fixed import EnrolledSlot
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.alerts.notifications import Notifications
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Workspace
    from stormctl.engine.launch.continuing import Continuation
    from stormctl.engine.launch.preparation import Preparation
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.service import Onlooker
    from stormctl.ledger.delivery.enrolment import Adoption, Enrolled
    from stormctl.ledger.ledger import Ledger

LEFT_OUT = "left out at launch"
"""Why a channel named in `--without` is suspended."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A storm that is enrolled and can be run, as long as its ledger is open."""

    workspace: Workspace
    preparation: Preparation | Continuation
    ledger: Ledger

    def run(self, kind: str, notifications: Notifications, onlooker: Onlooker) -> Runner:
        """Run it as a runner of a kind, until nothing more can happen; people hear how it fares."""
        equipment = self.workspace.equip(self.ledger, onlooker.listener)
        with onlooker.showing, notifications.watching(equipment) as equipment:
            return run_storm(
                equipment,
                onlooker,
                storm_id=self.preparation.storm_id,
                channels=self.preparation.serving,
                kind=kind,
                proofs=self.preparation.proofs,
            )


@contextmanager
def launching(
    campaign: Campaign,
    workspace: Workspace,
    agree: Callable[[Preparation], None],
    tell: Callable[[str], None],
    *,
    without: Collection[ChannelId] = (),
    adopt: bool = False,
) -> Iterator[Launch]:
    """Check, have a person agree, and enrol what is not published yet: for real, and in a rehearsal.

    Args:
        adopt: whether planned posts that stand on the accounts are recorded as delivered.

    Raises:
        StormctlError: as `prepare_launch`, `find_published` and `enroll` do; nothing is enrolled then.
    """
    with workspace.open_known() as known:
        if known is not None and campaign.storm is not None:
            campaign = _plan_around(campaign, known.history.slots(campaign.storm.id))
        preparation = prepare_launch(campaign, workspace, known, without=without)
    agree(preparation)
    with workspace.open_ledger(create=True) as ledger:
        enroll(preparation, workspace, ledger, tell, adopt=adopt)
        yield Launch(workspace, preparation, ledger)


def _plan_around(campaign: Campaign, enrolled: Sequence[EnrolledSlot]) -> Campaign:
    """Plan around what is enrolled; an error that only this plan has was not listed, and is raised."""
    kept, told = keep_enrolled(campaign, enrolled), set(campaign.errors)
    for error in kept.errors:
        if error not in told:
            raise FindingsError(error.message, error.hint)
    return kept


@contextmanager
def continuing(
    workspace: Workspace,
    storm_id: str,
    campaign: Campaign | None,
    agree: Callable[[Continuation], None],
    *,
    without: Collection[ChannelId] = (),
) -> Iterator[Launch]:
    """Have a person agree to go on with what is enrolled, although the files can't be launched.

    Raises:
        StormctlError: as `prepare_continuation` does.
    """
    with workspace.open_ledger() as ledger:
        continuation = prepare_continuation(workspace, ledger, storm_id, campaign, without=without)
        agree(continuation)
        for channel in without:
            if str(channel) not in ledger.channels.suspended():
                ledger.channels.suspend(str(channel), LEFT_OUT, workspace.find_clock(ledger).moment())
        yield Launch(workspace, continuation, ledger)


def enroll(
    preparation: Preparation,
    workspace: Workspace,
    ledger: Ledger,
    tell: Callable[[str], None],
    *,
    adopt: bool = False,
) -> Enrolled:
    """Enter the plan in the ledger, after looking for what was published without it.

    The same plan twice changes nothing. Hosts, accounts, suspensions, plan, receipts, doubts and what the
    readings cost are one transaction: a daemon may be waiting for the storm, and a launch may be killed.

    Raises:
        LedgerError: the ledger is bound to other hosts.
        CredentialsError: a channel is bound to another account.
        FindingsError: a picture has changed.
        UsageError: planned posts stand on the accounts, and `adopt` was not asked for.
    """
    clock = workspace.find_clock(ledger)
    ledger.fingerprint_check.renew(clock.moment())
    for alarm in ledger.fingerprint_check.take_alarms():
        tell(alarm)
    takeover = find_published(preparation, ledger, workspace.adapters, clock.moment(), adopt=adopt)
    for line in _explain_doubts(takeover, preparation.serving):
        tell(line)
    moment, proofs = clock.moment(), preparation.proofs
    asked_usd_micros = sum(proof.cost_usd_micros for proof in proofs)
    takeover = replace(takeover, cost_usd_micros=takeover.cost_usd_micros + asked_usd_micros)
    _store_pictures(preparation, ledger, moment)  # before: they are big, and harm nobody without the plan
    enrolled = ledger.enrolment.enroll(
        terms_of(preparation.storm),
        preparation.plan.deliveries,
        moment,
        takeover,
        hosts=workspace.settings.hosts(proof.channel for proof in proofs),
        accounts={p.channel: (p.account.id, p.account.name) for p in proofs if p.account is not None},
        suspended={
            str(proof.channel): LEFT_OUT if proof.check.without else proof.check.bad[0][0]
            for proof in proofs
            if proof.check.without or proof.is_bad
        },
        who=find_user(),
    )
    tell(
        f"enrolled in {ledger.where}: {enrolled.added} new, {enrolled.updated} changed, "
        f"{enrolled.unchanged} unchanged, {enrolled.withdrawn} withdrawn, {enrolled.settled} already settled"
    )
    return enrolled


def _explain_doubts(takeover: Adoption, serving: Collection[ChannelId]) -> Iterator[str]:
    """Tell why deliveries start in doubt, or will be once their channel is resumed."""
    served = {str(channel) for channel in serving}
    for unknown in takeover.unknown:
        if unknown.channel in served:
            doubts = count(len(unknown.keys), "delivery starts", "deliveries start")
            yield f"{unknown.why}: {doubts} in doubt"
        else:
            doubts = count(len(unknown.keys), "delivery is", "deliveries are")
            yield f"{unknown.why}: {doubts} in doubt once it is resumed, until it has been read"


def _store_pictures(preparation: Preparation, ledger: Ledger, moment: Moment) -> None:
    """Store what runners need of pictures; videos are too big for the ledger: every runner reads the file."""
    every = (media for delivery in preparation.plan.deliveries for media in delivery.post.media)
    pictures = {media.digest: media for media in every if media.kind is not MediaKind.VIDEO}
    for digest, media in pictures.items():
        content = read_media(preparation.campaign.root, media)  # also if stored: it may only be remembered
        if not ledger.media.has(digest):
            ledger.media.store(digest, media.mime, content, moment)


def terms_of(storm: Storm) -> StormTerms:
    """Return what a runner must know of a storm, so that it never needs the campaign's files."""
    return StormTerms(
        storm_id=storm.id,
        name=storm.name,
        timezone=storm.timezone,
        limits=storm.limits,
        quiet=find_quiet_spans(storm),
        channels=tuple(str(rule.id) for rule in storm.channels),
        ceilings={
            str(rule.id): rule.id.platform.facts.find_ceilings(verified=rule.verified)
            for rule in storm.channels
        },
    )
