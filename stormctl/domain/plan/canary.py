"""The canary: one neutral post that proves an account and is deleted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.delivery.delivery import CANARY_STORM, DeliveryKey, Kind, PlannedDelivery, Post
from stormctl.domain.plan.cost import price_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from stormctl.domain.platforms.channel import ChannelId

SENTENCES = {
    "en": "Technical test of this account. This post will be removed in a moment.",
    "es": "Prueba técnica de esta cuenta. Esta publicación se eliminará en un momento.",
    "fr": "Test technique de ce compte. Cette publication sera supprimée dans un instant.",
}
"""What a canary says; English where the channel's language is none of these."""


def compose_canary(lang: str, at: datetime) -> Post:
    """Return a canary's post: a neutral sentence with the time in UTC, so that no two are the same."""
    return Post(text=f"{SENTENCES.get(lang, SENTENCES['en'])} ({at:%Y-%m-%d %H:%M:%S} UTC)")


def plan_canary(channel: ChannelId, lang: str, at: datetime, patience: timedelta) -> PlannedDelivery:
    """Plan a canary for now.

    Args:
        patience: until when it may be sent. Nobody sends it later: not a daemon that finds it tomorrow, and
            not after doubt, as long as `patience` is no longer than proving takes that it is not there.
    """
    post = compose_canary(lang, at)
    return PlannedDelivery(
        key=DeliveryKey(
            storm=CANARY_STORM, channel=str(channel), message=f"{at:%Y%m%dT%H%M%S%f}Z", tail=lang
        ),
        channel=channel,
        post=post,
        slot_at=at,
        storm_on=at.date(),
        kind=Kind.POST,
        late=LatePolicy.SKIP,
        grace=patience,
        expires_at=at + patience,
        price_usd_micros=price_of(post, channel),
    )


def cost_of_canary(delivery: PlannedDelivery) -> int:
    """Return what a canary costs at most with its deletion, in millionths of a US dollar."""
    return delivery.price_usd_micros + delivery.channel.platform.facts.prices.deletion
