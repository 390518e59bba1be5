"""Facebook Pages. The numbers are those of Meta's Graph API, 2026, unless a line names another source."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from stormctl.domain.platforms.record import CredentialField, LimitWords, Metric, MetricSource, PlatformFacts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

GRAPH_VERSION = "v26.0"
"""Current since 2026-07-29 (source: Graph API changelog)."""

PUBLISH_TASK = "CREATE_CONTENT"
"""The task on a Page without which nobody can post in its name (Pages API, Posts, 2026)."""

_INSIGHTS_HOURS = 24
"""Views, reach and clicks are renewed about once in this time (source: Graph API insights, 2026-02)."""

_POST_OF_PAGE = re.compile(r"/[^/]+/posts/(?:[^/]+/)?(?P<id>\d+|pfbid\w+)/?", re.ASCII)
_VIDEO = re.compile(r"/(?:[^/]+/videos/(?:[^/]+/)?\d+|reel/\d+|watch)/?", re.ASCII)
_PERMALINK = re.compile(r"/(?:permalink|story)\.php")


def prove_app(app_secret: str, token: str) -> str:
    """Return what proves to Facebook that a call comes from the app's owner: `appsecret_proof`.

    HMAC-SHA256 of the token under the app secret (Graph API, securing calls, 2026). It is as secret as both.
    """
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _derive_secrets(found: Mapping[str, str]) -> frozenset[str]:
    if {"APP_SECRET", "PAGE_TOKEN"} <= found.keys():
        return frozenset({prove_app(found["APP_SECRET"], found["PAGE_TOKEN"])})
    return frozenset()


def _find_post(parts: SplitResult, account_id: str | None) -> str | None:
    """Read the addresses that a browser shows; the id begins with the Page's."""
    if _VIDEO.fullmatch(parts.path):
        return None  # a video's number is not its post's
    query = parse_qs(parts.query)
    if _PERMALINK.fullmatch(parts.path) and "story_fbid" in query:
        post_id, page_id = query["story_fbid"][0], query.get("id", [account_id])[0]
    else:
        match = _POST_OF_PAGE.fullmatch(parts.path)
        if match is None:
            raise ValueError(parts.path)
        post_id, page_id = match["id"], account_id
    return f"{page_id}_{post_id}" if post_id.isdecimal() and page_id else None


FACEBOOK = PlatformFacts(
    label="Facebook",
    origin="https://graph.facebook.com",
    hosts=frozenset({"graph.facebook.com"}),
    sites=("facebook.com",),
    post_example="https://www.facebook.com/PAGE/posts/1234567890",
    post_path=re.compile(r"/(?P<id>\d+_\d+)/?", re.ASCII),
    find_post=_find_post,
    takes_key=False,
    # A video is published by its own node, and saying so again would only rewrite the first post's text
    # (parameters of Meta's business SDK, 26.0).
    attaches_once=True,
    # Neither is documented: how far lists lag, how late a request is accepted. Of either, 40 s are borne.
    settling=timedelta(seconds=60),
    measure=len,
    max_length=63_206,  # widely quoted, not confirmed by Meta's documents
    has_threads=False,
    has_link_field=True,
    has_reply_settings=False,
    allows_same_text=True,
    has_handles=False,
    fields=(
        CredentialField("PAGE_ID", is_secret=False),
        CredentialField("PAGE_TOKEN"),
        CredentialField("APP_ID", is_secret=False, of_app=True, is_optional=True),
        CredentialField("APP_SECRET", of_app=True, is_optional=True),
    ),
    account_field="PAGE_ID",
    find_account=lambda found: found.get("PAGE_ID"),
    derive_secrets=_derive_secrets,
    # Neither the app's mode nor the tasks of whoever gave the token can be asked with a Page token. A post of
    # an app in Development mode looks published and is seen by nobody else.
    unasked="whether the app is in Live mode and may create content for the Page can't be asked",
    rights={  # Pages API
        "pages_read_user_content": "reactions and comments can't be counted",
        "read_insights": "reach can't be read",
    },
    video_right="publish_video",
    api=f"Graph API {GRAPH_VERSION}",
    # Meta keeps a version for two years, and has announced no end of this one. Calls to a version that has
    # ended are answered by the oldest living one, whose rules may differ (changelog and versioning guide).
    api_ends_on=date(2028, 7, 29),
    limits={
        "app-usage": LimitWords("{left} % of the app's calls are left"),
        "page-usage": LimitWords("{left} % of the Page's calls are left"),
        "pages-usage": LimitWords("{left} % of the Page's calls are left"),
    },
    metrics={  # insights and post, 2026-09
        Metric.IMPRESSIONS: MetricSource("post_media_view"),
        Metric.REACH: MetricSource("post_total_media_view_unique"),
        Metric.REACTIONS: MetricSource("reactions"),
        Metric.REPLIES: MetricSource("comments"),
        Metric.SHARES: MetricSource("shares"),
        Metric.CLICKS: MetricSource("post_clicks", "clicks anywhere on the post"),
    },
    metrics_documented="developers.facebook.com, “Insights” and “Post”, as of September 2026",
    metrics_lag=(
        f"Facebook renews impressions, reach and clicks about every {_INSIGHTS_HOURS} hours: "
        f"they are as of up to {_INSIGHTS_HOURS} hours before the reading. "
        "Pages with fewer than 100 likes get none."
    ),
)
"""The facts of Facebook Pages; no ceiling is documented for them, and nothing is billed."""
