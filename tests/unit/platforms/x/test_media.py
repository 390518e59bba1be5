"""Media to X: the steps, their failures, and servers that have fewer of them."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import InDoubt, Outcome, Refused
from stormctl.platforms.adapter import Captions, MediaFile, PrepareFailed
from stormctl.platforms.x.media import SEGMENT_BYTES
from tests.unit.platforms.conftest import NOW

if TYPE_CHECKING:
    from stormctl.platforms.x.adapter import XAdapter
    from tests.unit.platforms.scripted import ScriptedServer

BOAT = MediaFile(content=b"boat", mime="image/png", kind=MediaKind.IMAGE, alt="A paper boat", name="boat.png")
BEGUN = {"data": {"id": "55", "media_key": "3_55", "expires_after_secs": 86_400}}


def failure(x: XAdapter, media: MediaFile = BOAT) -> Outcome:
    """Return why preparing fails."""
    with pytest.raises(PrepareFailed) as caught:
        x.prepare(media)
    return caught.value.outcome


@pytest.mark.parametrize(
    ("told", "days"), [(86_400, 1), (1e300, 7), (float("inf"), None), (-1, None), ("soon", None)]
)
def test_how_long_an_upload_lasts_is_told_by_x(
    server: ScriptedServer, x: XAdapter, told: object, days: int | None
) -> None:
    """What is no time at all, or beyond all measure, breaks nothing."""
    begun = {"data": {"id": "55", "expires_after_secs": told}}
    server.reply(begun)
    server.reply({})
    server.reply(begun)
    server.reply({})

    upload = x.prepare(BOAT)

    assert upload.expires_at == (None if days is None else NOW + timedelta(days=days))


def test_an_image_goes_up_in_steps_and_gets_its_alt_text(server: ScriptedServer, x: XAdapter) -> None:
    """Initialize, append, finalize, describe, all signed; the id comes with its expiry."""
    server.reply(BEGUN)
    server.reply({"data": {"expires_at": 1}})
    server.reply(BEGUN)
    server.reply({"data": {"id": "55"}})

    upload = x.prepare(BOAT)

    assert (upload.media_id, upload.expires_at) == ("55", NOW + timedelta(days=1))
    assert [(r.method, r.target) for r in server.requests] == [
        ("POST", "/2/media/upload/initialize"),
        ("POST", "/2/media/upload/55/append"),
        ("POST", "/2/media/upload/55/finalize"),
        ("POST", "/2/media/metadata"),
    ]
    assert [r.json for r in server.requests if r.body] == [
        {"media_type": "image/png", "total_bytes": 4, "media_category": "tweet_image"},
        {"media": base64.b64encode(b"boat").decode(), "segment_index": 0},
        {"id": "55", "metadata": {"alt_text": {"text": "A paper boat"}}},
    ]
    assert all(r.headers["authorization"].startswith("OAuth ") for r in server.requests)


def test_a_large_file_goes_up_in_segments(server: ScriptedServer, x: XAdapter) -> None:
    """Segments are numbered and put together they are the file."""
    content = bytes(range(256)) * 4096 + b"tail"
    clip = MediaFile(content=content, mime="video/mp4", kind=MediaKind.VIDEO, alt="", name="clip.mp4")
    for _ in range(4):
        server.reply(BEGUN)

    x.prepare(clip)

    segments = [request.json for request in server.requests[1:3]]
    assert len(content) == SEGMENT_BYTES + 4
    assert [segment["segment_index"] for segment in segments] == [0, 1]
    assert b"".join(base64.b64decode(segment["media"]) for segment in segments) == content
    assert len(server.requests) == 4


def test_processing_is_waited_for(server: ScriptedServer, x: XAdapter) -> None:
    """The state is asked for until X is done."""
    server.reply(BEGUN)
    server.reply({})
    server.reply({"data": {"id": "55", "processing_info": {"state": "pending", "check_after_secs": 5}}})
    server.reply({"data": {"id": "55", "processing_info": {"state": "in_progress"}}})
    server.reply({"data": {"id": "55", "processing_info": {"state": "succeeded"}}})
    server.reply({})

    x.prepare(BOAT)

    assert [request.query for request in server.requests[3:5]] == [
        {"command": "STATUS", "media_id": "55"}
    ] * 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"error": {"code": 1, "name": "InvalidMedia", "message": "Unsupported codec"}}, "Unsupported codec"),
        ({"error": {"name": "InvalidMedia"}}, "InvalidMedia"),
        ({"error": "too long"}, "too long"),
        ({}, "X could not process the file"),
    ],
)
def test_a_file_that_x_cannot_process_is_refused_for_good(
    server: ScriptedServer, x: XAdapter, more: dict[str, object], reason: str
) -> None:
    """The same file will fail again."""
    server.reply(BEGUN)
    server.reply({})
    server.reply({"data": {"id": "55", "processing_info": {"state": "failed", **more}}})

    outcome = failure(x)

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.reason) == (True, reason)


def test_the_expiry_may_be_told_at_the_beginning_only(server: ScriptedServer, x: XAdapter) -> None:
    """An upload that is thought to last for ever would be attached when X has forgotten it."""
    server.reply(BEGUN)
    server.reply({})
    server.reply({"data": {"id": 55}})

    upload = x.prepare(replace(BOAT, alt=""))

    assert upload.expires_at == NOW + timedelta(days=1)


def test_processing_without_end_is_given_up(server: ScriptedServer, x: XAdapter) -> None:
    """After five minutes of waiting the upload may be tried again later."""
    server.reply(BEGUN)
    server.reply({})
    for _ in range(9):
        server.reply({"data": {"id": "55", "processing_info": {"state": "pending", "check_after_secs": 60}}})

    outcome = failure(x)

    assert outcome == InDoubt(reason="X is still processing the file", code="processing")
    assert len(server.requests) == 8


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_steps_gets_the_file_in_one_request(
    server: ScriptedServer, x: XAdapter, status: int
) -> None:
    """The one-shot upload is a signed multipart form."""
    server.reply({"title": "Not Found"}, status)
    server.reply({"data": {"id": "66"}})
    server.reply({})

    upload = x.prepare(BOAT)

    form = server.requests[1]
    assert (upload.media_id, upload.expires_at) == ("66", None)
    assert form.path == "/2/media/upload"
    assert form.headers["authorization"].startswith("OAuth ")
    assert b"tweet_image" in form.body
    assert b'name="media"; filename="boat.png"' in form.body


def test_the_older_path_of_alt_texts(server: ScriptedServer, x: XAdapter) -> None:
    """A server without /2/media/metadata is asked at the path of 2025."""
    for _ in range(3):
        server.reply(BEGUN)
    server.reply({}, 404)
    server.reply({})

    x.prepare(BOAT)

    assert server.requests[-1].path == "/2/media/metadata/create"


def test_a_server_without_alt_texts_is_a_warning(
    server: ScriptedServer, x: XAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """What a practice server does not offer does not stop the storm, and is said."""
    for _ in range(3):
        server.reply(BEGUN)
    server.reply({}, 404)
    server.reply({}, 404)

    upload = x.prepare(BOAT)

    assert upload.media_id == "55"
    assert "takes no alt text" in caplog.text


def test_a_refused_alt_text_fails_the_upload(server: ScriptedServer, x: XAdapter) -> None:
    """A picture doesn't go out without the description that was written for it."""
    for _ in range(3):
        server.reply(BEGUN)
    server.reply({"detail": "alt text too long"}, 400)

    outcome = failure(x)

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.code) == (True, "400 alt text")


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_failing_step_is_classified(server: ScriptedServer, x: XAdapter, step: int) -> None:
    """Each step's refusal is the upload's."""
    for _ in range(step):
        server.reply(BEGUN)
    server.reply({"title": "Unauthorized"}, 401)

    outcome = failure(x)

    assert isinstance(outcome, Refused)
    assert outcome.suspends


def test_silence_and_missing_ids(server: ScriptedServer, x: XAdapter) -> None:
    """A step without a readable answer leaves the upload in doubt."""
    server.drop()
    server.reply({"data": {}})

    outcomes = [failure(x), failure(x)]

    assert [type(outcome) for outcome in outcomes] == [InDoubt, InDoubt]


CLIP = MediaFile(content=b"clip", mime="video/mp4", kind=MediaKind.VIDEO, alt="A boat", name="clip.mp4")


def test_captions_go_up_as_a_file_of_their_own(server: ScriptedServer, x: XAdapter) -> None:
    """SubRip of the category subtitles, tied to the video with language and name."""
    words = Captions(b"1\nwords", "es")
    for media_id in ("55", "55", "55", "66", "66", "66", "55"):
        server.reply({"data": {"id": media_id}})

    upload = x.prepare(replace(CLIP, alt="", captions=words))

    assert upload.media_id == "55"
    assert [r.path for r in server.requests[3:]] == [
        "/2/media/upload/initialize",
        "/2/media/upload/66/append",
        "/2/media/upload/66/finalize",
        "/2/media/subtitles",
    ]
    assert server.requests[3].json == {
        "media_type": "text/srt",
        "total_bytes": 7,
        "media_category": "subtitles",
    }
    assert server.requests[6].json == {
        "id": "55",
        "media_category": "TweetVideo",
        "subtitles": {"id": "66", "language_code": "ES", "display_name": "Español"},
    }


def test_captions_that_are_refused_fail_the_upload(server: ScriptedServer, x: XAdapter) -> None:
    """A video without its captions does not go out in silence."""
    for media_id in ("55", "55", "55", "66", "66", "66"):
        server.reply({"data": {"id": media_id}})
    server.reply({"title": "Invalid Request"}, 400)

    assert isinstance(failure(x, replace(CLIP, alt="", captions=Captions(b"1", "en"))), Refused)


@pytest.mark.parametrize("ids", [("55", "55", "55"), ("55", "55", "55", "66", "66", "66")])
def test_where_there_is_no_place_for_captions_the_video_goes_out_without(
    server: ScriptedServer, x: XAdapter, caplog: pytest.LogCaptureFixture, ids: tuple[str, ...]
) -> None:
    """A server that never heard of them refuses nothing; it is told all the same."""
    for media_id in ids:
        server.reply({"data": {"id": media_id}})
    server.reply({"title": "Not Found"}, 404)

    upload = x.prepare(replace(CLIP, alt="", captions=Captions(b"1", "en")))

    assert upload.media_id == "55"
    assert "takes no captions" in caplog.text


def test_a_video_that_takes_no_alt_text_goes_out_without(
    server: ScriptedServer, x: XAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """X's documents describe alt text for images and GIFs only; a picture's must be taken."""
    for _ in range(3):
        server.reply(BEGUN)
    server.reply({"title": "Invalid Request"}, 400)

    upload = x.prepare(CLIP)

    assert upload.media_id == "55"
    assert "no alt text for this video" in caplog.text
