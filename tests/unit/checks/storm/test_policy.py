from __future__ import annotations

from dataclasses import replace

from stormctl.domain.plan.storm import Trust
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import make_rule, make_storm, make_variant


def test_same_text_twice_on_a_channel_is_an_error() -> None:
    """Two messages that read alike on one channel, but for case and spaces, are told at the second."""
    findings = find(
        make_variant("a.en", text="Rights for all."), make_variant("b.en", text="RIGHTS  for all.")
    )

    assert [(f.code, f.place.path, f.message) for f in findings] == [
        ("same-text-on-channel", "messages/bank/b.en.md", "b.en reads the same as a.en on x:acme")
    ]


def test_same_part_twice_in_a_thread_is_an_error() -> None:
    """A thread does not repeat itself either."""
    assert codes(make_variant(parts=("One.", "Two.", "Two."))) == ["same-text-on-channel"]


def test_same_text_on_two_x_channels_is_an_error() -> None:
    """Two wordings that are alike break X's rules if two accounts post them; on X and Facebook they don't."""
    alike = [make_variant(f"{name}.en", text="Rights for all.") for name in ("a", "b")]
    each_its_own = (make_rule("x:one", messages=("a",)), make_rule("x:two", messages=("b",)))

    two = find(*alike, storm=make_storm(*each_its_own))
    mixed = codes(alike[0], storm=make_storm(make_rule("x:one"), make_rule("facebook:one")))

    assert [(f.code, f.message) for f in two] == [
        ("same-text-on-x-channels", "x:one, x:two would post the same text")
    ]
    assert mixed == []


def test_link_tags_make_no_other_text_of_it() -> None:
    """Two X accounts whose tags differ still say the same, and so does one account in two messages."""
    tags, trust = (("utm_content", "{channel}-{language}"),), Trust(links=("example.org",))
    one = make_variant("a.en", text="Sign now.", link="https://example.org/act?b=c")
    again = make_variant("b.es", text="Sign now.", link="https://example.org/act?b=c")

    each_its_own = make_storm(make_rule("x:one", messages=("a",)), make_rule("x:two", messages=("b",)))
    two = codes(one, again, storm=replace(each_its_own, link_tags=tags, trust=trust))
    twice = codes(one, again, storm=replace(make_storm(make_rule("x:one")), link_tags=tags, trust=trust))

    assert "same-text-on-x-channels" in two
    assert "same-text-on-channel" in twice


def test_who_may_post_a_text_is_not_asked() -> None:
    """Three texts and two accounts of one language that may post them all: nothing is wrong."""
    storm = make_storm(make_rule("x:one", languages=("es",)), make_rule("x:two", languages=("es",)))

    found = codes(*(make_variant(f"m{number}.es") for number in range(24)), storm=storm)

    assert found == []


def test_link_tells_texts_apart_on_facebook() -> None:
    """The same words with another link field are another post."""
    storm = make_storm(make_rule("facebook:one"))
    variants = [make_variant(f"{n}.en", text="Read.", link=f"https://example.org/{n}") for n in "ab"]

    assert codes(*variants, storm=storm) == []
