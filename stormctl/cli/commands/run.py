"""`daemon` and `tick`: a server runs what was launched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.commands.units import Unit, print_unit
from stormctl.cli.console import tell
from stormctl.cli.options import LogFileOption

if TYPE_CHECKING:
    from stormctl.cli.context import Context


def daemon(
    ctx: typer.Context,
    unit: Annotated[
        Unit | None,
        typer.Option(
            "--print",
            help="Publish nothing: print a ready-made systemd unit, or a crontab line that calls tick.",
            show_default=False,
        ),
    ] = None,
    log_file: LogFileOption = None,
) -> None:
    """Publish the storms that are launched.

    Runs in the foreground until Ctrl-C or SIGTERM, and finishes the request in flight. It reads only the
    ledger and .env, never the campaign's messages. It picks up storms that are launched later, and reloads
    changed credentials, without a restart.
    """
    if unit is not None:
        print_unit(ctx.obj, unit, log_file)
        return
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.run.service import Onlooker, Service, serve

    context: Context = ctx.obj
    view, service, notifications = (
        make_view("UTC", plain=True),
        Service.from_environment(),
        context.notifications,
    )
    with logging_to(log_file, view) as log, context.open_workspace() as workspace:
        watch = Watch(view, None, context.durations, log=log, service=service)
        with watch.catching_signals():
            serve(workspace, notifications, Onlooker(log, watch, service), tell)


def tick(ctx: typer.Context, log_file: LogFileOption = None) -> None:
    """Publish what is due now, then exit.

    For cron, every minute; safe at any overlap. Exit code 5 if something is due on a channel whose
    credentials are missing or wrong, 75 if something is left that the next tick may settle.
    """
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.run.service import Onlooker
    from stormctl.engine.run.service import tick as run_tick

    context: Context = ctx.obj
    view, notifications = make_view("UTC", plain=True), context.notifications
    with logging_to(log_file, view) as log, context.open_workspace() as workspace:
        watch = Watch(view, None, context.durations, log=log)
        code = run_tick(workspace, notifications, Onlooker(log, watch), tell)
    raise typer.Exit(code)
