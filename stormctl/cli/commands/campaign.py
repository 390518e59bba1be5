"""`check` and `plan`: what the campaign's files say."""

from __future__ import annotations

from typing import Annotated

import typer

from stormctl.cli.console import show, show_json
from stormctl.cli.options import JsonOption, ScheduleArgument
from stormctl.errors import ExitCode


def check(
    ctx: typer.Context,
    schedules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCHEDULE",
            help="Schedules to check; all of them if none is named.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check schedules and their banks.

    Prints each finding with its file and line. Exit code 3 if something must be fixed before a launch.
    """
    from stormctl.domain.base.finding import sort_findings
    from stormctl.files.campaign import find_schedules
    from stormctl.render.exports.documents import findings_json
    from stormctl.render.terminal.findings import render_findings

    names = schedules or find_schedules(ctx.obj.root)
    campaigns = [ctx.obj.load_campaign(str(name), remember=True) for name in names]
    findings = sort_findings([finding for campaign in campaigns for finding in campaign.findings])
    if as_json:
        show_json(findings_json(findings))
    else:
        show(render_findings(findings))
    if any(campaign.errors for campaign in campaigns):
        raise typer.Exit(ExitCode.FINDINGS)


def plan(ctx: typer.Context, schedule: ScheduleArgument = None, as_json: JsonOption = False) -> None:
    """Show the day's timeline and its cost.

    What goes out when and on which channel, in the storm's zone; what got no slot; what X will bill.
    Nothing is published or enrolled. Exit code 3 if findings would stop a launch.
    """
    from stormctl.domain.plan.cost import cost_of
    from stormctl.render.exports.documents import plan_json
    from stormctl.render.terminal.timeline import render_plan

    campaign = ctx.obj.load_and_tell(schedule)
    if campaign.storm is not None and campaign.plan is not None:
        cost = cost_of(campaign.plan)
        if as_json:
            show_json(plan_json(campaign.plan, campaign.storm, cost))
        else:
            show(render_plan(campaign.plan, campaign.storm, cost))
    if campaign.errors:
        raise typer.Exit(ExitCode.FINDINGS)
