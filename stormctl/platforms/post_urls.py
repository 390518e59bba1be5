"""Read the platform's id of a post from the address that a person copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from stormctl.domain.platforms.channel import Platform


def parse_post_url(url: str, platform: Platform, *, host: str, account_id: str | None) -> str | None:
    """Read a post's id, as the platform's API gives it, from its address.

    Args:
        host: the API host that the ledger is bound to: of the platform itself, or of an emulator.
        account_id: the account's or Page's, which an id may begin with; None if it is not known.

    Returns:
        None for an address that names the post by an opaque `pfbid…`, by its video, or without a Page's id.

    Raises:
        UsageError: if it is no address of a post there.
    """
    parts, facts = _split(url, platform, host), platform.facts
    own = facts.post_path
    if host not in facts.hosts:  # another server's addresses may begin with a path of its own
        own = re.compile(f"(?:/[^/]+)*{own.pattern}", re.ASCII)
    match = own.fullmatch(parts.path)
    if match is not None:
        return match["id"]
    try:
        return facts.find_post(parts, account_id)
    except ValueError:
        raise _not_a_post(url, platform) from None


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
    facts = platform.facts
    if host not in facts.hosts:
        is_there = where == host
    else:
        is_there = any(site == known or site.endswith(f".{known}") for known in facts.sites)
    if not is_there:
        theirs = host if host not in facts.hosts else facts.sites[0]
        raise UsageError(
            f"{url} is not on {platform.label}: this delivery went to {theirs}",
            f"Copy the post's own address, such as {platform.facts.post_example}.",
        )
    return parts


def _not_a_post(url: str, platform: Platform) -> UsageError:
    return UsageError(
        f"“{url}” is not the address of a post on {platform.label}",
        f"It looks like {platform.facts.post_example}: open the post, and copy what the browser shows.",
    )


def _bare(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", url, ""  # no address at all: the same as itself only
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), parts.query
