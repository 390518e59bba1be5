"""Numbers with their nouns, and dollars."""

from __future__ import annotations

import pytest

from stormctl.domain.base.amounts import count, format_usd


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "$0.00"),
        (15_000, "$0.015"),
        (200_000, "$0.20"),
        (8_000_000, "$8.00"),
        (1_234_567_891, "$1,234.568"),
        (1, "$0.001"),
    ],
)
def test_money_shows_parts_of_a_cent_only_where_there_are_any(micros: int, shown: str) -> None:
    """It is never rounded down: a cost may not look smaller than it is."""
    assert format_usd(micros) == shown


def test_nouns_agree_with_their_numbers() -> None:
    """An irregular plural is given."""
    counted = [
        count(1, "post"),
        count(2, "post"),
        count(1, "post is", "posts are"),
        count(0, "post is", "posts are"),
    ]

    assert counted == ["1 post", "2 posts", "1 post is", "0 posts are"]
