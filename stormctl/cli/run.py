"""`daemon` and `tick`: a server runs what was launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stormctl.errors import ExitCode, choose_exit_code

if TYPE_CHECKING:
    from stormctl.cli.context import Context


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(daemon)
    app.command()(tick)


def daemon(context: typer.Context) -> None:
    """Publish whatever is launched.

    Runs in the foreground until Ctrl-C or SIGTERM, and finishes the request in flight. It reads only the
    ledger, never the campaign's files, and takes up storms that are launched later.
    """
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.equipment import Equipment
    from stormctl.engine.roster import Roster
    from stormctl.engine.runner import Runner

    scene: Context = context.obj
    adapters = EnvironmentAdapters(scene.environment)
    view = make_view("UTC", plain=True)
    with scene.open_ledger() as ledger:
        ledger.check_hosts(scene.environment.settings.hosts())
        clock = SystemClock(ledger.clock_offset)
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=view,
            durations=scene.durations,
            root=scene.root,
        )
        roster = Roster(equipment)
        runner = Runner(equipment, kind="daemon", channels=roster.channels)
        watch = Watch(view, None, scene.durations)

        def is_over() -> bool:
            watch(runner, ledger, clock)
            roster.refresh()
            return False

        try:
            with watch.catching_signals():
                runner.run(is_over)
        finally:
            adapters.close()


def tick(context: typer.Context) -> None:
    """Publish what is due now, then exit.

    For cron, every minute; safe at any overlap. Exit code 5 if something is due on a channel whose
    credentials are missing or wrong, 75 if something is left that the next tick may settle.
    """
    from stormctl.cli.watching import make_view
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.equipment import Equipment
    from stormctl.engine.roster import Roster
    from stormctl.engine.runner import Runner
    from stormctl.engine.standing import exit_codes_of_ledger, is_work_left

    scene: Context = context.obj
    adapters = EnvironmentAdapters(scene.environment)
    with scene.open_ledger() as ledger:
        ledger.check_hosts(scene.environment.settings.hosts())
        clock = SystemClock(ledger.clock_offset)
        equipment = Equipment(
            ledger=ledger,
            adapters=adapters,
            clock=clock,
            listener=make_view("UTC", plain=True),
            durations=scene.durations,
            root=scene.root,
        )
        roster = Roster(equipment)
        try:
            roster.refresh(only_at_work=True)
            Runner(equipment, kind="tick", channels=roster.channels).run_once()
        finally:
            adapters.close()
        moment = clock.moment()
        standing = ledger.history.status(moment, runner_timeout=scene.durations.runner_timeout)
        codes = exit_codes_of_ledger(standing) - {ExitCode.NO_RUNNER}
        served = {str(channel) for channel in roster.channels()}
        if set(ledger.outbox.due_channels(moment, ledger.outbox.open_channels())) - served:
            codes.add(ExitCode.CREDENTIALS)
        code = choose_exit_code(codes)
        if code is ExitCode.DONE and is_work_left(ledger, moment, roster.channels()):
            code = ExitCode.TRY_AGAIN
        raise typer.Exit(code)
