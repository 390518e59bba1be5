"""The views of a running storm."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from stormctl.domain.base.clock import Moment
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.render.terminal.live import LiveView, PlainView

if TYPE_CHECKING:
    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import StormStatus

ZONE = ZoneInfo("America/New_York")
NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
MOMENT = Moment(at=NOON, wall_at=NOON)


def make_event(text: str, kind: EventKind = EventKind.WARNING) -> StormEvent:
    """Make an event at noon."""
    return StormEvent(kind=kind, at=NOON, text=text)


def make_live(*, is_rehearsal: bool = False) -> tuple[LiveView, io.StringIO]:
    """Make a live view on a terminal of 100 by 40 that keeps all that is written to it."""
    screen = io.StringIO()
    console = Console(
        file=screen, force_terminal=True, width=100, height=40, color_system=None, legacy_windows=False
    )
    return LiveView(console, ZONE, is_rehearsal=is_rehearsal), screen


def test_the_last_picture_stays_on_the_screen(status: StormStatus, halt: HaltView) -> None:
    """It holds the progress, the halts, the links and the warnings that came before the end."""
    view, screen = make_live()

    with view:
        view.update(status, MOMENT, [halt])
        view(make_event("X answered 429"))

    last = screen.getvalue().rpartition("International Migrants Day 2026")[2]
    assert "22 of 64 posts delivered" in last
    assert "HALTED (all) since 12:03 EST by lead: checking a rumour" in last
    assert "http://127.0.0.1:8123/migrants-day/status/22" in last
    assert "12:00:00 EST  warning  X answered 429" in last


def test_it_shows_something_before_the_first_update() -> None:
    """A terminal that stays empty looks like one that hangs."""
    view, screen = make_live()

    with view:
        pass

    assert "Starting …" in screen.getvalue()


def test_deliveries_do_not_push_warnings_away(status: StormStatus) -> None:
    """What the picture shows by itself is no event to know."""
    view, screen = make_live()

    with view:
        view.update(status, MOMENT)
        view(make_event("X answered 429"))
        for number in range(200):
            view(make_event(f"post {number}", EventKind.DELIVERED))

    assert "X answered 429" in screen.getvalue()
    assert "post 199" not in screen.getvalue()


def test_a_rehearsal_says_how_fast_its_clock_runs(status: StormStatus) -> None:
    """Measured since the first update; a storm in real time says nothing of it."""
    view, screen = make_live()
    later = Moment(at=NOON + timedelta(hours=1), wall_at=NOON + timedelta(seconds=5))

    with view:
        view.update(status, MOMENT)
        view.update(status, later)

    assert "13:00:00 EST, 720 × real time" in screen.getvalue()


def test_it_may_be_told_from_several_threads(status: StormStatus) -> None:
    """While it draws, events and updates come from elsewhere, and none is an error."""
    view, screen = make_live()

    def tell() -> None:
        for number in range(200):
            view(make_event(f"warning {number}"))
            view.update(replace(status, late=number), MOMENT)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    with view:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert "199 late" in screen.getvalue()


def test_plain_lines_are_written_at_once(status: StormStatus) -> None:
    """Each event is a line, flushed; an update writes nothing."""
    lines: list[str] = []

    class Stream(io.StringIO):
        """Notes what was there at each flush."""

        def flush(self) -> None:
            lines.append(self.getvalue())

    with PlainView(Stream(), ZONE) as view:
        view(make_event("first"))
        view.update(status, MOMENT)
        view(make_event("second"))

    first, second = "12:00:00 EST  warning  first\n", "12:00:00 EST  warning  second\n"
    assert lines == [first, first + second]


@pytest.mark.parametrize(
    ("is_rehearsal", "told"),
    [
        (False, ["delivered", "prepared", "metrics", "metrics", "in doubt", "warning"]),
        (True, ["delivered", "in doubt", "warning"]),
    ],
)
def test_lines_of_a_rehearsal_are_the_posts_and_what_went_wrong(is_rehearsal: bool, told: list[str]) -> None:
    """A hundred readings of metrics would hide both; a launch's lines are its log, and tell everything."""
    stream = io.StringIO()
    view = PlainView(stream, ZONE, is_rehearsal=is_rehearsal)

    for kind in ("delivered", "prepared", "metrics", "metrics", "in_doubt", "warning"):
        view(make_event("a word", EventKind(kind)))

    assert [line.split("  ")[1] for line in stream.getvalue().splitlines()] == told


def test_a_stream_that_knows_few_characters_gets_escapes() -> None:
    """A console in an old encoding must not stop the storm."""
    raw = io.BytesIO()
    view = PlainView(io.TextIOWrapper(raw, encoding="ascii"), ZONE)

    view(make_event("señal →"))

    assert raw.getvalue() == b"12:00:00 EST  warning  se\\xf1al \\u2192" + b"\n"


def test_a_lost_stream_silences_the_view_and_nothing_else() -> None:
    """Who started the storm may have closed the terminal: posting goes on."""
    tries: list[str] = []

    class Broken(io.StringIO):
        """A pipe whose reader has gone."""

        def write(self, text: str) -> int:
            tries.append(text)
            raise BrokenPipeError

    view = PlainView(Broken(), ZONE)

    view(make_event("first"))
    view(make_event("second"))

    assert len(tries) == 1
