from __future__ import annotations

import pytest

from stormctl.domain.platforms.channel import parse_channel_id
from tests.unit.domain.making import make_rule, make_storm


def test_rule_of_a_channel_is_found() -> None:
    """A storm gives the rule of a channel that it uses, and refuses others."""
    storm = make_storm(make_rule("x:one"), make_rule("x:two"))

    assert storm.rule_of(parse_channel_id("x:two")) is storm.channels[1]
    with pytest.raises(KeyError, match="x:three"):
        storm.rule_of(parse_channel_id("x:three"))
