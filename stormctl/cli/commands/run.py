"""`daemon` and `tick`: a server runs what was launched."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.commands.units import Unit, print_unit
from stormctl.cli.options import LogFileOption
from stormctl.errors import ExitCode, choose_exit_code

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.cli.logfile import Log
    from stormctl.render.terminal.live import StormView


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(daemon)
    app.command()(tick)


def daemon(
    ctx: typer.Context,
    unit: Annotated[
        Unit | None,
        typer.Option(
            "--print",
            help="Publish nothing: print a ready unit for systemd, or a line for cron that calls tick.",
            show_default=False,
        ),
    ] = None,
    log_file: LogFileOption = None,
) -> None:
    """Publish whatever is launched.

    Runs in the foreground until Ctrl-C or SIGTERM, and finishes the request in flight. It reads only the
    ledger and .env, never the campaign's messages. Storms that are launched later and credentials that are
    rewritten are taken up without a restart.
    """
    if unit is not None:
        print_unit(ctx.obj, unit, log_file)
        return
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import make_view

    view = make_view("UTC", plain=True)
    with logging_to(log_file, view) as log:
        _serve(ctx.obj, view, log)


def _serve(context: Context, view: StormView, log: Log) -> None:
    """Open the ledger and publish from it until somebody ends this process."""
    from stormctl.cli.console import tell
    from stormctl.cli.watching import Watch
    from stormctl.domain.base.event import EventKind
    from stormctl.engine.accounts.preflight import refuse_locked
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.served_channels import ServedChannels
    from stormctl.engine.run.service import Service

    service, notifications = Service.from_environment(), context.notifications
    with (
        context.open_ledger(publishing=True) as ledger,
        context.watching_adapters() as adapters,
        ExitStack() as watches,
    ):
        ledger.check_hosts(context.environment.settings.hosts)
        refuse_locked(context.environment.settings, ledger, waits=True)
        tell(f"alerts: {notifications.summary}")
        clock = SystemClock(ledger.clock_offset)
        watched = watches.enter_context(notifications.watching(ledger, clock, context.durations, log))
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=watched.listener,
            durations=context.durations,
            swept=watched.swept,
            root=context.root,
        )
        served_channels = ServedChannels(equipment)
        runner = Runner(
            equipment,
            kind="daemon",
            channels=served_channels.channels,
            on_sweep=service.alive,
            told_offset=served_channels.tell_offset,
        )
        watch = Watch(view, None, context.durations, log=log, service=service)

        def is_over() -> bool:
            watch(runner, ledger, clock)
            served_channels.refresh()
            if not served_channels.channels():
                refuse_locked(context.environment.settings, ledger)
            if service.ready() and not served_channels.channels():
                equipment.tell(EventKind.STARTED, "nothing to publish yet; what is launched will be taken up")
            return False

        with watch.catching_signals():
            runner.run(is_over)


def tick(ctx: typer.Context, log_file: LogFileOption = None) -> None:
    """Publish what is due now, then exit.

    For cron, every minute; safe at any overlap. Exit code 5 if something is due on a channel whose
    credentials are missing or wrong, 75 if something is left that the next tick may settle.
    """
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import make_view

    with logging_to(log_file, make_view("UTC", plain=True)) as log:
        code = _tick_once(ctx.obj, log)
    raise typer.Exit(code)


def _tick_once(context: Context, log: Log) -> ExitCode:
    """Publish one round; return what the shell is told."""
    from stormctl.cli.console import tell
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.accounts.preflight import refuse_locked
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.operate.standing import exit_codes_of_ledger, is_work_left
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.served_channels import ServedChannels

    notifications, adapters = context.notifications, EnvironmentAdapters(context.environment)
    with context.open_ledger(publishing=True) as ledger, ExitStack() as watches:
        ledger.check_hosts(context.environment.settings.hosts)
        refuse_locked(context.environment.settings, ledger)
        if notifications.is_locked:
            tell(f"alerts: {notifications.summary}")
        clock = SystemClock(ledger.clock_offset)
        watched = watches.enter_context(
            notifications.watching(ledger, clock, context.durations, log, pausing=True)
        )
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=watched.listener,
            durations=context.durations,
            swept=watched.swept,
            root=context.root,
        )
        served_channels = ServedChannels(equipment)
        try:
            served_channels.refresh(only_at_work=True)
            runner = Runner(
                equipment,
                kind="tick",
                channels=served_channels.channels,
                told_offset=served_channels.tell_offset,
            )
            log.runner_id = runner.id
            may_go_by_clock = runner.run_once()
        finally:
            adapters.close()
        moment = clock.moment()
        standing = ledger.history.status(moment, runner_timeout=context.durations.runner_timeout)
        codes = exit_codes_of_ledger(standing) - {ExitCode.NO_RUNNER}
        served = {str(channel) for channel in served_channels.channels()}
        if (
            may_go_by_clock
            and set(ledger.outbox.due_channels(moment, ledger.outbox.open_channels())) - served
        ):
            codes.add(ExitCode.CREDENTIALS)
        code = choose_exit_code(codes)
        if code is ExitCode.DONE and not (
            may_go_by_clock and not is_work_left(ledger, moment, served_channels.channels())
        ):
            code = ExitCode.TRY_AGAIN
        return code
