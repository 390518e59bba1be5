"""`rehearse`: a storm in a minute, before it is the day's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.options import JsonOption, LogFileOption, PlainOption, ScheduleArgument
from stormctl.cli.reading import load_and_tell
from stormctl.errors import ExitCode, choose_exit_code

if TYPE_CHECKING:
    from stormctl.domain.summary import LaunchSummary


def add_to(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(rehearse)


def rehearse(
    context: typer.Context,
    schedule: ScheduleArgument = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Storm seconds a second while nothing is due; by default the day takes about a minute.",
            min=1.0,
            max=100_000.0,
            show_default=False,
        ),
    ] = None,
    faults: Annotated[
        str, typer.Option(metavar="PROFILE|FILE", help="none, normal, rough, or a TOML file of faults.")
    ] = "none",
    plain: PlainOption = False,
    as_json: JsonOption = False,
    log_file: LogFileOption = None,
) -> None:
    """Run the whole storm here, in a minute.

    It goes to a local stand-in for X and Facebook, by the very code of `launch`, on a fast clock and with a
    ledger of its own; nothing leaves this machine. At the end the stand-in is asked what it really
    received. Exit code 0 only if every delivery arrived exactly once.
    """
    from stormctl.cli.console import show, show_json, tell
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.report import write_report
    from stormctl.cli.watching import Watch, make_view, viewer_zone
    from stormctl.engine.rehearsal import DURATIONS, rehearsal_folder
    from stormctl.engine.rehearsal import rehearse as run_rehearsal
    from stormctl.engine.standing import exit_codes_of_storm
    from stormctl.render.exports import tally_json
    from stormctl.render.tables import render_summary, render_tally

    campaign = load_and_tell(context.obj, schedule)
    storm, _ = campaign.get_plan()
    report_path = rehearsal_folder(campaign.root) / "report.html"
    view = make_view(storm.timezone, plain=plain, is_rehearsal=True)

    def show_summary(summary: LaunchSummary) -> None:
        tell(render_summary(summary, viewer_zone()))
        tell(f"The timelines as followers would see them: http://{summary.hosts[0][1]}/")

    with logging_to(log_file, view) as log:
        watch = Watch(view, storm.id, DURATIONS, log=log)
        with watch.catching_signals():
            rehearsed = run_rehearsal(
                campaign,
                log,
                speed=speed,
                faults=faults,
                report_path=_shorten(report_path),
                show=show_summary,
                watch=watch,
                showing=watch.showing(),
            )
    write_report(rehearsed.report, report_path)
    if as_json:
        show_json(tally_json(rehearsed.tally))
    else:
        show(render_tally(rehearsed.tally))
    if not rehearsed.tally.is_clean:
        raise typer.Exit(choose_exit_code(exit_codes_of_storm(rehearsed.status) | {ExitCode.INCOMPLETE}))


def _shorten(path: Path) -> str:
    """Write a path relative to where we are, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
