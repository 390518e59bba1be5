"""One picture of the live view, on screens of all sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import Budget, State
from stormctl.render.terminal.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import StormStatus

AT = datetime(2026, 12, 18, 17, 5, tzinfo=UTC)

EXPECTED = """\
International Migrants Day 2026                                       12:05:00 EST
━━━━━━━━━━━━━━━━━━━╸                                      22 of 64 posts delivered
40 planned, 1 in doubt, 1 missed
HALTED (all) since 12:03 EST by lead: checking a rumour
facebook:migrants-day is suspended: the token was refused (190)

Next on each channel
12:20 EST  in 15 min  x:migrants-day         harvest  The hands that bring in the…
12:27 EST  in 22 min  facebook:migrants-day  harvest  The hands that bring it in.

Last posts (to take one down: stormctl retract CHANNEL/MESSAGE)
12:00:03 EST  x:migrants-day/noon-statement         http://127.0.0.1:8123/migrant…
12:00:03 EST  facebook:migrants-day/noon-statement  http://127.0.0.1:8123/7_21

Notices
12:05:00 EST  warning  trouble 3
12:05:00 EST  warning  trouble 2
12:05:00 EST  warning  trouble 1
"""


@pytest.fixture
def frame(status: StormStatus, halt: HaltView) -> Frame:
    """Five past noon, halted, with three warnings."""
    events = tuple(StormEvent(kind=EventKind.WARNING, at=AT, text=f"trouble {n}") for n in (1, 2, 3))
    return Frame(
        zone=ZoneInfo("America/New_York"),
        status=status,
        moment=Moment(at=AT, wall_at=AT),
        halts=(halt,),
        events=events,
    )


def test_the_picture_shows_progress_alarms_what_comes_and_what_went_out(
    show: Callable[..., str], frame: Frame
) -> None:
    """Newest first, and every line on its own."""
    assert show(frame, width=82) + "\n" == EXPECTED


@pytest.mark.parametrize("height", range(6, 24))
@pytest.mark.parametrize("width", [60, 80, 140])
def test_it_is_never_higher_than_the_screen(
    show: Callable[..., str], frame: Frame, width: int, height: int
) -> None:
    """Or it would scroll, and flicker; progress and halts are there on the smallest one."""
    lines = show(frame, width=width, height=height).splitlines()

    assert len(lines) < height
    assert "22 of 64 posts delivered" in lines[1]
    assert lines[3].startswith("HALTED (all)")


def test_a_wide_screen_names_channel_and_message_of_the_last_posts(
    show: Callable[..., str], frame: Frame
) -> None:
    """The addresses keep their full length."""
    shown = show(frame, width=140)

    address = "http://127.0.0.1:8123/migrants-day/status/22"
    assert f"12:00:03 EST  x:migrants-day/noon-statement         {address}" in shown


@pytest.mark.parametrize("width", [60, 80, 110])
def test_a_narrow_screen_names_what_to_type_to_take_a_post_down(
    show: Callable[..., str], frame: Frame, width: int
) -> None:
    """Over a telephone, too: the address is the one to be cut."""
    shown = show(frame, width=width)

    assert "12:00:03 EST  x:migrants-day/noon-statement " in shown
    assert "12:00:03 EST  facebook:migrants-day/noon-statement " in shown


def test_more_alarms_than_fit_are_counted(show: Callable[..., str], frame: Frame, halt: HaltView) -> None:
    """They must not push everything else off the screen."""
    many = replace(frame, halts=(halt,) * 6)

    lines = show(many).splitlines()

    assert lines[6] == "and 4 more: see stormctl status"
    assert lines[8] == "Next on each channel"


def test_an_overdue_channel_is_due(show: Callable[..., str], frame: Frame) -> None:
    """Held up by a halt or a limit, its time has passed."""
    late = replace(frame, moment=Moment(at=AT.replace(minute=21), wall_at=AT))

    assert "12:20 EST       due  x:migrants-day" in show(late)


def test_a_finished_storm_says_so(show: Callable[..., str], frame: Frame, status: StormStatus) -> None:
    """What did not go out stays visible."""
    ended = replace(
        status,
        counts={State.DELIVERED: 63, State.MISSED: 1},
        channels=(),
        upcoming=(),
    )

    lines = show(replace(frame, status=ended, halts=())).splitlines()

    assert lines[2] == "Nothing left to send; 1 missed"


def test_late_posts_are_counted(show: Callable[..., str], frame: Frame, status: StormStatus) -> None:
    """They are planned still, and their slots have passed."""
    lines = show(replace(frame, status=replace(status, late=2))).splitlines()

    assert lines[2] == "40 planned, 1 in doubt, 1 missed; 2 late"


def test_a_spent_budget_is_an_alarm(show: Callable[..., str], frame: Frame, status: StormStatus) -> None:
    """It stands before what keeps single channels from posting."""
    poor = replace(status, budget=Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2))

    lines = show(replace(frame, status=poor, halts=()), width=140).splitlines()

    assert lines[3].startswith("The budget of $0.03 is spent ($0.015 so far): 2 posts are not sent")


def test_in_a_rehearsal_its_commands_act_on_the_rehearsal(
    show: Callable[..., str], frame: Frame, halt: HaltView
) -> None:
    """A command that is copied from the picture never acts on the day's ledger."""
    suspended = StormEvent(kind=EventKind.SUSPENDED, at=AT, text="mend it: stormctl resume --channel x:acme")
    practice = replace(frame, halts=(halt,) * 6, events=(suspended,), is_rehearsal=True)

    shown = show(practice, width=140)

    assert "and 4 more: see stormctl status --rehearsal\n" in shown
    assert "Last posts (to take one down: stormctl retract CHANNEL/MESSAGE --rehearsal)\n" in shown
    assert "mend it: stormctl resume --channel x:acme --rehearsal" in shown
