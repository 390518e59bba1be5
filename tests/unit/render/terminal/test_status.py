"""How things stand, on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import Budget
from stormctl.domain.report.halts import ResumedStorm, Resumption
from stormctl.domain.report.status import CopyView, FollowUpView, GapView
from stormctl.render.terminal.deliveries import render_resumption
from stormctl.render.terminal.status import render_status, render_status_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import LedgerStatus

SPENT = Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2)

EXPECTED = """\
International Migrants Day 2026 (imd-2026)
Fri 18 Dec 2026, 08:00 EST to 19:40 EST; now Fri 18 Dec 2026, 12:05 EST
22 of 64 delivered, 40 planned, 1 in doubt, 1 missed

Channel                Account       Delivered  Of  Next       Otherwise
x:migrants-day         @migrantsday         13  36  12:20 EST  1 in doubt
facebook:migrants-day  Migrants Day          9  28  12:27 EST  1 missed
facebook:migrants-day is suspended: the token was refused (190)
facebook:migrants-day: no live runner can serve it; are its credentials there?
When that is fixed: stormctl resume --channel facebook:migrants-day

Needs attention
in doubt  imd-2026/x:migrants-day/dignity/en  11:40 EST
    no answer within 10 s
missed  imd-2026/facebook:migrants-day/story/en  09:00 EST
    late by 25 min
What you can do about one: stormctl show KEY

Next posts
12:20 EST  in 15 min  x:migrants-day/harvest         The hands that bring in the harvest.
12:27 EST  in 22 min  facebook:migrants-day/harvest  The hands that bring it in.

Last posts
12:00 EST  x:migrants-day/noon-statement         http://127.0.0.1:8123/migrants-day/status/22
12:00 EST  facebook:migrants-day/noon-statement  http://127.0.0.1:8123/7_21
To take the first one down: stormctl retract imd-2026/x:migrants-day/noon-statement/en

Runners
runs  desk  launch 4711  heartbeat 2 s ago         stormctl 0.1.0
gone  desk  daemon 4001  heartbeat 2 h 53 min ago
Ledger sqlite:///.stormctl/ledger.db
"""


def test_status_shows_channels_troubles_what_comes_and_who_runs(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Times are the storm's, and what keeps a channel from posting stands under the counts."""
    shown = show(render_status(ledger_status))

    assert shown + "\n" == EXPECTED


def test_it_names_what_stands_twice_and_when_accounts_are_read_again(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Each with what to type; the times are the storm's, by channel."""
    (storm,), key = ledger_status.storms, "imd-2026/x:migrants-day/dignity/en"
    url = "http://127.0.0.1:8123/9"
    storm = replace(
        storm,
        copies=(CopyView(key=key, channel="x:migrants-day", url=url),),
        follow_ups=tuple(
            FollowUpView(channel=channel, due_at=ledger_status.moment.at + timedelta(minutes=minutes))
            for channel, minutes in (
                ("x:migrants-day", 2),
                ("facebook:migrants-day", 3),
                ("x:migrants-day", 1440),
            )
        ),
    )

    lines = show(render_status(replace(ledger_status, storms=(storm,)))).splitlines()

    start = lines.index("Posted twice")
    assert lines[start : start + 7] == [
        "Posted twice",
        f"{key}  {url}",
        f"To take it down: stormctl retract {key} --url {url}",
        f"To leave both there: stormctl resolve {key} --both",
        "x:migrants-day is read again from 12:07 EST, Sat 19 Dec 2026, 12:05 EST: something was sent again",
        "facebook:migrants-day is read again from 12:08 EST: something was sent again",
        "Any runner does it: stormctl tick, or a daemon",
    ]


def test_it_is_loud_when_nothing_runs_although_posts_are_due(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """The first thing on the screen is what is wrong and how to mend it."""
    storm = replace(ledger_status.storms[0], late=3)
    alone = replace(ledger_status, storms=(storm,), runners=ledger_status.runners[1:])

    lines = show(render_status(alone)).splitlines()

    assert lines[1].strip("│ ") == "NOTHING IS RUNNING, and 3 posts are due"
    assert lines[2].strip("│ ") == "Start a runner: stormctl launch SCHEDULE, or stormctl daemon."


def test_it_says_before_the_next_post_that_nothing_runs(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Nothing is late yet, and nobody is there for what comes."""
    shown = show(render_status(replace(ledger_status, runners=ledger_status.runners[1:])))

    assert shown.splitlines()[0] == "Nothing is running: start a runner in time for the next post."


def test_one_line_for_the_service_manager(ledger_status: LedgerStatus, halt: HaltView) -> None:
    """The next post with its channel, what is late, what is in doubt, and a halt."""
    storm = ledger_status.storms[0]
    late = replace(storm, late=2, upcoming=(), counts={})
    halted = replace(ledger_status, storms=(late,), halts=(halt,))

    assert render_status_line(ledger_status) == "next post 12:20 EST on x:migrants-day; 1 in doubt"
    assert render_status_line(halted) == "2 late; halted"
    assert render_status_line(replace(ledger_status, storms=())) == "nothing to come"


def test_it_is_calm_when_nothing_runs_and_nothing_is_due(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """A storm that is over needs no runner."""
    shown = show(render_status(replace(ledger_status, runners=())))

    assert "NOTHING IS RUNNING" not in shown
    assert "No runner has used it yet." in shown
    assert "no live runner can serve it" not in shown


def test_halts_come_first_with_what_flows_again(
    show: Callable[..., str], ledger_status: LedgerStatus, halt: HaltView
) -> None:
    """Who halted what, since when and why; exceptions are named."""
    halted = replace(ledger_status, halts=(replace(halt, exceptions=("channel x:a",)),))

    lines = show(render_status(halted)).splitlines()

    expected = "HALTED (all, but not channel x:a) since 12:03 EST by lead: checking a rumour"
    assert lines[1].strip("│ ") == expected


def test_the_newest_gap_is_told_while_it_matters(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Since when, until when, why, and how much is in doubt because of it: in one line."""
    now = ledger_status.moment.at
    gaps = tuple(
        GapView(since=now.replace(hour=hour), until=now, why=why, in_doubt=2)
        for hour, why in ((16, "this ledger is a copy"), (15, "an older one"))
    )

    shown = " ".join(show(render_status(replace(ledger_status, gaps=gaps))).split())

    assert (
        "Unknown to this ledger, from Fri 18 Dec 2026, 11:05 EST to Fri 18 Dec 2026, 12:05 EST: "
        "this ledger is a copy; 2 in doubt until the accounts have been read"
    ) in shown
    assert "an older one" not in shown


def test_a_late_post_says_by_how_much(show: Callable[..., str], ledger_status: LedgerStatus) -> None:
    """After its slot a post is late by the storm's clock, whatever the real one says."""
    now = ledger_status.moment
    later = Moment(at=now.at.replace(minute=21), wall_at=now.wall_at)

    shown = show(render_status(replace(ledger_status, moment=later)))

    assert "12:20 EST  1 min late  x:migrants-day" in shown


def test_a_paused_channel_says_until_when(show: Callable[..., str], ledger_status: LedgerStatus) -> None:
    """The end of the pause is given in the storm's zone."""
    storm = ledger_status.storms[0]
    paused = replace(storm.channels[0], paused_until=ledger_status.moment.at.replace(minute=15))
    status = replace(ledger_status, storms=(replace(storm, channels=(paused, storm.channels[1])),))

    assert "x:migrants-day is paused until 12:15 EST" in show(render_status(status))


def test_an_empty_ledger_says_so(
    show: Callable[..., str], ledger_status: LedgerStatus, halt: HaltView
) -> None:
    """Without a storm times are UTC."""
    shown = show(render_status(replace(ledger_status, storms=(), halts=(halt,))))

    assert "No storm is enrolled." in shown
    assert "since 17:03 UTC" in shown


def test_a_storm_without_slots_has_no_span(show: Callable[..., str], ledger_status: LedgerStatus) -> None:
    """Nothing is made up where nothing was enrolled."""
    storm = replace(
        ledger_status.storms[0],
        first_slot_at=None,
        last_slot_at=None,
        counts={},
        channels=(),
        upcoming=(),
        recent=(),
        troubled=(),
    )

    lines = show(render_status(replace(ledger_status, storms=(storm,)))).splitlines()

    assert lines[1:3] == ["no slots; now Fri 18 Dec 2026, 12:05 EST", "0 of 0 delivered"]


def test_a_resumption_shows_what_it_would_set_off(
    show: Callable[..., str], ledger_status: LedgerStatus, halt: HaltView
) -> None:
    """The halts that it lifts, how many are late, and the next posts."""
    storm = ledger_status.storms[0]
    flowing = ResumedStorm(
        name=storm.name, timezone=storm.timezone, to_come=40, late=2, upcoming=storm.upcoming
    )
    resumption = Resumption(at=ledger_status.moment.at, halts=(halt,), releases=None, storms=(flowing,))

    lines = show(render_resumption(resumption)).splitlines()

    assert "HALTED (all)" in lines[1]
    assert lines[3] == "International Migrants Day 2026: 40 to come; 2 late"
    assert lines[4].startswith("12:20 EST  in 15 min  x:migrants-day")


def test_a_release_tells_why_the_channel_was_held(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Whoever resumes a suspended channel sees once more what was wrong."""
    resumption = Resumption(at=ledger_status.moment.at, halts=(), releases="its token is dead", storms=())

    shown = show(render_resumption(resumption)).splitlines()

    assert shown == ["The channel was held: its token is dead", "Nothing of it is planned."]


def test_status_tells_why_a_channel_waits(show: Callable[..., str], ledger_status: LedgerStatus) -> None:
    """Until when, and for what; and that a pause is followed by a trial."""
    storm = ledger_status.storms[0]
    waiting = replace(
        storm.channels[0],
        waits_until=ledger_status.moment.at + timedelta(minutes=25),
        waits_why="50 posts in 24 hours",
        on_trial=True,
    )

    shown = show(render_status(replace(ledger_status, storms=(replace(storm, channels=(waiting,)),))))

    assert "x:migrants-day waits until 12:30 EST: 50 posts in 24 hours" in shown
    assert "x:migrants-day is on trial after a pause" in shown


def test_a_suspended_channel_is_not_on_trial(show: Callable[..., str], ledger_status: LedgerStatus) -> None:
    """Its third trial has failed: nothing decides any more but a person."""
    storm = ledger_status.storms[0]
    held = replace(storm.channels[0], suspended_why="still in trouble after 2 pauses", on_trial=True)

    shown = show(render_status(replace(ledger_status, storms=(replace(storm, channels=(held,)),))))

    assert "is suspended: still in trouble after 2 pauses" in shown
    assert "on trial" not in shown


def test_of_many_runners_that_are_gone_the_newest_are_named(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """A day with many relaunches keeps the screen for what matters."""
    gone = [replace(ledger_status.runners[0], id=f"r{n}", pid=9000 + n, alive=False) for n in range(7)]

    shown = show(render_status(replace(ledger_status, runners=(*ledger_status.runners, *gone))))

    assert shown.count("launch 900") <= 3


def test_a_spent_budget_stands_under_the_counts(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """With what to do about it; a budget that suffices is not mentioned."""
    storm = replace(ledger_status.storms[0], budget=SPENT)
    enough = replace(storm, budget=replace(SPENT, unpaid=0))

    shown = show(render_status(replace(ledger_status, storms=(storm,))))
    line = render_status_line(replace(ledger_status, storms=(storm,)))

    assert "\nThe budget of $0.03 is spent ($0.015 so far): 2 posts are not sent — raise budget_usd" in shown
    assert line.endswith("; budget spent")
    assert show(render_status(replace(ledger_status, storms=(enough,)))) + "\n" == EXPECTED


def test_in_a_rehearsal_every_command_acts_on_the_rehearsal(
    show: Callable[..., str], ledger_status: LedgerStatus, halt: HaltView
) -> None:
    """A command that is copied from its status never acts on the day's ledger."""
    shown = show(render_status(replace(ledger_status, halts=(halt,)), rehearsal=True), width=200)

    commands = [line.strip("│ ") for line in shown.splitlines() if ": stormctl " in line]
    assert commands == [
        "To continue: stormctl resume --rehearsal",
        "When that is fixed: stormctl resume --channel facebook:migrants-day --rehearsal",
        "What you can do about one: stormctl show KEY --rehearsal",
        "To take the first one down: stormctl retract imd-2026/x:migrants-day/noon-statement/en --rehearsal",
    ]


def test_a_rehearsal_that_has_ended_is_not_a_runner_to_start(
    show: Callable[..., str], ledger_status: LedgerStatus
) -> None:
    """Launch and daemon would begin the day itself."""
    alone = replace(ledger_status, runners=())
    late = replace(alone, storms=(replace(alone.storms[0], late=3),))

    early = show(render_status(alone, rehearsal=True)).splitlines()
    loud = show(render_status(late, rehearsal=True)).splitlines()

    assert early[0] == "Nothing is running: the rehearsal has ended."
    assert loud[2].strip("│ ") == "The rehearsal has ended: stormctl rehearse starts a new one."
