"""An audience that reacts over time: a pure function of post, seed and age."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

HALF_LIFE_S = 2.5 * 60 * 60
"""After how long half of a post's readers have seen it; most attention comes in the first hours."""

MEDIAN_IMPRESSIONS = 900.0
SPREAD = 0.9
"""Standard deviation of the logarithm: some posts travel much farther than others."""


@dataclass(frozen=True, slots=True)
class Reactions:
    """What a post has gathered at some age; every number only ever grows."""

    impressions: int
    reach: int
    likes: int
    replies: int
    reposts: int
    quotes: int
    bookmarks: int
    clicks: int
    profile_clicks: int

    @property
    def engagements(self) -> int:
        """All that people did with the post."""
        return self.likes + self.replies + self.reposts + self.quotes + self.clicks + self.profile_clicks


def react(post_id: str, seed: int, age_s: float) -> Reactions:
    """Return what the audience has done with a post `age_s` seconds after it appeared.

    The same post, seed and age always give the same numbers; an older post never has fewer.
    """
    seen = 1.0 - 0.5 ** (max(0.0, age_s) / HALF_LIFE_S)
    final_impressions = MEDIAN_IMPRESSIONS * math.exp(SPREAD * _normal(post_id, seed))
    appeal = 0.5 + _uniform(post_id, seed, "appeal")
    impressions = int(final_impressions * seen)

    def share(rate: float, kind: str) -> int:
        return int(final_impressions * seen * rate * appeal * (0.5 + _uniform(post_id, seed, kind)))

    return Reactions(
        impressions=impressions,
        reach=int(impressions * (0.7 + 0.2 * _uniform(post_id, seed, "reach"))),
        likes=share(0.030, "likes"),
        replies=share(0.004, "replies"),
        reposts=share(0.010, "reposts"),
        quotes=share(0.002, "quotes"),
        bookmarks=share(0.003, "bookmarks"),
        clicks=share(0.015, "clicks"),
        profile_clicks=share(0.004, "profile"),
    )


def _uniform(post_id: str, seed: int, kind: str) -> float:
    digest = hashlib.sha256(f"{seed}/{post_id}/{kind}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _normal(post_id: str, seed: int) -> float:
    """Draw from a normal distribution by Box and Muller's transform."""
    radius = math.sqrt(-2.0 * math.log(1.0 - _uniform(post_id, seed, "radius")))
    return radius * math.cos(2.0 * math.pi * _uniform(post_id, seed, "angle"))
