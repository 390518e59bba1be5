"""One suite over the adapters of X and Facebook, against the emulator and over HTTP only."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from PIL import Image

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.bank.resemblance import recognisable
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused
from stormctl.domain.platforms.record import Metric
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.platforms.adapter import MediaFile, OutgoingPost, PrepareFailed
from tests.contract.practice import Practice, now

if TYPE_CHECKING:
    from collections.abc import Iterator

LINK = "https://example.org/act?step=1&of=2"
SHORT = timedelta(seconds=0.7)


@pytest.fixture
def emulator() -> Iterator[EmulatorThread]:
    """An emulator with one channel on each platform."""
    with EmulatorThread(make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)) as emulator:
        yield emulator


@pytest.fixture(params=["x:migrants-day", "facebook:migrants-day"])
def practice(request: pytest.FixtureRequest, emulator: EmulatorThread) -> Iterator[Practice]:
    """Each platform's adapter in turn."""
    practice = Practice(request.param, emulator)
    yield practice
    practice.adapter.close()


@pytest.fixture
def boat() -> MediaFile:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    return MediaFile(
        content=content.getvalue(),
        mime="image/png",
        kind=MediaKind.IMAGE,
        alt="A paper boat",
        name="boat.png",
    )


def test_verify_tells_whose_credentials_they_are(practice: Practice) -> None:
    """The account's own id and name, no problem, and clocks that agree."""
    verification = practice.adapter.verify()

    assert verification.problems == ()
    assert verification.account is not None
    assert verification.account.id == practice.account.id
    assert practice.account.display_name in verification.account.name
    assert verification.clock_offset_s == pytest.approx(0, abs=5)


def test_verify_proves_bad_credentials(practice: Practice) -> None:
    """A token that the platform doesn't know is bad, not merely unknown."""
    changed = {"access_token": "1-none"} if practice.is_x else {"page_token": "EAAGnone"}
    adapter = practice.make(changed)

    assert adapter.verify().is_bad
    adapter.close()


def test_a_delivery_s_key_stands_for_one_post_where_the_platform_takes_it(practice: Practice) -> None:
    """Neither X nor Facebook takes any: their facts say so, and two requests of one key are two posts."""
    for text in ("Everyone who moves", "has rights"):
        practice.publish(text, key="d1")

    assert len(practice.posts()) == (1 if practice.channel.platform.facts.takes_key else 2)
    assert not practice.channel.platform.facts.takes_key


def test_a_post_arrives_exactly_as_written(practice: Practice) -> None:
    """Text and link, once, with a receipt whose address opens the post."""
    text = "Everyone who moves has rights & dignity ❤️\n\n#MigrantsDay"
    post = {"text": f"{text} {LINK}"} if practice.is_x else {"text": text, "link": LINK}

    outcome = practice.publish(**post)

    (received,) = practice.posts()
    assert isinstance(outcome, Delivered)
    assert (outcome.post_id, post["text"]) == (received["id"], received["text"])
    assert received["link"] == post.get("link")
    page = requests.get(outcome.url, headers={"Accept": "text/html"}, timeout=5)
    assert (page.status_code, "Everyone who moves" in page.text) == (200, True)


def test_pictures_arrive_with_their_alt_text(practice: Practice, boat: MediaFile) -> None:
    """Two pictures, in order, each with its description, seen again as two media."""
    uploads = [practice.adapter.prepare(boat) for _ in range(2)]

    outcome = practice.publish("Two boats", media_ids=tuple(upload.media_id for upload in uploads))

    (received,) = practice.posts()
    picture = {
        "sha256": hashlib.sha256(boat.content[:]).hexdigest(),
        "alt": boat.alt,
        "bytes": len(boat.content),
    }
    assert isinstance(outcome, Delivered)
    assert received["media"] == [picture, picture]
    (seen,) = practice.adapter.find_recent(practice.begun_at, now()).posts
    assert (seen.text, seen.media_count) == ("Two boats", 2)


def test_what_was_posted_is_read_back_as_written(practice: Practice) -> None:
    """Short links, marks of media and escaping are undone; ids are those of the receipts."""
    texts = ["Rights & <dignity> > fear", "¿Quién se mueve? Todas 🧳", f"Sign {LINK} today"]

    receipts = [practice.publish(text) for text in texts]
    reading = practice.adapter.find_recent(practice.begun_at, now())

    assert reading.complete
    assert sorted(post.text for post in reading.posts) == sorted(texts)
    assert {post.post_id for post in reading.posts} == {getattr(one, "post_id", None) for one in receipts}
    assert all(post.created_at is not None for post in reading.posts)
    assert reading.clock_offset_s == pytest.approx(0, abs=5)


@pytest.mark.parametrize("text", ["un.org", f"Sign at {LINK.partition('://')[2]}, or at un.org."])
def test_an_address_without_its_scheme_is_recognised(practice: Practice, text: str) -> None:
    """X shows it with a scheme: it is the same post all the same, and must not be sent again."""
    practice.publish(text)

    (seen,) = practice.adapter.find_recent(practice.begun_at, now()).posts

    assert recognisable(seen.text) == recognisable(text)


def test_the_link_field_is_read_back(emulator: EmulatorThread) -> None:
    """On Facebook the link attachment leads to what we linked."""
    practice = Practice("facebook:migrants-day", emulator)
    practice.publish("Sign today", link=LINK)

    (seen,) = practice.adapter.find_recent(practice.begun_at, now()).posts
    practice.adapter.close()

    assert seen.link == LINK


def test_a_reading_looks_at_its_window_only(practice: Practice) -> None:
    """Posts of another time are not in it."""
    practice.publish("Today")

    reading = practice.adapter.find_recent(practice.begun_at, practice.begun_at + timedelta(minutes=1))

    assert (reading.posts, reading.complete) == ((), True)


@pytest.mark.slow
def test_every_page_is_read(emulator: EmulatorThread) -> None:
    """More posts than a page holds are all found."""
    practice = Practice("facebook:migrants-day", emulator)
    texts = [f"Post number {n}" for n in range(101)]
    for text in texts:
        assert isinstance(practice.publish(text), Delivered)

    found = practice.read_back()
    practice.adapter.close()

    assert sorted(found) == sorted(texts)


def test_the_same_text_again_was_probably_posted(practice: Practice) -> None:
    """The platforms' duplicate rules are recognised, and nothing is posted twice."""
    practice.publish("Once")

    outcome = practice.publish("Once")

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.probably_posted) == (True, True)
    assert practice.texts() == ["Once"]


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("drop_after", {}),
        ("error_after", {"body": "text"}),
        ("error_after", {"body": "html", "status": 502}),
        ("error_after", {"body": "json", "status": 500}),
        ("empty", {}),
        ("truncated", {}),
    ],
)
def test_a_post_that_was_accepted_in_silence_is_found(
    practice: Practice, action: str, rule: dict[str, object]
) -> None:
    """The attempt is in doubt, and reading the account settles it."""
    practice.break_with(action, **rule)

    outcome = practice.publish("Perhaps")

    assert isinstance(outcome, InDoubt)
    assert practice.texts() == ["Perhaps"]
    assert practice.read_back() == ["Perhaps"]


@pytest.mark.parametrize("action", ["slow", "drip"])
def test_an_answer_that_takes_too_long_leaves_doubt(practice: Practice, action: str) -> None:
    """The limit holds for the whole request, however the answer is stretched."""
    practice.break_with(action, seconds=2.0)
    hasty = practice.make(limit=SHORT)

    outcome = hasty.publish(OutgoingPost(text="Perhaps"), lambda: None)
    hasty.close()

    assert isinstance(outcome, InDoubt)
    assert practice.texts() == ["Perhaps"]


@pytest.mark.parametrize(
    ("action", "rule"), [("drop_before", {}), ("error_before", {}), ("error_before", {"body": "html"})]
)
def test_a_post_that_was_lost_is_not_found(practice: Practice, action: str, rule: dict[str, object]) -> None:
    """It is no success, and a complete reading shows that it isn't there."""
    practice.break_with(action, **rule)

    outcome = practice.publish("Lost")

    assert isinstance(outcome, InDoubt | NotSent)
    assert practice.texts() == practice.read_back() == []


@pytest.mark.parametrize(
    ("channel", "action"),
    [
        ("x:migrants-day", "unauthorized"),
        ("x:migrants-day", "forbidden"),
        ("x:migrants-day", "credits_depleted"),
        ("facebook:migrants-day", "unauthorized"),
        ("facebook:migrants-day", "forbidden"),
        ("facebook:migrants-day", "blocked"),
    ],
)
def test_refusals_that_stop_the_channel(emulator: EmulatorThread, channel: str, action: str) -> None:
    """Token dead, permission missing, credits gone, blocked: nothing more until a person acts."""
    practice = Practice(channel, emulator)
    practice.break_with(action)

    outcome = practice.publish("Stopped")
    practice.adapter.close()

    assert isinstance(outcome, Refused)
    assert (outcome.suspends, outcome.for_good) == (True, False)
    assert practice.texts() == []


def test_a_failing_upload_is_told(practice: Practice, boat: MediaFile) -> None:
    """An upload can be repeated after a failure."""
    practice.break_with("error_before", operation="upload")

    with pytest.raises(PrepareFailed) as caught:
        practice.adapter.prepare(boat)

    assert isinstance(caught.value.outcome, InDoubt)
    assert practice.adapter.prepare(boat).media_id


def test_threads_on_x(emulator: EmulatorThread) -> None:
    """A reply to our own post is accepted and read back as one."""
    practice = Practice("x:migrants-day", emulator)
    first = practice.publish("One")
    assert isinstance(first, Delivered)

    second = practice.publish("Two", in_reply_to=first.post_id)

    posts = practice.adapter.find_recent(practice.begun_at, now()).posts
    practice.adapter.close()
    assert isinstance(second, Delivered)
    assert {post.text: post.in_reply_to for post in posts} == {"One": None, "Two": first.post_id}


def test_metrics_are_those_that_the_platform_gives(practice: Practice) -> None:
    """Live counts at once; reach never from X, and from Facebook only once insights have it."""
    first, second = practice.publish("One"), practice.publish("Two")
    assert isinstance(first, Delivered)
    assert isinstance(second, Delivered)

    readings = practice.adapter.read_metrics([first.post_id, second.post_id])

    metrics = {reading.metric for reading in readings if reading.post_id == first.post_id}
    assert {Metric.REACTIONS, Metric.REPLIES, Metric.SHARES} <= metrics
    assert {reading.post_id for reading in readings} == {first.post_id, second.post_id}
    if practice.is_x:
        assert {Metric.IMPRESSIONS, Metric.CLICKS, Metric.BOOKMARKS} <= metrics
        assert Metric.REACH not in metrics
