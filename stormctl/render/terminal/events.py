"""What happened, for logs, pipes and screens that do not move: one event, one plain line, or all of it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from textwrap import wrap
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.amounts import count
from stormctl.domain.base.event import EventKind
from stormctl.render.words import (
    clean,
    read_message_id,
    render_day,
    render_day_and_time,
    render_span,
    render_time,
    shorten_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.report.storm_log import LogEntry, StormLog


_COMMAND_AT_END = re.compile(r"stormctl (?:halt|resume|retract|retry|resolve|cancel|show|status)\b[^()]*$")

_INDENT = "    "
_COUNTED = {
    EventKind.FAILED: ("failed", "failed"),
    EventKind.MISSED: ("missed", "missed"),
    EventKind.EXPIRED: ("expired", "expired"),
    EventKind.IN_DOUBT: ("in doubt meanwhile", "in doubt meanwhile"),
    EventKind.RETRACTED: ("taken down", "taken down"),
    EventKind.POSTED_TWICE: ("posted twice", "posted twice"),
    EventKind.HALTED: ("halt", "halts"),
    EventKind.RESUMED: ("resume", "resumes"),
    EventKind.SUSPENDED: ("suspension", "suspensions"),
}
"""What the first line counts, in its order."""


def render_event(event: StormEvent, zone: tzinfo, *, is_rehearsal: bool = False) -> str:
    """Write an event as time, channel, what happened, which post, words and address, two blanks apart.

    What the event does not have is left out, and so are words that only repeat the rest of the line. After
    a post stands the command that takes it down: whoever sees a mistake has no time to look for it.

    Args:
        is_rehearsal: whether the commands that the line names must act on the rehearsal.
    """
    kind, name, text = _describe_event(event)
    if is_rehearsal and _COMMAND_AT_END.search(text):
        text += " --rehearsal"
    url = event.url or ""
    parts = [
        render_time(event.at, zone, seconds=True),
        event.channel or event.storm_id or "",
        kind,
        name,
        "" if text in {kind, name} else text,
        "" if url in text else url,
        _name_retraction(event, is_rehearsal=is_rehearsal),
    ]
    return "  ".join(clean(part) for part in parts if part)


def _describe_event(event: StormEvent) -> tuple[str, str, str]:
    """Return what kind of event it is, which post it is about, and what its words add to that."""
    kind = event.kind.value.replace("_", " ")
    text = clean(event.text)
    if not event.key:
        return kind, "", text
    message_id = read_message_id(event.key)
    text = "" if text == message_id else text.removeprefix(f"{message_id}: ").removeprefix(f"{kind}: ")
    return kind, shorten_key(event.key), text


def _name_retraction(event: StormEvent, *, is_rehearsal: bool) -> str:
    if event.kind is not EventKind.DELIVERED or event.key is None:
        return ""
    return f"(stormctl retract {event.key}{' --rehearsal' if is_rehearsal else ''})"


def render_log(log: StormLog, viewer_zone: tzinfo, *, width: int | None, is_rehearsal: bool) -> Iterator[str]:
    """Write what happened: first all of it in one line, then an entry after the other, the oldest first.

    Args:
        width: columns of the terminal, between whose words an entry is wrapped; None for one line an entry.
    """
    zones = {storm_id: ZoneInfo(name) for storm_id, name in log.zones.items()}
    usual: tzinfo = next(iter(zones.values()), viewer_zone)
    yield from _lay_out(_sum_up(log, usual, is_rehearsal=is_rehearsal), width)
    day = ""
    for entry in log.entries:
        zone = zones.get(entry.event.storm_id or "", usual)
        today = render_day(entry.event.at, zone)
        if width is not None and today != day:
            yield from ("", today)
        day = today
        time = _write_time(entry.event.at, zone, viewer_zone, with_date=width is None)
        parts = [time, *_describe(entry, with_storm=len(zones) > 1)]
        yield from _lay_out("  ".join(part for part in parts if part), width, url=_find_url(entry))


def _sum_up(log: StormLog, zone: tzinfo, *, is_rehearsal: bool) -> str:
    live = "NOT LIVE (rehearsal): " if is_rehearsal else ""
    since = "" if log.since is None else f" since {render_day_and_time(log.since, zone)}"
    if not log.entries:
        return f"{live}nothing has happened{since or ' yet'}"
    published = {entry.event.key: entry.late for entry in log.entries if entry.late is not None}
    latest = max(published.values(), default=timedelta())
    late = f", the latest {_say_late(latest)}" if published else ""
    kinds = Counter(entry.event.kind for entry in log.entries)
    counted = [count(kinds[kind], *words) for kind, words in _COUNTED.items() if kinds[kind]]
    more = f"; {', '.join(counted)}" if counted else ""
    told = f"{count(len(published), 'post')} published{late}{more}"
    if not since:
        since = f" since {render_day_and_time(log.entries[0].event.at, zone)}"
    return f"{live}{told} ({count(len(log.entries), 'entry', 'entries')}{since})"


def _describe(entry: LogEntry, *, with_storm: bool) -> Iterator[str]:
    """Write an entry in parts; words that repeat what stands before them are left out."""
    event = entry.event
    kind, name, text = _describe_event(event)
    if with_storm and event.storm_id:
        yield event.storm_id
    if event.channel and not text.startswith(event.channel):
        yield event.channel
    if not re.search(rf"\b{kind}\b", text):
        yield kind
    yield name
    yield text
    if entry.late is not None:
        yield _say_late(entry.late)


def _find_url(entry: LogEntry) -> str:
    url = clean(entry.event.url or "")
    return "" if url in entry.event.text else url


def _say_late(late: timedelta) -> str:
    return "on time" if late < timedelta(seconds=1) else f"{render_span(late)} late"


def _write_time(at: datetime, zone: tzinfo, viewer_zone: tzinfo, *, with_date: bool) -> str:
    shown = render_time(at, zone, seconds=True)
    if at.astimezone(zone).utcoffset() != at.astimezone(viewer_zone).utcoffset():
        shown += f" ({render_time(at, viewer_zone)})"
    return f"{at.astimezone(zone):%Y-%m-%d} {shown}" if with_date else shown


def _lay_out(line: str, width: int | None, url: str = "") -> list[str]:
    """Break a line between words; an address that does not fit has a line of its own, to be copied whole."""
    whole = f"{line}  {url}" if url else line
    if width is None or len(whole) <= width:
        return [whole]
    lines = wrap(line, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)
    return [*lines, f"{_INDENT}{url}"] if url else lines
