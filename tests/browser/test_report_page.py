"""The report's page in a real browser: nothing is fetched, nothing fails, nothing runs off a small screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import PostReach
from stormctl.domain.report.report import build_report
from stormctl.domain.report.status import ChannelStatus, StormStatus
from stormctl.render.pages.report import render_report_page
from tests.browser.contrast import CONTRASTS
from tests.browser.looking import find_barriers, find_cut_off

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.looking import Scheme

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
CHANNELS = ("x:migrants-day", "x:dia-migrantes", "facebook:migrants-day")


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two platforms, twelve hours, long addresses and long words."""
    posts = [
        PostReach(
            key=f"imd-2026/{channel}/dignity-{hour}/es",
            channel=channel,
            message_id=f"dignity-{hour}",
            text="Quien migra tiene derechos.\n\nhttps://example.org/" + "camino/" * 20,
            url="https://example.org/" + "9" * 60,
            delivered_at=NOON + timedelta(hours=hour),
            values={Metric.IMPRESSIONS: (place + 1) * (100 * hour + 20), Metric.REACTIONS: hour},
            read_at=NOON + timedelta(hours=14),
        )
        for place, channel in enumerate(CHANNELS)
        for hour in range(12)
    ]
    status = StormStatus(
        storm_id="imd-2026",
        name="International Migrants Day 2026",
        timezone="America/New_York",
        counts={State.DELIVERED: 36, State.MISSED: 2},
        channels=tuple(
            ChannelStatus(channel=c, account_name="Migrants Day", counts={State.DELIVERED: 12}, next_at=None)
            for c in CHANNELS
        ),
        upcoming=(),
        recent=(),
        troubled=(),
        late=0,
        first_slot_at=NOON,
        last_slot_at=NOON + timedelta(hours=11),
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    report = build_report(status, posts, NOON + timedelta(hours=15), ["127.0.0.1:8123"])
    path.write_text(render_report_page(report), encoding="utf-8")
    return path


@pytest.fixture
def page(browser_page: Page, report_file: Path) -> Page:
    """The report, opened on a screen of ordinary size."""
    browser_page.set_viewport_size({"width": 1000, "height": 800})
    browser_page.goto(report_file.as_uri())
    return browser_page


def test_nothing_is_fetched_and_nothing_fails(browser_page: Page, report_file: Path) -> None:
    """The file is all that the browser reads, and its console stays empty."""
    requests: list[str] = []
    complaints: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))

    browser_page.goto(report_file.as_uri())
    browser_page.wait_for_load_state("networkidle")

    fetched = [url for url in requests if not url.startswith("data:")]
    assert fetched == [report_file.as_uri()]
    assert complaints == []


def test_headings_tables_and_charts_can_be_found_by_what_they_are(page: Page) -> None:
    """Who has the page read to them finds headings, named tables and described images."""
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["International Migrants Day 2026"]
    assert page.get_by_role("heading", level=2).count() == 5
    assert page.locator("table").count() == page.locator("table > caption").count() == 7
    assert page.get_by_role("table", name="X by the hour in which the posts went out").count() == 1
    assert page.get_by_role("table", name="Impressions by channel on X").count() == 1


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_cut_off(page: Page, width: int) -> None:
    """No element holds more than it shows: neither the page nor a table within it scrolls sideways."""
    page.set_viewport_size({"width": width, "height": 800})

    assert find_cut_off(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_bars_are_as_long_as_their_numbers(page: Page, width: int) -> None:
    """41,388 and 23,671 never look the same; within a chart the longest fills its column."""
    page.set_viewport_size({"width": width, "height": 800})

    charts = page.evaluate(
        """() => [...document.querySelectorAll("table")].filter((t) => t.querySelector(".bar")).map((table) =>
          [...table.tBodies[0].rows].filter((row) => row.querySelector(".bar span")).map((row) => [
            Number(row.querySelector("[data-head=Impressions]").textContent.replace(",", "")),
            row.querySelector(".bar span").getBoundingClientRect().width,
          ]))"""
    )

    assert [len(chart) for chart in charts] == [2, 12, 12]
    for chart in charts:
        most = max(value for value, _ in chart)
        longest = max(length for _, length in chart)
        assert longest > width / 6
        assert [length / longest for _, length in chart] == pytest.approx(
            [value / most for value, _ in chart], abs=0.01
        )


@pytest.mark.parametrize("width", [390, 1280])
def test_practice_stays_on_the_screen(page: Page, width: int) -> None:
    """Wherever the page is scrolled to, it says that its figures are not live; so does each bold figure."""
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")

    banner = page.get_by_role("complementary").bounding_box()

    assert banner is not None
    assert (banner["y"], banner["width"] > width / 2) == (0, True)
    after = "e => getComputedStyle(e, '::after').content"
    marks = {card.evaluate(after) for card in page.locator(".cards dd").all()}
    assert marks == {'"NOT LIVE"'}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_meets_a_barrier(page: Page, scheme: Scheme, width: int) -> None:
    """Axe-core finds no violation, on a telephone and on a big screen, light and dark."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)

    assert find_barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(page: Page, scheme: str) -> None:
    """At least 4.5 to 1 for what is said in quiet colours, too (source: WCAG 2.2, 1.4.3)."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    words = "h1, h2, h3, p, a, caption, th, td, dt, dd, figcaption, blockquote"
    ratios = page.evaluate(CONTRASTS, words)

    assert len(ratios) > 100
    assert min(ratios) >= 4.5
