"""Post one neutral line on a channel, through the ledger and by all its rules, and delete it again."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import CANARY_STORM, Delivered, InDoubt, NotSent, State
from stormctl.domain.plan.canary import cost_of_canary, plan_canary
from stormctl.domain.plan.occupancy import Limits
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.engine.deliver.dispatcher import Dispatcher
from stormctl.engine.deliver.reconciler import Reconciler
from stormctl.engine.deliver.uploader import Uploader
from stormctl.engine.operate.operator_actions import find_removals, take_down
from stormctl.errors import CredentialsError, HaltedError, UsageError
from stormctl.ledger.delivery.enrolment import StormTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.base.event import Listener
    from stormctl.domain.delivery.delivery import Outcome, PlannedDelivery
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.base.equipment import Equipment, Workspace
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import Account
    from stormctl.settings import Settings

POLL_S = 0.5
"""Real seconds between two looks at what became of it."""

SETTLINGS = 2
"""How many settling times a canary in doubt is waited for before a person must judge."""

TRIES = 3
REST_S = 2.0
"""How often its deletion is tried where the platform's answer is lost, and the real seconds in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A canary that may go out once a person has seen what it says, as whom, and what it costs.

    Attributes:
        asked_usd_micros: what asking whose account it is has cost already.
        cost_usd_micros: what posting and deleting it cost at most.
    """

    channel: ChannelId
    account: Account
    delivery: PlannedDelivery
    host: str
    is_live: bool
    asked_usd_micros: int
    cost_usd_micros: int

    @property
    def key(self) -> str:
        """Its delivery's key."""
        return str(self.delivery.key)


def prepare_canary(channel: ChannelId, lang: str, workspace: Workspace, ledger: Ledger | None) -> Canary:
    """Make sure that a canary may go out; nothing is posted or written down.

    Raises:
        CredentialsError: the channel can't publish, or nobody can say as whom.
        HaltedError: a halt covers it.
        LedgerError: the ledger is bound to other hosts.
        UsageError: the channel is suspended, or another canary is under way or still stands.
    """
    settings = workspace.settings
    if ledger is not None:
        ledger.check_hosts(settings.hosts, [channel])
        _refuse_obstacles(channel, ledger)
    (proof,) = prove_channels([channel], workspace.adapters)
    if proof.error is not None:
        raise proof.error
    problems = proof.check.bad or proof.check.unknown
    if proof.is_bad or proof.account is None:
        message, hint = problems[0] if problems else ("it is not known as whom", "")
        raise CredentialsError(f"no canary on {channel}: {message}", hint)
    check_accounts([proof], ledger)
    now = workspace.find_clock(ledger).moment().at
    delivery = plan_canary(channel, lang, now, _patience(channel, settings))
    return Canary(
        channel=channel,
        account=proof.account,
        delivery=delivery,
        host=settings.host(channel),
        is_live=settings.is_official(channel),
        asked_usd_micros=proof.cost_usd_micros,
        cost_usd_micros=cost_of_canary(delivery),
    )


def enroll_canary(canary: Canary, workspace: Workspace, ledger: Ledger) -> Canary:
    """Enter a canary in the ledger as a delivery of the storm `canary`, due now; return it as entered.

    Its text is the one that was shown, however long ago.

    Raises:
        LedgerError: the ledger is bound to other hosts.
        CredentialsError: the channel is bound to another account.
        HaltedError: a halt covers it by now.
        UsageError: another canary is under way.
    """
    channel, account, settings = canary.channel, canary.account, workspace.settings
    moment = workspace.find_clock(ledger).moment()
    _refuse_obstacles(channel, ledger)
    is_new = ledger.channels.get_account(str(channel)) is None
    expires_at = moment.at + _patience(channel, settings)
    delivery = replace(canary.delivery, slot_at=moment.at, expires_at=expires_at)
    own = channel.platform.facts.find_ceilings(verified=False)
    terms = StormTerms(
        storm_id=CANARY_STORM,
        name="Canaries",
        timezone="UTC",
        limits=Limits(spacing=timedelta(), ceilings=()),
        quiet=(),
        channels=(str(channel),),
        ceilings={str(channel): own} if is_new else {},
    )
    hosts, accounts = settings.hosts([channel]), {channel: (account.id, account.name)}
    ledger.enrolment.enroll(terms, [delivery], moment, hosts=hosts, accounts=accounts)
    return replace(canary, delivery=delivery)


@contextmanager
def releasing(
    channel: ChannelId,
    lang: str,
    workspace: Workspace,
    who: str,
    *,
    listener: Listener,
    agree: Callable[[Canary], None],
) -> Iterator[Release]:
    """Prepare a canary, have a person agree to it or raise, and enrol it; hand out what publishes it.

    Raises:
        StormctlError: as `prepare_canary` and `enroll_canary` do; nothing is enrolled then.
    """
    with workspace.open_known() as known:
        prepared = prepare_canary(channel, lang, workspace, known)
    agree(prepared)
    with workspace.open_ledger(create=True) as ledger:
        enrolled = enroll_canary(prepared, workspace, ledger)
        yield Release(enrolled, workspace.equip(ledger, listener), who)


class Release:
    """Publish an enrolled canary once at most, settle any doubt, and take it down.

    It goes the way of every delivery: claim, last check, one request, record. A runner that is alive may
    claim it first; that is as well.
    """

    def __init__(
        self,
        canary: Canary,
        equipment: Equipment,
        who: str,
        *,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._canary = canary
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._who = who
        self._wait = wait or threading.Event().wait
        self._why = ""

    def publish(self) -> DeliveryView:
        """Publish it and return what became of it: delivered, in doubt, or certainly not there.

        What is refused for now, or proved not to be there, is called off, and keeps its reason: nothing is
        sent a second time.
        """
        clock, ledger = self._clock, self._ledger
        runner_id = ledger.runners.register("canary", socket.gethostname(), os.getpid(), clock.moment())
        try:
            uploader = Uploader(self._equipment, runner_id)
            dispatcher = Dispatcher(self._equipment, runner_id, uploader)
            try:
                self._attempt(dispatcher, runner_id)
            finally:
                dispatcher.recorder.give_up()
            view = self._settle(runner_id)
            return replace(view, why=self._why) if view.state is State.CANCELLED and self._why else view
        finally:
            ledger.runners.stop(runner_id, clock.moment())

    @property
    def suspended(self) -> str | None:
        """Why the channel is suspended; None if it is not."""
        return self._ledger.channels.suspended().get(str(self._canary.channel))

    def remove(self) -> Outcome:
        """Take it down; tried again where the answer is lost, since deleting twice does no harm.

        One that somebody else has taken down meanwhile is gone as well.
        """
        view = self._ledger.history.get(self._canary.key)
        if view.state is State.RETRACTED:
            return Delivered(post_id=view.post_id or "", url=view.url or "")
        (removal,) = find_removals(self._ledger, [self._canary.key])
        adapters = self._equipment.adapters
        for _ in range(TRIES - 1):
            outcome = take_down(self._ledger, adapters, self._clock, removal, self._who)
            if not isinstance(outcome, NotSent | InDoubt):
                return outcome
            self._wait(REST_S)
        return take_down(self._ledger, adapters, self._clock, removal, self._who)

    def _attempt(self, dispatcher: Dispatcher, runner_id: str) -> None:
        """Claim it as soon as the channel allows, within its patience, and make one attempt."""
        expires_at = self._canary.delivery.expires_at
        while expires_at is None or self._clock.moment().at < expires_at:
            view = self._look(runner_id)
            if view.state is not State.PLANNED or view.attempts:
                return
            if not dispatcher.serve(self._canary.channel, _stop_after_one()):
                self._wait(POLL_S)

    def _settle(self, runner_id: str) -> DeliveryView:
        """Wait for what is under way, read the account for what is in doubt, call off what is left."""
        reconciler, durations = Reconciler(self._equipment), self._equipment.durations
        give_up_s = self._clock.steady_s() + durations.patience(SETTLINGS).total_seconds()
        while True:
            view = self._look(runner_id)
            if view.state is State.PLANNED:
                self._why = view.why or "it did not go out in time: stormctl status says why"
                with suppress(UsageError):  # a runner was quicker: what became of it is seen at the next look
                    self._ledger.manual.cancel([self._canary.key], self._who, self._clock.moment())
                continue
            if not view.state.is_open or self._clock.steady_s() >= give_up_s or self._is_held(view):
                return view
            if view.state is State.IN_DOUBT:
                channel = self._canary.channel
                reconciler.settle(channel, self._equipment.adapters.reader(channel))
            self._wait(POLL_S)

    def _is_held(self, view: DeliveryView) -> bool:
        doubts = self._ledger.doubts.open([str(self._canary.channel)])
        return any(doubt.key == view.key and doubt.held for doubt in doubts)

    def _look(self, runner_id: str) -> DeliveryView:
        self._ledger.halts.acknowledge(runner_id, self._clock.moment())
        return self._ledger.history.get(self._canary.key)


def _patience(channel: ChannelId, settings: Settings) -> timedelta:
    """Return how long a canary may be sent: no longer than it takes to prove that it is not there."""
    return settings.request_limit + settings.settling_of(channel.platform)


def _stop_after_one() -> Callable[[], bool]:
    """Return what lets a dispatcher make one claim and no second one."""
    turns = iter((False,))
    return lambda: next(turns, True)


def _refuse_obstacles(channel: ChannelId, ledger: Ledger) -> None:
    """Refuse a canary that the ledger's rules would keep back, or that would not be alone."""
    halt = ledger.halts.find_over(str(channel))
    if halt is not None:
        raise HaltedError(
            f"{channel} is halted by {halt.who}: {halt.reason}", "A canary waits until it is resumed."
        )
    why = ledger.channels.suspended().get(str(channel))
    if why is not None:
        raise UsageError(f"{channel} is suspended: {why}", f"stormctl resume --channel {channel}")
    for view in ledger.history.deliveries(CANARY_STORM):
        if view.state is State.DELIVERED:
            raise UsageError(f"a canary is still there: {view.url}", f"stormctl retract {view.key}")
        if view.state.is_open:
            state = view.state.value.replace("_", " ")
            raise UsageError(f"another canary is {state}: {view.key}", f"stormctl show {view.key}")
