"""Reading all pages of an account's posts: what was read before a failure holds, and is not called whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.platforms.adapter import ReadFailed, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.platforms.adapter import SeenPost

MAX_PAGES = 40
"""X shows an account's newest 3,200 posts in 32 pages (docs.x.com, 2026-08), Graph some 600 of a year (Pages
API, 2026); and some room."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an account's posts.

    Attributes:
        is_whole: whether every post of it could be read.
        following: the parameters that bring the page behind it; None on the last.
        clock_offset_s: the platform's Date header minus our clock, in seconds; None if it sent none.
    """

    posts: tuple[SeenPost, ...]
    is_whole: bool
    following: dict[str, str] | None
    clock_offset_s: float | None = None


def read_pages(platform: str, read_page: Callable[[dict[str, str] | None], Page]) -> Reading:
    """Read page after page.

    Args:
        platform: its name, for the reason of an incomplete reading.
        read_page: takes the parameters of a page, None for the first; raises ReadFailed if it brings none.

    Raises:
        ReadFailed: the first page could not be read.
    """
    pages: list[Page] = []
    reason, following = f"{platform} lists more pages than it keeps", None
    while len(pages) < MAX_PAGES:
        try:
            page = read_page(following)
        except ReadFailed as failure:
            if not pages:
                raise
            reason = failure.reason
            break
        pages.append(page)
        following = page.following
        if following is None:
            is_whole = all(page.is_whole for page in pages)
            reason = "" if is_whole else f"{platform} does not show every post so that it can be read"
            break
    posts = tuple(post for page in pages for post in page.posts)
    return Reading(posts, complete=not reason, reason=reason, clock_offset_s=pages[0].clock_offset_s)
