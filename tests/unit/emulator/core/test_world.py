"""Tests of the emulated platforms' state."""

from __future__ import annotations

import pytest

from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.core.clock import EmulatorClock
from stormctl.emulator.core.records import UploadedFile
from stormctl.emulator.core.world import SNOWFLAKE_EPOCH_MS, World


@pytest.fixture
def wall() -> list[float]:
    """Give the real time, to be moved."""
    return [1797595200.0]


@pytest.fixture
def world(wall: list[float]) -> World:
    """Give a world with two accounts."""
    accounts = make_accounts(["x:one", "x:two"], 7)
    return World(accounts, seed=7, clock=EmulatorClock(lambda: wall[0]))


def test_snowflakes_tell_the_time_and_never_repeat(world: World) -> None:
    """An id of X holds its millisecond; two in one millisecond differ and grow."""
    first, second = (int(world.next_snowflake()) for _ in range(2))

    assert (first >> 22) + SNOWFLAKE_EPOCH_MS == 1797595200000
    assert second == first + 1


def test_facebook_ids_grow(world: World) -> None:
    """Later photos and posts have higher numbers of 18 digits."""
    ids = [world.next_facebook_id() for _ in range(5)]

    assert sorted(ids) == ids
    assert {len(number) for number in ids} == {18}


def test_media_belong_to_their_account_and_expire(world: World, wall: list[float]) -> None:
    """Another account can't use them, nor their own after the time is over."""
    one, two = world.accounts
    media = UploadedFile(
        id="1",
        key="3_1",
        account=one,
        kind="image",
        mime="image/png",
        total_bytes=1,
        created_at=wall[0],
        expires_wall=wall[0] + 60,
    )
    world.add_media(media)

    found = world.find_media(one, "1"), world.find_media(two, "1"), world.find_media(one, "2")
    wall[0] += 60

    assert found == (media, None, None)
    assert world.find_media(one, "1") is None
    assert world.get_media("1") is media
