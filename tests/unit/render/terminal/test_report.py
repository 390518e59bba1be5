"""The report on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Budget
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.report import build_report
from stormctl.domain.report.status import RunnerStatus
from stormctl.render.exports.report import report_json
from stormctl.render.pages.report import render_report_page
from stormctl.render.terminal.report import describe_reader, render_reading_times, render_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.report import Report
    from stormctl.domain.report.status import LedgerStatus, StormStatus

EXPECTED = """\
International Migrants Day 2026 (imd-2026)
As of Fri 18 Dec 2026, 21:35 EST
1 delivered post has no reading yet.
Missed: 1 post was not read at the age of 1 hour, due from Fri 18 Dec 2026, 10:07 EST; stormctl tick
takes it now.

Channel                Account       Planned  Delivered  Otherwise
x:migrants-day         @migrantsday       36         13  22 planned, 1 in doubt
facebook:migrants-day  Migrants Day       28          9  18 planned, 1 missed
in all                                    64         22  40 planned, 1 in doubt, 1 missed

What the posts got, as far as each platform says
Channel                Impressions  Engaged  Reactions  Replies  Shares  Clicks
x:migrants-day               2,000      151        135        6      10       –
facebook:migrants-day          640       31         22        –       –       9

X, 2 of 2 posts read on Fri 18 Dec 2026, 21:30 EST
  Reach: not given by X
  Bookmarks: 4

  Sent in the hour from  Posts  Impressions  Engaged
  08:00 EST                  1        1,200       48  ████████████████████████
  09:00 EST                  0
  10:00 EST                  1          800      103  ████████████████

Best posts on X, by engagement, then impressions
  1. message-2  engagement 103, impressions 800
     A promise <was> made.
     x:migrants-day  10:20 EST  http://127.0.0.1:8123/2
  2. message-1  engagement 48, impressions 1,200
     Everyone who moves has rights.
     x:migrants-day  08:00 EST  http://127.0.0.1:8123/1

Facebook, 1 of 2 posts read on Fri 18 Dec 2026, 21:30 EST
  Reach: median 510, highest 510 accounts per post (of 1 post with a value)
  Facebook renews impressions, reach and clicks about every 24 hours: they are as of up to 24 hours
  before the reading. Pages with fewer than 100 likes get none.

  Sent in the hour from  Posts  Impressions  Engaged
  08:00 EST                  1          640       31  ████████████████████████
  09:00 EST                  1            –        –

Best posts on Facebook, by engagement, then impressions
  1. message-3  engagement 31, impressions 640, reach 510
     Everyone who moves has rights.
     facebook:migrants-day  08:07 EST  http://127.0.0.1:8123/3

How to read this
  – means that the platform gave no value. It is not 0.
  Engagement (engaged) is reactions + replies + shares + clicks, of those that the platform gave.
  Platforms count differently: their figures are shown side by side and never added up.
  A post's figures count for the hour in which it went out, not for when people saw it.
  Impressions: times shown, to the same person or to another (X impression_count, Facebook
  post_media_view).
  Reach: unique accounts that saw one post; never added up, because the same people may have seen
  several (Facebook post_total_media_view_unique).
  Reactions: likes and other reactions (X like_count, Facebook reactions).
  Replies: replies or comments (X reply_count, Facebook comments).
  Shares: shares; on X reposts and quotes (X repost_count + quote_count, Facebook shares).
  Clicks: on X clicks on the link, on Facebook clicks anywhere on the post (X url_link_clicks,
  Facebook post_clicks).
  Bookmarks: saved to read later; not part of the engagement (X bookmark_count).
  Sources: X: docs.x.com, “Metrics”, as of August 2026; Facebook: developers.facebook.com,
  “Insights” and “Post”, as of September 2026.
"""


def test_the_report_shows_platforms_side_by_side_with_honest_labels(
    show: Callable[..., str], report: Report
) -> None:
    """No sum goes over platforms, reach is not a sum, and what was not given is not 0."""
    shown = show(render_report(report))

    assert shown + "\n" == EXPECTED


def test_channels_of_one_platform_have_a_sum(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """Impressions may be added up within a platform."""
    on_second = replace(posts[1], channel="x:dia-migrantes")
    second = replace(status.channels[0], channel="x:dia-migrantes")
    two = replace(status, channels=(status.channels[0], second))

    shown = show(render_report(build_report(two, [posts[0], on_second], posts[0].delivered_at)))

    assert "X in all               2,000      151        135        6      10       –" in shown


def test_readings_at_several_times_are_a_span(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """Within a day the span has times, over midnight dates too."""
    first, second, *_ = posts
    read_at = first.delivered_at + timedelta(hours=3)

    def report_read(later: timedelta) -> str:
        pair = [replace(first, read_at=read_at), replace(second, read_at=read_at + later)]
        return show(render_report(build_report(status, pair, read_at + later)))

    assert "read on Fri 18 Dec 2026 between 11:00 and 13:00 EST" in report_read(timedelta(hours=2))
    expected = "read between Fri 18 Dec 2026, 11:00 EST and Sat 19 Dec 2026, 11:00 EST"
    assert expected in report_read(timedelta(days=1))


def test_nothing_read_yet_is_said_so(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """There are neither best posts nor bars, and reach is not there yet."""
    unread = [replace(post, values={}, read_at=None) for post in posts]

    shown = show(render_report(build_report(status, unread, posts[0].delivered_at)))

    assert "X, 2 posts, none of them read yet" in shown
    assert "Reach: not given by Facebook yet" in shown
    assert "4 delivered posts have no reading yet." in shown
    assert "Best posts" not in shown
    assert "█" not in shown


def test_a_long_storm_is_shown_by_day(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """Days have their dates."""
    later = replace(posts[1], delivered_at=posts[1].delivered_at + timedelta(days=3))

    shown = show(render_report(build_report(status, [posts[0], later], later.delivered_at)))

    assert "  Sent in the day from  Posts" in shown
    assert "  Sat 19 Dec 2026           0" in shown


def test_text_of_a_post_is_not_markup(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """Brackets are shown, escape sequences are not obeyed, and only web addresses become links."""
    sly = replace(posts[0], text="[bold]\x1b[31mred", url="file:///etc/passwd", values={Metric.REPLIES: 1})

    shown = show(render_report(build_report(status, [sly], sly.delivered_at)))

    assert "[bold] [31mred" in shown
    assert "file:///etc/passwd" in shown


def test_a_report_of_practice_says_so(
    show: Callable[..., str], status: StormStatus, posts: list[PostReach]
) -> None:
    """Nobody takes made-up figures for the day's: screen, page and JSON name the host that they came from."""
    report = build_report(status, posts, posts[0].delivered_at, ["127.0.0.1:8080"])

    shown = show(render_report(report))

    assert "NOT LIVE" in shown
    assert "127.0.0.1:8080, not to the real platforms" in shown
    assert "not to the real platforms" in render_report_page(report)
    assert report_json(report)["practice_hosts"] == ["127.0.0.1:8080"]


def test_a_spent_budget_is_told_beside_the_deliveries(show: Callable[..., str], report: Report) -> None:
    """Whoever asks why posts are missing finds it there."""
    poor = replace(report, budget=Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2))

    assert "\nThe budget of $0.03 is spent ($0.015 so far): 2 posts are not sent" in show(render_report(poor))


def test_the_end_of_a_launch_says_when_figures_come(
    show: Callable[..., str], report: Report, ledger_status: LedgerStatus
) -> None:
    """By the age of the posts, with who reads them, and what to type."""
    shown = show(render_reading_times(report, replace(ledger_status, runners=())), width=80)

    assert (
        shown
        == """\
When its figures are complete, by the age of the posts
  at 1 hour    Fri 18 Dec 2026, 20:55 EST
  at 24 hours  Sat 19 Dec 2026, 19:55 EST
  at 7 days    Fri 25 Dec 2026, 19:55 EST
Nothing reads them by itself: type stormctl tick then, or keep stormctl daemon
running.
In your calendar: stormctl report imd-2026 --calendar figures.ics"""
    )


@pytest.mark.parametrize(
    ("kind", "silent", "is_alive", "reader"),
    [
        ("daemon", 1, True, "The daemon on laptop reads them."),
        ("daemon", 600, False, "Nothing reads them by itself"),
        ("tick", 90, False, "stormctl tick on laptop reads them."),
        ("tick", 150, False, "Nothing reads them by itself"),
        ("launch", 1, True, "Nothing reads them by itself"),
    ],
)
def test_who_reads_figures_is_named(
    ledger_status: LedgerStatus, kind: str, silent: int, reader: str, *, is_alive: bool
) -> None:
    """A launch does not: it ends with the last post."""
    now = ledger_status.moment.wall_at
    runner = RunnerStatus(
        id="r1",
        host="laptop",
        pid=1,
        kind=kind,
        started_at=now,
        beat_at=now - timedelta(seconds=silent),
        alive=is_alive,
    )

    assert describe_reader(replace(ledger_status, runners=(runner,))).startswith(reader)
