"""The record that a platform fills in: what it is, what it takes, what it costs, and what it cannot do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count_posts
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.platforms.prices import FREE, Prices

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from datetime import date
    from urllib.parse import SplitResult


class Metric(StrEnum):
    """What a platform counts for a post.

    `IMPRESSIONS` are times shown, `REACH` is unique accounts.
    """

    IMPRESSIONS = "impressions"
    REACH = "reach"
    REACTIONS = "reactions"
    REPLIES = "replies"
    SHARES = "shares"
    CLICKS = "clicks"
    BOOKMARKS = "bookmarks"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At most `count` posts in any span of a period, wherever it begins; the period in whole minutes."""

    count: int
    period: timedelta

    def __str__(self) -> str:
        """Write it as `5 posts in 15 minutes`."""
        return self.said

    @property
    def said(self) -> Phrase:
        """The same, ready to be translated."""
        hours, minutes = divmod(self.period // timedelta(minutes=1), 60)
        posts = count_posts(self.count)
        if minutes:
            return Phrase("{posts} in {minutes} minutes", posts=posts, minutes=60 * hours + minutes)
        if hours == 1:
            return Phrase("{posts} in 1 hour", posts=posts)
        return Phrase("{posts} in {hours} hours", posts=posts, hours=hours)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A part of a channel's credentials; its name is the end of its variable's.

    Attributes:
        is_secret: ids of accounts, Pages and apps are not: they stand in addresses.
        of_app: whether it is the app's, and may be given once for all channels of the platform.
        is_optional: whether a channel can post without it.
    """

    name: str
    is_secret: bool = True
    of_app: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class MetricSource:
    """How a platform gives a metric.

    Attributes:
        meaning: what it counts there, where that differs from other platforms; empty if it does not.
    """

    name: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class LimitWords:
    """What people are told of a limit that the platform's headers name.

    Attributes:
        left: what is left of it, a format of `left` and `all`.
        whole: what it is; empty where no number of posts is told.
    """

    left: str
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFacts:
    """A platform. What it cannot do is said here, and never guessed elsewhere.

    Attributes:
        origin: the address of its API; empty where each channel has a server of its own.
        hosts: its own hosts, the only ones beside loopback that credentials may go to.
        sites: where people see posts; `www.`, `mobile.` or `m.` may stand before them.
        post_example: what a post's address looks like.
        post_path: the path of an address that holds the post's id, as the API gives it.
        find_post: reads the id from any other address, with the account's id: None for an opaque one,
            ValueError if no post is there.
        takes_key: whether publishing takes a key, under which a second request makes no second post.
        attaches_once: whether an upload belongs to the one post that carries it.
        settling: how long after a complete reading of an account a second one proves that a post is not
            there, real time.
        measure: counts a text as the platform does.
        max_length: the longest text, so counted.
        has_threads: whether a post may have parts that follow it; else they become one text.
        has_link_field: whether a link goes beside the text where there is no media.
        has_reply_settings: whether a post says who may answer it.
        max_cashtags: the most in a post; None for any number.
        allows_same_text: whether several accounts may post the same text.
        has_handles: whether a channel's name is what people mention.
        ceilings, ceilings_verified: what it lets an account post, and one that it has verified.
        account_field: the one that says whose account it is, by its number; the first sign-in writes it.
        find_account: tells that number from what is set; None if nothing says it.
        derive_secrets: makes what travels beside the credentials and is as secret.
        unasked: what no question to it can tell before the day; empty if there is nothing of importance.
        rights: permissions that reports need, and what is missing without them.
        video_right: the permission that videos may need; empty if there is none.
        api, api_ends_on: the version of its API, and until when that lives at least; None if it does not say.
        limits: its limits, by the names of its headers.
        metrics: what it counts for a post; what is missing here it never gives.
        metrics_documented: where the meaning of its metrics is documented.
        metrics_lag: how old figures may be at the time of reading; empty where they are fresh.
    """

    label: str
    origin: str
    hosts: frozenset[str]
    sites: tuple[str, ...]
    post_example: str
    post_path: re.Pattern[str]
    find_post: Callable[[SplitResult, str | None], str | None]
    takes_key: bool
    attaches_once: bool
    settling: timedelta
    measure: Callable[[str], int]
    max_length: int
    has_threads: bool
    has_link_field: bool
    has_reply_settings: bool
    max_cashtags: int | None = None
    allows_same_text: bool
    has_handles: bool
    ceilings: tuple[Ceiling, ...] = ()
    ceilings_verified: tuple[Ceiling, ...] = ()
    prices: Prices = FREE
    fields: tuple[CredentialField, ...]
    account_field: str
    find_account: Callable[[Mapping[str, str]], str | None]
    derive_secrets: Callable[[Mapping[str, str]], frozenset[str]] = lambda _: frozenset()
    unasked: str = ""
    rights: Mapping[str, str] = field(default_factory=dict)
    video_right: str = ""
    api: str = ""
    api_ends_on: date | None = None
    limits: Mapping[str, LimitWords]
    metrics: Mapping[Metric, MetricSource]
    metrics_documented: str
    metrics_lag: str = ""

    @property
    def host(self) -> str:
        """The one of its own hosts that stands for all of them."""
        return max(self.hosts)

    @property
    def app_fields(self) -> tuple[str, ...]:
        """What the app is known by."""
        return tuple(one.name for one in self.fields if one.of_app)

    @property
    def token_fields(self) -> tuple[str, ...]:
        """What a sign-in brings."""
        return tuple(one.name for one in self.fields if not one.of_app and not one.is_optional)

    def name_metric(self, metric: Metric) -> str | None:
        """Return the platform's own name for a metric; None if it does not give it."""
        source = self.metrics.get(metric)
        return source.name if source is not None else None

    def find_ceilings(self, *, verified: bool) -> tuple[Ceiling, ...]:
        """Return what is documented for an account."""
        return self.ceilings_verified if verified else self.ceilings
