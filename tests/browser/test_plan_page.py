"""The plan's page in a real browser: nothing is fetched, and nothing is cut off inside any box."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.bank.message import Bank, LatePolicy, Media, MediaKind, Variant
from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import DeliveryKey, Kind, Plan, PlannedDelivery, Post, Unplaced
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.storm import ChannelRule, Quiet, Storm
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.render.outline import Viewer
from stormctl.render.pages.plan import render_plan_page
from tests.browser.contrast import CONTRASTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

EIGHT = datetime(2026, 12, 18, 13, tzinfo=UTC)
HERE = Place("schedules/imd-2026.toml", 1)
CHANNELS = ("x:the-network-of-all-neighbours-of-the-river", "facebook:migrants-day")
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # one pixel
TEXTS = (
    ("en", "Everyone who moves has rights.\n\n#MigrantsDay"),
    ("de", "Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 4),
    ("ar", "لكل مهاجر حقوق، والكرامة لا تحتاج إلى أوراق https://example.org/ar #حقوق"),
    ("en", "Sign https://example.org/" + "path/" * 40),
    ("en", "\N{FAMILY}\N{EARTH GLOBE AMERICAS}" * 60),
    ("en", "<script>alert(1)</script><img src=https://example.org/x.png>"),
)

CUT_OFF = """() => [...document.body.querySelectorAll("*")]
  .filter((e) => !e.closest(".store") && e.clientWidth > 0 && e.scrollWidth > e.clientWidth)
  .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""


def plan_post(number: int, channel: str, lang: str, post: Post, part: int | None = None) -> PlannedDelivery:
    """Make a planned post, ten minutes after the one before."""
    return PlannedDelivery(
        key=DeliveryKey(storm="imd-2026", channel=channel, message=f"m-{number}", tail=lang, part=part),
        channel=parse_channel_id(channel),
        post=post,
        slot_at=EIGHT + timedelta(minutes=10 * number),
        storm_on=date(2026, 12, 18),
        kind=Kind.SLOT,
        late=LatePolicy.SKIP,
        grace=timedelta(minutes=15),
        expires_at=EIGHT + timedelta(hours=2),
        topic="a-topic-with-a-name-that-is-longer-than-any-that-people-would-write",
    )


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with long words and links, Arabic, emoji, pictures, a video, a thread and findings."""
    picture = Media(
        file="messages/imd-2026/images/" + "boat" * 30 + ".png",
        alt="A paper boat held in two hands. " * 10,
        kind=MediaKind.IMAGE,
        mime="image/png",
        digest="0" * 64,
        size=2048,
    )
    film = replace(picture, kind=MediaKind.VIDEO, digest="1" * 64, captions="messages/imd-2026/boat.en.vtt")
    missing = replace(picture, digest="2" * 64)
    posts = [(lang, Post(text=text)) for lang, text in TEXTS]
    posts += [("en", Post(text="Look", media=media)) for media in ((picture,) * 4, (film,), (missing,) * 3)]
    posts.append(("en", Post(text="A link", link="https://example.org/" + "x" * 200)))
    deliveries = [
        plan_post(number, channel, lang, post)
        for channel in CHANNELS
        for number, (lang, post) in enumerate(posts)
    ]
    deliveries += [plan_post(20, CHANNELS[0], "en", Post(text=f"Part {n}"), part=n) for n in (1, 2, 3)]
    rules = tuple(ChannelRule(id=parse_channel_id(channel), place=HERE) for channel in CHANNELS)
    storm = Storm(
        id="imd-2026",
        place=HERE,
        name="International Migrants Day 2026",
        first_on=date(2026, 12, 18),
        last_on=date(2026, 12, 18),
        timezone="America/New_York",
        bank="imd-2026",
        channels=rules,
        windows=(),
        quiet=(Quiet(place=HERE, from_time=time(8, 30), to_time=time(8, 35)),),
    )
    left = Unplaced("harvest.en", rules[0].id, Phrase("no slot is left"))
    plan = Plan(
        storm_id="imd-2026",
        deliveries=tuple(sorted(deliveries, key=lambda d: d.slot_at)),
        unplaced=(left,),
    )
    place = Place("messages/imd-2026/" + "m" * 120 + ".en.md", 3)
    variant = Variant(message_id="m-0", lang="en", label=None, parts=("",), place=place)
    page = render_plan_page(
        plan,
        storm,
        Bank("imd-2026", (variant,)),
        cost_of(plan),
        Viewer(storm, ZoneInfo("Europe/Madrid")),
        findings=[
            Finding(severity=severity, place=at, code="a-rule", message=Phrase("“{word}”", word="w" * 120))
            for severity in Severity
            for at in (place, HERE)
        ],
        pictures={"0" * 64: PICTURE},
    )
    path = tmp_path_factory.mktemp("page") / "plan.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_cut_off_inside_any_box(browser_page: Page, plan_file: Path, width: int) -> None:
    """Long words and links are broken, pictures shrink, and no box has to be scrolled."""
    browser_page.set_viewport_size({"width": width, "height": 844})
    browser_page.goto(plan_file.as_uri())

    assert browser_page.evaluate(CUT_OFF) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_fetched_and_nothing_runs(browser_page: Page, plan_file: Path) -> None:
    """The file is all that the browser reads, and what volunteers wrote stays text."""
    requests: list[str] = []
    complaints: list[str] = []
    browser_page.on("request", lambda request: requests.append(request.url))
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.on("dialog", lambda dialog: complaints.append(dialog.message))

    browser_page.goto(plan_file.as_uri())
    browser_page.wait_for_load_state("networkidle")

    assert {url for url in requests if not url.startswith("data:")} == {plan_file.as_uri()}
    assert complaints == []
    assert browser_page.get_by_text("<script>alert(1)</script>").count() == 2


def test_posts_can_be_found_by_what_they_are(browser_page: Page, plan_file: Path) -> None:
    """Pictures by their descriptions, hours by their headings, posts as articles; Arabic from the right."""
    browser_page.goto(plan_file.as_uri())

    assert browser_page.get_by_role("article").count() == 23
    assert browser_page.get_by_role("img", name="A paper boat held in two hands.").count() == 16
    assert browser_page.get_by_role("heading", level=3).first.inner_text() == "08:00 EST (14:00 CET)"
    arabic = browser_page.locator(".text[lang=ar]").first
    assert arabic.evaluate("e => getComputedStyle(e).direction") == "rtl"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(browser_page: Page, plan_file: Path, scheme: str) -> None:
    """At least 4.5 to 1 for what is said in quiet colours, too (source: WCAG 2.2, 1.4.3)."""
    browser_page.goto(plan_file.as_uri())
    browser_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    ratios = browser_page.evaluate(CONTRASTS, "h1, h2, h3, p, a, b, small, li, dt, dd, strong, code, span")

    assert len(ratios) > 100
    assert min(ratios) >= 4.5


def test_on_paper_nothing_is_wider_than_the_sheet(browser_page: Page, plan_file: Path) -> None:
    """Two columns of posts, and no list of hours that nobody can click."""
    browser_page.set_viewport_size({"width": 718, "height": 1000})
    browser_page.goto(plan_file.as_uri())
    browser_page.emulate_media(media="print", color_scheme="light")

    cut_off = browser_page.evaluate(CUT_OFF)
    is_shown = browser_page.locator("nav").first.is_visible()
    browser_page.emulate_media(media="screen")

    assert (cut_off, is_shown) == ([], False)
