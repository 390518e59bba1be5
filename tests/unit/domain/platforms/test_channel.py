from __future__ import annotations

import pytest

from stormctl.domain.platforms.channel import ChannelId, Platform, find_host, parse_channel_id, parse_place


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


@pytest.mark.parametrize("platform", Platform)
def test_a_place_is_a_channel_or_a_platform(platform: Platform) -> None:
    """Both are read, and written again the same; what is neither is none."""
    channel = ChannelId(platform, "acme")

    assert [parse_place(str(place)) for place in (platform, channel)] == [platform, channel]
    with pytest.raises(ValueError, match="myspace"):
        parse_place("myspace")


def test_a_channel_is_at_its_own_host_or_its_platforms() -> None:
    """The nearer one counts; where neither is known, there is none."""
    hosts = {"x": "api.x.com", "x:own": "own.example.org"}

    found = [find_host(hosts, place) for place in ("x:own", "x:other", "x", "facebook:own")]

    assert found == ["own.example.org", "api.x.com", "api.x.com", None]
