"""What commands read before they do anything: the campaign, with what was found in its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.engine.base.campaign import Campaign


def load_and_tell(context: Context, schedule: str | None) -> Campaign:
    """Read the campaign and tell what was found in its files."""
    from stormctl.cli.console import tell
    from stormctl.render.terminal.findings import render_findings

    campaign = context.load_campaign(schedule)
    if campaign.findings:
        tell(render_findings(campaign.findings))
    return campaign
