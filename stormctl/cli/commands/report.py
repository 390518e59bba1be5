"""`report`: what a storm reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.completion import complete_storm
from stormctl.cli.console import show, show_json
from stormctl.cli.options import JsonOption, RehearsalOption
from stormctl.errors import UsageError
from stormctl.places import write_text

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.domain.report.report import Report


def report(
    ctx: typer.Context,
    storm: Annotated[
        str | None,
        typer.Argument(
            metavar="STORM",
            help="The storm's id; by default the newest in the ledger.",
            autocompletion=complete_storm,
        ),
    ] = None,
    as_json: JsonOption = False,
    page: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write it as one web page.", show_default=False),
    ] = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """Report what a storm reached.

    Posts, impressions, reach and engagement, per channel and in all, with the time of reading. It reads
    only the ledger; `launch`, `daemon` and `tick` take the readings.
    """
    from stormctl.engine.operate.standing import report_storm
    from stormctl.render.exports.report import report_json
    from stormctl.render.terminal.report import render_report

    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal, command="report", as_json=as_json) as opened:
        built = report_storm(opened.ledger, opened.clock.moment(), storm, opened.durations)
    if page is not None:
        write_report(built, page)
    if as_json:
        show_json(report_json(built))
    else:
        show(render_report(built))


def write_report(report: Report, path: Path) -> None:
    """Write a report as one web page, with its figures as JSON beside it.

    Raises:
        UsageError: it can't be written there.
    """
    from stormctl.render.exports.report import report_json
    from stormctl.render.invisible import render_json
    from stormctl.render.pages.report import render_report_page

    try:
        write_text(path, render_report_page(report))
        figures = render_json(report_json(report), indent=2)
        write_text(path.with_suffix(".json"), figures + "\n")
    except OSError as error:
        raise UsageError(f"the report can't be written to {path}: {error.strerror}") from None
