"""The emulator's page in a real browser: it shows what followers see, and fits a telephone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import requests
from PIL import Image

from stormctl.emulator.core.accounts import x_user_token
from stormctl.emulator.server import EmulatorThread, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ACCOUNTS = make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)
LONG = "https://example.org/" + "path/" * 40


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An emulator with a thread, a picture and a long link."""
    with EmulatorThread(ACCOUNTS, seed=7) as emulator:
        _fill(emulator.base_url)
        yield emulator.base_url


def _fill(url: str) -> None:
    on_x, page = ACCOUNTS
    header = {"Authorization": f"Bearer {x_user_token(on_x.credentials['ACCESS_TOKEN'])}"}

    def post(path: str, **options: Any) -> Any:
        answer = requests.post(url + path, timeout=10, **options)
        answer.raise_for_status()
        return answer.json()

    first = post("/2/tweets", headers=header, json={"text": "First part #MigrantsDay"})["data"]["id"]
    post("/2/tweets", headers=header, json={"text": "Second part", "reply": {"in_reply_to_tweet_id": first}})
    picture = io.BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(picture, "PNG")
    token = {"access_token": page.credentials["PAGE_TOKEN"]}
    described = token | {"message": "Look", "alt_text_custom": "A paper boat"}
    post(f"/v26.0/{page.id}/photos", data=described, files={"source": ("boat.png", picture.getvalue())})
    post(f"/v26.0/{page.id}/feed", data=token | {"message": f"Sign {LONG}", "link": LONG})


@pytest.mark.parametrize("width", [360, 1000, 1600])
@pytest.mark.parametrize("path", ["/?refresh=0", "/requests"])
def test_nothing_runs_off_the_screen(browser_page: Page, address: str, path: str, width: int) -> None:
    """Neither a long link nor a request is wider than a telephone; the console stays empty."""
    complaints: list[str] = []
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.set_viewport_size({"width": width, "height": 800})

    browser_page.goto(address + path)
    browser_page.wait_for_load_state("networkidle")

    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_it_shows_threads_pictures_and_requests(browser_page: Page, address: str) -> None:
    """A thread in its order, the description behind ALT, the answer behind its request."""
    browser_page.set_viewport_size({"width": 360, "height": 800})
    browser_page.goto(f"{address}/?refresh=0")

    texts = browser_page.locator(".x .text").all_inner_texts()
    picture = browser_page.get_by_role("img", name="A paper boat")
    picture.scroll_into_view_if_needed()
    browser_page.get_by_text("ALT", exact=True).click()
    request = browser_page.locator(".request", has_text="/2/tweets").first
    request.locator("summary").click()

    assert texts == ["First part #MigrantsDay", "Second part"]
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1600
    assert browser_page.get_by_text("A paper boat", exact=True).is_visible()
    assert "in_reply_to_tweet_id" in request.inner_text()
