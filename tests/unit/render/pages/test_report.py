"""The report as a page."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import Budget
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.report import build_report
from stormctl.render.pages.report import render_report_page

if TYPE_CHECKING:
    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.report import Report
    from stormctl.domain.report.status import StormStatus


class Outline(HTMLParser):
    """Collects the words of headings, captions and cells, and every address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where words begin, and addresses."""
        self._open.append(tag)
        self.found.setdefault(tag, []).append("")
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        """Note where words end."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Give words to all elements that are open."""
        for tag in set(self._open):
            self.found[tag][-1] += data


def test_headings_and_captions_name_the_parts(report: Report) -> None:
    """A reader, and who is read to, finds the way by them."""
    outline = Outline(render_report_page(report))

    assert outline.found["h1"] == ["International Migrants Day 2026"]
    assert outline.found["h2"] == ["At a glance", "Deliveries", "On X", "On Facebook", "How to read this"]
    assert outline.found["caption"] == [
        "Deliveries by channel: how many were planned, and what became of them",
        "Figures by channel on X, as X gave them",
        "X by the hour in which the posts went out; most impressions in the hour from 08:00 EST (1,200)",
        "Figures by channel on Facebook, as Facebook gave them",
        "Facebook by the hour in which the posts went out; most impressions in the hour from 08:00 EST (640)",
        "What the figures mean, and what each platform calls them",
    ]
    assert len(outline.found["table"]) == len(outline.found["caption"])


def test_practice_is_told_before_any_figure(report: Report) -> None:
    """In the title, and in a banner that stays; nobody shows made-up figures to a funder."""
    practice = render_report_page(replace(report, practice_hosts=("127.0.0.1:8123",)))
    real = render_report_page(replace(report, practice_hosts=()))

    assert "<title>NOT LIVE · International Migrants Day 2026: report</title>" in practice
    assert practice.index('<aside class="not-live"') < practice.index("<h1>")
    assert "posted to 127.0.0.1:8123, not to the real platforms" in practice
    assert 'class="practice"' not in real
    assert 'class="not-live"' not in real


def test_the_labels_are_honest(report: Report) -> None:
    """Reach, lag, and what was not read are said where the figures are."""
    page = render_report_page(report)

    assert "Reach: not given by X." in page
    assert "they are as of up to 24 hours before the reading" in page
    assert "1 delivered post has no reading yet." in page
    assert "As of Fri 18 Dec 2026, 21:35 EST." in page


def test_nothing_is_loaded_and_nothing_runs(report: Report) -> None:
    """The only addresses are those of the posts."""
    page = render_report_page(report)

    outline = Outline(page)
    assert "script" not in outline.found
    assert outline.addresses == [
        "data:,",
        "http://127.0.0.1:8123/2",
        "http://127.0.0.1:8123/1",
        "http://127.0.0.1:8123/3",
    ]


def test_text_from_files_and_platforms_is_escaped(status: StormStatus, posts: list[PostReach]) -> None:
    """Markup in a text is shown, and an address that would run a script is no link."""
    sly = replace(posts[0], text="</blockquote><script>x()</script>", url="javascript:x()")
    named = replace(status, name="<b>Day</b>")

    page = render_report_page(build_report(named, [sly], sly.delivered_at))

    outline = Outline(page)
    assert outline.found["blockquote"] == ["</blockquote><script>x()</script>"]
    assert outline.found["h1"] == ["<b>Day</b>"]
    assert outline.addresses == ["data:,"]


def test_channels_of_a_platform_are_compared(status: StormStatus, posts: list[PostReach]) -> None:
    """Two channels have bars and a sum."""
    second = replace(status.channels[0], channel="x:dia-migrantes")
    two = replace(status, channels=(status.channels[0], second))
    on_second = replace(posts[1], channel="x:dia-migrantes")

    page = render_report_page(build_report(two, [posts[0], on_second], posts[0].delivered_at))

    assert "Impressions by channel on X" in Outline(page).found["caption"]
    assert "X in all" in page


def test_without_impressions_bars_show_engagement(status: StormStatus, posts: list[PostReach]) -> None:
    """Small Pages get no insights, and yet reactions."""
    counted = replace(posts[2], values={Metric.REACTIONS: 4})

    page = render_report_page(build_report(status, [counted], counted.delivered_at))

    peak = "most engagement in the hour from 08:00 EST (4)"
    assert f"Facebook by the hour in which the posts went out; {peak}" in Outline(page).found["caption"]


def test_a_report_without_any_reading_has_no_bars(status: StormStatus, posts: list[PostReach]) -> None:
    """Nothing is drawn from nothing."""
    unread = [replace(p, values={}, read_at=None) for p in posts]

    page = render_report_page(build_report(status, unread, posts[0].delivered_at))

    assert "width:" not in page.partition("</style>")[2]
    assert "2 posts, none of them read yet." in page


def test_a_text_has_its_language(report: Report) -> None:
    """So that it is read aloud as it should be, right to left where it is written so."""
    assert '<blockquote lang="en" dir="auto">' in render_report_page(report)


def test_a_spent_budget_is_told(report: Report) -> None:
    """Without the command: the page goes to people who can't type it."""
    poor = replace(report, budget=Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2))

    page = render_report_page(poor)

    assert "The budget of $0.03 is spent ($0.015 so far): 2 posts are not sent.</p>" in page
    assert "is spent" not in render_report_page(report)
