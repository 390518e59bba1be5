"""What publishing costs, by the platforms' prices of posts, descriptions and readings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count_posts, format_usd
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.domain.base.phrase import Hint
    from stormctl.domain.delivery.delivery import Plan, PlannedDelivery, Post
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.platforms.prices import Prices

READINGS_A_POST = 4
"""How often a post is read unless the caller knows better: soon, at the end, after a day, after a week."""

LOOKUPS_A_CHANNEL = 2
"""How often an account is looked up: when the storm is launched, and by the runner that takes it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCost:
    """A channel's share, in millionths of a US dollar.

    Attributes:
        published: every post; a thread's parts each.
        readings_usd_micros: for reading their metrics.
        lookups_usd_micros: for asking whose account it is, before the first post.
    """

    channel: ChannelId
    published: tuple[Post, ...]
    publish_usd_micros: int
    alt_text_usd_micros: int
    readings_usd_micros: int
    lookups_usd_micros: int

    @property
    def posts(self) -> int:
        """How many posts are published; a thread's parts count each."""
        return len(self.published)

    @property
    def posts_with_link(self) -> int:
        """How many of them carry a link."""
        return sum(has_link(post) for post in self.published)

    @property
    def bills_posts(self) -> bool:
        """Whether its platform bills posts at all."""
        return self.channel.platform.facts.prices.post > 0

    @property
    def links_usd_micros(self) -> int:
        """For creating the posts that carry a link."""
        return self.channel.platform.facts.prices.post_with_link * self.posts_with_link

    @property
    def total_usd_micros(self) -> int:
        """Everything together."""
        posts = self.publish_usd_micros + self.alt_text_usd_micros
        return posts + self.readings_usd_micros + self.lookups_usd_micros


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs, in millionths of a US dollar, channel by channel and in all."""

    by_channel: tuple[ChannelCost, ...]

    @property
    def posts(self) -> int:
        """How many posts are published; a thread's parts count each."""
        return sum(c.posts for c in self.by_channel)

    @property
    def posts_with_link(self) -> int:
        """How many of them carry a link."""
        return sum(c.posts_with_link for c in self.by_channel)

    @property
    def publish_usd_micros(self) -> int:
        """For creating the posts."""
        return sum(c.publish_usd_micros for c in self.by_channel)

    @property
    def alt_text_usd_micros(self) -> int:
        """For describing pictures and videos."""
        return sum(c.alt_text_usd_micros for c in self.by_channel)

    @property
    def readings_usd_micros(self) -> int:
        """For reading the metrics of our own posts."""
        return sum(c.readings_usd_micros for c in self.by_channel)

    @property
    def lookups_usd_micros(self) -> int:
        """For asking whose accounts they are."""
        return sum(c.lookups_usd_micros for c in self.by_channel)

    @property
    def links_usd_micros(self) -> int:
        """For creating the posts that carry a link."""
        return sum(c.links_usd_micros for c in self.by_channel)

    @property
    def total_usd_micros(self) -> int:
        """Everything together."""
        return sum(c.total_usd_micros for c in self.by_channel)

    @property
    def prices(self) -> tuple[Prices, ...]:
        """The price lists that it is counted by, of the platforms that bill anything."""
        platforms = dict.fromkeys(c.channel.platform for c in self.by_channel if c.bills_posts)
        return tuple(platform.facts.prices for platform in platforms)

    def describe_links(self) -> Hint:
        """Say what the links cost, as in `30 of 40 posts carry a link: $6.00 of $6.60`; empty without any."""
        billed = [c for c in self.by_channel if c.bills_posts]
        linked, posts = sum(c.posts_with_link for c in billed), count_posts(sum(c.posts for c in billed))
        share, total = format_usd(self.links_usd_micros), format_usd(self.total_usd_micros)
        if linked == 1:
            return Phrase(
                "1 of {posts} carries a link: {share} of {total}", posts=posts, share=share, total=total
            )
        return (
            Phrase(
                "{links:,} of {posts} carry a link: {share} of {total}",
                links=linked,
                posts=posts,
                share=share,
                total=total,
            )
            if linked
            else ""
        )

    def describe_unproved(self) -> tuple[Phrase, ...]:
        """Say what of it is counted at the higher of two figures, since the platform does not tell."""
        links, readings = self.links_usd_micros, self.readings_usd_micros
        posts = (post for c in self.by_channel if c.bills_posts for post in c.published)
        captions = sum(media.captions is not None for post in posts for media in post.media)
        counted = {"post_with_link": links, "post_reading": readings, "captions": captions}
        return tuple(
            why for prices in self.prices for name, why in prices.unproved.items() if counted.get(name)
        )


def has_link(post: Post) -> bool:
    """Return whether a post carries a link: all that X sees as one, or may one day."""
    return post.link is not None or read(post.text).has_link


def price_of(post: Post, channel: ChannelId) -> int:
    """Return what publishing a post costs, its alt texts included, in millionths of a US dollar."""
    return _create_price(post, channel) + _alt_text_price(post, channel)


def price_of_readings(channel: ChannelId, posts: int) -> int:
    """Return what reading so many posts costs, in millionths of a US dollar.

    X bills each post once a UTC day as a rule, without a promise; so this is what it may cost.
    """
    return channel.platform.facts.prices.post_reading * posts


def cost_of(plan: Plan, readings_a_post: int = READINGS_A_POST) -> Cost:
    """Add up what a plan costs, by the price that each of its deliveries carries."""
    by_channel: dict[ChannelId, list[PlannedDelivery]] = defaultdict(list)
    for delivery in plan.deliveries:
        by_channel[delivery.channel].append(delivery)
    return Cost(
        tuple(
            _cost_on(channel, deliveries, readings_a_post)
            for channel, deliveries in sorted(by_channel.items())
        )
    )


def _cost_on(channel: ChannelId, deliveries: Sequence[PlannedDelivery], readings_a_post: int) -> ChannelCost:
    alt_texts = sum(_alt_text_price(delivery.post, channel) for delivery in deliveries)
    return ChannelCost(
        channel=channel,
        published=tuple(delivery.post for delivery in deliveries),
        publish_usd_micros=sum(delivery.price_usd_micros for delivery in deliveries) - alt_texts,
        alt_text_usd_micros=alt_texts,
        readings_usd_micros=price_of_readings(channel, readings_a_post * len(deliveries)),
        lookups_usd_micros=LOOKUPS_A_CHANNEL * channel.platform.facts.prices.user_reading,
    )


def _create_price(post: Post, channel: ChannelId) -> int:
    prices = channel.platform.facts.prices
    differs = prices.post_with_link != prices.post  # else nobody need look for links
    return prices.post_with_link if differs and has_link(post) else prices.post


def _alt_text_price(post: Post, channel: ChannelId) -> int:
    prices = channel.platform.facts.prices
    return sum(
        prices.alt_text * bool(media.alt) + prices.captions * bool(media.captions) for media in post.media
    )
