"""A text is read as X reads it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stormctl.domain.text.endings import load_endings
from stormctl.domain.text.links import find_links
from stormctl.domain.text.reader import is_hashtag, read
from stormctl.emulator.x import text as emulated

if TYPE_CHECKING:
    from stormctl.domain.text.spans import TextSpan


def texts_of(spans: tuple[TextSpan, ...]) -> list[str]:
    """Return what was found."""
    return [span.text for span in spans]


def _pieces() -> st.SearchStrategy[str]:
    """Return what links are made of, and what may stand about them; endings that old tables have too."""
    words = [
        "a",
        "b.c",
        "example",
        ".com",
        ".org",
        ".co",
        ".jp",
        ".みんな",
        "co",
        "t.co/",
        "www.",
        "foo.com",
        "xn--",
    ]
    signs = [
        *"/?&#@$-_. \n(),:'+~;=*|[]{}^<>…–—’©\u202a\u2066\ufeff。、",
        "//",
        "(film)",
        "x=1",
        ":80",
        "%20",
        "!",
    ]
    letters = ["だ", "é", "ß", "日本", "й", "٣", "१", "中国", "2", "e.g.", "v1.2", "a.b@c.com"]
    emoji = ["😀", "❤️", "👨‍👩‍👧", "1️⃣", "#️⃣", "🏳️‍🌈", "🇫🇷", "👍🏽", "☺", "™", "‼"]
    schemes = ["http://", "https://", "HTTP://"]
    return st.sampled_from([*words, *signs, *letters, *emoji, *schemes])


_TEXTS = st.lists(_pieces(), max_size=9).map("".join)


@settings(deadline=None, max_examples=400)
@given(_TEXTS)
@example("example.comだよね.comtest http://xo.com/,.;x")
@example("éa.com (http://en.wikipedia.org/wiki/Primer_(film))")
@example("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ©️ 7️⃣")
def test_links_and_length_are_those_of_the_old_parser(text: str) -> None:
    """The emulator reads texts by another library, whose grammar is the same and whose tables are older."""
    from twitter_text import extract_urls_with_indices  # which can be imported once the emulator was

    found = [(link.text, link.start, link.end) for link in find_links(text)]

    urls = extract_urls_with_indices(text)
    if any(text[slice(*url["indices"])] != url["url"] for url in urls):
        return  # it shows an address that does not stand there: a path behind an ending of another script

    assert found == [(url["url"], *url["indices"]) for url in urls]
    assert read(text).weighted_length == emulated.weighted_length(text)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Everyone who moves has rights.", 30),
        ("日本語", 6),
        ("Read https://example.org/a/very/long/path?with=words today", 34),
        ("example.org", 23),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽 🇫🇷 🏳️‍🌈 7️⃣", 11),
        ("\U0001fac8", 2),  # of Unicode 17
        ("🧑🏿\u200d🩰", 2),  # of Unicode 17: a dancer, with a skin tone
        ("e\u0301", 1),
        ("A\r\nB", 3),
        ("©", 2),
    ],
)
def test_weight_is_what_x_counts(text: str, weight: int) -> None:
    """Letters one, CJK and each emoji two, links 23, after NFC."""
    assert read(text).weighted_length == weight


@pytest.mark.parametrize(
    ("text", "links", "others"),
    [
        ("Read https://un.org/en and example.org today.", ["https://un.org/en", "example.org"], []),
        ("festival.music and un.kids", ["festival.music", "un.kids"], []),
        ("all rights.Everywhere", [], ["rights.Everywhere"]),
        ("ftp://example.org/a, tel://112", [], ["ftp://example.org/a", "tel://112"]),
        (r"https://un.org\@fun.org", ["https://un.org"], [r"https://un.org\@fun.org"]),
        ("https://me@fun.org/", [], ["https://me@fun.org/"]),
        ("at 8 p.m., e.g. v1.2 or 3.5", [], []),
        ("mail me@example.org", [], []),
    ],
)
def test_what_may_be_a_link_is_told_from_what_x_links(text: str, links: list[str], others: list[str]) -> None:
    """Price and trust go by both; the list of endings is kept current."""
    found = read(text)

    assert (texts_of(found.links), texts_of(found.other_links)) == (links, others)
    assert found.has_link == bool(links or others)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("Rights for all #MigrantsDay, #StandUp!", ["MigrantsDay", "StandUp"]),
        ("#DíaDelMigrante #日本 #प्रवासी", ["DíaDelMigrante", "日本", "प्रवासी"]),
        ("#one#two", []),
        ("#one/#two", ["one", "two"]),
        ("7️⃣#seven ✌️#peace", ["peace"]),
        ("example.org #here example.org/#there", ["here"]),
        ("#il·lusió #サッカー・ #メ〜テレ", ["il·lusió", "サッカー・", "メ〜テレ"]),
        ("#می\u200cخواهم #עַל־יְדֵי #བོད་སྐད་", ["می\u200cخواهم", "עַל־יְדֵי", "བོད་སྐད་"]),
        ("#_ #16 #1_2 #a_1", ["a_1"]),
        ("#CO² is #CO", ["CO", "CO"]),
        ("&#39; a#b ##c", ["c"]),
        ("＃ｈａｓｈ #https://un.org", ["ｈａｓｈ"]),
    ],
)
def test_tags_are_those_that_x_links(text: str, tags: list[str]) -> None:
    """Of any script, each to its last letter, and none of numbers alone."""
    assert texts_of(read(text).hashtags) == tags


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        ("MigrantsDay", True),
        ("il·lusió", True),
        ("16", False),
        ("a-b", False),
        ("CO²", False),
        ("", False),
        ("a b", False),
    ],
)
def test_a_tag_on_its_own_is_held_against_the_same_rule(tag: str, *, is_one: bool) -> None:
    """So that front matter and schedules take what a text may have, and nothing else."""
    assert is_hashtag(tag) is is_one


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("With @UNmigration, and .@acme_1.", ["UNmigration", "acme_1"]),
        ("RT@acme (rt@other rt:@third", ["acme", "other", "third"]),
        ("https://x.com/@acme https://x.com/@acme @acme", ["acme"]),
        ("write to us@example.org", []),
        ("@[1234567] and @[55:1:A Page]", ["1234567", "55"]),
        ("@aliceìnheiro @http://un.org", []),
        ("@acme/list of friends", ["acme"]),
    ],
)
def test_mentions_are_those_that_notify(text: str, names: list[str]) -> None:
    """Links are cut by their places, so that a name behind a link that stands twice is no way past trust."""
    assert texts_of(read(text).mentions) == names


def test_cashtags_are_not_amounts() -> None:
    """A dollar sign before letters is a cashtag, before figures an amount."""
    assert texts_of(read("$ABC rose to $20, $X.Y fell; US$ABC $TOOLONGTAG").cashtags) == ["ABC", "X.Y"]


def test_places_are_those_in_the_text_as_given() -> None:
    """In code points, the sign inside, whatever NFC makes of the text when it is weighed."""
    text = "e\u0301 #tag @acme $ABC example.org"

    found = read(text)

    for span in (*found.hashtags, *found.mentions, *found.cashtags, *found.links):
        assert text[span.start : span.end].lstrip("#@$") == span.text
    assert found.weighted_length == len(unicodedata.normalize("NFC", "e\u0301 #tag @acme $ABC ")) + 23


def test_endings_are_of_a_list_with_a_date() -> None:
    """It has those of every script, and says of which day it is."""
    endings = load_endings()

    assert {"org", "music", "kids"} <= endings.ascii
    assert "みんな" in endings.others
    assert endings.listed_on.startswith("20")
