"""`log`: who did what, and when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from stormctl.cli import console
from stormctl.cli.options import JsonOption, RehearsalOption
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def log(
    ctx: typer.Context,
    storm: Annotated[
        str | None,
        typer.Argument(
            metavar="STORM",
            help="Only this storm, and what concerns all; by default all storms in the ledger.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only what happened since: 2h, 14:30 or '2026-12-18 14:30', in the storm's zone.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Show who did what, and every post with its lateness.

    Launches, halts, resumes, retries, edits, sign-ins, runners, suspensions, alerts and posts, the oldest
    first, in the storm's zone and, in brackets, yours. Needs no keys. In a pipe each entry is one line.
    """
    from stormctl.domain.report.storm_log import StormLog

    with ctx.obj.open_with_clock(
        rehearsal=rehearsal, needs_keys=False, command="log", as_json=as_json
    ) as opened:
        history = opened.ledger.history
        zones = history.zones(storm)
        after = None if since is None else read_since(since, set(zones.values()), opened.clock.moment().at)
        entries = history.log(storm, after)
        found = StormLog(ledger=opened.ledger.where, zones=zones, since=after, entries=entries)
    if as_json:
        from stormctl.render.exports.deliveries import log_json

        console.show_json(log_json(found))
        return
    from stormctl.cli.watching import viewer_zone
    from stormctl.render.terminal.events import render_log

    width = console.find_width()
    console.show_lines(render_log(found, viewer_zone(), width=width, is_rehearsal=rehearsal))


def read_since(text: str, zones: set[str], now: datetime) -> datetime:
    """Read how far back to look: a duration, a time of day, a day, or a moment; storm time.

    Args:
        zones: those of the storms; a time without a zone is in the only one.

    Raises:
        UsageError: it is none of them, or several zones could be meant.
    """
    from stormctl.cli.acting import LOCAL, read_moment
    from stormctl.domain.base.amounts import parse_duration

    text = text.strip()
    try:
        return now - parse_duration(text)
    except OverflowError:
        raise UsageError(f"--since: {text} is longer ago than there are dates") from None
    except ValueError:
        pass
    zones = zones or {"UTC"}
    if _DAY.fullmatch(text):
        return read_moment(f"{text} 00:00", zones, "--since")
    if _CLOCK.fullmatch(text):
        from datetime import timedelta

        local = now.astimezone(ZoneInfo(min(zones)))
        at = read_moment(f"{local:%Y-%m-%d} {text:0>5}", zones, "--since")
        return at if at <= now else at - timedelta(days=1)
    if LOCAL.fullmatch(text) or _DAY.match(text):
        return read_moment(text, zones, "--since")
    raise UsageError(
        f"--since: “{text}” is neither a duration nor a time", "Write 2h, 14:30 or '2026-12-18 14:30'."
    )
