"""`doctor`: look at everything before the day, and prove an account with one post."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from stormctl.cli import console
from stormctl.cli.control import find_user
from stormctl.cli.options import JsonOption, ScheduleArgument
from stormctl.errors import CredentialsError, ExitCode, StormctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from stormctl.cli.context import Context
    from stormctl.domain.channel import ChannelId
    from stormctl.domain.diagnosis import Diagnosis
    from stormctl.domain.event import StormEvent
    from stormctl.domain.status import DeliveryView
    from stormctl.engine.canary import Canary, Release

ALERT_TEST_S = 15.0
"""Real seconds that a test alert may take to be taken everywhere."""


def add_to(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    schedule: ScheduleArgument = None,
    canary: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL",
            help="Post one neutral line on this channel, show its link, and delete it on Enter.",
            show_default=False,
        ),
    ] = None,
    alert_test: Annotated[
        bool, typer.Option("--alert-test", help="Send a test alert to every address, and look at nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before a canary or a test alert.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at all that a storm depends on.

    For each channel: whose credentials they are, what they may do, when they end, and what is left of
    limits. The ledger, its runners, this machine's clock, zones and disk, .env and alerts. Each line says
    ok, warn or fail, and what to do. Only what is proved bad fails: exit code 5 for credentials, 10 for the
    ledger. Asking X costs $0.01 a channel.
    """
    if (canary is not None) + alert_test + as_json > 1:
        raise UsageError("--canary, --alert-test and --json don't go together", "Use one at a time.")
    scene: Context = context.obj
    if alert_test:
        _test_alerts(scene, yes=yes)
    elif canary is not None:
        _fly_canary(scene, canary, schedule, yes=yes)
    else:
        _show(_diagnose(scene, schedule), as_json=as_json)


def _diagnose(scene: Context, schedule: str | None) -> Diagnosis:
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.doctor import Case, diagnose, diagnose_without_settings

    moment = SystemClock().moment()
    try:
        environment = scene.environment
        environment.settings.hosts()  # base addresses that are none are settings that can't be read
    except StormctlError as error:
        return diagnose_without_settings(scene.root, error, moment)
    campaign = scene.load_campaign(schedule)
    adapters = EnvironmentAdapters(environment)
    try:
        case = Case(
            root=scene.root,
            settings=environment.settings,
            durations=scene.durations,
            campaign=campaign,
            moment=moment,
        )
        return diagnose(case, adapters)
    finally:
        adapters.close()


def _show(diagnosis: Diagnosis, *, as_json: bool) -> None:
    from stormctl.render.doctor import diagnosis_json, render_diagnosis

    if as_json:
        console.show_json(diagnosis_json(diagnosis))
    else:
        console.show(render_diagnosis(diagnosis))
    raise typer.Exit(diagnosis.exit_code)


def _test_alerts(scene: Context, *, yes: bool) -> None:
    """Send a test alert everywhere; exit code 7 if an address did not take it."""
    from stormctl.engine.alert_addresses import Sender

    addresses = scene.lookout.addresses
    if not addresses.usable:
        raise UsageError(f"alerts go to {addresses.summary}")
    _confirm(f"send a test alert to {addresses.summary}", "yes", yes=yes)
    text = f"A test by {find_user()}: nothing is wrong. Alerts of the storm will come here."
    taken = Sender(addresses.usable).send("stormctl: test", text, heard=(), limit_s=ALERT_TEST_S)
    missing = [address.name for address in addresses.usable if address.name not in taken]
    for address in addresses.usable:
        console.show(f"{'NOT taken' if address.name in missing else 'taken'}: {address.name}")
    if missing:
        console.tell("look at the addresses that did not take it in STORMCTL_ALERT_URLS")
        raise typer.Exit(ExitCode.INCOMPLETE)


def _fly_canary(scene: Context, name: str, schedule: str | None, *, yes: bool) -> None:
    """Post a canary, show its link, and delete it, whatever happens in between."""
    from stormctl.domain.channel import parse_channel_id
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.canary import Release, enroll_canary, prepare_canary
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.equipment import Equipment
    from stormctl.ledger.ledger import find_ledger

    try:
        channel = parse_channel_id(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    settings, lang = scene.environment.settings, _find_language(scene, channel, schedule)
    adapters = EnvironmentAdapters(scene.environment)
    try:
        where, exists = find_ledger(scene.ledger_url, root=scene.root)
        with scene.open_ledger() if exists else nullcontext() as known:
            clock = SystemClock() if known is None else SystemClock(known.clock_offset)
            prepared = prepare_canary(channel, lang, settings, adapters, ledger=known, moment=clock.moment())
        _tell_canary(prepared, where, is_new=not exists)
        _confirm("post it", str(channel), yes=yes)
        with scene.open_ledger(create=True) as ledger, _patient() as patience:
            clock = SystemClock(ledger.clock_offset)
            enrolled = enroll_canary(prepared, settings, ledger, clock.moment())
            equipment = Equipment(
                ledger=ledger,
                adapters=adapters,
                clock=clock,
                listener=_listen,
                durations=scene.durations,
                root=scene.root,
            )
            _release(Release(enrolled, equipment, find_user()), patience)
    finally:
        adapters.close()


def _listen(event: StormEvent) -> None:
    """Tell what is worth it; that it was posted, its link says better."""
    from stormctl.domain.event import EventKind

    if event.kind is not EventKind.DELIVERED:
        console.tell(event.text)


def _release(release: Release, patience: _Patience) -> None:
    from stormctl.domain.delivery import State

    view = release.publish()
    if view.state is not State.DELIVERED:
        _tell_end(view, release.suspended)
    try:
        console.show(str(view.url))
        console.tell("Open this link in a browser where you are signed out: what you see, everybody sees.")
        console.tell("Enter deletes it; Ctrl-C too.")
        patience.wait_for_enter()
    finally:
        _remove(release, view)


def _remove(release: Release, view: DeliveryView) -> None:
    from stormctl.domain.delivery import Delivered
    from stormctl.engine.mending import exit_code_of_removal
    from stormctl.render.deliveries import render_removal

    outcome = release.remove()
    console.tell(render_removal(view, outcome))
    if not isinstance(outcome, Delivered):
        console.tell(f"IT STILL STANDS: delete it at {view.url}, or type: stormctl retract {view.key}")
        raise typer.Exit(exit_code_of_removal(outcome))


def _tell_end(view: DeliveryView, suspended: str | None) -> NoReturn:
    """Say why there is no canary, and end with the exit code of that."""
    from stormctl.domain.delivery import State

    if view.state.is_open:
        state = view.state.value.replace("_", " ")
        console.tell(f"the canary is {state}: {view.why}")
        console.tell(f"Look at the account, then: stormctl resolve {view.key} --posted URL, or --not-posted")
        console.tell(f"If it is there, take it down: stormctl retract {view.key}")
        raise typer.Exit(ExitCode.IN_DOUBT)
    if suspended is not None:
        hint = f"Nothing was posted. Once it is mended: stormctl resume --channel {view.channel}"
        raise CredentialsError(f"{view.channel} is suspended: {suspended}", hint)
    console.tell(f"no canary went out: {view.why}")
    raise typer.Exit(ExitCode.INCOMPLETE if view.state is State.FAILED else ExitCode.TRY_AGAIN)


def _tell_canary(canary: Canary, where: str, *, is_new: bool) -> None:
    """Show what will be posted, as whom, where, and at what price."""
    from stormctl.render.doctor import render_canary

    delivery, ledger = canary.delivery, f"{where}, which is made for it" if is_new else where
    console.tell(
        render_canary(
            channel=str(canary.channel),
            account=canary.account.name,
            host=canary.host,
            is_live=canary.is_live,
            text=delivery.post.text,
            asked_usd_micros=canary.asked_usd_micros,
            cost_usd_micros=canary.cost_usd_micros,
            ledger=ledger,
        )
    )


def _find_language(scene: Context, channel: ChannelId, schedule: str | None) -> str:
    """Return the first language of a channel by the schedule; English where none says."""
    try:
        storm = scene.load_campaign(schedule).storm
    except UsageError:
        if schedule is not None:
            raise
        return "en"  # no schedule, or several: none of them is needed for a canary
    rules = storm.channels if storm is not None else ()
    languages = next((rule.languages for rule in rules if rule.id == channel), ())
    return languages[0] if languages else "en"


def _confirm(what: str, word: str, *, yes: bool) -> None:
    """Have a person type a word; UsageError for any other, and where nobody can answer."""
    if yes:
        return
    if not console.is_terminal():
        raise UsageError("nobody can confirm here", "For scripts: --yes.")
    answer = typer.prompt(f"Type {word} to {what}", default="", show_default=False, err=True)
    if answer.strip() != word:
        raise UsageError(f"nothing was done: the answer was not {word}")


class _Patience:
    """Waits for Enter; Ctrl-C and the system's wish to end count as Enter, and interrupt nothing else."""

    def __init__(self) -> None:
        self._is_waiting = False
        self._was_asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Take note of a signal; only the waiting is interrupted by it."""
        self._was_asked = True
        if self._is_waiting:
            raise KeyboardInterrupt

    def wait_for_enter(self) -> None:
        """Return when a line was typed, when the input has ended, or when a signal came."""
        try:
            self._is_waiting = True
            if not self._was_asked and sys.stdin is not None:
                sys.stdin.readline()
        except KeyboardInterrupt:
            pass
        finally:
            self._is_waiting = False


@contextmanager
def _patient() -> Iterator[_Patience]:
    """Let no signal end the process before what was posted is deleted again."""
    patience = _Patience()
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, patience.ask) for number in numbers}
    try:
        yield patience
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
