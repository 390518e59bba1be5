"""X. Its numbers are those of docs.x.com in August 2026 unless a line names another source."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.platforms.prices import X_PRICES
from stormctl.domain.platforms.record import (
    Ceiling,
    CredentialField,
    LimitWords,
    Metric,
    MetricSource,
    PlatformFacts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

_QUARTER, _DAY = timedelta(minutes=15), timedelta(hours=24)


def _measure(text: str) -> int:
    from stormctl.domain.text.reader import read

    return read(text).weighted_length


def _refuse(parts: SplitResult, account_id: str | None) -> str | None:
    raise ValueError(parts.path, account_id)


def _find_account(found: Mapping[str, str]) -> str | None:
    """Return whose credentials these are; an access token begins with its account's number (OAuth 1.0a)."""
    number, hyphen, _ = found.get("ACCESS_TOKEN", "").partition("-")
    return found.get("ACCOUNT_ID") or (number if hyphen and number.isdecimal() else None)


X = PlatformFacts(
    label="X",
    origin="https://api.x.com",
    hosts=frozenset({"api.x.com", "api.twitter.com"}),
    sites=("x.com", "twitter.com"),
    post_example="https://x.com/NAME/status/1234567890",
    post_path=re.compile(r"/(?:i/web|[^/]+)/status(?:es)?/(?P<id>\d+)(?:/.*)?", re.ASCII),
    find_post=_refuse,
    takes_key=False,
    attaches_once=False,  # until it expires, an upload may be attached again
    # Neither how far lists lag is documented, nor how late a request is accepted whose sender has hung up:
    # of either, 40 s are borne.
    settling=timedelta(seconds=60),
    measure=_measure,
    max_length=280,  # counting characters
    has_threads=True,
    has_link_field=False,
    has_reply_settings=True,
    max_cashtags=1,  # manage posts
    allows_same_text=False,  # X developer guidelines, 2026
    has_handles=True,
    # Rate limits; and original posts of an account in a day (help.x.com, 2026-05). X counts a thread's parts
    # as replies, of which it allows more; they are counted here all the same. It also divides the day into
    # half hours, and does not say how.
    ceilings=(Ceiling(100, _QUARTER), Ceiling(50, _DAY)),
    ceilings_verified=(Ceiling(100, _QUARTER), Ceiling(2_400, _DAY)),
    prices=X_PRICES,
    fields=(
        CredentialField("CONSUMER_KEY", of_app=True),
        CredentialField("CONSUMER_SECRET", of_app=True),
        CredentialField("ACCESS_TOKEN"),
        CredentialField("ACCESS_TOKEN_SECRET"),
        CredentialField("ACCOUNT_ID", is_secret=False, is_optional=True),
    ),
    account_field="ACCOUNT_ID",
    find_account=_find_account,
    limits={  # rate limits, 2026
        "x-rate-limit": LimitWords(
            "{left} of {all} posts in 15 minutes are left", "what X allows the account in 15 minutes"
        ),
        "x-user-limit-24hour": LimitWords(
            "{left} of {all} posts of the account in 24 hours are left",
            "what X allows the account in 24 hours",
        ),
        "x-app-limit-24hour": LimitWords(
            "{left} of {all} posts of the app in 24 hours are left", "what X allows the app in 24 hours"
        ),
    },
    metrics={
        Metric.IMPRESSIONS: MetricSource("impression_count"),
        Metric.REACTIONS: MetricSource("like_count"),
        Metric.REPLIES: MetricSource("reply_count"),
        Metric.SHARES: MetricSource("repost_count + quote_count", "reposts and quotes"),
        Metric.CLICKS: MetricSource("url_link_clicks", "clicks on the link"),
        Metric.BOOKMARKS: MetricSource("bookmark_count"),
    },
    metrics_documented="docs.x.com, “Metrics”, as of August 2026",
)
"""X's facts."""
