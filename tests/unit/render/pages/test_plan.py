"""The plan as a page: what those who decide are mailed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.bank.message import Bank, MediaKind, Variant
from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.storm import Quiet
from stormctl.render.language import Language
from stormctl.render.outline import Viewer
from stormctl.render.pages.plan import render_plan_page, split_text
from tests.unit.render.conftest import HERE, at
from tests.unit.render.pages.test_report import Outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm

PICTURE = "data:image/jpeg;base64,AAAA"


def find(path: str, line: int | None, message: str, severity: Severity = Severity.WARNING) -> Finding:
    """Make a finding."""
    return Finding(severity=severity, place=Place(path, line), code="a-rule", message=Phrase(message))


def write_variant(message: str, path: str, line: int = 1) -> Variant:
    """Make an English wording that stands in a file."""
    return Variant(message_id=message, lang="en", label=None, parts=("",), place=Place(path, line))


def render(
    plan: Plan,
    storm: Storm,
    *,
    variants: Sequence[Variant] = (),
    findings: Sequence[Finding] = (),
    pictures: Mapping[str, str] | None = None,
    zone: str = "America/New_York",
    code: str = "en",
) -> str:
    """Render the page."""
    viewer = Viewer(storm, ZoneInfo(zone), Language(code))
    bank = Bank("imd-2026", tuple(variants))
    return render_plan_page(plan, storm, bank, cost_of(plan), viewer, findings=findings, pictures=pictures)


def cut_entry(page: str, name: str) -> str:
    """Return the part of a page about one wording, up to the next."""
    return page.partition(f"<span>{name}</span>")[2].partition('<div class="entry">')[0]


def test_every_post_stands_in_its_hour(plan: Plan, storm: Storm) -> None:
    """Hour by hour, each with its time, channel, name and whole text; a thread's parts are joined."""
    outline = Outline(render(plan, storm))

    assert outline.found["h1"] == ["International Migrants Day 2026"]
    assert outline.found["h2"] == ["Cost", "Channels", "Left out", "Fri 18 Dec 2026"]
    assert outline.found["h3"] == ["08:00 EST", "12:00 EST", "17:00 EST"]
    page = render(plan, storm)
    assert page.count('<div class="entry">') == 6
    assert page.count("<article ") == 7
    story = cut_entry(page, "story.en")
    assert story.index("a promise was made.") < story.index("still waiting for signatures.")
    assert re.findall("part . of .", story) == ["part 1 of 2", "part 2 of 2"]


def test_costs_and_the_verdict_stand_on_top(plan: Plan, storm: Storm) -> None:
    """Before any post."""
    top = render(plan, storm).partition("<article")[0]

    assert "7 posts on 2 channels; nothing stops a launch; 1 left out" in top
    assert "1 of 5 posts carries a link: $0.20 of" in top
    assert "x:migrants-day: its deadline is before 08:00 (harvest.en)" in top
    assert "<dt>Left out</dt><dd>1</dd>" in top


def test_findings_stand_beside_the_post_that_they_are_about(plan: Plan, storm: Storm) -> None:
    """By the file of the wording, in a spreadsheet by its row; the others stand on top."""
    variants = [
        write_variant("dignity", "messages/b/dignity.en.md", 4),
        write_variant("story", "messages/b/all.csv", 2),
        write_variant("sign-on", "messages/b/all.csv", 3),
    ]
    findings = [
        find("messages/b/dignity.en.md", 2, "about dignity", Severity.ERROR),
        find("messages/b/all.csv", 3, "about signing"),
        find("schedules/imd-2026.toml", 1, "about the schedule"),
    ]

    page = render(plan, storm, variants=variants, findings=findings)

    assert "about dignity" in cut_entry(page, "dignity.en")
    assert "about signing" in cut_entry(page, "sign-on.en")
    assert "about signing" not in cut_entry(page, "story.en")
    assert "about the schedule" in page.partition("<article")[0]
    assert page.count("about dignity") == 2  # one wording, on two channels
    assert "1 error stops a launch" in page


def test_texts_of_volunteers_are_only_text(plan: Plan, storm: Storm) -> None:
    """Neither a text, nor an alt text, a topic, a name, a link or a finding becomes markup."""
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}&lt;\u202e\x00'
    first = plan.deliveries[0]
    media = replace(first.post.media[0], alt=evil, file=evil, captions=evil)
    post = replace(first.post, text=evil, link=f"https://example.org/{evil}", media=(media,))
    hostile = replace(first, post=replace(post, reply_settings=evil), topic=evil, expires_at=at(13))
    cards = replace(hostile, post=replace(post, media=()), key=replace(first.key, message="other"))

    page = render(
        replace(plan, deliveries=(hostile, cards)),
        replace(storm, name=evil),
        findings=[find("messages/<b>.md", 1, evil.replace("{", "{{").replace("}", "}}"))],
    )

    assert re.findall(r"<(script|img|b>\.md|iframe)", page) == []
    assert "49" not in page.partition("</style>")[2]
    assert page.count("&lt;script&gt;") >= 8
    assert [sign for sign in "\u202e\x00" if sign in page] == []


def test_the_page_asks_nothing_of_any_other_place(plan: Plan, storm: Storm) -> None:
    """No script, no address to be fetched, and a policy that forbids both; links are not even links."""
    page = render(plan, storm, pictures={"0" * 64: PICTURE})

    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<script" not in page
    assert '<meta name="generator" content="stormctl">' in page[:2048]
    assert [a for a in Outline(page).addresses if not a.startswith(("#", "data:"))] == []


def test_a_picture_is_in_the_page_once_and_described_wherever_it_is_shown(plan: Plan, storm: Storm) -> None:
    """One that could not be embedded is a box with its name, and is counted."""
    with_picture = render(plan, storm, pictures={"0" * 64: PICTURE})
    without = render(plan, storm)

    assert with_picture.count(PICTURE) == 1
    assert with_picture.count(f'<use href="#p{"0" * 64}"/>') == 3
    assert with_picture.count('aria-label="A paper boat held in two hands"') == 3
    assert "not shown" not in with_picture
    assert without.count('<div class="box"') == 3
    assert "1 picture is not shown" in without


def test_a_video_is_a_box_with_its_captions(plan: Plan, storm: Storm) -> None:
    """Nothing of it is embedded, and nothing is missing because of that."""
    first = plan.deliveries[0]
    film = replace(first.post.media[0], kind=MediaKind.VIDEO, captions="messages/b/boat.en.vtt")
    filmed = replace(first, post=replace(first.post, media=(film,)))

    page = render(replace(plan, deliveries=(filmed,)), storm)

    assert "▶ video" in page
    assert "captions: messages/b/boat.en.vtt" in page
    assert "not shown" not in page


def test_a_link_is_a_card_where_the_platform_makes_one(plan: Plan, storm: Storm) -> None:
    """From Facebook's field, or from a text on X without media."""
    first = plan.deliveries[1]
    field = replace(first, post=replace(first.post, media=(), link="https://un.org/a"))

    page = render(replace(plan, deliveries=(*plan.deliveries[2:], field)), storm)

    assert "<small>un.org</small>" in cut_entry(page, "dignity.en")
    assert "<small>example.org</small>" in cut_entry(page, "sign-on.en")
    assert 'class="card"' not in cut_entry(page, "noon-statement.en")


def test_deadlines_and_quiet_times_stand_where_they_are(plan: Plan, storm: Storm) -> None:
    """Between the posts before and after them."""
    due = replace(plan.deliveries[-1], expires_at=at(18))
    quiet = Quiet(place=HERE, from_time=time(11), to_time=time(11, 5))

    page = render(replace(plan, deliveries=(*plan.deliveries[:-1], due)), replace(storm, quiet=(quiet,)))

    places = [
        page.index(words)
        for words in ("story.en<", ": quiet, nothing", "noon-statement.en<", ": deadline of")
    ]
    assert places == sorted(places)
    assert "18:00 EST: deadline of sign-on" in page


def test_times_are_the_storms_and_the_viewers(plan: Plan, storm: Storm) -> None:
    """Where they differ, and the page says whose they are."""
    page = render(plan, storm, zone="Asia/Kathmandu")

    assert "08:00 EST (18:45 UTC+0545)" in page
    assert "Times in America/New_York; in brackets those of Asia/Kathmandu." in page
    assert "in brackets" not in render(plan, storm)


@pytest.mark.parametrize(("lang", "direction"), [("ar", "rtl"), ("he", "rtl"), ("en", "auto")])
def test_posts_are_laid_out_in_their_own_direction(
    plan: Plan, storm: Storm, lang: str, direction: str
) -> None:
    """And say their language to who has them read."""
    first = plan.deliveries[0]
    one = replace(first, key=replace(first.key, tail=lang))

    page = render(replace(plan, deliveries=(one,)), storm)

    assert f'<p class="text" dir="{direction}" lang="{lang}">' in page


@pytest.mark.parametrize(
    ("code", "words"), [("es", "Plan de una tormenta"), ("fr", "Plan d&#39;une tempête")]
)
def test_a_page_speaks_spanish_and_french(plan: Plan, storm: Storm, code: str, words: str) -> None:
    """The page says so to browsers, and no heading is left in English."""
    page = render(plan, storm, code=code)

    assert f'<html lang="{code}">' in page
    assert words in page
    assert [word for word in ("Left out", "Channels", "Nothing on") if word in page] == []


def test_an_empty_plan_has_a_page(storm: Storm, plan: Plan) -> None:
    """It says so, and lists the channels."""
    page = render(replace(plan, deliveries=(), unplaced=()), storm)

    assert "nothing is planned; nothing to launch" in page
    assert page.count("no post</span>") == 2


def test_a_text_is_split_into_what_platforms_highlight() -> None:
    """Nothing of it is lost, and a tag within a link is none."""
    text = "Sign, @UNmigration:\n\nhttps://example.org/a#tag #MigrantsDay\n"

    pieces = split_text(text)

    assert "".join(piece.text for piece in pieces) == text
    assert [(p.text, p.kind) for p in pieces if p.kind] == [
        ("@UNmigration", "mention"),
        ("https://example.org/a#tag", "link"),
        ("#MigrantsDay", "tag"),
    ]
