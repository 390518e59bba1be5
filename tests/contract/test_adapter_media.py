"""Videos, edits and counts: the adapters of X and Facebook against the emulator, over HTTP only."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.platforms.adapter import Captions, MediaFile, PrepareFailed
from tests.contract.practice import Practice, Skipping
from tests.unit.files.films import make_box, make_mp4

if TYPE_CHECKING:
    from collections.abc import Iterator

SRT = "1\n00:00:00,500 --> 00:00:02,000\nThe door is open.\n"
CLIP = MediaFile(
    content=make_mp4() + make_box(b"free", b"waves" * 300_000),
    mime="video/mp4",
    kind=MediaKind.VIDEO,
    alt="A boat leaves",
    name="boat.mp4",
    captions=Captions(SRT.encode(), "en"),
)


@pytest.fixture
def clock() -> Skipping:
    """The platforms' clock: they take as long to process a video as the adapter waits."""
    return Skipping()


@pytest.fixture
def emulator(clock: Skipping) -> Iterator[EmulatorThread]:
    """An emulator with one channel on each platform."""
    accounts = make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)
    with EmulatorThread(accounts, clock=clock) as emulator:
        yield emulator


@pytest.fixture(params=["x:migrants-day", "facebook:migrants-day"])
def practice(request: pytest.FixtureRequest, emulator: EmulatorThread, clock: Skipping) -> Iterator[Practice]:
    """Each platform's adapter in turn."""
    practice = Practice(request.param, emulator, clock)
    yield practice
    practice.adapter.close()


def test_a_video_arrives_whole_with_its_captions(practice: Practice) -> None:
    """It is uploaded beforehand, in parts, published by one request, and seen again as one medium."""
    upload = practice.adapter.prepare(CLIP)
    before = practice.posts()

    outcome = practice.publish("Look", media_ids=(upload.media_id,))

    (received,) = practice.posts()
    (media,) = received["media"]
    (seen,) = practice.adapter.find_recent(practice.begun_at, practice.begun_at + timedelta(hours=1)).posts
    assert before == []
    assert isinstance(outcome, Delivered)
    assert outcome.post_id == received["id"] == seen.post_id
    assert media["sha256"] == hashlib.sha256(CLIP.content[:]).hexdigest()
    assert list(media["captions"].values()) == [SRT]
    assert (seen.text, seen.media_count) == ("Look", 1)
    published = [r for r in practice.emulator.world.requests() if r.operation == "create_post"]
    assert len(published) == 1


@pytest.mark.long
def test_a_video_is_really_waited_for() -> None:
    """Nobody hands in how: both adapters let seconds pass until it is processed."""
    accounts = make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)
    with EmulatorThread(accounts) as emulator:
        practices = [Practice(account.channel, emulator) for account in accounts]

        outcomes = [
            practice.publish("Look", media_ids=(practice.adapter.prepare(CLIP).media_id,))
            for practice in practices
        ]

        assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered]
        for practice in practices:
            practice.adapter.close()


@pytest.mark.parametrize("action", ["drop_after", "error_after"])
def test_a_video_that_was_accepted_in_silence_is_in_doubt_and_found(practice: Practice, action: str) -> None:
    """As with any post: one request, and reading the account settles it."""
    upload = practice.adapter.prepare(CLIP)
    practice.break_with(action)

    outcome = practice.publish("Perhaps", media_ids=(upload.media_id,))

    assert isinstance(outcome, InDoubt)
    assert practice.texts() == practice.read_back() == ["Perhaps"]


@pytest.mark.parametrize("operation", ["upload", "describe_media"])
def test_a_video_upload_that_breaks_may_be_repeated(practice: Practice, operation: str) -> None:
    """Nothing is published by it, whichever step failed."""
    practice.break_with("error_before", operation=operation)

    with pytest.raises(PrepareFailed):
        practice.adapter.prepare(CLIP)

    assert practice.posts() == []


@pytest.mark.parametrize("media_id", ["123", "video:123"])
def test_an_upload_that_is_not_there_is_told_from_a_bad_post(practice: Practice, media_id: str) -> None:
    """It can be made anew, whoever forgot it; nothing is posted meanwhile."""
    media_id = media_id.removeprefix("video:") if practice.is_x else media_id

    outcome = practice.publish("Look", media_ids=(media_id,))

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.code.endswith(" media gone")) == (True, True)
    assert practice.posts() == []


def test_what_is_no_video_is_refused_for_good(practice: Practice) -> None:
    """The platform looks into the file, and the refusal says so."""
    fake = MediaFile(content=b"no film", mime="video/mp4", kind=MediaKind.VIDEO, alt="", name="boat.mp4")

    with pytest.raises(PrepareFailed) as caught:
        practice.adapter.prepare(fake)

    assert isinstance(caught.value.outcome, Refused)
    assert caught.value.outcome.for_good
