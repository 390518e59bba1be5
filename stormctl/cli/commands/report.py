"""`report`: what a storm reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.completion import complete_storm
from stormctl.cli.console import show, show_json
from stormctl.cli.options import JsonOption, RehearsalOption
from stormctl.domain.base.amounts import count
from stormctl.errors import UsageError
from stormctl.places import write_text

if TYPE_CHECKING:
    from stormctl.cli.acting import OpenLedger
    from stormctl.cli.context import Context
    from stormctl.domain.report.report import Report


MODERATORS = "moderators.html"
"""Where the moderators' page is written unless a file is named."""


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
    moderators: Annotated[
        bool,
        typer.Option(
            "--moderators",
            help=f"Write instead, to {MODERATORS} or --html, a page for those who answer comments.",
        ),
    ] = False,
    calendar: Annotated[
        Path | None,
        typer.Option(
            "--calendar",
            metavar="FILE",
            help="Write instead the dates on which figures come, for a calendar (.ics).",
            show_default=False,
        ),
    ] = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """Report what a storm reached.

    Posts, impressions, reach and engagement, per channel and in all, with the time of reading. It reads
    only the ledger; `daemon` and `tick` take the readings, an hour, a day and a week after each post. A
    moderators' page has the address, picture and reactions of every post, the newest first; `stormctl status
    --web` has the same page, always fresh.
    """
    from stormctl.engine.operate.standing import report_storm
    from stormctl.render.exports.report import report_json
    from stormctl.render.terminal.report import render_report

    if as_json and (moderators or calendar is not None):
        raise UsageError("--json prints the figures alone", "Leave --moderators and --calendar out.")
    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal, command="report", as_json=as_json) as opened:
        built = report_storm(opened.ledger, opened.clock.moment(), storm, opened.durations)
        if moderators:
            _write_page_for_moderators(opened, built, page or Path(MODERATORS))
    if calendar is not None:
        _write_calendar(built, calendar)
    if moderators or calendar is not None:
        return
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

    _write("the report", path, render_report_page(report))
    figures = render_json(report_json(report), indent=2)
    _write("the report", path.with_suffix(".json"), figures + "\n")


def _write_calendar(report: Report, path: Path) -> None:
    from stormctl.render.exports.calendar import render_calendar

    if not report.reading_times:
        raise UsageError("no figures come: nothing is out or to come", "stormctl launch enrols posts.")
    _write("the calendar", path, render_calendar(report))
    show(f"wrote {path}: open it, and your calendar takes {len(report.reading_times)} dates")


def _write_page_for_moderators(opened: OpenLedger, report: Report, path: Path) -> None:
    from stormctl.cli.pages import write_page
    from stormctl.engine.operate.moderation import list_published, shrink_pictures
    from stormctl.engine.operate.standing import get_status
    from stormctl.render.pages.moderators import render_moderators_page

    moment = opened.clock.moment()
    storm = get_status(opened.ledger, moment, report.storm_id, opened.durations)
    posts = list_published(opened.ledger, storm)
    page = render_moderators_page(
        storm,
        posts,
        moment.at,
        thumbnails=shrink_pictures(opened.ledger, posts),
        practice_hosts=report.practice_hosts,
        renewal="To renew this file, write it again; stormctl status --web has the same page, always fresh.",
    )
    write_page(path, page, force=True)  # in one step: it may be open in a browser
    show(f"wrote {path}: {count(len(posts), 'post')}, the newest first; open it in a browser")


def _write(what: str, path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"{what} can't be written to {path}: {error.strerror}") from None
