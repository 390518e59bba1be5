"""The day's pages in a real browser: no barrier, nothing from elsewhere, and fresh again after a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from stormctl.cli.web import halting
from tests.browser.looking import find_barriers, find_cut_off
from tests.factories import PAGE
from tests.web import opened_day, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.looking import Scheme
    from tests.web import Day, Served

SIZES = [(390, 844), (1920, 1080)]
"""A telephone, and a big screen."""


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """A storm with posts that are out, one that failed, a halt and a picture."""
    with opened_day(tmp_path, is_practice=True) as opened:
        gone = opened.publish()
        opened.ledger.manual.retracted(gone, "1", "ana", opened.clock.moment())
        opened.publish(PAGE, "2")
        opened.clock.move(timedelta(hours=1))
        opened.fail()
        opened.ledger.halts.halt("channel", "x:acme", "a <wrong> fact", "ana", opened.clock.moment())
        yield opened


@pytest.fixture
def served(day: Day) -> Iterator[Served]:
    """Its pages."""
    with serving(day) as pages:
        yield pages


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["day", "moderators", "halt"])
def test_nobody_meets_a_barrier_and_nothing_is_cut_off(
    browser_page: Page, served: Served, name: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    """Axe-core finds no violation, and no element holds more than it shows."""
    url = {"day": served.url, "moderators": f"{served.url}moderators", "halt": served.halt_url}[name]
    browser_page.set_viewport_size({"width": size[0], "height": size[1]})
    browser_page.emulate_media(color_scheme=scheme)

    browser_page.goto(url)

    assert browser_page.get_by_text("NOT LIVE", exact=True).is_visible()
    assert find_barriers(browser_page) == []
    assert find_cut_off(browser_page) == []


def test_nothing_comes_from_elsewhere(browser_page: Page, served: Served) -> None:
    """All requests go to this machine, and the console stays empty."""
    requests: list[str] = []
    complaints: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))

    for url in (served.url, f"{served.url}moderators", served.halt_url):
        browser_page.goto(url)
        browser_page.wait_for_timeout(200)

    asked = [urlsplit(url) for url in requests if not url.startswith("data:")]
    assert {url.hostname for url in asked} == {"127.0.0.1"}
    assert complaints == []


def test_without_a_script_all_is_there(served: Served, browser_page: Page) -> None:
    """The first paint is complete; a page without script loads itself again."""
    assert browser_page.context.browser is not None
    plain = browser_page.context.browser.new_page(java_script_enabled=False)

    plain.goto(served.url)

    assert plain.get_by_role("heading", level=1).inner_text() == "A storm of <two> channels"
    assert plain.get_by_text("1 of 4", exact=True).count() == 1
    assert plain.locator("meta[http-equiv=refresh]").get_attribute("content") == "15"
    plain.close()


@pytest.mark.slow
def test_news_come_without_loading_and_after_a_restart(day: Day, browser_page: Page) -> None:
    """While the server is away the page says since when, keeps what it knew, and then goes on by itself."""
    with serving(day) as served:
        browser_page.goto(served.url)
        browser_page.evaluate("window.isSame = true")
        day.ledger.halts.halt("all", None, "a tragedy", "ana", day.clock.moment())
        browser_page.get_by_text("a tragedy").wait_for(timeout=5_000)
    lost = browser_page.get_by_role("alert")
    lost.wait_for(timeout=5_000)
    said = lost.inner_text()
    kept = browser_page.get_by_text("a tragedy").is_visible()
    barriers = find_barriers(browser_page)
    day.ledger.halts.resume(day.clock.moment(), "ana")

    with serving(day, port=urlsplit(served.url).port or 0):
        browser_page.get_by_text("a tragedy").wait_for(state="detached", timeout=15_000)
        lost.wait_for(state="hidden", timeout=5_000)

        assert browser_page.evaluate("window.isSame") is True
    assert said.startswith("Connection lost since ")
    assert said[len("Connection lost since ") :][:5].replace(":", "").isdecimal()
    assert (kept, barriers) == (True, [])


def test_what_did_not_change_is_left_alone(day: Day, served: Served, browser_page: Page) -> None:
    """Only what is new is drawn: a reader keeps the place and the focus."""
    browser_page.goto(served.url)
    browser_page.wait_for_timeout(300)
    browser_page.locator("footer a").focus()
    day.ledger.halts.halt("all", None, "a tragedy", "ana", day.clock.moment())

    browser_page.get_by_text("a tragedy").wait_for(timeout=5_000)

    assert browser_page.evaluate("document.activeElement.getAttribute('href')") == "/moderators"


def test_practice_stays_on_the_big_screen(served: Served, browser_page: Page) -> None:
    """However far it is scrolled."""
    browser_page.set_viewport_size({"width": 390, "height": 500})
    browser_page.goto(served.url)
    browser_page.evaluate("window.scrollTo(0, 600)")

    banner = browser_page.get_by_role("complementary").bounding_box()

    assert banner is not None
    assert banner["y"] == 0


def test_a_thumb_halts(day: Day, served: Served, browser_page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a telephone: choose, say why, tick, press; the browser itself asks for what is missing."""
    monkeypatch.setattr(halting, "PATIENCE", timedelta())  # the clock stands still
    day.ledger.halts.resume(day.clock.moment(), "ana")
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(served.halt_url)

    browser_page.get_by_role("button").click()
    assert browser_page.get_by_role("heading", level=1).inner_text() == "Halt the storm"
    browser_page.get_by_label("What is to stop?").select_option("facebook:acme")
    browser_page.get_by_label("Why?").fill("a tragedy")
    browser_page.get_by_role("button").click()
    assert find_barriers(browser_page) == []
    browser_page.get_by_role("button").click()
    assert day.ledger.halts.active() == ()
    browser_page.get_by_role("checkbox").check()
    browser_page.get_by_role("button").click()
    browser_page.get_by_role("heading", name="Halted").wait_for(timeout=15_000)

    (halt,) = day.ledger.halts.active()
    assert (halt.target, halt.reason) == ("facebook:acme", "a tragedy")
    assert find_barriers(browser_page) == []
