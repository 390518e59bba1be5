"""`launch`: the storm itself."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from stormctl.cli.options import LogFileOption, PlainOption, ScheduleArgument
from stormctl.cli.reading import load_and_tell
from stormctl.domain.base.amounts import count
from stormctl.errors import CredentialsError, UsageError, choose_exit_code

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.domain.base.clock import Moment
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.base.equipment import Durations
    from stormctl.engine.launch.launch import Preparation
    from stormctl.engine.run.runner import Runner
    from stormctl.ledger.ledger import Ledger


def add_to(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(launch)


def launch(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask: for scripts.")] = False,
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
        typer.Option("--adopt", help="Record planned posts that already stand on the accounts as delivered."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Enrol only, and leave the running to a daemon or tick.")
    ] = False,
    plain: PlainOption = False,
    log_file: LogFileOption = None,
) -> None:
    """Start the storm for real.

    Checks everything, shows what will happen and as whom, asks, enrols the plan, and runs it with a live
    view. A second launch of the same storm joins it as another runner; after a crash it goes on where it
    was. Ctrl-C finishes the request in flight and stops this runner, and so does closing the window; the
    storm stays in the ledger.
    """
    from stormctl.cli.console import tell
    from stormctl.cli.watching import viewer_zone
    from stormctl.domain.base.channel import parse_channel_id
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.launch.launch import prepare_launch, require_approval
    from stormctl.ledger.ledger import find_ledger
    from stormctl.render.terminal.tables import render_summary

    context: Context = ctx.obj
    campaign = load_and_tell(context, schedule)
    try:
        left_out = [parse_channel_id(name) for name in without or ()]
    except ValueError as error:
        raise UsageError(str(error)) from None
    storm, _ = campaign.get_plan()
    require_approval(storm)
    settings, clock = context.environment.settings, SystemClock()
    alerts = context.notifications.summary
    with context.watching_adapters() as adapters:
        where, exists = find_ledger(context.ledger_url, root=context.root)
        with context.open_ledger(publishing=True) if exists else nullcontext() as ledger:
            preparation = prepare_launch(
                campaign, settings, adapters, ledger, clock.moment(), where=where, without=left_out
            )
        tell(render_summary(replace(preparation.summary, alerts=alerts), viewer_zone()))
        _tell_troubles(context, preparation, clock.moment())
        _confirm(preparation, yes=yes)
        with context.open_ledger(create=True, publishing=True) as ledger:
            _enroll(context, preparation, adapters, ledger, adopt=adopt)
            if detach:
                tell("detached: a daemon (stormctl daemon) or cron (stormctl tick) must run it")
            else:
                _run(context, preparation, adapters, ledger, plain=plain, log_file=log_file)


def _tell_troubles(context: Context, preparation: Preparation, moment: Moment) -> None:
    """Tell what `doctor` would warn of and the summary does not show; no platform is asked again."""
    from stormctl.cli.console import tell
    from stormctl.engine.doctor.doctor import DoctorScope, examine, read_case_ledger
    from stormctl.render.terminal.doctor import render_sections

    case = DoctorScope(
        root=context.root,
        settings=context.environment.settings,
        unused_variables=context.environment.unused_variables,
        durations=context.durations,
        campaign=preparation.campaign,
        moment=moment,
        is_launching=True,
    )
    checks = preparation.summary.channels
    shown = {message for check in checks for message, _ in (*check.bad, *check.unknown)}
    for part in render_sections(examine(case, preparation.proofs, read_case_ledger(case)).troubles(shown)):
        tell(part)


def _confirm(preparation: Preparation, *, yes: bool) -> None:
    """Have a person type the storm's id; bad channels need their word too, or `--without`."""
    from stormctl.cli.console import is_terminal

    bad = preparation.bad
    names = ", ".join(str(proof.channel) for proof in bad)
    if yes:
        if bad:
            message, hint = bad[0].check.bad[0]
            raise CredentialsError(
                f"{names} can't publish: {message}",
                f"{hint.rstrip('.')}. Or leave {'it' if len(bad) == 1 else 'them'} out: "
                + " ".join(f"--without {proof.channel}" for proof in bad),
            )
        return
    if not is_terminal():
        raise UsageError("nobody can confirm here", "For scripts: stormctl launch SCHEDULE --yes.")
    if bad:
        typer.echo(f"{names} will start suspended.", err=True)
    storm_id = preparation.storm.id
    answer = typer.prompt(f"Type {storm_id} to launch", default="", show_default=False, err=True)
    if answer.strip() != storm_id:
        raise UsageError("not launched: that was not the storm's name", "Nothing was enrolled or published.")


def _enroll(
    context: Context,
    preparation: Preparation,
    adapters: EnvironmentAdapters,
    ledger: Ledger,
    *,
    adopt: bool,
) -> None:
    """Enter the plan in the ledger, after looking for what was published without it."""
    from stormctl.cli.console import tell
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.launch.adoption import find_published
    from stormctl.engine.launch.launch import enroll

    clock = SystemClock(ledger.clock_offset)
    ledger.fingerprint_check.renew(clock.moment())
    for alarm in ledger.fingerprint_check.take_alarms():
        tell(alarm)
    takeover = find_published(preparation, ledger, adapters, clock.moment(), adopt=adopt)
    served = {str(channel) for channel in preparation.serving}
    for unknown in takeover.unknown:
        if unknown.channel in served:
            doubts = count(len(unknown.keys), "delivery starts", "deliveries start")
            tell(f"{unknown.why}: {doubts} in doubt")
        else:
            doubts = count(len(unknown.keys), "delivery is", "deliveries are")
            tell(f"{unknown.why}: {doubts} in doubt once it is resumed, until it has been read")
    settings = context.environment.settings
    enrolled = enroll(preparation, settings, ledger, clock, takeover.published, unknown=takeover.unknown)
    ledger.budgets.charge(preparation.storm.id, takeover.cost_usd_micros)
    tell(
        f"enrolled in {ledger.where}: {enrolled.added} new, {enrolled.updated} changed, "
        f"{enrolled.unchanged} as before, {enrolled.withdrawn} withdrawn, {enrolled.settled} settled already"
    )


def _run(
    context: Context,
    preparation: Preparation,
    adapters: EnvironmentAdapters,
    ledger: Ledger,
    *,
    plain: bool,
    log_file: Path | None,
) -> None:
    """Run what was enrolled; the exit code says how it ended."""
    from stormctl.cli.console import tell
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.launch.launch import run_storm
    from stormctl.engine.run.awake import staying_awake
    from stormctl.engine.run.service import Service

    clock, service = SystemClock(ledger.clock_offset), Service.from_environment()
    storm, durations = preparation.storm, context.durations
    view = make_view(storm.timezone, plain=plain)
    with logging_to(log_file, view) as log, staying_awake() as how:
        tell(how)
        watch = Watch(view, storm.id, durations, log=log, service=service)

        def look(runner: Runner) -> None:
            watch(runner, ledger, clock)
            service.ready()  # a launch has verified its channels before it was confirmed

        notifications = context.notifications.watching(ledger, clock, durations, log)
        with watch.catching_signals(), watch.showing(), notifications as watched:
            run_storm(
                Equipment(
                    ledger=ledger,
                    adapters=adapters,
                    clock=clock,
                    listener=watched.listener,
                    durations=durations,
                    swept=watched.swept,
                    root=context.root,
                ),
                storm_id=storm.id,
                channels=preparation.serving,
                kind="launch",
                proofs=preparation.proofs,
                watch=look,
                on_sweep=service.alive,
            )
    _tell_end(ledger, clock.moment(), storm.id, durations, was_stopped=watch.was_stopped)


def _tell_end(
    ledger: Ledger, moment: Moment, storm_id: str, durations: Durations, *, was_stopped: bool
) -> NoReturn:
    """Show how things stand after a run, and end with the exit code that says it."""
    from stormctl.cli.console import show, tell
    from stormctl.engine.operate.standing import exit_codes_after_run, get_status
    from stormctl.render.terminal.status import render_status

    show(
        render_status(
            ledger.history.status(moment, storm_id=storm_id, runner_timeout=durations.runner_timeout)
        )
    )
    if was_stopped:
        tell("this runner has stopped; the storm stays in the ledger: stormctl launch goes on with it")
    codes = exit_codes_after_run(
        get_status(ledger, moment, storm_id, durations),
        is_halted=bool(ledger.halts.active()),
        was_stopped=was_stopped,
    )
    raise typer.Exit(choose_exit_code(codes))
