"""The command line's entry and its one error boundary."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from stormctl import __version__
from stormctl.cli import console
from stormctl.cli.command_names import Commands
from stormctl.cli.commands import (
    auth,
    campaign,
    check,
    control,
    deliveries,
    doctor,
    emulator,
    launch,
    ledger,
    log,
    rehearse,
    report,
    run,
    schema,
    status,
)
from stormctl.cli.completion import completing
from stormctl.cli.context import Context
from stormctl.cli.examples import add_examples
from stormctl.cli.scrubbing import SCRUBBER, set_up_logging, show_bug
from stormctl.cli.streams import find_problem, set_up_streams
from stormctl.errors import ExitCode, StormctlError

INTERRUPTED = 130
"""The exit code of a command that a person interrupted (128 and the number of SIGINT)."""

app = typer.Typer(
    name="stormctl",
    help="Plan, publish and prove a day of messages on X and Facebook Pages.",
    epilog="Exit codes: 0 done · 1 bug · 2 usage · 3 findings · 4 not approved · 5 credentials · 6 budget · "
    "7 some not delivered · 8 in doubt · 9 halted · 10 ledger · 11 no live runner · 75 try again later.",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # a bug keeps Python's own traceback, without the values of variables
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stormctl {__version__}")
        raise typer.Exit


@app.callback()
def start(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            envvar="STORMCTL_DIR",
            help="The campaign folder; by default the nearest folder upwards that contains schedules/.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Plan, publish and prove a day of messages on X and Facebook Pages."""
    del version
    console.forget_language()
    ctx.obj = Context(folder)
    if ctx.invoked_subcommand is None:
        _show_next_step(ctx.obj)


def _show_next_step(context: Context) -> None:
    """Say in a line where we are, and below it what to type next."""
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.operate.next_step import NO_CAMPAIGN, find_next_step

    root = context.find_root()
    if root is None:
        step = NO_CAMPAIGN
    else:
        with context.open_existing() as ledger:
            clock = SystemClock() if ledger is None else SystemClock(ledger.clock_offset)
            step = find_next_step(root, ledger, clock.moment(), context.durations)
    console.show_lines([step.where, f"Next: {step.command}", "All commands: stormctl --help"])


for command in (
    *(check.check, campaign.plan, doctor.doctor, rehearse.rehearse, launch.launch, run.daemon, run.tick),
    *(status.status, log.log, control.halt, control.resume),
    *(deliveries.show, deliveries.cancel, deliveries.retry, deliveries.resolve, deliveries.retract),
    *(report.report, emulator.emulator, schema.schema),
):
    app.command(cls=rehearse.RehearseCommand if command is rehearse.rehearse else None)(command)
auth.add_to(app)
ledger.add_to(app)
add_examples(app)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: the only place where expected errors are caught."""
    set_up_streams()
    set_up_logging()
    # pydantic would read what is told of every installed package, to look for plug-ins that we don't want
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # libraries start programs by name (wakepy does): those of the folder that we are in are none
    places = [place for place in os.environ.get("PATH", "").split(os.pathsep) if Path(place).is_absolute()]
    os.environ["PATH"] = os.pathsep.join(places) or os.defpath
    try:
        with completing():
            code = _run(arguments)
    finally:
        console.flush()
    lost = find_problem()
    if lost is not None and code == ExitCode.DONE:  # any other code says more than that nobody could read why
        console.tell_error(
            f"standard output can't be written: {lost.strerror}",
            "The command itself still does its work.",
        )
        return int(ExitCode.USAGE)
    return code


def _run(arguments: list[str] | None) -> int:
    try:
        app(arguments, prog_name="stormctl")
    except SystemExit as ended:  # typer's way of ending, usage errors (2) and Ctrl-C (130) included
        if isinstance(ended.__context__, typer.Abort):  # Ctrl-C at a question, which typer ends with 1: a bug
            return INTERRUPTED
        return ended.code if isinstance(ended.code, int) else int(ExitCode.DONE)
    except StormctlError as error:
        console.tell_error(
            SCRUBBER.scrub(console.translate(error.message)), SCRUBBER.scrub(console.translate(error.hint))
        )
        return int(error.exit_code)
    except Exception:
        sys.excepthook = show_bug  # only now: typer has put its own in place
        raise
    return int(ExitCode.DONE)
