"""Dates for people's calendars, as RFC 5545 (iCalendar) has them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.render.labels import NOT_LIVE, name_age
from stormctl.render.words import clean, render_day_and_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stormctl.domain.report.readings import ReadingTime
    from stormctl.domain.report.report import Report

LASTS = timedelta(minutes=15)
"""How long an entry is: as long as it takes to read the figures and look at them."""

LINE_BYTES = 75
"""The longest line, without its end (source: RFC 5545, 3.1)."""


def render_calendar(report: Report) -> str:
    """Write the dates on which a storm's figures come; importing the file again changes the same entries."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//stormctl//figures//EN", "CALSCALE:GREGORIAN"]
    for reading in report.reading_times:
        lines += _list_entry(report, reading)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _fold(line))


def _list_entry(report: Report, reading: ReadingTime) -> Iterator[str]:
    zone = ZoneInfo(report.timezone)
    hours = int(reading.age.total_seconds() // 3600)
    first, last = (render_day_and_time(at, zone) for at in (reading.first_at, reading.last_at))
    name = f"{f'{NOT_LIVE}: ' if report.practice_hosts else ''}{clean(report.storm_name)}"
    steps = (
        f"The posts of {name} are {name_age(reading.age)} old between {first} and {last}.",
        "A daemon reads their figures by itself. If none runs, type in the campaign folder: stormctl tick",
        f"Then look at them: stormctl report {report.storm_id}",
    )
    yield "BEGIN:VEVENT"
    yield f"UID:figures-{hours}h-{report.storm_id}@stormctl"
    yield f"DTSTAMP:{_write(report.made_at)}"
    yield f"DTSTART:{_write(reading.last_at)}"
    yield f"DTEND:{_write(reading.last_at + LASTS)}"
    yield f"SUMMARY:{_escape(f'Figures of {name} after {name_age(reading.age)}')}"
    yield f"DESCRIPTION:{_escape(chr(10).join(steps))}"
    yield "TRANSP:TRANSPARENT"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Figures are due", "TRIGGER:PT0S", "END:VALARM")
    yield "END:VEVENT"


def _write(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    r"""Escape what has a meaning in a text (RFC 5545, 3.3.11)."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", r"\n")


def _fold(line: str) -> Iterator[str]:
    """Break a line that is too long between characters; what follows begins with a blank (RFC 5545, 3.1)."""
    part = ""
    for char in line:
        if len(f"{part}{char}".encode()) > LINE_BYTES:
            yield part
            part = " "
        part += char
    yield part
