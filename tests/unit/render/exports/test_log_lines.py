"""One event, one line of JSON that says who, what and where."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.render.exports.log_lines import Origin, name_level, render_event_line, render_record_line
from tests.fakes import NOON

HERE = Origin(host="laptop", pid=7, runner="r1")


def test_an_event_is_written_with_all_that_it_has() -> None:
    """Times are UTC; the state is the one that the event leaves its delivery in."""
    event = StormEvent(
        kind=EventKind.DELIVERED,
        at=NOON,
        text="m1",
        storm_id="storm",
        channel="x:acme",
        key="storm/x:acme/m1/en",
        attempt_id=3,
        url="http://127.0.0.1/1",
    )

    line = render_event_line(event, NOON, HERE)

    assert json.loads(line) == {
        "time": "2026-12-18T17:00:00.000Z",
        "level": "info",
        "kind": "delivered",
        "storm": "storm",
        "channel": "x:acme",
        "key": "storm/x:acme/m1/en",
        "attempt_id": 3,
        "state": "delivered",
        "text": "m1",
        "url": "http://127.0.0.1/1",
        "runner": "r1",
        "host": "laptop",
        "pid": 7,
    }


def test_storm_time_stands_beside_real_time_where_it_differs() -> None:
    """In a rehearsal the day runs faster than the clock on the wall."""
    event = StormEvent(kind=EventKind.WARNING, at=NOON + timedelta(hours=3), text="late")

    line = json.loads(render_event_line(event, NOON, HERE))

    assert (line["time"], line["storm_time"]) == ("2026-12-18T17:00:00.000Z", "2026-12-18T20:00:00.000Z")
    assert "channel" not in line


@pytest.mark.parametrize(
    ("kind", "url", "state"),
    [
        (EventKind.NOT_SENT, None, "planned"),
        (EventKind.RECONCILED, "http://127.0.0.1/1", "delivered"),
        (EventKind.RECONCILED, None, None),
        (EventKind.METRICS, None, None),
    ],
)
def test_a_state_is_named_only_where_the_event_says_it(
    kind: EventKind, url: str | None, state: str | None
) -> None:
    """What a reading proved can be either, and a number changes nothing."""
    event = StormEvent(kind=kind, at=NOON, text="", key="storm/x:acme/m1/en", url=url)

    assert json.loads(render_event_line(event, NOON, HERE)).get("state") == state


def test_every_line_stays_one_line() -> None:
    """Line breaks and other characters of a text are written as JSON writes them; letters stay letters."""
    event = StormEvent(kind=EventKind.WARNING, at=NOON, text="ésta\nes “una”\u2028línea")

    line = render_event_line(event, NOON, HERE)

    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == event.text
    assert "ésta" in line


def test_a_record_keeps_its_logger_and_its_traceback() -> None:
    """What a library warned of, and a bug."""
    line = render_record_line(
        "a bug", "error", NOON, HERE, source="stormctl.engine.run.lanes", traceback="Traceback\n  here"
    )

    read = json.loads(line)
    assert (read["kind"], read["level"], read["source"]) == ("log", "error", "stormctl.engine.run.lanes")
    assert read["traceback"] == "Traceback\n  here"


def test_every_kind_of_event_has_a_level() -> None:
    """Most events are news, some are warnings, and a few are errors."""
    levels = {kind: name_level(kind) for kind in EventKind}

    assert levels[EventKind.DELIVERED] == "info"
    assert levels[EventKind.MISSED] == "warning"
    assert levels[EventKind.FAILED] == "error"
