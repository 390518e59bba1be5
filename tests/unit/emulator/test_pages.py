"""Tests of the pages that people look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

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
    assert "t.co" not in html
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")


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
