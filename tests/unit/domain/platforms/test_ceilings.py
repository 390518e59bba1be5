"""What platforms allow an account."""

from __future__ import annotations

import pytest

from stormctl.domain.base.channel import parse_channel_id
from stormctl.domain.platforms.ceilings import Ceilings, find_ceilings


@pytest.mark.parametrize(
    ("channel", "verified", "ceilings"),
    [
        ("x:acme", False, Ceilings(100, 50)),
        ("x:acme", True, Ceilings(100, 2400)),
        ("facebook:acme", True, Ceilings()),
    ],
)
def test_ceilings_are_the_platforms_documented_ones(
    channel: str, *, verified: bool, ceilings: Ceilings
) -> None:
    """X has one a quarter of an hour and one a day, which verified accounts have higher; Facebook none."""
    assert find_ceilings(parse_channel_id(channel), verified=verified) == ceilings
