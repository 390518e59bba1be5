"""The dates on which figures come, as a calendar reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stormctl.render.exports.calendar import LINE_BYTES, render_calendar

if TYPE_CHECKING:
    from stormctl.domain.report.report import Report


def unfold(calendar: str) -> list[str]:
    """Return the lines as they were before they were folded."""
    return re.sub("\r\n ", "", calendar).split("\r\n")


def test_each_age_is_an_entry(report: Report) -> None:
    """An hour, a day and a week after the last post that is to come, and when it is quite sure to be read."""
    lines = unfold(render_calendar(report))

    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    starts = [line.partition(":")[2] for line in lines if line.startswith("DTSTART:")]
    ends = [datetime.strptime(start, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for start in starts]
    assert ends == [time.last_at.replace(microsecond=0) for time in report.reading_times]
    assert [line for line in lines if line.startswith("SUMMARY:")] == [
        "SUMMARY:Figures of International Migrants Day 2026 after 1 hour",
        "SUMMARY:Figures of International Migrants Day 2026 after 24 hours",
        "SUMMARY:Figures of International Migrants Day 2026 after 7 days",
    ]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 3


def test_importing_it_again_changes_the_same_entries(report: Report) -> None:
    """Their ids are those of the storm and the age, whenever the file is made."""
    later = replace(report, made_at=report.made_at.replace(year=2027))

    first, second = (
        [line for line in unfold(render_calendar(made)) if line.startswith("UID:")]
        for made in (report, later)
    )

    assert first == second
    assert len(set(first)) == 3


def test_signs_with_a_meaning_are_escaped_and_long_lines_folded(report: Report) -> None:
    """A name ends no line and begins no entry; no letter is torn apart."""
    sly = replace(report, storm_name="Día; de, los\\ migrantes\r\nBEGIN:VEVENT " + "é" * 100)

    calendar = render_calendar(sly)

    assert "SUMMARY:Figures of Día\\; de\\, los\\\\ migrantes BEGIN:VEVENT éé" in "\n".join(unfold(calendar))
    assert max(len(line.encode()) for line in calendar.split("\r\n")) <= LINE_BYTES
    assert unfold(calendar).count("BEGIN:VEVENT") == 3


def test_practice_is_not_live(report: Report) -> None:
    """Nobody waits for made-up figures."""
    practice = render_calendar(replace(report, practice_hosts=("127.0.0.1:8080",)))

    assert "SUMMARY:Figures of NOT LIVE: International" in "\n".join(unfold(practice))
