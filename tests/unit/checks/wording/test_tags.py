"""Hashtags and names as the platforms treat them."""

from __future__ import annotations

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.plan.storm import Storm, Trust
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import make_bank, make_rule, make_storm, make_variant

_TAGS = ("Solidarity", "intersectionality", "responsabilidades", "interculturalidad", "UnMundoSinMuros")


def trusting(*tags: str, own: tuple[str, ...] = ("MigrantsDay",)) -> Storm:
    """Make a storm that trusts tags."""
    return make_storm(hashtags=own, trust=Trust(hashtags=(*_TAGS, *tags)))


_STORM = trusting()


@pytest.mark.parametrize(
    "tag",
    [
        "internationalmigrantsday",
        "humanrightsforall",
        "standwithmigrants2026",
        "díainternacionaldelmigrante",
        "ningúnserhumanoesilegal",
        "droitshumainspourtous",
    ],
)
def test_a_long_tag_of_several_words_has_capitals(tag: str) -> None:
    """Screen readers read it as one word; where its words begin, a person has to say."""
    spelling = next(
        one for one in find(make_variant(text=f"Go. #{tag}"), storm=_STORM) if one.code == "tag-spelling"
    )

    assert (spelling.edit, spelling.place.column) == (None, 6)


@pytest.mark.parametrize(
    "text",
    [
        "#solidarity",
        "#Solidarity",
        "#intersectionality",
        "#responsabilidades",
        "#interculturalidad",
        "#المهاجرون_لهم_حقوق_دائما",
        "#移民有权利移民有权利移民有权利移民",
    ],
)
def test_one_word_and_scripts_without_case_are_fine(text: str) -> None:
    """A tag of one word needs no capital, however long, nor the schedule's."""
    trusted = trusting("المهاجرون_لهم_حقوق_دائما", "移民有权利移民有权利移民有权利移民")

    assert codes(make_variant(text=f"Go. {text}"), storm=trusted) == []


def test_two_spellings_that_a_schedule_knows_are_both_right() -> None:
    """What staff list is as they want it."""
    storm = trusting("STANDUP", "StandUp")

    assert codes(make_variant(text="#STANDUP #StandUp"), storm=storm) == []


def test_a_long_senseless_tag_is_read_in_a_moment() -> None:
    """However many ways there are to cut it."""
    tag = "al" * 29 + "x"

    assert codes(make_variant(text=f"#{tag}"), storm=trusting(tag)) == []


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("#Aa #Bb #Cc", ("MigrantsDay",), ["many-tags"]),
        ("#Aa #Bb", ("MigrantsDay",), []),
        ("#Aa #Bb #Cc #Aa", ("Aa",), []),
        ("Words.", ("Aa", "Bb", "Cc", "Dd"), []),
        ("Words. #Ee", ("Aa", "Bb", "Cc", "Dd"), ["many-tags"]),
    ],
)
def test_three_tags_are_plenty_with_the_storms(text: str, own: tuple[str, ...], expected: list[str]) -> None:
    """Counted are the tags of the post as it goes out; what the storm alone brings is not the writer's."""
    storm = trusting("Aa", "Bb", "Cc", "Dd", "Ee", own=own)

    assert codes(make_variant(text=text), storm=storm) == expected


def test_tags_of_a_thread_are_counted_post_by_post() -> None:
    """Two in one part and two in another are not four."""
    variant = make_variant(parts=("One #Aa #Bb", "Two #Cc #Dd"))

    assert codes(variant, storm=trusting("Aa", "Bb", "Cc", "Dd", own=())) == []


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.en", "Thanks @acme and @acme", "write a.en.facebook.md beside it, with the name in full"),
        ("a.en.facebook", "Thanks @acme", "write the name in full"),
        ("a.en", "Thanks ＠acme", "write a.en.facebook.md beside it, with the name in full"),
    ],
)
def test_a_name_of_x_is_dead_text_on_facebook(name: str, text: str, hint: str) -> None:
    """Once a wording, and the way out is one that is there."""
    storm = make_storm(make_rule("x:acme"), make_rule("facebook:acme"))

    found = find(make_variant(name, text), storm=storm)

    assert [(one.code, one.hint) for one in found if one.code == "mention-on-facebook"] == [
        ("mention-on-facebook", hint)
    ]


@pytest.mark.parametrize("text", ["Write to us@acme.example today", "Thanks @[1234567:Acme] and @[1234567]"])
def test_addresses_and_pages_are_no_names_of_x(text: str) -> None:
    """A Page by its number is a mention on Facebook, and an e-mail address none anywhere."""
    found = codes(make_variant(text=text), storm=make_storm(make_rule("facebook:acme")))

    assert "mention-on-facebook" not in found


def test_tags_of_a_bank_alone_are_counted_post_by_post_too() -> None:
    """Those of front matter go with the first part of a thread; labels of Facebook are not asked."""
    thread = make_variant("a.en", parts=("One #Aa #Bb", "Two #Cc #Dd"))
    full = make_variant("b.en", parts=("One #Aa #Bb", "Two #Cc #Dd"), hashtags=("Ee", "Ff"))
    page = make_variant("c.en.facebook", "#Aa #Bb #Cc #Dd")

    found = run_checks(None, make_bank(thread, full, page), None).findings

    assert [(one.code, one.place.path) for one in found] == [("many-tags", "messages/bank/b.en.md")]
