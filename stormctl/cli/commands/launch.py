"""`launch`: the storm itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from stormctl.cli.console import confirm, show, tell
from stormctl.cli.options import LanguageOption, LogFileOption, PlainOption, ScheduleArgument, read_channel
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.engine.launch.launch import Launch
    from stormctl.engine.launch.preparation import Preparation


def launch(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="CHANNEL",
            help="Leave a channel out; it starts suspended. May be repeated.",
            show_default=False,
        ),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Record planned posts that are already on the accounts as delivered."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only enrol; a daemon or tick then publishes.")
    ] = False,
    plain: PlainOption = False,
    log_file: LogFileOption = None,
    lang: LanguageOption = None,
) -> None:
    """Start the storm for real.

    Checks everything, shows what will happen and as whom, asks, enrols the plan, and runs it with a live
    view. A second launch of the same storm joins it as another runner; after a crash it goes on where it
    was. Ctrl-C finishes the request in flight and stops this runner, and so does closing the window; the
    storm stays in the ledger.
    """
    from stormctl.engine.launch.launch import launching
    from stormctl.engine.launch.preparation import require_approval

    del lang
    context: Context = ctx.obj
    campaign = context.load_and_tell(schedule)
    left_out = [read_channel(name) for name in without or ()]
    require_approval(campaign.get_plan()[0])
    agree = partial(_agree, context, context.notifications.summary, yes=yes)
    with (
        context.open_workspace() as workspace,
        launching(campaign, workspace, agree, tell, without=left_out, adopt=adopt) as launched,
    ):
        if detach:
            tell("detached: a daemon (stormctl daemon) or cron (stormctl tick) must run it")
        else:
            _run(context, launched, plain=plain, log_file=log_file)


def _agree(context: Context, alerts: str, preparation: Preparation, *, yes: bool) -> None:
    """Show what will happen and what `doctor` would warn of, and have a person say yes to it."""
    from stormctl.cli.watching import viewer_zone
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.doctor.doctor import find_troubles
    from stormctl.render.terminal.doctor import render_sections
    from stormctl.render.terminal.tables import render_summary

    tell(render_summary(replace(preparation.summary, alerts=alerts), viewer_zone()))
    case = context.make_case(preparation.campaign, SystemClock().moment(), is_launching=True)
    for part in render_sections(find_troubles(case, preparation)):
        tell(part)
    _confirm(preparation, yes=yes)


def _confirm(preparation: Preparation, *, yes: bool) -> None:
    """Have a person type the storm's id; bad channels need their word too, or `--without`."""
    bad = preparation.bad
    names = ", ".join(str(proof.channel) for proof in bad)
    if bad and yes:
        message, hint = bad[0].check.bad[0]
        raise CredentialsError(
            f"{names} can't publish: {message}",
            f"{hint.rstrip('.')}. Or leave {'it' if len(bad) == 1 else 'them'} out: "
            + " ".join(f"--without {proof.channel}" for proof in bad),
        )
    if bad:
        tell(f"{names} will start suspended.")
    confirm("launch", preparation.storm.id, yes=yes, script="stormctl launch SCHEDULE --yes")


def _run(context: Context, launched: Launch, *, plain: bool, log_file: Path | None) -> NoReturn:
    """Run what was enrolled, show how things stand at its end, and end with the exit code that says it."""
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.operate.standing import end_run, report_storm
    from stormctl.engine.run.keep_awake import staying_awake
    from stormctl.engine.run.service import Onlooker, Service
    from stormctl.render.terminal.report import render_reading_times
    from stormctl.render.terminal.status import render_status

    storm, service = launched.preparation.storm, Service.from_environment()
    view = make_view(storm.timezone, plain=plain)
    with logging_to(log_file, view) as log, staying_awake() as how:
        tell(how)
        watch = Watch(view, storm.id, context.durations, log=log, service=service)
        with watch.catching_signals():
            launched.run("launch", context.notifications, Onlooker(log, watch, service, watch.showing()))
    moment = launched.workspace.find_clock(launched.ledger).moment()
    standing, code = end_run(
        launched.ledger, moment, storm.id, context.durations, was_stopped=watch.was_stopped
    )
    show(render_status(standing))
    tell(render_reading_times(report_storm(launched.ledger, moment, storm.id, context.durations), standing))
    if watch.was_stopped:
        tell("this runner has stopped; the storm stays in the ledger: stormctl launch continues it")
    raise typer.Exit(code)
