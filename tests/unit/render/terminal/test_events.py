"""Events as plain lines."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.render.terminal.events import render_event

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
