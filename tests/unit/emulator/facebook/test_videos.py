"""Tests of videos on Facebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.emulator.facebook.videos import PART_BYTES, PROCESSING_S
from tests.unit.files.films import make_box, make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

MP4 = make_mp4() + make_box(b"free", b"waves" * 300_000)
SRT = b"1\n00:00:00,500 --> 00:00:02,000\nThe door.\n"


@pytest.fixture
def page(accounts: dict[str, AccountSpec]) -> str:
    """Give the first Page's id."""
    return accounts["facebook:migrants-day"].id


@pytest.fixture
def upload(graph: Ask, page: str, shift: list[float]) -> Callable[[], str]:
    """Give a function that uploads a video in parts, unpublished, and waits until it is ready."""

    def run() -> str:
        values = {"upload_phase": "start", "file_size": str(len(MP4))}
        begun = graph("POST", f"/{page}/videos", values=values).json()
        told, session = begun, begun["upload_session_id"]
        while told["start_offset"] != told["end_offset"]:
            start, end = int(told["start_offset"]), int(told["end_offset"])
            told = graph(
                "POST",
                f"/{page}/videos",
                values={"upload_phase": "transfer", "upload_session_id": session, "start_offset": start},
                files={"video_file_chunk": ("boat.mp4", MP4[start:end])},
            ).json()
        values = {"upload_phase": "finish", "upload_session_id": session, "published": "false"}
        assert graph("POST", f"/{page}/videos", values=values).json() == {"success": True}
        shift[0] += PROCESSING_S + 1
        return str(begun["video_id"])

    return run


def test_a_video_goes_up_in_parts_and_nobody_sees_it(
    graph: Ask, upload: Callable[[], str], emulator: EmulatorThread
) -> None:
    """It is whole, ready and unpublished."""
    video_id = upload()

    seen = graph("GET", f"/{video_id}", values={"fields": "status,published,post_id"}).json()

    assert seen == {"status": {"video_status": "ready"}, "published": False, "id": video_id}
    assert emulator.world.posts() == []
    video = emulator.world.find_video(video_id)
    assert video is not None
    assert video.content == MP4
    assert len(MP4) > PART_BYTES


def test_publishing_makes_one_post(
    graph: Ask, upload: Callable[[], str], emulator: EmulatorThread, page: str
) -> None:
    """With the description as its text, and the post's id to be read from the video; once only."""
    video_id = upload()
    values = {"description": "Look", "published": "true"}

    answers = [graph("POST", f"/{video_id}", values=values).json() for _ in range(2)]

    (post,) = emulator.world.posts()
    told = graph("GET", f"/{video_id}", values={"fields": "post_id,permalink_url"}).json()
    fields = "message,status_type,attachments{media_type,type}"
    listed = graph("GET", f"/{page}/published_posts", values={"fields": fields}).json()["data"]
    assert answers == [{"success": True}] * 2
    assert (post.text, post.id) == ("Look", f"{page}_{told['post_id']}")
    assert listed == [
        {
            "message": "Look",
            "status_type": "added_video",
            "attachments": {"data": [{"media_type": "video", "type": "video_inline"}]},
            "id": post.id,
        }
    ]


def test_publishing_meets_the_faults_of_posts(
    graph: Ask, upload: Callable[[], str], emulator: EmulatorThread
) -> None:
    """It is a post to the faults once, and no later description changes it."""
    video_id = upload()
    graph("POST", f"/{video_id}", values={"description": "Look", "published": "true"})
    graph("POST", f"/{video_id}", values={"description": "Look again"})

    operations = [request.operation for request in emulator.world.requests()][:2]

    assert operations == ["other", "create_post"]
    assert emulator.world.posts()[0].text == "Look"


def test_captions_are_subrip_named_by_their_locale(
    graph: Ask, upload: Callable[[], str], emulator: EmulatorThread
) -> None:
    """Another name, or other content, is refused."""
    video_id = upload()
    files = [
        ("captions.en_US.srt", SRT),
        ("captions.srt", SRT),
        ("captions.es_ES.srt", b"no times"),
    ]

    answers = [
        graph("POST", f"/{video_id}/captions", values={"default_locale": "en_US"}, files={"captions_file": f})
        for f in files
    ]

    video = emulator.world.find_video(video_id)
    assert [answer.status_code for answer in answers] == [200, 400, 400]
    assert answers[1].json()["error"]["code"] == 386
    assert video is not None
    assert video.captions == {"en_US": SRT}


def test_a_video_can_be_published_at_once(graph: Ask, page: str, emulator: EmulatorThread) -> None:
    """Without phases, the whole file in one request."""
    answer = graph("POST", f"/{page}/videos", values={"description": "Now"}, files={"source": ("a.mp4", MP4)})

    (post,) = emulator.world.posts()
    assert answer.json()["id"] == post.media[0].id
    assert post.text == "Now"


def test_deleting_a_video_deletes_its_post(
    graph: Ask, upload: Callable[[], str], emulator: EmulatorThread
) -> None:
    """Both are gone."""
    video_id = upload()
    graph("POST", f"/{video_id}", values={"published": "true", "description": "Look"})

    answer = graph("DELETE", f"/{video_id}")

    assert answer.json() == {"success": True}
    assert [post.deleted for post in emulator.world.posts()] == [True]
    assert graph("GET", f"/{video_id}").json()["error"]["error_subcode"] == 33


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"upload_phase": "rewind"}, 100),
        ({"upload_phase": "start"}, 100),
        ({"upload_phase": "start", "file_size": "0"}, 100),
        ({"upload_phase": "transfer", "upload_session_id": "1", "start_offset": "0"}, 6000),
        ({"upload_phase": "finish", "upload_session_id": "1"}, 6000),
        ({}, 352),
    ],
)
def test_wrong_uploads_are_refused(graph: Ask, page: str, values: dict[str, str], code: int) -> None:
    """A phase that does not exist, no size, an unknown session, no video."""
    assert graph("POST", f"/{page}/videos", values=values).json()["error"]["code"] == code


def test_parts_must_follow_each_other(graph: Ask, page: str) -> None:
    """A part from elsewhere, or the end before all is there, is refused."""
    begun = graph("POST", f"/{page}/videos", values={"upload_phase": "start", "file_size": "9"}).json()
    session = {"upload_session_id": begun["upload_session_id"]}
    values = {"upload_phase": "transfer", "start_offset": "4", **session}

    wrong = graph("POST", f"/{page}/videos", values=values, files={"video_file_chunk": ("a", b"boat")})
    early = graph("POST", f"/{page}/videos", values={"upload_phase": "finish", **session})

    assert [answer.json()["error"]["code"] for answer in (wrong, early)] == [6001, 6001]


def test_another_pages_video_is_not_ours(graph: Ask, upload: Callable[[], str]) -> None:
    """Its token does not open it."""
    video_id = upload()

    answer = graph("POST", f"/{video_id}", account="facebook:partner", values={"published": "true"})

    assert answer.json()["error"]["code"] == 200


def test_a_video_is_ready_only_after_a_while(graph: Ask, page: str, emulator: EmulatorThread) -> None:
    """Until then it can't be published."""
    files = {"source": ("a.mp4", MP4)}
    video_id = graph("POST", f"/{page}/videos", values={"published": "false"}, files=files).json()["id"]

    state = graph("GET", f"/{video_id}", values={"fields": "status"}).json()["status"]
    answer = graph("POST", f"/{video_id}", values={"published": "true"})

    assert state == {"video_status": "processing"}
    assert answer.json()["error"]["code"] == 100
    assert emulator.world.posts() == []


@pytest.mark.parametrize(
    ("content", "is_taken"),
    [(make_mp4(size=(1920, 1080)), True), (make_mp4(picture=b"hvc1"), False), (make_mp4(handlers=()), False)],
)
def test_a_video_is_refused_by_its_codec(graph: Ask, page: str, content: bytes, is_taken: bool) -> None:
    """Facebook shows more pixels than X; as there, what is not H.264, or no picture, is refused."""
    answer = graph("POST", f"/{page}/videos", files={"source": ("a.mp4", content)}).json()

    assert ("id" in answer) is is_taken
