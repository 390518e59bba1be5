"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.completion import complete_key, complete_schedule, complete_storm, complete_target
from stormctl.cli.console import choose_language
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from stormctl.domain.platforms.channel import ChannelId

ScheduleArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCHEDULE",
        autocompletion=complete_schedule,
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
    str | None,
    typer.Option(
        "--channel",
        metavar="CHANNEL",
        help="Only this channel, such as x:acme.",
        autocompletion=complete_target("channel"),
    ),
]
PlatformOption = Annotated[
    str | None,
    typer.Option(
        "--platform",
        help=f"Only this platform: {' or '.join(Platform)}.",
        autocompletion=complete_target("platform"),
    ),
]
AnywayOption = Annotated[
    bool, typer.Option("--anyway", help="Also where nothing is of that name yet; otherwise that is refused.")
]
TopicOption = Annotated[
    str | None,
    typer.Option("--topic", help="Only messages of this topic.", autocompletion=complete_target("topic")),
]
MessageOption = Annotated[
    str | None,
    typer.Option(
        "--message", help="Only the message with this id.", autocompletion=complete_target("message")
    ),
]
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
_KEY_HELP = (
    "A delivery's key, or enough whole parts of it to be unique: noon-statement.en, x:acme/noon-statement. "
    "A thread's means all its parts."
)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help=_KEY_HELP, autocompletion=complete_key)]
OptionalKeysArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help=_KEY_HELP, autocompletion=complete_key, show_default=False),
]
WholeMessageOption = Annotated[
    str | None,
    typer.Option(
        "--message",
        metavar="ID",
        help="Every delivery of this message.",
        autocompletion=complete_target("message"),
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")]
StormOption = Annotated[
    str | None,
    typer.Option(
        "--storm",
        metavar="STORM",
        autocompletion=complete_storm,
        help="With --message: only in this storm. Needed if several storms have it.",
    ),
]


def read_channel(name: str) -> ChannelId:
    """Read the name of a channel, such as `x:acme`; UsageError if it is none."""
    from stormctl.domain.platforms.channel import parse_channel_id

    try:
        return parse_channel_id(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
