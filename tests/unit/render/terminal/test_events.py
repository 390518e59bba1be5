"""Events as plain lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.report.storm_log import LogEntry, StormLog
from stormctl.render.terminal.events import render_event, render_log

AT = datetime(2026, 12, 18, 17, 0, 3, tzinfo=UTC)
KEY = "imd-2026/x:migrants-day/noon-statement/en"
URL = "https://example.org/1"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            StormEvent(
                kind=EventKind.DELIVERED,
                at=AT,
                text="noon-statement",
                storm_id="imd-2026",
                channel="x:migrants-day",
                key=KEY,
                url=URL,
            ),
            f"12:00:03 EST  x:migrants-day  delivered  noon-statement.en  {URL}  (stormctl retract {KEY})",
        ),
        (
            StormEvent(
                kind=EventKind.IN_DOUBT,
                at=AT,
                text="noon-statement: no answer\nwithin 10 s",
                channel="x:migrants-day",
                key=KEY,
            ),
            "12:00:03 EST  x:migrants-day  in doubt  noon-statement.en  no answer within 10 s",
        ),
        (
            StormEvent(
                kind=EventKind.POSTED_TWICE,
                at=AT,
                text=f"noon-statement: posted twice: {URL}/1 and {URL}",
                channel="x:migrants-day",
                key=KEY,
                url=URL,
            ),
            f"12:00:03 EST  x:migrants-day  posted twice  noon-statement.en  {URL}/1 and {URL}",
        ),
        (
            StormEvent(kind=EventKind.HALTED, at=AT, text="all: checking a rumour"),
            "12:00:03 EST  halted  all: checking a rumour",
        ),
        (
            StormEvent(kind=EventKind.FINISHED, at=AT, text="finished", storm_id="imd-2026"),
            "12:00:03 EST  imd-2026  finished",
        ),
        (
            StormEvent(kind=EventKind.WARNING, at=AT, text=f"twice: {URL}", url=URL),
            f"12:00:03 EST  warning  twice: {URL}",
        ),
    ],
)
def test_an_event_is_one_line_that_repeats_nothing(event: StormEvent, line: str) -> None:
    """What it does not have is left out, and so are words that stand in the line already."""
    assert render_event(event, ZoneInfo("America/New_York")) == line


def test_in_a_rehearsal_the_command_that_takes_a_post_down_says_so() -> None:
    """A command that is copied from a rehearsal's lines never acts on the day's ledger."""
    event = StormEvent(
        kind=EventKind.DELIVERED, at=AT, text="noon-statement", channel="x:migrants-day", key=KEY, url=URL
    )

    line = render_event(event, ZoneInfo("America/New_York"), is_rehearsal=True)

    assert line.endswith(f"(stormctl retract {KEY} --rehearsal)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "suspended — then: stormctl resume --channel x:acme",
            " stormctl resume --channel x:acme --rehearsal",
        ),
        ("told by stormctl resume (process 1)", "told by stormctl resume (process 1)"),
        ("nothing to type", "nothing to type"),
    ],
)
def test_in_a_rehearsal_a_command_at_the_end_says_so(text: str, shown: str) -> None:
    """What the ledger wrote knows nothing of rehearsals."""
    event = StormEvent(kind=EventKind.WARNING, at=AT, text=text, channel="x:acme")

    assert render_event(event, ZoneInfo("America/New_York"), is_rehearsal=True).endswith(shown)


LOGGED_AT = datetime(2026, 12, 18, 17, 0, 3, tzinfo=UTC)
MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
ADDRESS = "https://x.com/migrants_day/status/2133910147867607040"
NOON_KEY = "imd/x:migrants-day/noon-statement/en"


def _entry(kind: EventKind, text: str, *, late: float | None = None, **fields: Any) -> LogEntry:
    event = StormEvent(kind=kind, at=LOGGED_AT, text=text, **fields)
    return LogEntry(event=event, wall_at=LOGGED_AT, late=None if late is None else timedelta(seconds=late))


def _log(*entries: LogEntry, since: datetime | None = None, **zones: str) -> StormLog:
    zones = zones or {"imd": "America/New_York"}
    return StormLog(ledger="here", zones=zones, since=since, entries=entries)


POST = _entry(
    EventKind.DELIVERED,
    "noon-statement",
    late=184,
    storm_id="imd",
    channel="x:migrants-day",
    key=NOON_KEY,
    url=ADDRESS,
)
HALT = _entry(EventKind.HALTED, "everything halted by ana: a tragedy in the news")


def _render(log: StormLog, width: int | None = None, *, is_rehearsal: bool = False) -> list[str]:
    return list(render_log(log, MADRID, width=width, is_rehearsal=is_rehearsal))


def test_a_pipe_gets_one_line_an_entry() -> None:
    """The first line sums it up; each other one has date, both zones, and what was published how late."""
    assert _render(_log(HALT, POST)) == [
        "1 post published, the latest 3 min late; 1 halt (2 entries since Fri 18 Dec 2026, 12:00 EST)",
        "2026-12-18 12:00:03 EST (18:00 CET)  everything halted by ana: a tragedy in the news",
        "2026-12-18 12:00:03 EST (18:00 CET)  x:migrants-day  delivered  noon-statement.en  3 min late  "
        + ADDRESS,
    ]


def test_a_screen_gets_whole_words_and_whole_addresses() -> None:
    """Entries stand under their day; an address that doesn't fit has a line of its own."""
    lines = _render(_log(HALT, POST), 60)

    assert lines[2:] == [
        "",
        "Fri 18 Dec 2026",
        "12:00:03 EST (18:00 CET)  everything halted by ana: a",
        "    tragedy in the news",
        "12:00:03 EST (18:00 CET)  x:migrants-day  delivered",
        "    noon-statement.en  3 min late",
        f"    {ADDRESS}",
    ]


def test_each_storm_has_its_own_zone() -> None:
    """Where there are several, each entry names its storm; what concerns all has the newest storm's zone."""
    log = _log(
        HALT, _entry(EventKind.LAUNCHED, "launched by ben", storm_id="vigil"), imd="UTC", vigil="Asia/Tokyo"
    )

    assert _render(log)[1:] == [
        "2026-12-18 17:00:03 UTC (18:00 CET)  everything halted by ana: a tragedy in the news",
        "2026-12-19 02:00:03 JST (18:00 CET)  vigil  launched by ben",
    ]


def test_nothing_is_said_too() -> None:
    """An empty list says since when, and a rehearsal that it is none of the day."""
    assert _render(_log()) == ["nothing has happened yet"]
    assert _render(_log(since=LOGGED_AT), is_rehearsal=True) == [
        "NOT LIVE (rehearsal): nothing has happened since Fri 18 Dec 2026, 12:00 EST"
    ]


def test_nothing_in_it_steers_a_terminal() -> None:
    """What others wrote is cleaned, and so are addresses."""
    bad = _entry(EventKind.WARNING, "red \x1b[31mink\nand more", url="https://e.org/\x1b[2J")

    assert not [line for line in _render(_log(bad)) if "\x1b" in line or "\n" in line]
