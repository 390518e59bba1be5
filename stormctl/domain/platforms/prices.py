"""What platforms bill, as of a day: every price that plan, ledger and doctor count with, and its source.

What its source leaves open stands at the higher of the possible figures, and is told as such.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a platform bills, in millionths of a US dollar.

    Attributes:
        alt_text: for each picture or video that is described.
        captions: for those of a video.
        post_reading: of a post, for its figures or on its account's list.
        user_reading: of an account, as when credentials are verified.
        deletion: of a post.
        as_of: the day of the list; None where nothing is billed.
        source: where the list is.
        unproved: what the list leaves open, by the price that is the higher figure for it.
    """

    post: int = 0
    post_with_link: int = 0
    alt_text: int = 0
    captions: int = 0
    post_reading: int = 0
    user_reading: int = 0
    deletion: int = 0
    as_of: date | None = None
    source: str = ""
    unproved: Mapping[str, Phrase] = field(default_factory=dict)

    @property
    def dearest_post(self) -> int:
        """What one post costs at most: with a link, and four pictures that are described."""
        return self.post_with_link + 4 * self.alt_text


FREE = Prices()
"""Nothing is billed."""

X_PRICES = Prices(
    post=15_000,  # Posts: Create
    post_with_link=200_000,  # Posts: Create with URL
    alt_text=5_000,  # Media metadata
    captions=5_000,  # not in the list; as media metadata
    # Posts: Read, GET /2/tweets. Owned Reads ($0.001) are only the lists under /2/users/{id}, and only of the
    # account that owns the developer app: of several channels of one app at most one does.
    post_reading=5_000,
    user_reading=10_000,  # User: Read, GET /2/users/me
    deletion=10_000,  # Interaction: Delete; Content: Manage is 5_000
    as_of=date(2026, 8, 22),
    source="docs.x.com, X API pricing, pay-per-use",
    unproved={
        "post_with_link": Phrase("a bare domain is counted as a link"),
        "captions": Phrase("captions are counted as media metadata; X's list does not name them"),
        "post_reading": Phrase("X usually bills a post's readings once a UTC day, but does not promise it"),
        "deletion": Phrase("X lists two prices, and does not say which one a deletion has"),
    },
)
"""X's list. What failed is not billed."""
