"""`daemon` and `tick`: a server runs what was launched."""

from __future__ import annotations

import getpass
import os
import re
import sys
import sysconfig
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.console import tell
from stormctl.cli.options import LogFileOption
from stormctl.places import is_file, is_guest, name_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.cli.context import Context
    from stormctl.render.exports.units import Installation


class Unit(StrEnum):
    """What is printed, and for whom."""

    SYSTEMD = "systemd"
    CRON = "cron"


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


def print_unit(context: Context, unit: Unit, log_file: Path | None) -> None:
    """Print a ready unit on standard output, and warn of settings that a service would not see."""
    from stormctl.render.exports.units import render_cron_line, render_systemd_unit

    installation = describe_installation(context, log_file)
    if unit is Unit.SYSTEMD:
        text = render_systemd_unit(installation, context.durations.request_limit)
    else:
        text = render_cron_line(installation)
    sys.stdout.write(text)
    if names := find_unseen(os.environ):
        tell(f"set only in this shell, not for {unit.value}: {', '.join(names)}; put them in .env")


def describe_installation(context: Context, log_file: Path | None) -> Installation:
    """Gather what a service manager must know: this very program, the campaign folder, who we are."""
    from stormctl.render.exports.units import Installation

    log = log_file.resolve() if log_file is not None else None
    kind, _, path = context.ledger_url.partition(":///")
    places = [context.root / path] if kind == "sqlite" else []
    places += [log] if log is not None else []
    writable = dict.fromkeys(str(p.parent) for p in places if not p.is_relative_to(context.root))
    return Installation(
        program=_find_program(),
        root=str(context.root),
        name=_name_service(context.root),
        user=_name_owner(context.root),
        state=str(_find_state(context.root)),
        writable=tuple(writable),
        options=("--log-file", str(log)) if log is not None else (),
    )


def find_unseen(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the settings that are in our environment, which a service does not inherit."""
    written_down = {"STORMCTL_DIR", "STORMCTL_STATE_DIR"}  # in the unit, or in the line, itself
    return sorted(n for n in environ if n.startswith("STORMCTL_") and n not in written_down)


def _name_service(root: Path) -> str:
    """Name the campaign's service after its folder; the path's digest parts folders of one name."""
    shown = re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-")[:40] or "campaign"
    return f"stormctl-{shown}-{sha256(os.fsencode(root)).hexdigest()[:6]}"


def _name_owner(root: Path) -> str:
    """Return who is to run it: we, or, under sudo, whose folder it is."""
    if sys.platform == "win32":
        return getpass.getuser()
    return name_user(root.stat().st_uid if is_guest(root) else os.geteuid())


def _find_state(root: Path) -> Path:
    from stormctl.ledger.place.memory import FALLBACK, VARIABLE, find_state_folder

    if sys.platform == "win32" or not is_guest(root) or os.environ.get(VARIABLE):
        return find_state_folder()
    import pwd

    try:
        return Path(pwd.getpwuid(root.stat().st_uid).pw_dir, ".local", "state", "stormctl")
    except KeyError:  # a number without a name has no home
        return FALLBACK


def _find_program() -> tuple[str, ...]:
    """Return the words that start this very installation from any folder, without a PATH."""
    script = Path(sysconfig.get_path("scripts"), "stormctl")
    if is_file(script):
        return (str(script),)
    return (sys.executable, "-P", "-m", "stormctl")  # -P: the current folder is no place for our modules
