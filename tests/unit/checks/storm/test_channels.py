from __future__ import annotations

from datetime import time

import pytest

from stormctl.domain.plan.storm import Pin
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import SCHEDULE, make_rule, make_storm, make_variant


def _pin(message: str) -> tuple[Pin, ...]:
    return (Pin(place=SCHEDULE, at=time(12), message=message),)


def test_pin_names_a_message() -> None:
    """A misspelt pin is an error that offers the nearest message, or says where to look."""
    bank = [make_variant("noon-statement.en")]

    assert [(f.code, f.hint) for f in find(*bank, storm=make_storm(pins=_pin("noon-statment")))] == [
        ("pin-unknown", "did you mean “noon-statement”?")
    ]
    assert [f.hint for f in find(*bank, storm=make_storm(pins=_pin("xyz")))] == [
        "it must be a message of the bank bank"
    ]


def test_pin_has_a_wording_everywhere() -> None:
    """A channel that can't say what is pinned is a warning."""
    storm = make_storm(
        make_rule("x:acme", languages=("en",)), make_rule("x:otra", languages=("es",)), pins=_pin("noon")
    )

    findings = find(make_variant("noon.en"), make_variant("a.es"), storm=storm)

    assert [(f.code, f.message, f.hint) for f in findings] == [
        ("pin-without-wording", "“noon” has no wording for x:otra", "it takes es")
    ]


def test_a_pin_is_told_once_for_the_channels_that_miss_the_same() -> None:
    """One translation would mend it for all of them; another language is another one that is missing."""
    silent = [make_rule(f"facebook:page{number}", languages=("es",)) for number in range(3)]
    storm = make_storm(
        make_rule("x:acme", languages=("en",)),
        *silent,
        make_rule("facebook:fr", languages=("fr",)),
        pins=_pin("noon"),
    )

    findings = find(make_variant("noon.en"), make_variant("a.es"), make_variant("a.fr"), storm=storm)

    pages = "facebook:page0, facebook:page1, facebook:page2"
    assert [(f.message, f.hint) for f in findings if f.code == "pin-without-wording"] == [
        ("“noon” has no wording for facebook:fr", "it takes fr"),
        (f"“noon” has no wording for {pages}", "they take es"),
    ]


def test_pin_of_other_partners_is_without_wording() -> None:
    """A channel that takes every language is told so."""
    findings = find(make_variant("noon.en", partner="north"), storm=make_storm(pins=_pin("noon")))

    hints = {f.code: f.hint for f in findings}
    assert hints["pin-without-wording"] == "it takes any language"
    assert hints.keys() == {"pin-without-wording", "message-unused"}


def test_selector_finds_something() -> None:
    """A selector that no message answers to is an error."""
    storm = make_storm(make_rule(messages=("a", "topic:rights", "dignty-*")))

    findings = find(make_variant("a.en", topic="rights"), storm=storm)

    assert [(f.code, f.message) for f in findings] == [
        ("selector-matches-nothing", "“dignty-*” matches no message")
    ]


def test_language_of_a_channel_is_spoken() -> None:
    """A channel's language without any message is a warning."""
    storm = make_storm(make_rule(languages=("en", "eo")))

    assert codes(make_variant("a.en"), storm=storm) == ["language-without-wording"]


def test_language_of_the_bank_is_heard() -> None:
    """A message that no channel of its language and platform takes is a warning."""
    storm = make_storm(make_rule(languages=("en",)))
    bank = [make_variant("a.en"), make_variant("a.eo"), make_variant("a.en.facebook")]

    findings = find(*bank, storm=storm)

    assert [(f.code, f.message) for f in findings] == [
        (
            "language-without-channel",
            "no channel on Facebook takes English (en), so that nobody would see this",
        ),
        ("language-without-channel", "no channel takes Esperanto (eo), so that nobody would see this"),
    ]


@pytest.mark.parametrize(
    ("lang", "named"),
    [("pt-BR", "português (pt-BR)"), ("it", "italiano (it)"), ("nah", "“nah”")],
)
def test_a_language_is_called_what_its_speakers_call_it(lang: str, named: str) -> None:
    """Its writer knows it by that name; one that Unicode's data don't name stands as it is written."""
    storm = make_storm(make_rule(languages=("en",)))

    [told] = find(make_variant("a.en"), make_variant(f"a.{lang}"), storm=storm)

    assert told.message == f"no channel takes {named}, so that nobody would see this"


def test_a_language_that_nobody_takes_is_told_once() -> None:
    """However many messages it has, with their number and the first of them; each platform for itself."""
    storm = make_storm(make_rule(languages=("en",)))
    bank = [make_variant("a.en"), *(make_variant(f"m{number:02}.ht") for number in range(12))]
    pages = [make_variant(f"{name}.en.facebook") for name in "bc"]

    findings = find(*bank, *pages, make_variant("z.it"), storm=storm)

    nobody, named = "so that nobody would see", "m00.ht.md, m01.ht.md, m02.ht.md …"
    paged = "b.en.facebook.md, c.en.facebook.md"
    assert [(f.place.path, f.message) for f in findings] == [
        (
            "messages/bank/b.en.facebook.md",
            f"2 messages in English (en), and no channel on Facebook takes it, {nobody} them: {paged}",
        ),
        (
            "messages/bank/m00.ht.md",
            f"12 messages in Kreyòl Ayisyen (ht), and no channel takes it, {nobody} them: {named}",
        ),
        ("messages/bank/z.it.md", f"no channel takes italiano (it), {nobody} this"),
    ]
    assert len(findings[1].others) == 11
