"""`plan`: what a schedule makes of its bank."""

from __future__ import annotations

import typer

from stormctl.cli.console import language, show, show_json
from stormctl.cli.options import JsonOption, LanguageOption, ScheduleArgument
from stormctl.errors import ExitCode


def plan(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Show the day's timeline and its cost.

    What goes out when and on which channel, in the storm's zone; what got no slot; what X will bill.
    Nothing is published or enrolled. Exit code 3 if findings would stop a launch.
    """
    del lang
    from stormctl.domain.plan.cost import cost_of
    from stormctl.render.exports.documents import plan_json
    from stormctl.render.terminal.timeline import render_plan

    campaign = ctx.obj.load_and_tell(schedule)
    if campaign.storm is not None and campaign.plan is not None:
        cost = cost_of(campaign.plan)
        if as_json:
            show_json(plan_json(campaign.plan, campaign.storm, cost))
        else:
            show(render_plan(campaign.plan, campaign.storm, cost, language()))
    if campaign.errors:
        raise typer.Exit(ExitCode.FINDINGS)
