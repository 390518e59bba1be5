"""Tests of the pages that people look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.emulator.core.faults import parse_rules
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0
NASTY = '<script>alert("x")</script> & "quotes" #tag <script>'
PNG = b"\x89PNG\r\n\x1a\n" + b"paper boat" * 10


def show(emulator: EmulatorThread, session: requests.Session, path: str = "/") -> requests.Response:
    """Open a page as a browser does."""
    return session.get(emulator.base_url + path, headers={"Accept": "text/html,*/*"}, timeout=10)


def test_nothing_that_was_posted_becomes_markup(
    x: Ask,
    graph: Ask,
    emulator: EmulatorThread,
    session: requests.Session,
    accounts: dict[str, AccountSpec],
) -> None:
    """Texts, links, alt texts and the request log are escaped on every page."""
    page = accounts["facebook:migrants-day"].id
    made = x("POST", "/2/tweets", json={"text": NASTY}).json()["data"]["id"]
    link = 'https://example.org/"onclick="x'
    graph("POST", f"/{page}/feed", values={"message": NASTY, "link": link})
    alt = {"alt_text_custom": NASTY, "caption": "boat"}
    graph("POST", f"/{page}/photos", values=alt, files={"source": ("boat.png", PNG)})

    pages = [show(emulator, session, path) for path in ("/", "/requests", f"/migrants_day/status/{made}")]

    for answer in pages:
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert 'onclick="x' not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_timeline_shows_what_followers_see(
    x: Ask, emulator: EmulatorThread, session: requests.Session
) -> None:
    """Links lead to where they were meant to, tags are marked, pictures have their alt text."""
    files = {"media": ("a.png", PNG)}
    media = x("POST", "/2/media/upload", files=files, data={"media_category": "tweet_image"}).json()["data"][
        "id"
    ]
    x("POST", "/2/media/metadata", json={"id": media, "metadata": {"alt_text": {"text": "A paper boat"}}})
    body = {"text": "Sign https://example.org/act #MigrantsDay", "media": {"media_ids": [media]}}
    x("POST", "/2/tweets", json=body)

    html = show(emulator, session).text
    picture = show(emulator, session, f"/_emulator/media/{media}")

    assert '<a href="https://example.org/act" rel="noreferrer nofollow">example.org/act</a>' in html
    assert '<span class="tag">#MigrantsDay</span>' in html
    assert f'<img src="/_emulator/media/{media}" alt="A paper boat"' in html
    assert "t.co" not in html.partition('id="requests"')[0]
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")


def test_a_video_can_be_watched_and_names_its_captions(
    graph: Ask, emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> None:
    """It loads only when somebody plays it."""
    page = accounts["facebook:migrants-day"].id
    film = {"source": ("door.mp4", make_mp4())}
    video = graph("POST", f"/{page}/videos", values={"description": "Look"}, files=film).json()["id"]
    words = ("captions.es_ES.srt", b"1\n00:00:00,500 --> 00:00:02,000\nLa puerta.\n")
    graph("POST", f"/{video}/captions", files={"captions_file": words})

    html = show(emulator, session).text

    assert f'<video src="/_emulator/media/{video}" controls preload="none"' in html
    assert "Captions: es_ES" in html
    assert "no ALT text" not in html


def test_the_likes_of_a_post_grow(
    x: Ask, emulator: EmulatorThread, session: requests.Session, set_time: Callable[[float], None]
) -> None:
    """Whoever follows the page sees the audience react."""
    set_time(NOON)
    x("POST", "/2/tweets", json={"text": "Dignity for all"})

    def impressions() -> str:
        stat = r"Impressions: </span>([\d.k]+)"
        match = re.search(stat, show(emulator, session).text)
        assert match is not None
        return match[1]

    before = impressions()
    set_time(NOON + 6 * 3_600)

    assert (before, impressions() == "0") == ("0", False)


def test_every_request_is_shown_with_its_answer(
    x: Ask, emulator: EmulatorThread, session: requests.Session
) -> None:
    """What was asked, what was answered, and the fault that was played."""
    emulator.faults.add(parse_rules([{"action": "duplicate_first", "times": 1}]))
    x("POST", "/2/tweets", json={"text": "Dignity for all"})

    for path in ("/", "/requests"):
        html = show(emulator, session, path).text
        assert "<code><b>POST</b> /2/tweets</code>" in html
        assert "Dignity for all" in html
        assert "duplicate content" in html
        assert '<span class="fault">duplicate_first</span>' in html
        assert '<span class="status bad">403</span>' in html


def test_a_thread_is_shown_whole_and_in_order(
    x: Ask, emulator: EmulatorThread, session: requests.Session
) -> None:
    """As it is read, on the timeline and at the address of each of its parts; only what is apart is said."""
    made = [x("POST", "/2/tweets", json={"text": "part 1"}).json()["data"]["id"]]
    x("POST", "/2/tweets", json={"text": "between"})
    for number in (2, 3):
        body = {"text": f"part {number}", "reply": {"in_reply_to_tweet_id": made[-1]}}
        made.append(x("POST", "/2/tweets", json=body).json()["data"]["id"])
    x("POST", "/2/tweets", json={"text": "aside", "reply": {"in_reply_to_tweet_id": made[0]}})

    pages = [show(emulator, session, path).text for path in ("/", f"/migrants_day/status/{made[1]}")]

    shown = [re.findall(r'<p class="text" dir="auto">(.*?)</p>', page) for page in pages]
    assert shown == [
        ["part 1", "part 2", "part 3", "aside", "between"],
        ["part 1", "part 2", "part 3", "aside"],
    ]
    assert [page.count("Continues") for page in pages] == [1, 1]
    assert f'class="card here" id="{made[1]}"' in pages[1]


def test_what_was_said_with_a_post_stands_on_it(
    x: Ask, emulator: EmulatorThread, session: requests.Session
) -> None:
    """Disclosures, and who may reply."""
    said = {"made_with_ai": True, "paid_partnership": True, "reply_settings": "mentionedUsers"}
    x("POST", "/2/tweets", json={"text": "Drawn by a machine", **said})

    html = show(emulator, session).text

    notes = ["Made with AI", "Paid partnership", "Accounts it mentions can reply"]
    assert [note for note in notes if f"<li>{note}</li>" in html] == notes


def test_printed_links_open(
    x: Ask, graph: Ask, emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> None:
    """A post's own address shows it, with its thread; a post that is gone is a 404 page."""
    page = accounts["facebook:migrants-day"].id
    on_x = x("POST", "/2/tweets", json={"text": "first part"}).json()["data"]["id"]
    x("POST", "/2/tweets", json={"text": "second part", "reply": {"in_reply_to_tweet_id": on_x}})
    on_facebook = graph("POST", f"/{page}/feed", values={"message": "on the Page"}).json()["id"]

    post, page_post, gone, nothing = (
        show(emulator, session, path)
        for path in (f"/migrants_day/status/{on_x}", f"/{on_facebook}", f"/{page}_1", "/nothing")
    )

    assert "first part" in post.text
    assert "second part" in post.text
    assert "on the Page" in page_post.text
    assert (gone.status_code, nothing.status_code) == (404, 404)
    assert "no such post" in gone.text


def test_the_timeline_needs_nothing_from_outside(emulator: EmulatorThread, session: requests.Session) -> None:
    """No address but its own; it refreshes by itself until it is paused."""
    live = show(emulator, session).text
    paused = show(emulator, session, "/?refresh=0").text

    assert re.findall(r"(?:src|href)=\"(https?:|//)", live) == []
    assert 'http-equiv="refresh"' in live
    assert 'http-equiv="refresh"' not in paused
    assert "No posts yet" in live
