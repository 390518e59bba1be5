from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stormctl.domain.bank.message import LatePolicy, Variant
from stormctl.domain.plan.storm import Trust
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import at, make_media, make_rule, make_storm, make_variant

_STORM = make_storm(
    make_rule("x:acme"),
    hashtags=("MigrantsDay",),
    trust=Trust(links=("un.org", "xn--bcher-kva.example"), mentions=("@UNmigration",), hashtags=("StandUp",)),
)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://un.org/en", []),
        ("https://www.UN.org./en", []),
        ("https://un.org:8443/en", []),
        ("https://fun.org", ["link-not-trusted"]),
        ("https://un.org.evil.example", ["link-lookalike"]),
        ("https://un.org@evil.example", ["link-disguised"]),
        ("https://un.org:x@evil.example", ["link-credentials"]),
        ("https://evil.example\\@un.org", ["link-disguised"]),
        ("https://un.org\\@evil.example", ["link-disguised"]),
        ("https://evil.example\\.un.org/", ["link-disguised"]),
        ("https://un.org/en\\fr", ["link-disguised"]),
        ("https://[::1", ["link-disguised"]),
        ("https://", ["link-disguised"]),
        ("ftp://un.org/file", ["link-disguised"]),
        ("https://192.168.0.1/", ["link-disguised"]),
        ("https://[2001:db8::1]/", ["link-disguised"]),
        ("https://0x7f000001/", ["link-disguised"]),
        ("https://un.оrg/", ["link-disguised"]),
        ("https://xn--un-8cd.org/", ["link-disguised"]),
        ("https://xn--bcher-kva.example/", []),
        ("https://bit.ly/abc", ["link-shortened"]),
        ("http://un.org/", ["link-insecure"]),
    ],
)
@pytest.mark.parametrize("where", ["link", "text"])
def test_links_lead_where_they_are_trusted_to(link: str, expected: list[str], where: str) -> None:
    """Hosts are matched on a dot boundary, and tricks that hide the host are found, in text or field."""
    text = f"Read this: {link}" if where == "text" else "Read this."
    variant = make_variant(text=text, link=link if where == "link" else None)

    found = [code for code in codes(variant, storm=_STORM) if code.startswith("link")]

    # Half a scheme in a text is no link to anybody.
    assert found == ([] if (link, where) == ("https://", "text") else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("See un.org.", []), ("See evil.com today", ["link-not-trusted"]), ("Nothing. To see", [])],
)
def test_bare_domains_are_links(text: str, expected: list[str]) -> None:
    """What X makes a link of is held against the list as well."""
    assert codes(make_variant(text=text), storm=_STORM) == expected


def test_backslash_says_nothing_of_where_a_link_leads() -> None:
    """Browsers take a backslash for a slash, others for a letter: neither host is named as the real one."""
    (finding,) = find(make_variant(link="https://un.org\\@evil.example"), storm=_STORM)

    assert finding.message == "https://un.org\\@evil.example is not an address"


def test_a_link_is_told_once_however_often_it_stands_in_a_message() -> None:
    """In its field, in one part and in another: one finding, at the field if it has one."""
    link = "https://evil.example/a"
    parts = (f"One {link}", f"Two {link} and {link}")

    in_field = find(make_variant(parts=parts, link=link, lines=(("link", 3),)), storm=_STORM)
    in_text = find(make_variant(parts=parts), storm=_STORM)

    assert [(f.code, f.place.line) for f in in_field] == [("link-not-trusted", 3)]
    assert [(f.code, f.place.line) for f in in_text] == [("link-not-trusted", 5)]


def test_own_short_host_may_be_trusted() -> None:
    """A short host that staff list is fine."""
    storm = make_storm(trust=Trust(links=("bit.ly",)))

    assert codes(make_variant(link="https://bit.ly/abc"), storm=storm) == []


def test_punctuation_is_not_part_of_a_link() -> None:
    """A link at the end of a sentence or in brackets is read without them."""
    (finding,) = find(make_variant(text="(See https://evil.example/a)."), storm=_STORM)

    assert finding.message == "https://evil.example/a leads to evil.example, which is not trusted"
    assert finding.hint == "staff may add “evil.example” to [trust] links"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("With @unmigration and @acme", []),
        ("With @stranger", ["mention-not-trusted"]),
        ("Write to us@home", []),
    ],
)
def test_mentions_are_trusted_ones(text: str, expected: list[str]) -> None:
    """Only listed accounts and the storm's own may be mentioned, in whatever case."""
    assert codes(make_variant(text=text), storm=_STORM) == expected


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (make_variant(text="#migrantsday #STANDUP"), ["tag-spelling", "tag-spelling"]),
        (make_variant(text="Go #Other"), ["hashtag-not-trusted"]),
        (make_variant(hashtags=("Other",)), ["hashtag-not-trusted"]),
    ],
)
def test_hashtags_are_trusted_ones(variant: Variant, expected: list[str]) -> None:
    """Only the storm's tags and listed ones may be used, in whatever case."""
    assert codes(variant, storm=_STORM) == expected


def test_hint_names_the_storms_hashtags() -> None:
    """Who misspells a tag reads the right ones; where the storm has none, where to add it."""
    variant = make_variant(text="Go #MigrantDay")

    assert [f.hint for f in find(variant, storm=_STORM)] == [
        "the storm's are #MigrantsDay; others belong in [trust] hashtags"
    ]
    assert [f.hint for f in find(variant, storm=make_storm())] == ["add it to [trust] hashtags"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("priority", 1),
        ("not_before", at("09:00")),
        ("late", LatePolicy.SEND),
        ("reply_settings", "mentionedUsers"),
    ],
)
def test_scheduling_is_for_staff(key: str, value: Any) -> None:
    """A file that sets its own scheduling is an error at that line, unless the schedule trusts the bank."""
    variant = make_variant(lines=((key, 3),), **{key: value})

    findings = find(variant)

    assert [(f.code, f.place.line) for f in findings] == [("trust-scheduling", 3)]
    assert codes(variant, storm=make_storm(trust=Trust(scheduling=True))) == []


@pytest.mark.parametrize(
    "secret",
    [
        "1234567890-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd",
        "AAAAAAAAAAAAAAAAAAAAAAAAabcdefgh%2Bijklmnopqrstuvwx",
        "EAAGm0PX4ZCpsBAKZCZBabcdefghijklmnopqrstu",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "-----BEGIN RSA PRIVATE KEY-----",
        "STORMCTL_X_ACME_ACCESS_TOKEN=abc",
        "k3yWithLettersAndDigits7And9InIt42abc",
    ],
)
@pytest.mark.parametrize("where", ["text", "part", "alt", "link"])
def test_secrets_are_found_and_not_repeated(secret: str, where: str) -> None:
    """What looks like a key or token, wherever readers may see it, is an error that doesn't show it."""
    variant = make_variant(
        parts=("One.", f"Look: {secret}") if where == "part" else ("Look.",),
        media=(make_media(), make_media(alt=f"A screen with {secret}")) if where == "alt" else (),
        link=f"https://un.org/?key={secret}" if where == "link" else None,
    )
    if where == "text":
        variant = make_variant(text=f"Look: {secret}")

    findings = [f for f in find(variant, storm=_STORM) if f.code in {"secret-in-text", "link-credentials"}]

    assert len(findings) == 1
    assert secret not in findings[0].message + findings[0].hint


def test_ordinary_texts_hold_no_secrets() -> None:
    """Long words, numbers, tags and links are no secrets."""
    text = "Menschenrechtsverteidigerinnen 2026-12-18 +1234567890 https://un.org/a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"

    assert codes(make_variant(text=text), storm=_STORM) == []


@pytest.mark.parametrize(("age", "expected"), [(1095, []), (1096, ["old-figures"])])
def test_figures_age(age: int, expected: list[str]) -> None:
    """Figures older than the schedule allows are a warning."""
    storm = make_storm(facts_max_age=timedelta(days=1095))

    assert codes(make_variant(as_of=storm.first_on - timedelta(days=age)), storm=storm) == expected
