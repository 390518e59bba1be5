"""Which posts belong together: a thread, in the order in which it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stormctl.emulator.world import Post


def gather_threads(posts: Iterable[Post]) -> list[list[Post]]:
    """Put posts, given newest first, into threads; the one that was continued last comes first."""
    newest_first = list(posts)
    by_id = {post.id: post for post in newest_first}
    threads: dict[str, list[Post]] = {}
    for post in newest_first:
        threads.setdefault(_find_root(by_id, post).id, []).append(post)
    return [thread[::-1] for thread in threads.values()]


def _find_root(by_id: Mapping[str, Post], post: Post) -> Post:
    """Return the first post of a thread, as far as it is there."""
    while post.in_reply_to is not None and (parent := by_id.get(post.in_reply_to)):
        post = parent
    return post
