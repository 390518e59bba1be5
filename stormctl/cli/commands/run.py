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
    context: typer.Context,
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
        print_unit(context.obj, unit, log_file)
        return
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import make_view

    view = make_view("UTC", plain=True)
    with logging_to(log_file, view) as log:
        _serve(context.obj, view, log)


def _serve(scene: Context, view: StormView, log: Log) -> None:
    """Open the ledger and publish from it until somebody ends this process."""
    from stormctl.cli.console import tell
    from stormctl.cli.watching import Watch
    from stormctl.domain.base.event import EventKind
    from stormctl.engine.accounts.preflight import refuse_locked
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.served_channels import Roster
    from stormctl.engine.run.service import Service

    service, lookout = Service.from_environment(), scene.lookout
    with (
        scene.open_ledger(publishing=True) as ledger,
        scene.watching_adapters() as adapters,
        ExitStack() as watches,
    ):
        ledger.check_hosts(scene.environment.settings.hosts())
        refuse_locked(scene.environment.settings, ledger, waits=True)
        tell(f"alerts: {lookout.summary}")
        clock = SystemClock(ledger.clock_offset)
        watched = watches.enter_context(lookout.watching(ledger, clock, scene.durations, log))
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=watched.listener,
            durations=scene.durations,
            swept=watched.swept,
            root=scene.root,
        )
        roster = Roster(equipment)
        runner = Runner(
            equipment,
            kind="daemon",
            channels=roster.channels,
            on_sweep=service.alive,
            told_offset=roster.tell_offset,
        )
        watch = Watch(view, None, scene.durations, log=log, service=service)

        def is_over() -> bool:
            watch(runner, ledger, clock)
            roster.refresh()
            if not roster.channels():
                refuse_locked(scene.environment.settings, ledger)
            if service.ready() and not roster.channels():
                equipment.tell(EventKind.STARTED, "nothing to publish yet; what is launched will be taken up")
            return False

        with watch.catching_signals():
            runner.run(is_over)


def tick(context: typer.Context, log_file: LogFileOption = None) -> None:
    """Publish what is due now, then exit.

    For cron, every minute; safe at any overlap. Exit code 5 if something is due on a channel whose
    credentials are missing or wrong, 75 if something is left that the next tick may settle.
    """
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import make_view

    with logging_to(log_file, make_view("UTC", plain=True)) as log:
        code = _tick_once(context.obj, log)
    raise typer.Exit(code)


def _tick_once(scene: Context, log: Log) -> ExitCode:
    """Publish one round; return what the shell is told."""
    from stormctl.cli.console import tell
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.accounts.preflight import refuse_locked
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.base.equipment import Equipment
    from stormctl.engine.operate.standing import exit_codes_of_ledger, is_work_left
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.served_channels import Roster

    lookout, adapters = scene.lookout, EnvironmentAdapters(scene.environment)
    with scene.open_ledger(publishing=True) as ledger, ExitStack() as watches:
        ledger.check_hosts(scene.environment.settings.hosts())
        refuse_locked(scene.environment.settings, ledger)
        if lookout.is_locked:
            tell(f"alerts: {lookout.summary}")
        clock = SystemClock(ledger.clock_offset)
        watched = watches.enter_context(lookout.watching(ledger, clock, scene.durations, log, pausing=True))
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=watched.listener,
            durations=scene.durations,
            swept=watched.swept,
            root=scene.root,
        )
        roster = Roster(equipment)
        try:
            roster.refresh(only_at_work=True)
            runner = Runner(equipment, kind="tick", channels=roster.channels, told_offset=roster.tell_offset)
            log.runner_id = runner.id
            may_go_by_clock = runner.run_once()
        finally:
            adapters.close()
        moment = clock.moment()
        standing = ledger.history.status(moment, runner_timeout=scene.durations.runner_timeout)
        codes = exit_codes_of_ledger(standing) - {ExitCode.NO_RUNNER}
        served = {str(channel) for channel in roster.channels()}
        if (
            may_go_by_clock
            and set(ledger.outbox.due_channels(moment, ledger.outbox.open_channels())) - served
        ):
            codes.add(ExitCode.CREDENTIALS)
        code = choose_exit_code(codes)
        if code is ExitCode.DONE and not (
            may_go_by_clock and not is_work_left(ledger, moment, roster.channels())
        ):
            code = ExitCode.TRY_AGAIN
        return code
