"""Link tags: what is added to which links, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.link_tags import LinkTagger, without_tags
from stormctl.domain.plan.storm import Trust
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.text.reader import read
from tests.unit.domain.making import make_rule, make_storm, make_variant

TAGS = (("utm_source", "{platform}"), ("utm_content", "{channel} {language}"))
STORM = replace(make_storm(), link_tags=TAGS, trust=Trust(links=("example.org",)))
TAGGED = "utm_source=x&utm_content=acme%20es"


def tagger() -> LinkTagger:
    """Tag as x:acme does in Spanish."""
    return LinkTagger(STORM, parse_channel_id("x:acme"), "es")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://example.org/act", f"https://example.org/act?{TAGGED}"),
        ("https://example.org", f"https://example.org/?{TAGGED}"),
        ("example.org", f"example.org/?{TAGGED}"),
        ("https://www.example.org/a?b=c", f"https://www.example.org/a?b=c&{TAGGED}"),
        ("https://example.org/a?", f"https://example.org/a?{TAGGED}"),
        ("https://example.org/a#form", f"https://example.org/a?{TAGGED}#form"),
        ("https://example.org/a?b=%20#f?x", f"https://example.org/a?b=%20&{TAGGED}#f?x"),
        (
            "https://example.org/a?utm_source=mail",
            "https://example.org/a?utm_source=mail&utm_content=acme%20es",
        ),
        (
            "https://example.org/?utm%5Fsource",
            "https://example.org/?utm%5Fsource&utm_content=acme%20es",
        ),
        ("https://fun-example.org/act", "https://fun-example.org/act"),
        ("https://other.org/?to=example.org", "https://other.org/?to=example.org"),
    ],
)
def test_a_link_keeps_what_it_has(link: str, expected: str) -> None:
    """Query, fragment and keys that are there stay; hosts that are not trusted are never touched."""
    assert tagger().tag(link) == expected
    assert tagger().tag(expected) == expected


def test_links_in_a_text_are_tagged_where_they_stand() -> None:
    """Words, signs and untrusted links around them stay, and X still finds exactly the tagged links."""
    text = "See example.org/act, or (https://example.org/b#c). Not other.org/x."

    tagged = tagger().tag_text(text)

    assert tagged == (
        f"See example.org/act?{TAGGED}, or (https://example.org/b?{TAGGED}#c). Not other.org/x."
    )
    assert [link.text for link in read(tagged).links] == [
        f"example.org/act?{TAGGED}",
        f"https://example.org/b?{TAGGED}#c",
        "other.org/x",
    ]


@pytest.mark.parametrize("value", ["a.", "a.b..", "a~", "a&b=c#d", "ñ %20 +", "a!", "?"])
def test_no_value_ends_a_link_early(value: str) -> None:
    """Whatever staff write is one value: what X takes as the link is all of it, of weight 23."""
    storm = replace(STORM, link_tags=(("utm_term", value),))
    link = LinkTagger(storm, parse_channel_id("x:acme"), "en").tag("https://example.org/a")

    reading = read(f"{link}\n#tag")

    assert [found.text for found in reading.links] == [link]
    assert reading.weighted_length == 23 + len("\n#tag")


def test_posts_of_every_part_and_both_link_places_are_tagged() -> None:
    """On Facebook the field, on X the text, and a thread's later parts."""
    x, page = make_rule("x:acme"), make_rule("facebook:acme")
    linked = make_variant("a.en", link="https://example.org/act")
    thread = make_variant("b.en", parts=("One.", "Two: example.org/act"))

    assert "example.org/act?utm_source=x&" in compose(linked, x, STORM)[0].text
    assert compose(linked, page, STORM)[0].link == (
        "https://example.org/act?utm_source=facebook&utm_content=acme%20en"
    )
    assert "example.org/act?utm_source=x&" in compose(thread, x, STORM)[1].text


def test_a_text_without_tags_is_what_it_was() -> None:
    """What two accounts post can be compared, whatever their tags say."""
    text = "Sign https://example.org/a?b=c#d and example.org/e now"

    tagged = [
        LinkTagger(STORM, parse_channel_id(name), "en").tag_text(text) for name in ("x:acme", "x:partner")
    ]

    assert tagged[0] != tagged[1]
    assert {without_tags(one, [name for name, _ in TAGS]) for one in tagged} == {
        text.replace("?b=c#d", "?b=c#d")
    }
