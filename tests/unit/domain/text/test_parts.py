from __future__ import annotations

import pytest

from stormctl.domain.text.parts import (
    find_cashtags,
    find_hashtags,
    find_links,
    find_mentions,
)


def test_bare_domains_are_links() -> None:
    """A domain without a scheme is a link too, as X sees it."""
    assert find_links("Read https://un.org/en and example.org today.") == ("https://un.org/en", "example.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rights for all #MigrantsDay, #StandUp!", ("MigrantsDay", "StandUp")),
        ("#DíaDelMigrante #日本 #प्रवासी", ("DíaDelMigrante", "日本", "प्रवासी")),
        ("(#one)#two we're #1 &#39; a#b", ("one", "two")),
        ("https://example.org/page#frag and https://example.org/#top", ()),
        ("no tags", ()),
    ],
)
def test_hashtags_are_those_that_readers_see(text: str, expected: tuple[str, ...]) -> None:
    """Tags of any script count; numbers, entities and parts of links don't."""
    assert expected == find_hashtags(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("With @UNmigration, and .@acme_1.", ("UNmigration", "acme_1")),
        ("write to us@example.org", ()),
        ("https://example.org/@acme", ()),
        ("nobody", ()),
    ],
)
def test_mentions_are_those_that_notify(text: str, expected: tuple[str, ...]) -> None:
    """Names after @ count; addresses of mail and parts of links don't."""
    assert expected == find_mentions(text)


def test_cashtags_are_not_amounts() -> None:
    """A dollar sign before letters is a cashtag, before figures an amount."""
    assert find_cashtags("$ABC rose to $20, $X.Y fell; US$ABC") == ("ABC", "X.Y")
