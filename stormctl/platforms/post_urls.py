"""Read the platform's id of a post from the address that a person copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from stormctl.domain.base.channel import Platform
from stormctl.errors import UsageError
from stormctl.settings import OFFICIAL_HOSTS

if TYPE_CHECKING:
    from urllib.parse import SplitResult

SITES = {
    Platform.X: ("x.com", "twitter.com"),
    Platform.FACEBOOK: ("facebook.com",),
}
"""Where people see posts; both platforms serve `www.` and `mobile.` or `m.` before them."""

EXAMPLES = {
    Platform.X: "https://x.com/NAME/status/1234567890",
    Platform.FACEBOOK: "https://www.facebook.com/PAGE/posts/1234567890",
}

_X_POST = re.compile(r"/(?:i/web|[^/]+)/status(?:es)?/(?P<id>\d+)(?:/.*)?", re.ASCII)
_PAGE_POST = re.compile(r"/(?P<id>\d+_\d+)/?", re.ASCII)
_POST_OF_PAGE = re.compile(r"/[^/]+/posts/(?:[^/]+/)?(?P<id>\d+|pfbid\w+)/?", re.ASCII)
_VIDEO = re.compile(r"/(?:[^/]+/videos/(?:[^/]+/)?\d+|reel/\d+|watch)/?", re.ASCII)
_PERMALINK = re.compile(r"/(?:permalink|story)\.php")


def parse_post_url(url: str, platform: Platform, *, host: str, account_id: str | None) -> str | None:
    """Read a post's id, as the platform's API gives it, from its address.

    Args:
        url: as a browser shows it.
        platform: the channel's.
        host: the API host that the ledger is bound to: of the platform itself, or of an emulator.
        account_id: the Page's id, which a Facebook id begins with; None if it is not known.

    Returns:
        None for an address that names the post by an opaque `pfbid…`, by its video, or without a Page's id.

    Raises:
        UsageError: if it is no address of a post there.
    """
    parts = _split(url, platform, host)
    own = _X_POST if platform is Platform.X else _PAGE_POST
    if host not in OFFICIAL_HOSTS[platform]:  # another server's addresses may begin with a path of its own
        own = re.compile(f"(?:/[^/]+)*{own.pattern}", re.ASCII)
    match = own.fullmatch(parts.path)
    if match is not None:
        return match["id"]
    if platform is Platform.X:
        raise _not_a_post(url, platform)
    return _parse_facebook(url, parts, account_id)


def is_same_address(one: str, other: str) -> bool:
    """Whether two addresses lead to the same page: scheme, `www.`, a slash at the end don't matter."""
    return _bare(one) == _bare(other)


def _split(url: str, platform: Platform, host: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        site, where = parts.hostname or "", parts.netloc.lower()
    except ValueError:
        raise _not_a_post(url, platform) from None
    if parts.scheme not in {"http", "https"} or not site:
        raise _not_a_post(url, platform)
    if host not in OFFICIAL_HOSTS[platform]:
        is_there = where == host
    else:
        is_there = any(site == known or site.endswith(f".{known}") for known in SITES[platform])
    if not is_there:
        theirs = host if host not in OFFICIAL_HOSTS[platform] else SITES[platform][0]
        raise UsageError(
            f"{url} is not on {platform.label}: this delivery went to {theirs}",
            f"Copy the post's own address, such as {EXAMPLES[platform]}.",
        )
    return parts


def _parse_facebook(url: str, parts: SplitResult, account_id: str | None) -> str | None:
    if _VIDEO.fullmatch(parts.path):
        return None  # a video's number is not its post's
    query = parse_qs(parts.query)
    if _PERMALINK.fullmatch(parts.path) and "story_fbid" in query:
        post_id, page_id = query["story_fbid"][0], query.get("id", [account_id])[0]
    else:
        match = _POST_OF_PAGE.fullmatch(parts.path)
        if match is None:
            raise _not_a_post(url, Platform.FACEBOOK)
        post_id, page_id = match["id"], account_id
    return f"{page_id}_{post_id}" if post_id.isdecimal() and page_id else None


def _not_a_post(url: str, platform: Platform) -> UsageError:
    return UsageError(
        f"“{url}” is not the address of a post on {platform.label}",
        f"It looks like {EXAMPLES[platform]}: open the post itself, and copy what the browser shows.",
    )


def _bare(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", url, ""  # no address at all: the same as itself only
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), parts.query
