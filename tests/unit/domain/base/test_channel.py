from __future__ import annotations

import pytest

from stormctl.domain.base.channel import ChannelId, Platform, parse_channel_id


def test_channel_is_platform_and_name() -> None:
    """A channel is read, and written again the same."""
    channel = parse_channel_id("facebook:migrants-day")

    assert ChannelId(Platform.FACEBOOK, "migrants-day") == channel
    assert str(channel) == "facebook:migrants-day"


@pytest.mark.parametrize("text", ["x", "x:", "myspace:acme", "x:-acme", "x:a b", "X:acme", "x:" + "a" * 65])
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    """What is not a platform and a name is refused by its own words."""
    with pytest.raises(ValueError, match="is not a channel"):
        parse_channel_id(text)


def test_name_in_the_environment_is_plain() -> None:
    """In variables a name is in capitals, with an underscore for everything else."""
    assert parse_channel_id("x:dia-migrantes.2").env_name == "DIA_MIGRANTES_2"


def test_platforms_have_names_for_people() -> None:
    """People read X and Facebook."""
    assert [platform.label for platform in Platform] == ["X", "Facebook"]
