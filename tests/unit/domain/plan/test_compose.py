from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.storm import ChannelRule, Trust
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.text.reader import read
from tests.unit.domain.making import at, make_media, make_rule, make_storm, make_variant

_LINK = "https://example.org/act"
_X = make_rule("x:acme")
_FACEBOOK = make_rule("facebook:acme")
_STORM = make_storm(hashtags=("MigrantsDay", "WithDignity"))


def test_post_is_body_link_tags() -> None:
    """On X the link and the tags stand below the body, the message's tags before the storm's."""
    variant = make_variant(text="Rights for all.", link=_LINK, hashtags=("StandUp",))

    (post,) = compose(variant, _X, _STORM)

    assert f"Rights for all.\n\n{_LINK}\n#StandUp #MigrantsDay #WithDignity" == post.text
    assert post.link is None


def test_tags_are_added_until_one_does_not_fit() -> None:
    """The first tag that doesn't fit ends the row; the text fits exactly to the last character."""
    body = "a" * (280 - len("\n\n#MigrantsDay"))

    (fits,) = compose(make_variant(text=body), _X, _STORM)
    (does_not,) = compose(make_variant(text=f"{body}a"), _X, _STORM)

    assert f"{body}\n\n#MigrantsDay" == fits.text
    assert f"{body}a" == does_not.text


def test_storm_spells_tags() -> None:
    """A message's tag that the storm or its trusted list knows is written as they spell it."""
    storm = replace(_STORM, trust=Trust(hashtags=("StandUp4Migrants",)))
    variant = make_variant(text="Go", hashtags=("standup4migrants", "MIGRANTSDAY"))

    (post,) = compose(variant, _X, storm)

    assert post.text == "Go\n\n#StandUp4Migrants #MigrantsDay #WithDignity"


@pytest.mark.parametrize(
    ("bodies", "link"),
    [
        (("Read https://www.example.org/act today",), "https://www.example.org/act"),
        (("Read example.org today",), "https://example.org"),
        (("Read example.org", "and example.org again"), "https://example.org"),
        (("Read example.org, or un.org",), None),
        (("Read example.org", "or elsewhere.unknown"), None),
        (("Read funexample.org",), None),
        (("Nothing to read",), None),
    ],
)
def test_a_typed_link_fills_the_link_field(bodies: tuple[str, ...], link: str | None) -> None:
    """If it is the text's only one and trusted; the text stays as typed, and nothing is appended."""
    storm = make_storm(hashtags=())
    variant = make_variant(parts=bodies)

    (page,) = compose(variant, _FACEBOOK, storm)
    (picture,) = compose(replace(variant, media=(make_media(),)), _FACEBOOK, storm)
    on_x = compose(variant, _X, storm)

    assert (page.text, page.link) == ("\n\n".join(bodies), link)
    assert (picture.text, picture.link) == ("\n\n".join(bodies), None)
    assert [(post.text, post.link) for post in on_x] == [(body, None) for body in bodies]


def test_body_is_never_altered() -> None:
    """A tag or link that the body holds stays as written there, and is not repeated."""
    variant = make_variant(text=f"See {_LINK} for #migrantsday.", link=_LINK)

    (post,) = compose(variant, _X, _STORM)

    assert f"See {_LINK} for #migrantsday.\n\n#WithDignity" == post.text


@pytest.mark.parametrize("rule", [_X, _FACEBOOK])
def test_what_stands_in_a_later_part_is_not_repeated_in_the_first(rule: ChannelRule) -> None:
    """A thread's link and tags stand where its author put them, and nowhere else."""
    variant = make_variant(
        parts=("One.", f"Two: {_LINK}.", "#migrantsday"), link=_LINK, media=(make_media(),)
    )

    posts = compose(variant, rule, _STORM)

    words = "\n\n".join(post.text for post in posts)
    assert (words.count(_LINK), words.casefold().count("#migrantsday")) == (1, 1)
    assert posts[0].text.startswith("One.\n\n#WithDignity" if rule is _X else f"One.\n\nTwo: {_LINK}.")


def test_nothing_to_add_leaves_the_body_alone() -> None:
    """Without link and tags the post is the body."""
    (post,) = compose(make_variant(text="Only words."), _X, make_storm())

    assert post.text == "Only words."


def test_first_part_of_a_thread_carries_everything() -> None:
    """Link, tags, media and reply settings go with the part that travels; the others are bare."""
    variant = make_variant(
        parts=("One.", "Two."), link=_LINK, media=(make_media(),), reply_settings="mentionedUsers"
    )

    first, second = compose(variant, _X, _STORM)

    assert f"One.\n\n{_LINK}\n#MigrantsDay #WithDignity" == first.text
    assert (make_media(),) == first.media
    assert first.reply_settings == "mentionedUsers"
    assert (second.text, second.media, second.reply_settings) == ("Two.", (), None)


def test_facebook_takes_a_thread_as_one_text() -> None:
    """On Facebook the parts are paragraphs of one post, and the link has its own field."""
    variant = make_variant(parts=("One.", "Two."), link=_LINK)

    (post,) = compose(variant, _FACEBOOK, _STORM)

    assert post.text == "One.\n\nTwo.\n\n#MigrantsDay #WithDignity"
    assert post.link == _LINK


def test_facebook_link_stands_in_the_text_beside_media() -> None:
    """A post with pictures has no link field on Facebook, so that the link goes into the text."""
    variant = make_variant(text="Look.", link=_LINK, media=(make_media(),))

    (post,) = compose(variant, _FACEBOOK, _STORM)

    assert f"Look.\n\n{_LINK}\n#MigrantsDay #WithDignity" == post.text
    assert post.link is None


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Los_Angeles", "Sign by Friday, December 18, 5 PM PST, {please}."),
        (None, "Sign by Friday, December 18, 8 PM EST, {please}."),
    ],
)
def test_deadline_is_filled_in(zone: str | None, expected: str) -> None:
    """The placeholder becomes the deadline in its own zone, or the storm's; other braces stay."""
    variant = make_variant(text="Sign by {deadline}, {please}.", expires_at=at("20:00"), expires_zone=zone)

    (post,) = compose(variant, _X, make_storm())

    assert expected == post.text


def test_deadline_without_expires_stays() -> None:
    """Without a deadline nothing is filled in; the checks report it."""
    (post,) = compose(make_variant(text="Sign by {deadline}."), _X, make_storm())

    assert post.text == "Sign by {deadline}."


def test_message_without_parts_composes() -> None:
    """A variant without any text makes an empty post, not a failure."""
    (post,) = compose(make_variant(parts=()), _X, make_storm())

    assert post.text == ""


@settings(deadline=None)
@given(
    st.text(max_size=300),
    st.lists(st.from_regex(r"[A-Za-zé日]{1,30}", fullmatch=True), max_size=5),
    st.sampled_from([None, _LINK]),
)
def test_tags_never_make_a_post_too_long(body: str, tags: list[str], link: str | None) -> None:
    """Tags are added only as far as X takes them, and are hashtags once they stand there."""
    variant = make_variant(text=body, hashtags=tuple(tags), link=link)
    bare = compose(replace(variant, hashtags=()), _X, make_storm())[0].text

    (post,) = compose(variant, _X, make_storm())

    assert post.text == bare or Platform.X.facts.measure(post.text) <= 280
    assert post.text.startswith(body)
    shown = [{tag.text for tag in read(text).hashtags} for text in (post.text, bare)]
    assert shown[0] >= shown[1]


def test_platforms_count_their_own_way() -> None:
    """X weighs, Facebook counts characters."""
    x, facebook = Platform.X.facts, Platform.FACEBOOK.facts

    assert (x.measure("日本語"), x.max_length) == (6, 280)
    assert (facebook.measure("日本語"), facebook.max_length) == (3, 63_206)
