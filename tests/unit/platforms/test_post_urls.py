"""People copy addresses from browsers and phones; the ledger wants the platform's id."""

from __future__ import annotations

import pytest

from stormctl.domain.platforms.channel import Platform
from stormctl.errors import UsageError
from stormctl.platforms.post_urls import is_same_address, parse_post_url

X_API = "api.x.com"
GRAPH = "graph.facebook.com"
EMULATOR = "127.0.0.1:8123"
PAGE_ID = "1001"


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/acme/status/42",
        "https://www.x.com/acme/status/42?s=20",
        " https://twitter.com/acme/status/42 ",
        "https://mobile.twitter.com/acme/statuses/42/",
        "https://x.com/i/web/status/42",
        "https://x.com/acme/status/42/photo/1",
        "http://x.com/i/status/42#top",
    ],
)
def test_posts_on_x(url: str) -> None:
    """However the address came about, the number behind `status` is the id."""
    assert parse_post_url(url, Platform.X, host=X_API, account_id=None) == "42"


@pytest.mark.parametrize(
    ("url", "post_id"),
    [
        ("https://www.facebook.com/1001_42", "1001_42"),
        ("https://www.facebook.com/1001/posts/42", "1001_42"),
        ("https://www.facebook.com/acme/posts/42/?__cft__=x", "1001_42"),
        ("https://m.facebook.com/acme/posts/stand-up-at-noon/42/", "1001_42"),
        ("https://www.facebook.com/permalink.php?story_fbid=42&id=1001", "1001_42"),
        ("https://m.facebook.com/story.php?story_fbid=42", "1001_42"),
        ("https://www.facebook.com/acme/posts/pfbid0aBcD", None),
        ("https://www.facebook.com/acme/videos/42/", None),
        ("https://www.facebook.com/acme/videos/a-door-opens/42", None),
        ("https://www.facebook.com/watch/?v=42", None),
        ("https://www.facebook.com/reel/42", None),
        ("https://www.facebook.com/permalink.php?story_fbid=pfbid0aBcD&id=1001", None),
    ],
)
def test_posts_on_facebook(url: str, post_id: str | None) -> None:
    """A Page's post is its id and the Page's; a `pfbid…` or a video's number tells neither."""
    assert post_id == parse_post_url(url, Platform.FACEBOOK, host=GRAPH, account_id=PAGE_ID)


def test_without_the_pages_id_there_is_no_id() -> None:
    """Half of a Page's post id is none."""
    url = "https://www.facebook.com/acme/posts/42"

    assert parse_post_url(url, Platform.FACEBOOK, host=GRAPH, account_id=None) is None


@pytest.mark.parametrize(
    ("platform", "path", "post_id"),
    [(Platform.X, "acme/status/42", "42"), (Platform.FACEBOOK, "1001_42", "1001_42")],
)
def test_posts_on_an_emulator(platform: Platform, path: str, post_id: str) -> None:
    """A rehearsal's addresses are on this machine; another server's base address may have a path."""
    urls = [f"http://{EMULATOR}/{path}", f"http://{EMULATOR}/mock/v2/{path}"]

    found = [parse_post_url(url, platform, host=EMULATOR, account_id=PAGE_ID) for url in urls]

    assert [post_id] * 2 == found


@pytest.mark.parametrize(
    ("url", "platform", "host", "words"),
    [
        ("https://x.com/acme/status/42", Platform.X, EMULATOR, f"this delivery went to {EMULATOR}"),
        (f"http://{EMULATOR}/acme/status/42", Platform.X, X_API, "this delivery went to x.com"),
        ("http://127.0.0.1:9/acme/status/42", Platform.X, EMULATOR, f"this delivery went to {EMULATOR}"),
        ("https://x.com.example.org/acme/status/42", Platform.X, X_API, "is not on X"),
        ("https://notx.com/acme/status/42", Platform.X, X_API, "is not on X"),
        ("https://x.com/acme/status/42", Platform.FACEBOOK, GRAPH, "is not on Facebook"),
        ("https://x.com/mock/acme/status/42", Platform.X, X_API, "is not the address of a post on X"),
        ("https://x.com/acme", Platform.X, X_API, "is not the address of a post on X"),
        ("https://x.com/acme/status/soon", Platform.X, X_API, "is not the address of a post on X"),
        ("x.com/acme/status/42", Platform.X, X_API, "is not the address of a post on X"),
        ("https://[x.com/acme/status/42", Platform.X, X_API, "is not the address of a post on X"),
        ("https://www.facebook.com/acme/photos/42", Platform.FACEBOOK, GRAPH, "not the address of a post"),
        (
            "https://www.facebook.com/permalink.php?id=1",
            Platform.FACEBOOK,
            GRAPH,
            "not the address of a post",
        ),
    ],
)
def test_other_addresses_are_refused(url: str, platform: Platform, host: str, words: str) -> None:
    """A profile, another platform, practice taken for the day: each is told apart, with an example."""
    with pytest.raises(UsageError, match=words) as caught:
        parse_post_url(url, platform, host=host, account_id=PAGE_ID)

    assert "https://" in caught.value.hint


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("http://facebook.com/acme/posts/42/", True),
        ("https://www.facebook.com/acme/posts/42?x=1", False),
        ("https://www.facebook.com/acme/posts/43", False),
        ("https://x.com/acme/posts/42", False),
        ("https://[x", False),
    ],
)
def test_same_address(other: str, same: bool) -> None:
    """What browsers add or leave away at the ends doesn't matter; the rest does."""
    assert same == is_same_address("https://www.facebook.com/acme/posts/42", other)
