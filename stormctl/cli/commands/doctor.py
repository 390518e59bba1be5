"""`doctor`: look at everything before the day, and prove an account with one post."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli import console
from stormctl.cli.commands.canary import post_canary
from stormctl.cli.options import JsonOption, LanguageOption, ScheduleArgument
from stormctl.errors import CredentialsError, ExitCode, StormctlError, UsageError
from stormctl.places import find_user

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.domain.report.diagnosis import Diagnosis

ALERT_TEST_S = 15.0
"""Real seconds that a test alert may take to be taken everywhere."""


def doctor(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    canary: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL",
            help="Post one neutral line on this channel, show its link, and delete it when you press Enter.",
            show_default=False,
        ),
    ] = None,
    alert_test: Annotated[
        bool, typer.Option("--alert-test", help="Send a test alert to every address, and check nothing else.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before a canary or a test alert.")] = False,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Check everything that a storm depends on.

    For each channel: whose credentials they are, what they may do, when they end, and what is left of
    limits. The ledger, its runners, this machine's clock, zones and disk, .env and alerts. Each line says
    ok, warn or fail, and what to do. Only a proven problem fails: exit code 5 for credentials, 10 for the
    ledger. Asking X costs $0.01 per channel.
    """
    del lang
    if (canary is not None) + alert_test + as_json > 1:
        raise UsageError("--canary, --alert-test and --json can't be combined", "Use one at a time.")
    context: Context = ctx.obj
    if alert_test:
        _test_alerts(context, yes=yes)
    elif canary is not None:
        post_canary(context, canary, schedule, yes=yes)
    else:
        _show(_diagnose(context, schedule), as_json=as_json)


def _diagnose(context: Context, schedule: str | None) -> Diagnosis:
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.doctor.doctor import diagnose, diagnose_without_settings

    moment = SystemClock().moment()
    try:
        environment = context.environment
        environment.settings.check_addresses()  # base addresses that are none are settings that can't be read
    except StormctlError as error:
        return diagnose_without_settings(context.root, error, moment)
    case = context.make_case(context.preview(schedule).campaign, moment)
    with closing(EnvironmentAdapters(environment)) as adapters, console.waiting("Asking the platforms"):
        return diagnose(case, adapters)


def _show(diagnosis: Diagnosis, *, as_json: bool) -> None:
    from stormctl.render.terminal.doctor import diagnosis_json, render_diagnosis

    if as_json:
        console.show_json(diagnosis_json(diagnosis))
    else:
        console.show(render_diagnosis(diagnosis, console.language()))
    raise typer.Exit(diagnosis.exit_code)


def _test_alerts(context: Context, *, yes: bool) -> None:
    """Send a test alert everywhere; exit code 7 if an address did not take it."""
    from stormctl.engine.alerts.alert_addresses import Sender
    from stormctl.settings import UNLOCK

    addresses = context.notifications.addresses
    if addresses.locked and not addresses.usable:
        raise CredentialsError(f"alerts go to {addresses.summary}", UNLOCK)
    if not addresses.usable:
        raise UsageError(f"alerts go to {addresses.summary}")
    console.confirm(f"send a test alert to {addresses.summary}", "yes", yes=yes)
    text = f"A test by {find_user()}: nothing is wrong. The storm's alerts will arrive here."
    taken = Sender(addresses.usable).send("stormctl: test", text, heard=(), limit_s=ALERT_TEST_S)
    missing = [address.name for address in addresses.usable if address.name not in taken]
    for address in addresses.usable:
        console.show(f"{'NOT accepted' if address.name in missing else 'accepted'}: {address.name}")
    if missing:
        console.tell("Check what was not accepted in STORMCTL_ALERT_URLS: the number is its position there.")
        raise typer.Exit(ExitCode.INCOMPLETE)
