"""The page for those who answer and moderate comments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.status import CopyView, DeliveryView, PublishedPost
from stormctl.render.pages.moderators import WORDS, render_moderators_page, shorten
from tests.factories import make_media

if TYPE_CHECKING:
    from stormctl.domain.report.status import StormStatus

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)


@pytest.fixture
def post() -> PublishedPost:
    """A post with a picture, read two hours after it went out."""
    view = DeliveryView(
        key="imd-2026/x:migrants-day/boat/es",
        storm_id="imd-2026",
        channel="x:migrants-day",
        message_id="boat",
        text="Quien migra tiene derechos.\n" + "palabra " * 60,
        state=State.DELIVERED,
        slot_at=NOON,
        url="https://x.com/migrants_day/status/1",
        delivered_at=NOON,
    )
    return PublishedPost(
        view=view,
        account_name="Migrants <Day>",
        media=(make_media("boat"),),
        values={Metric.REACTIONS: 1_234, Metric.REPLIES: 0},
        read_at=NOON + timedelta(hours=2),
    )


def render(storm: StormStatus, *posts: PublishedPost, **options: object) -> str:
    """Render the page at three."""
    thumbnails = {make_media("boat").digest: "data:image/jpeg;base64,AAAA"}
    given: dict[str, object] = {"thumbnails": thumbnails, "renewal": "It renews itself."} | options
    return render_moderators_page(storm, posts, NOON + timedelta(hours=3), **given)  # type: ignore[arg-type]


def test_a_post_has_what_a_moderator_needs(status: StormStatus, post: PublishedPost) -> None:
    """Channel, time, first words in their language, address, picture, and reactions so far."""
    page = render(status, post)

    assert "<h2>x:migrants-day · Migrants &lt;Day&gt;</h2>" in page
    assert "Fri 18 Dec 2026, 12:00 EST</time>" in page
    assert '<blockquote lang="es" dir="auto">Quien migra tiene derechos. palabra' in page
    assert '<a class="open" href="https://x.com/migrants_day/status/1" rel="noreferrer">' in page
    assert 'src="data:image/jpeg;base64,AAAA" alt="A boat"' in page
    assert "Reactions 1,234, replies 0, read Fri 18 Dec 2026, 14:00 EST" in page
    assert "1 post is out." in page


def test_what_was_taken_down_is_marked(status: StormStatus, post: PublishedPost) -> None:
    """It stays where it was, so that nobody looks for it."""
    gone = replace(post, view=replace(post.view, state=State.RETRACTED))

    page = render(status, gone)

    assert '<li class="retracted">' in page
    assert "Taken down" in page
    assert "0 posts are out, 1 taken down." in page


def test_what_may_be_out_is_told(status: StormStatus, post: PublishedPost) -> None:
    """Without an address, somebody must look."""
    doubtful = replace(post.view, state=State.IN_DOUBT, url=None, delivered_at=None)

    page = render(status, replace(post, view=doubtful, values={}, read_at=None))

    assert "Perhaps out: look at the account" in page
    assert "<a " not in page.partition("<main>")[2].partition("</main>")[0]


def test_a_second_copy_has_its_address_too(status: StormStatus, post: PublishedPost) -> None:
    """People answer below both."""
    copy = CopyView(key=post.view.key, channel=post.view.channel, url="https://x.com/migrants_day/status/2")

    page = render(replace(status, copies=(copy,)), post)

    assert 'href="https://x.com/migrants_day/status/2"' in page


def test_only_web_addresses_can_be_opened(status: StormStatus, post: PublishedPost) -> None:
    """Whatever a server said."""
    page = render(status, replace(post, view=replace(post.view, url="javascript:alert(1)")))

    assert "javascript:" not in page


def test_what_was_not_read_is_not_0(status: StormStatus, post: PublishedPost) -> None:
    """It says when figures come; a picture without a copy is described."""
    page = render(status, replace(post, values={}, read_at=None), thumbnails={})

    assert "No figures yet: they come an hour after the post." in page
    assert "Image: A boat" in page


def test_nothing_is_out_yet(status: StormStatus) -> None:
    """An empty page says so, and practice says that it is practice."""
    page = render(status, practice_hosts=("127.0.0.1:8080",))

    assert "Nothing is out yet." in page
    assert "<strong>NOT LIVE</strong>" in page
    assert "<title>NOT LIVE · " in page


def test_only_the_first_words_are_shown() -> None:
    """Enough to know which post it is."""
    assert shorten("one\ntwo") == "one two"
    assert len(shorten("word " * 100).split()) == WORDS
    assert shorten("word " * 100).endswith("word…")
