"""Where a link leads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection


def find_host(link: str) -> str:
    """Return the host of a link, with or without its scheme, case-folded; empty if it is not an address."""
    try:
        return plain_host(urlsplit(with_scheme(link)).hostname or "")
    except ValueError:
        return ""


def with_scheme(link: str) -> str:
    """Return a link whole: a bare domain is reached by https."""
    return link if "://" in link else f"https://{link}"


def plain_host(host: str) -> str:
    """Return a host as it is compared."""
    return host.casefold().rstrip(".")


def is_under(host: str, roots: Collection[str]) -> bool:
    """Whether a host is one of these, or below one: `un.org` covers `www.un.org`, not `fun.org`."""
    while host not in roots:
        _, dot, host = host.partition(".")
        if not dot:
            return False
    return True
