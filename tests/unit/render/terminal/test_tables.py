"""What a person sees before a launch and after a rehearsal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.render.terminal.tables import render_summary, render_tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.plan.summary import LaunchSummary
    from stormctl.domain.report.tally import Tally

MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")

EXPECTED_SUMMARY = """\
╭──────────────────────────────────────────────────────────────────────────────────────────────────╮
│ NOT LIVE                                                                                         │
│ The hosts below are not the real platforms: no one will see it.                                  │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
Storm       International Migrants Day 2026 (imd-2026)
Hosts       X 127.0.0.1:8123, Facebook 127.0.0.1:8123 (NOT LIVE)
First post  Fri 18 Dec 2026, 08:00 EST (for you Fri 18 Dec 2026, 14:00 CET)
Last post   Fri 18 Dec 2026, 19:40 EST (for you Sat 19 Dec 2026, 01:40 CET)
To come     63 posts, 2 of them already late; 1 wording without a slot
Cost        $4.315, readings included; the budget is $10.00
Ledger      sqlite:///.stormctl/ledger.db

Channel                Account       Check       Address
x:migrants-day         @migrantsday  not sure    http://127.0.0.1:8123/migrantsday
facebook:migrants-day  not known     can't post  –

warning x:migrants-day: the server does not say which permissions the app has
error facebook:migrants-day: this is a user's token
    make a Page token: see docs/operations.md
"""

EXPECTED_TALLY = """\
Channel                Planned  Delivered  Received  Duplicates  Lost
x:migrants-day              36         36        36           0     0
facebook:migrants-day       28         28        28           0     0
in all                      64         64        64           0     0

Every one of 64 posts arrived exactly once.
12 h of storm in 58 s.
Report: .stormctl/rehearsal/report.html
"""


def test_the_summary_shows_accounts_hosts_times_cost_and_problems(
    show: Callable[..., str], summary: LaunchSummary
) -> None:
    """Practice is called so in a frame, and times are given in both zones."""
    shown = show(render_summary(summary, MADRID))

    assert shown + "\n" == EXPECTED_SUMMARY


def test_posts_that_a_launch_changes_are_named(show: Callable[..., str], summary: LaunchSummary) -> None:
    """The first ten with what changes of each, the others as a number."""
    changes = tuple((f"imd/x:acme/m{number:02}/en", "deadline") for number in range(12))

    shown = show(render_summary(replace(summary, changes=changes), NEW_YORK))

    assert "Changes     12 planned posts will be changed\n            imd/x:acme/m00/en: deadline\n" in shown
    assert "imd/x:acme/m09/en: deadline\n            and 2 more\n" in shown


def test_a_live_launch_is_said_to_be_public(show: Callable[..., str], summary: LaunchSummary) -> None:
    """There is no frame, and a viewer in the storm's zone reads each time once."""
    shown = show(render_summary(replace(summary, is_live=True), NEW_YORK))

    assert "(real: the posts will be public)" in shown
    assert "NOT LIVE" not in shown
    assert "for you" not in shown


def test_a_budget_that_does_not_suffice_is_said_so(show: Callable[..., str], summary: LaunchSummary) -> None:
    """Cost and budget are beside each other; a storm without one says that, too."""
    poor = replace(summary, budget_usd_micros=4_000_000)
    free = replace(summary, budget_usd_micros=None)

    assert "the budget is $4.00 and is not enough" in show(render_summary(poor, MADRID))
    assert "no budget set" in show(render_summary(free, MADRID))


def test_a_channel_left_out_is_said_so(show: Callable[..., str], summary: LaunchSummary) -> None:
    """Its problems do not count any more than its posts."""
    good, bad = summary.channels
    checks = (replace(good, unknown=()), replace(bad, without=True))

    lines = show(render_summary(replace(summary, channels=checks), MADRID)).splitlines()

    assert [line.split("  ")[0] for line in lines if "may post" in line] == ["x:migrants-day"]
    assert [line.split("  ")[0] for line in lines if "left out" in line] == ["facebook:migrants-day"]


def test_a_storm_with_nothing_left_has_no_times(show: Callable[..., str], summary: LaunchSummary) -> None:
    """Where every slot has gone there is no first and no last post."""
    shown = show(render_summary(replace(summary, first_at=None, last_at=None, count=0), MADRID))

    assert "First post  none\nLast post   none\n" in shown


def test_a_clean_rehearsal_says_that_every_post_arrived_once(show: Callable[..., str], tally: Tally) -> None:
    """Counts by channel and in all, the verdict, and where the report lies."""
    shown = show(render_tally(tally))

    assert shown + "\n" == EXPECTED_TALLY


def test_a_rehearsal_that_lost_posts_says_which(show: Callable[..., str], tally: Tally) -> None:
    """The columns for what is rare appear, and each difference has a line."""
    first, second = tally.channels
    broken = replace(
        tally,
        channels=(replace(first, received=35, lost=1, open=2), second),
        differences=("imd-2026/x:migrants-day/dignity/en is not there",),
    )

    lines = show(render_tally(broken)).splitlines()

    assert lines[0].split() == ["Channel", "Planned", "Delivered", "Received", "Duplicates", "Lost", "Open"]
    assert lines[3].split() == ["in", "all", "64", "64", "63", "0", "1", "2"]
    verdict = lines.index("NOT every post arrived exactly once:")
    assert lines[verdict + 1] == "  imd-2026/x:migrants-day/dignity/en is not there"
