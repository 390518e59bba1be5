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

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

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
            values={Metric.IMPRESSIONS: 100 * hour + 20, Metric.REACTIONS: hour},
            read_at=NOON + timedelta(hours=14),
        )
        for channel in CHANNELS
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
    report = build_report(status, posts, NOON + timedelta(hours=15))
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
    assert page.locator("table").count() == page.locator("table > caption").count() == 6
    assert page.get_by_role("img", name="Impressions on X by the hour").count() == 1
    assert page.get_by_role("img", name="Impressions by channel on X.").count() == 1


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_the_screen(page: Page, width: int) -> None:
    """Wide tables scroll in themselves."""
    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(page: Page, scheme: str) -> None:
    """At least 4.5 to 1 for what is said in quiet colours, too (source: WCAG 2.2, 1.4.3)."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    words = "h1, h2, h3, p, a, caption, th, td, dt, dd, figcaption, blockquote"
    ratios = page.evaluate(CONTRASTS, words)

    assert len(ratios) > 100
    assert min(ratios) >= 4.5
