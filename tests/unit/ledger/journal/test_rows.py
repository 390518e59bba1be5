"""Domain objects survive their rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.delivery.delivery import DeliveryKey, Kind, PlannedDelivery, Post
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.journal.rows import (
    delivery_values,
    dump_post,
    find_give_up_at,
    load_post,
    maybe_instant,
    maybe_micros,
    micros_of,
)

SLOT = datetime(2026, 12, 18, 17, tzinfo=UTC)
PLANNED = PlannedDelivery(
    key=DeliveryKey(storm="imd", channel="x:acme", message="a", tail="en"),
    channel=parse_channel_id("x:acme"),
    post=Post(text="Hello"),
    slot_at=SLOT,
    storm_on=SLOT.date(),
    kind=Kind.SLOT,
    late=LatePolicy.SKIP,
    grace=timedelta(minutes=15),
    window_end_at=SLOT + timedelta(hours=2),
)
MEDIA = st.builds(
    Media,
    file=st.text(),
    alt=st.text(),
    kind=st.sampled_from(MediaKind),
    mime=st.text(),
    digest=st.text(),
    size=st.integers(0),
    captions=st.none() | st.text(),
    made_with_ai=st.booleans(),
)
POSTS = st.builds(
    Post,
    text=st.text(),
    link=st.none() | st.text(),
    media=st.lists(MEDIA, max_size=4).map(tuple),
    reply_settings=st.none() | st.text(),
    made_with_ai=st.booleans(),
    paid_partnership=st.booleans(),
)


@given(post=POSTS)
def test_post_survives_its_json(post: Post) -> None:
    """What was composed comes back unaltered, and the same post always gives the same JSON."""
    assert load_post(dump_post(post)) == post
    assert dump_post(load_post(dump_post(post))) == dump_post(post)


@given(duration=st.timedeltas())
def test_durations_are_exact(duration: timedelta) -> None:
    """No float rounds a microsecond away."""
    assert timedelta(microseconds=micros_of(duration)) == duration


def test_missing_instants_stay_missing() -> None:
    """None is no moment."""
    assert (maybe_micros(None), maybe_instant(None)) == (None, None)
    assert maybe_instant(maybe_micros(SLOT)) == SLOT


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 15),
        ({"late": LatePolicy.SEND}, None),
        ({"late": LatePolicy.SPREAD}, 15),
        ({"key": replace(PLANNED.key, part=1)}, 15),
        ({"key": replace(PLANNED.key, part=2)}, None),
    ],
)
def test_when_a_late_one_is_given_up(changes: dict[str, object], minutes: int | None) -> None:
    """With `skip` and `spread` after the grace, with `send` and in a thread never."""
    given_up_at = find_give_up_at(replace(PLANNED, **changes))  # type: ignore[arg-type]  # any field

    assert given_up_at == (None if minutes is None else SLOT + timedelta(minutes=minutes))


def test_part_knows_the_part_before_it() -> None:
    """Only parts after the first follow."""
    parts = [delivery_values(replace(PLANNED, key=replace(PLANNED.key, part=part))) for part in (None, 1, 2)]

    assert [(p["follows"], p["before_key"]) for p in parts] == [
        (0, None),
        (0, None),
        (1, "imd/x:acme/a/en/1"),
    ]


@pytest.mark.parametrize(
    "change", [{"topic": "t"}, {"priority": 1}, {"grace": timedelta()}, {"post": Post(text="Other")}]
)
def test_digest_of_a_plan_tells_every_change(change: dict[str, object]) -> None:
    """Whatever changes in a planned delivery changes its digest."""
    changed = replace(PLANNED, **change)  # type: ignore[arg-type]  # any field

    assert delivery_values(changed)["plan_digest"] != delivery_values(PLANNED)["plan_digest"]
