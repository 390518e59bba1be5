"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.console import choose_language
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from stormctl.domain.platforms.channel import ChannelId

ScheduleArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCHEDULE",
        help="A schedule: schedules/imd-2026.toml, or just imd-2026. Not needed where there is only one.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines on standard output.")]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|es|fr",
        callback=choose_language,
        help="The language of findings and hints; the system's by default.",
        show_default=False,
    ),
]
PlainOption = Annotated[bool, typer.Option("--plain", help="One line per event, no live view.")]
RehearsalOption = Annotated[
    bool, typer.Option("--rehearsal", help="Act on the running rehearsal, not on the real storm.")
]
ChannelOption = Annotated[
    str | None, typer.Option("--channel", metavar="CHANNEL", help="Only this channel, such as x:acme.")
]
PlatformOption = Annotated[
    str | None, typer.Option("--platform", help=f"Only this platform: {' or '.join(Platform)}.")
]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only messages of this topic.")]
MessageOption = Annotated[str | None, typer.Option("--message", help="Only the message with this id.")]
FaultsOption = Annotated[
    str, typer.Option(metavar="PROFILE|FILE", help="none, normal, rough, or a TOML file of faults.")
]
LogFileOption = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        dir_okay=False,
        help="Append one JSON line per event to this file, readable only by you.",
        show_default=False,
    ),
]


def read_channel(name: str) -> ChannelId:
    """Read the name of a channel, such as `x:acme`; UsageError if it is none."""
    from stormctl.domain.platforms.channel import parse_channel_id

    try:
        return parse_channel_id(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
