"""`emulator`: both platforms on this machine, for practice and for any other client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stormctl.cli.options import FaultsOption
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import UsageError


def emulator(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 8080,
    channels: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            metavar="CHANNEL",
            help="An account or Page to make, such as x:acme; by default those of the campaign's schedules.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Random seed of the audience, the credentials and the faults.")
    ] = 0,
    faults: FaultsOption = "none",
    env: Annotated[
        Path | None,
        typer.Option(
            "--env",
            metavar="FILE",
            help="Write what a client needs to this new file instead, readable only by you.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run a local stand-in for both platforms.

    Until Ctrl-C. Prints the addresses and throw-away credentials as lines for an .env file on standard
    output, with the lock that keeps every command away from the real platforms. Its page shows the
    timelines as followers would see them.
    """
    from stormctl.emulator.core.accounts import make_accounts
    from stormctl.emulator.core.faults import Faults
    from stormctl.emulator.server import run

    accounts = make_accounts(channels or _campaign_channels(ctx), seed)
    loaded = Faults.load(faults, seed=seed)
    run(accounts, port=port, seed=seed, faults=loaded, announce=typer.echo, env=env)


def _campaign_channels(ctx: typer.Context) -> list[str]:
    """Return every channel of the campaign's schedules, or one per platform to try."""
    from stormctl.engine.base.campaign import find_scheduled_channels

    try:
        names = [str(channel) for channel in find_scheduled_channels(ctx.obj.root)]
    except UsageError:
        names = []
    return names or [f"{platform}:acme" for platform in Platform]
