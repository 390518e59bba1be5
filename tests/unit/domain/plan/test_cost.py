from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.domain.delivery.delivery import Post
from stormctl.domain.plan.cost import cost_of, has_link, price_of
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.files.media.media import MAX_IMAGES
from tests.unit.domain.making import make_bank, make_media, make_rule, make_storm, make_variant

_X = parse_channel_id("x:acme")
_FACEBOOK = parse_channel_id("facebook:acme")


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        (Post(text="Rights for all"), 15_000),
        (Post(text="See example.org"), 200_000),
        (Post(text="Look", media=(make_media(), make_media(alt=""))), 20_000),
    ],
)
def test_x_bills_links_and_descriptions(post: Post, expected: int) -> None:
    """A post on X costs 1.5 cents, 20 with any link, and half a cent for each description."""
    assert expected == price_of(post, _X)


def test_facebook_is_free() -> None:
    """Facebook bills nothing."""
    assert price_of(Post(text="See", link="https://example.org", media=(make_media(),)), _FACEBOOK) == 0


def test_link_field_is_a_link() -> None:
    """A post with Facebook's link field has a link, whatever its text."""
    assert has_link(Post(text="See", link="https://example.org"))


def test_cost_adds_up_by_channel_and_in_all() -> None:
    """A plan's cost tells posts, links, descriptions and readings, channel by channel."""
    storm = make_storm(make_rule("x:acme"), make_rule("facebook:acme"))
    bank = make_bank(
        make_variant("a.en", link="https://example.org", media=(make_media(),)),
        make_variant("b.en", parts=("One.", "Two.")),
    )

    cost = cost_of(plan_storm(storm, bank), readings_a_post=2)

    facebook, x = cost.by_channel
    assert (facebook.channel, facebook.posts, facebook.total_usd_micros) == (_FACEBOOK, 2, 0)
    assert (x.channel, x.posts, x.posts_with_link) == (_X, 3, 1)
    assert (cost.posts, cost.posts_with_link) == (5, 2)
    assert (
        cost.publish_usd_micros,
        cost.alt_text_usd_micros,
        cost.readings_usd_micros,
        cost.lookups_usd_micros,
    ) == (230_000, 5_000, 30_000, 20_000)
    assert cost.total_usd_micros == 285_000


def test_one_line_says_what_links_cost() -> None:
    """Only channels that bill posts are counted: a link on Facebook costs nothing."""
    storm = make_storm(make_rule("x:acme"), make_rule("facebook:acme"))
    bank = make_bank(make_variant("a.en", link="https://example.org"), make_variant("b.en"))

    cost = cost_of(plan_storm(storm, bank), readings_a_post=4)
    free = cost_of(plan_storm(make_storm(make_rule("facebook:acme")), bank))

    assert cost.describe_links() == "1 of 2 posts carries a link: $0.20 of $0.275"
    assert free.describe_links() == ""


def test_what_is_not_proved_is_told() -> None:
    """Where a price is the higher of two figures, the plan says so; not of what it does not contain."""
    linked = make_bank(make_variant("a.en", link="https://example.org"))
    plain = make_bank(make_variant("a.en"))

    told, less = (cost_of(plan_storm(make_storm(), bank)).describe_unproved() for bank in (linked, plain))

    assert [line.split()[0:4] for line in told] == [
        ["a", "bare", "domain", "is"],
        ["X", "usually", "bills", "a"],
    ]
    assert less == told[1:]


def test_every_price_has_a_day_and_a_source() -> None:
    """A platform that bills says as of when, and where that is written; only prices can be unproved."""
    for platform in Platform:
        prices = platform.facts.prices
        assert bool(prices.dearest_post) == (prices.as_of is not None) == bool(prices.source)
        assert all(getattr(prices, name) for name in prices.unproved)


def test_plan_prices_each_delivery() -> None:
    """What a delivery carries as its price is what publishing it costs, descriptions included."""
    bank = make_bank(make_variant("a.en", link="https://example.org", media=(make_media(),)))

    plan = plan_storm(make_storm(), bank)

    assert [delivery.price_usd_micros for delivery in plan.deliveries] == [205_000]


def test_no_post_is_dearer_than_the_dearest() -> None:
    """A link and as many described pictures as a post takes."""
    post = Post(text="About boats", link="https://example.org", media=(make_media(),) * MAX_IMAGES)

    assert price_of(post, _X) == _X.platform.facts.prices.dearest_post == 220_000


def test_a_plan_is_not_priced_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs is the sum of the prices that its deliveries carry, on however many channels."""
    storm = make_storm(
        *(make_rule(f"x:c{number}", languages=(lang,)) for number, lang in enumerate(("en", "es", "fr")))
    )
    plan = plan_storm(
        storm,
        make_bank(
            *(
                v
                for lang in ("en", "es", "fr")
                for v in (make_variant(f"a.{lang}", media=(make_media(),)), make_variant(f"b.{lang}"))
            )
        ),
    )
    dearer = replace(plan, deliveries=tuple(replace(d, price_usd_micros=7_000) for d in plan.deliveries))
    monkeypatch.setattr("stormctl.domain.plan.cost.read", lambda text: pytest.fail(f"priced again: {text}"))

    cost = cost_of(dearer, readings_a_post=0)

    assert (cost.total_usd_micros, cost.alt_text_usd_micros) == (6 * 7_000 + 3 * 20_000, 3 * 5_000)
    assert [share.publish_usd_micros for share in cost.by_channel] == [2 * 7_000 - 5_000] * 3
