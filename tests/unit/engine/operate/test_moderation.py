"""What those need who answer comments: what is out, and its pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.record import Metric
from stormctl.engine.operate.moderation import list_published, shrink_pictures
from stormctl.engine.operate.standing import get_status
from tests.factories import PAGE, make_media
from tests.web import opened_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.report.status import PublishedPost
    from tests.web import Day


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """A storm of two channels, of which one post on each is due."""
    with opened_day(tmp_path) as opened:
        yield opened


def list_posts(day: Day) -> list[PublishedPost]:
    """List what is out now."""
    opened = day.opened
    return list_published(day.ledger, get_status(day.ledger, day.clock.moment(), "storm", opened.durations))


def test_what_is_out_comes_newest_first(day: Day) -> None:
    """What was taken down stays in its place, and what may be out is told; what is to come is not."""
    gone = day.publish()
    day.ledger.manual.retracted(gone, "1", "ana", day.clock.moment())
    day.clock.move(timedelta(hours=1))
    day.publish(PAGE, "2")
    moment = day.clock.moment()
    claim = day.ledger.outbox.claim("x:acme", "r1", moment, timedelta(minutes=1))
    assert claim is not None

    posts = list_posts(day)

    assert [(post.view.channel, post.view.state) for post in posts] == [
        ("facebook:acme", State.DELIVERED),
        ("x:acme", State.RETRACTED),
    ]
    assert posts[1].view.url == "https://example.org/acme/1"


def test_figures_are_the_newest(day: Day) -> None:
    """And none where nothing was read."""
    key = day.publish()
    day.publish(PAGE, "2")
    day.clock.move(timedelta(hours=2))
    day.ledger.metrics.record([(key, Metric.REACTIONS, 7)], day.clock.moment())

    found = {post.view.channel: (dict(post.values), post.read_at) for post in list_posts(day)}

    assert found == {
        "x:acme": ({Metric.REACTIONS: 7}, day.clock.moment().at),
        "facebook:acme": ({}, None),
    }


def test_pictures_are_small_and_made_once(day: Day) -> None:
    """The same picture on two channels is one; what the ledger lacks, or can't be drawn, is left out."""
    day.publish()
    day.publish(PAGE, "2")
    posts = list_posts(day)
    (boat,) = posts[0].media
    lost = replace(make_media("lost"), digest="0" * 64)
    known: dict[str, str] = {}

    made = shrink_pictures(day.ledger, [*posts, replace(posts[0], media=(lost,))], known)
    again = shrink_pictures(day.ledger, posts, known)

    assert made is again is known
    assert list(made) == [boat.digest]
    assert made[boat.digest].startswith("data:image/jpeg;base64,")
