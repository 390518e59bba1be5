"""`plan`: what a schedule makes of its bank."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.console import language, make_console, show, show_json, show_lines, tell
from stormctl.cli.options import JsonOption, LanguageOption, ScheduleArgument
from stormctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.engine.launch.preview import Preview
    from stormctl.render.outline import Viewer


def plan(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    full: Annotated[bool, typer.Option("--full", help="Every post with its whole text.")] = False,
    zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            metavar="ZONE",
            help="Your time zone, such as Europe/Madrid; this machine's by default.",
            show_default=False,
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write every post as its platform shows it to one web page; - for standard output.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Let --html replace a file that stormctl did not write.")
    ] = False,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Draw the day, and say what it costs.

    What goes out when and on which channel, in the storm's zone and yours; what is left out and why; what X
    will bill. What a ledger here has of it keeps its times, as in a launch. Nothing is published or enrolled.
    Exit code 3 if findings would stop a launch.
    """
    del lang
    from stormctl.domain.plan.cost import cost_of
    from stormctl.render.exports.documents import plan_json
    from stormctl.render.outline import Viewer

    is_whole_output = page == Path("-")
    if as_json and is_whole_output:
        raise UsageError("--json and --html - both want standard output", "give --html a file")
    viewer_zone = _choose_zone(zone)
    seen: Preview = ctx.obj.preview_and_tell(schedule)
    campaign = seen.campaign
    if campaign.storm is not None and campaign.plan is not None:
        cost = cost_of(campaign.plan)
        viewer = Viewer(campaign.storm, viewer_zone, language())
        if page is not None:
            from stormctl.cli.pages import write_plan

            write_plan(page, seen, cost, viewer, force=force)
        if as_json:
            for remark in seen.remarks:
                tell(language().say(remark))
            show_json(plan_json(campaign.plan, campaign.storm, cost))
        elif not is_whole_output:
            _show(seen, campaign.plan, campaign.storm, cost, viewer, full=full)
    if campaign.errors:
        raise typer.Exit(ExitCode.FINDINGS)


def _choose_zone(name: str | None) -> tzinfo:
    """Return the zone that was named, or that of the person who looks; UsageError if there is none such."""
    from zoneinfo import ZoneInfo

    from stormctl.cli.watching import viewer_zone
    from stormctl.files.values import BadValueError, parse_zone

    if name is None:
        return viewer_zone()
    try:
        return ZoneInfo(parse_zone(name))
    except BadValueError as error:
        said = language().say
        raise UsageError(said(error.message), said(error.hint)) from None


def _show(seen: Preview, plan: Plan, storm: Storm, cost: Cost, viewer: Viewer, *, full: bool) -> None:
    """Show a plan: in a window within its width, elsewhere with every line whole."""
    from stormctl.render.terminal.plan.days import Look
    from stormctl.render.terminal.plan.timeline import list_posts, render_lines, render_plan

    is_screen = make_console().is_terminal
    columns = os.environ.get("COLUMNS", "")
    widest = int(columns) if columns.isdecimal() and int(columns) > 0 else None
    look = Look(is_full=full, is_screen=is_screen, widest=None if is_screen else widest)
    errors = len(seen.campaign.errors)
    show(
        render_plan(
            plan, storm, cost, viewer, look, errors=errors, is_over=seen.is_over, remarks=seen.remarks
        )
    )
    lines = list_posts(plan, storm, viewer, look)
    if is_screen:
        from rich.console import Group

        show(Group(*render_lines(lines, cut=not full)))
    else:
        show_lines(" " * indent + text.plain for indent, text in lines)
