"""Videos to Facebook: the parts, the waiting, the captions, and the one request that publishes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Outcome, Refused
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.platforms.adapter import Captions, MediaFile, OutgoingPost, PrepareFailed, Upload
from stormctl.platforms.credentials import FacebookCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
from tests.unit.platforms.conftest import LIMIT, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.platforms.scripted import ScriptedServer

CLIP = MediaFile(content=b"boatboat!", mime="video/mp4", kind=MediaKind.VIDEO, alt="A boat", name="boat.mp4")
BEGUN = {"upload_session_id": "31", "video_id": "55", "start_offset": "0", "end_offset": "4"}
READY = {"status": {"video_status": "ready"}, "id": "55"}
PUBLISHED = OutgoingPost(text="Look", media_ids=("video:55",))


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited."""
    return []


@pytest.fixture
def page(server: ScriptedServer, waits: list[float]) -> Iterator[FacebookAdapter]:
    """A Page whose waiting takes no time."""
    adapter = FacebookAdapter(
        parse_channel_id("facebook:migrants-day"),
        FacebookCredentials(page_id="1001", page_token="page-token-5"),  # noqa: S106 - throw-away
        base_url=server.base_url,
        request_limit=LIMIT,
        now=lambda: NOW,
        wait=waits.append,
    )
    yield adapter
    adapter.close()


def failure(page: FacebookAdapter) -> Outcome:
    """Return why preparing fails."""
    with pytest.raises(PrepareFailed) as caught:
        page.prepare(CLIP)
    return caught.value.outcome


def test_a_video_goes_up_in_the_parts_that_are_asked_for(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """Start, two parts, finish unpublished, look whether it is ready: its id is marked as a video's."""
    server.reply(BEGUN)
    server.reply({"start_offset": "4", "end_offset": "9"})
    server.reply({"start_offset": "9", "end_offset": "9"})
    server.reply({"success": True})
    server.reply(READY)

    upload = page.prepare(CLIP)

    assert upload == Upload("video:55", None)
    assert [request.path for request in server.requests] == ["/v26.0/1001/videos"] * 4 + ["/v26.0/55"]
    start, first, second, finish = server.requests[:4]
    assert (start.form["upload_phase"], start.form["file_size"]) == ("start", "9")
    assert b'name="start_offset"\r\n\r\n0\r\n' in first.body
    assert b"\r\n\r\nboat\r\n" in first.body
    assert b'name="start_offset"\r\n\r\n4\r\n' in second.body
    assert b"\r\n\r\nboat!\r\n" in second.body
    finished = {name: value for name, value in finish.form.items() if name != "access_token"}
    assert finished == {"upload_phase": "finish", "upload_session_id": "31", "published": "false"}


def test_a_video_made_with_ai_is_declared_with_its_upload(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """The last phase takes it; neither a post nor a video's node has such a field."""
    server.reply(BEGUN | {"end_offset": "9"})
    server.reply({"start_offset": "9", "end_offset": "9"})
    server.reply({"success": True})
    server.reply(READY)

    page.prepare(replace(CLIP, made_with_ai=True))

    assert server.requests[2].form["is_ai_generated"] == "true"


@pytest.mark.parametrize(("lang", "locale"), [("en", "en_US"), ("es", "es_ES"), ("sv", "sv_SE")])
def test_captions_come_with_their_locale(
    server: ScriptedServer, page: FacebookAdapter, lang: str, locale: str
) -> None:
    """In the file's name, as Facebook wants it."""
    for answer in (
        BEGUN | {"start_offset": "9", "end_offset": "9"},
        {"success": True},
        READY,
        {"success": True},
    ):
        server.reply(answer)

    page.prepare(replace(CLIP, captions=Captions(b"1\nwords", lang)))

    request = server.requests[-1]
    assert request.path == "/v26.0/55/captions"
    assert f'filename="captions.{locale}.srt"'.encode() in request.body
    assert f'name="default_locale"\r\n\r\n{locale}'.encode() in request.body


@pytest.mark.parametrize(
    ("answer", "status", "is_taken"),
    [
        ({"error": {"message": "Unknown path components: /captions", "code": 2500}}, 400, True),
        ({"error": {"message": "Unsupported post request.", "code": 100, "error_subcode": 33}}, 400, True),
        (b"not found", 404, True),
        ({"error": {"message": "(#100) Invalid captions file", "code": 100}}, 400, False),
    ],
)
def test_where_there_is_no_place_for_captions_the_video_goes_out_without(
    server: ScriptedServer, page: FacebookAdapter, answer: object, status: int, is_taken: bool
) -> None:
    """A server that never heard of them refuses nothing; captions that it refuses stop the upload."""
    for step in (BEGUN | {"start_offset": "9", "end_offset": "9"}, {"success": True}, READY):
        server.reply(step)
    server.reply(answer, status)

    try:
        uploaded = page.prepare(replace(CLIP, captions=Captions(b"1\nwords", "en"))).media_id
    except PrepareFailed:
        uploaded = ""

    assert uploaded == ("video:55" if is_taken else "")


def test_processing_is_waited_for(server: ScriptedServer, page: FacebookAdapter, waits: list[float]) -> None:
    """The state is asked for until Facebook is done."""
    server.reply(BEGUN | {"start_offset": "9", "end_offset": "9"})
    server.reply({"success": True})
    server.reply({"status": {"video_status": "processing"}})
    server.reply(READY)

    page.prepare(CLIP)

    assert waits == [5.0]


def test_a_video_that_fails_is_refused_for_good(server: ScriptedServer, page: FacebookAdapter) -> None:
    """With Facebook's words."""
    server.reply(BEGUN | {"start_offset": "9", "end_offset": "9"})
    server.reply({"success": True})
    words = {"processing_phase": {"error": {"message": "No pictures."}}}
    server.reply({"status": {"video_status": "error", **words}})

    assert failure(page) == Refused(reason="No pictures.", code="processing failed", for_good=True)


def test_endless_processing_ends(server: ScriptedServer, page: FacebookAdapter, waits: list[float]) -> None:
    """After five minutes it is tried again later, from the beginning."""
    server.reply(BEGUN | {"start_offset": "9", "end_offset": "9"})
    server.reply({"success": True})
    for _ in range(70):
        server.reply({"status": {"video_status": "processing"}})

    assert isinstance(failure(page), InDoubt)
    assert sum(waits) == 300.0


@pytest.mark.parametrize(
    "answers",
    [
        [{"video_id": "55"}],
        [BEGUN | {"end_offset": "10"}],
        [BEGUN | {"start_offset": None}],
        [BEGUN, {"start_offset": "0", "end_offset": "4"}],
        [BEGUN | {"start_offset": "9", "end_offset": "9"}, {}],
        [BEGUN, b"<html>busy</html>"],
    ],
)
def test_odd_answers_end_the_upload_without_harm(
    server: ScriptedServer, page: FacebookAdapter, answers: list[object]
) -> None:
    """Nothing is published by it, and it may be repeated."""
    for answer in answers:
        server.reply(answer)

    assert isinstance(failure(page), InDoubt)


def test_a_video_is_published_by_one_request(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The post's id is read afterwards, and is that of the Page's post."""
    server.reply({"success": True})
    server.reply({"post_id": "77", "id": "55"})
    asked: list[int] = []

    outcome = page.publish(PUBLISHED, lambda: asked.append(len(server.requests)))

    assert outcome == Delivered(post_id="1001_77", url=f"{server.base_url}/1001_77")
    assert asked == [0]
    published, read = server.requests
    assert (published.method, published.path, read.method) == ("POST", "/v26.0/55", "GET")
    assert (published.form["description"], published.form["published"]) == ("Look", "true")


@pytest.mark.parametrize("later", [{"id": "55"}, b"<html>busy</html>", None])
def test_a_published_video_is_never_in_doubt_for_its_posts_id(
    server: ScriptedServer, page: FacebookAdapter, later: object
) -> None:
    """Where it can't be read, the video's own id is the receipt."""
    server.reply({"success": True})
    server.reply(later, 200 if isinstance(later, dict) else 500)

    assert page.publish(PUBLISHED, lambda: None) == Delivered(post_id="55", url=f"{server.base_url}/55")


def test_a_silent_answer_to_publishing_a_video_is_in_doubt(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """And no second request is made."""
    server.drop()

    outcome = page.publish(PUBLISHED, lambda: None)

    assert isinstance(outcome, InDoubt)
    assert len(server.requests) == 1
