"""Tests of media on X."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.campaigns import make_png
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

PNG = b"\x89PNG\r\n\x1a\n" + b"paper boat" * 10
GIF = b"GIF89a\4\0\4\0\0\0\0\x3b"


def upload(x: Ask, content: bytes = PNG, mime: str = "image/png", category: str = "tweet_image") -> str:
    """Upload in three steps, the content in two segments, and return the id."""
    wanted = {"media_type": mime, "total_bytes": len(content), "media_category": category}
    media_id = str(x("POST", "/2/media/upload/initialize", json=wanted).json()["data"]["id"])
    half = len(content) // 2
    x(
        "POST",
        f"/2/media/upload/{media_id}/append",
        json={"media": base64.b64encode(content[:half]).decode(), "segment_index": 0},
    )
    x(
        "POST",
        f"/2/media/upload/{media_id}/append",
        files={"media": content[half:]},
        data={"segment_index": "1"},
    )
    assert x("POST", f"/2/media/upload/{media_id}/finalize").status_code == 200
    return media_id


def test_the_steps_may_be_commands_of_a_form(x: Ask, emulator: EmulatorThread) -> None:
    """X's quickstart still writes them so, beside the paths of its reference."""
    path = "/2/media/upload"
    wanted = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}

    begun = x("POST", path, data={"command": "INIT", **wanted}).json()["data"]
    part = {"command": "APPEND", "media_id": begun["id"], "segment_index": "0"}
    moved = x("POST", path, data=part, files={"media": PNG})
    done = x("POST", path, data={"command": "FINALIZE", "media_id": begun["id"]})
    unknown = x("POST", path, data={"command": "STOP", "media_id": begun["id"]})

    assert [answer.status_code for answer in (moved, done, unknown)] == [200, 200, 400]
    media = emulator.world.get_media(begun["id"])
    assert media is not None
    assert media.content == PNG


def test_a_picture_arrives_whole_with_its_alt_text(x: Ask, emulator: EmulatorThread) -> None:
    """JSON and multipart segments join; metadata adds the alt text; the post shows both."""
    media_id = upload(x)
    alt = {"id": media_id, "metadata": {"alt_text": {"text": "A paper boat"}}}

    described = x("POST", "/2/media/metadata", json=alt)
    posted = x("POST", "/2/tweets", json={"text": "look", "media": {"media_ids": [media_id]}})
    media = emulator.world.posts()[0].as_dict()["media"]
    fields = "tweet.fields=attachments,entities&expansions=attachments.media_keys&media.fields=alt_text"
    seen = x("GET", f"/2/tweets/{posted.json()['data']['id']}?{fields}").json()

    assert described.status_code == 200
    assert posted.status_code == 201
    assert (media[0]["alt"], media[0]["bytes"]) == ("A paper boat", len(PNG))
    assert seen["data"]["attachments"] == {"media_keys": [f"3_{media_id}"]}
    assert seen["data"]["entities"]["urls"][0]["media_key"] == f"3_{media_id}"
    assert seen["includes"]["media"] == [
        {"media_key": f"3_{media_id}", "type": "photo", "alt_text": "A paper boat"}
    ]


def test_one_shot_uploads_work_too(x: Ask) -> None:
    """Multipart and JSON in one request."""
    multipart = x(
        "POST", "/2/media/upload", files={"media": ("a.png", PNG)}, data={"media_category": "tweet_image"}
    )
    encoded = base64.b64encode(PNG).decode()
    as_json = x("POST", "/2/media/upload", json={"media": encoded, "media_category": "tweet_image"})

    for answer in (multipart, as_json):
        assert answer.status_code == 200
        assert answer.json()["data"]["size"] == len(PNG)
        assert answer.json()["data"]["expires_after_secs"] > 86_000


def test_a_gif_is_processed_before_it_can_be_posted(x: Ask, shift: list[float]) -> None:
    """STATUS says how far it is; until then the id is invalid."""
    media_id = upload(x, GIF, "image/gif", "tweet_gif")
    status = f"/2/media/upload?command=STATUS&media_id={media_id}"
    body = {"text": "waves", "media": {"media_ids": [media_id]}}

    pending = x("GET", status).json()["data"]["processing_info"]
    early = x("POST", "/2/tweets", json=body)
    shift[0] = 2.0
    done = x("GET", status).json()["data"]["processing_info"]
    posted = x("POST", "/2/tweets", json=body)

    assert (pending["state"], pending["check_after_secs"]) == ("in_progress", 1)
    assert done == {"state": "succeeded", "progress_percent": 100}
    assert (early.status_code, posted.status_code) == (400, 201)


@pytest.mark.parametrize(
    "change",
    [
        {"media_type": "image/tiff"},
        {"media_category": "banner"},
        {"total_bytes": 6 * 1024 * 1024},
        {"total_bytes": "many"},
        {"color": "blue"},
    ],
)
def test_uploads_outside_the_limits_are_refused(x: Ask, change: dict[str, Any]) -> None:
    """Types, categories, sizes and keys are checked at the start."""
    wanted = {"media_type": "image/png", "total_bytes": 10, "media_category": "tweet_image"} | change

    answer = x("POST", "/2/media/upload/initialize", json=wanted)

    assert answer.status_code == 400


def test_files_that_are_not_what_was_said_are_refused(x: Ask) -> None:
    """A text called PNG, a missing segment, no base64, somebody else's id."""
    wanted = {"media_type": "image/png", "total_bytes": 4, "media_category": "tweet_image"}
    media_id = x("POST", "/2/media/upload/initialize", json=wanted).json()["data"]["id"]
    append, finalize = (f"/2/media/upload/{media_id}/{step}" for step in ("append", "finalize"))

    missing = x("POST", finalize)
    foreign = x("POST", finalize, account="x:dia-migrantes")
    garbled = x("POST", append, json={"media": "%%%", "segment_index": 0})
    outside = x("POST", append, json={"media": "dGV4dA==", "segment_index": 1000})
    x("POST", append, json={"media": "dGV4dA==", "segment_index": 0})
    disguised = x("POST", finalize)

    bare = x("POST", append, data={"segment_index": "0"})
    command = x("GET", f"/2/media/upload?command=INIT&media_id={media_id}")
    whole = x("POST", f"/2/media/upload/{upload(x)}/append", json={"media": "dGV4dA==", "segment_index": 0})

    answers = (missing, foreign, garbled, outside, disguised, bare, command, whole)
    assert [answer.status_code for answer in answers] == [400] * 8
    assert "do not add up" in missing.json()["errors"][0]["message"]
    assert "Invalid mediaId" in foreign.json()["errors"][0]["message"]


def test_alt_text_has_at_most_a_thousand_characters(x: Ask) -> None:
    """1,001 are refused, and so is a body without text."""
    media_id = upload(x)

    long = x(
        "POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": "a" * 1001}}}
    )
    bare = x("POST", "/2/media/metadata", json={"id": media_id})

    assert (long.status_code, bare.status_code) == (400, 400)


def test_pictures_and_gifs_do_not_mix(x: Ask, shift: list[float]) -> None:
    """Up to four pictures, or one GIF."""
    ids = [upload(x), upload(x, GIF, "image/gif", "tweet_gif")]
    shift[0] = 2.0

    answer = x("POST", "/2/tweets", json={"text": "both", "media": {"media_ids": ids}})

    assert answer.status_code == 400


MP4 = make_mp4()
SRT = b"1\n00:00:00,500 --> 00:00:02,000\nThe door.\n"


def test_subtitles_are_tied_to_a_video(x: Ask, emulator: EmulatorThread) -> None:
    """Uploaded by the same steps, named by language; they are no media of a post."""
    video, words = upload(x, MP4, "video/mp4", "tweet_video"), upload(x, SRT, "text/srt", "subtitles")
    track = {"id": words, "language_code": "EN", "display_name": "English"}
    body = {"id": video, "media_category": "TweetVideo", "subtitles": track}

    tied = x("POST", "/2/media/subtitles", json=body)
    attached = x("POST", "/2/tweets", json={"text": "look", "media": {"media_ids": [words]}})

    media = emulator.world.get_media(video)
    assert tied.json()["data"]["associated_subtitles"] == [track]
    assert media is not None
    assert media.captions == {"en": SRT}
    assert attached.status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"media_category": "TweetImage"},
        {"subtitles": None},
        {"subtitles": {"id": "1", "language_code": "EN"}},
        {"subtitles": {"id": "WORDS", "language_code": "english"}},
        {"subtitles": {"id": "WORDS", "language_code": "EN", "colour": "red"}},
        {"id": "WORDS"},
        {"language": "EN"},
    ],
)
def test_subtitles_against_the_specification_are_refused(x: Ask, change: dict[str, Any]) -> None:
    """Another category, nothing, unknown ids, keys and codes."""
    video, words = upload(x, MP4, "video/mp4", "tweet_video"), upload(x, SRT, "text/srt", "subtitles")
    body = {"id": video, "media_category": "TweetVideo", "subtitles": {"id": words, "language_code": "EN"}}
    text = json.dumps(body | change).replace("WORDS", words)

    answer = x("POST", "/2/media/subtitles", data=text, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_what_is_no_captions_file_is_no_subtitles(x: Ask) -> None:
    """Its content must have times."""
    wanted = {"media_type": "text/srt", "total_bytes": 5, "media_category": "subtitles"}
    media_id = x("POST", "/2/media/upload/initialize", json=wanted).json()["data"]["id"]
    content = {"media": base64.b64encode(b"words").decode(), "segment_index": 0}
    x("POST", f"/2/media/upload/{media_id}/append", json=content)

    assert x("POST", f"/2/media/upload/{media_id}/finalize").status_code == 400


@pytest.mark.parametrize(
    ("content", "mime", "category"),
    [
        (make_png(3, 9), "image/png", "tweet_image"),
        (make_mp4(picture=b"hvc1"), "video/mp4", "tweet_video"),
        (make_mp4(size=(1920, 1080)), "video/mp4", "tweet_video"),
    ],
)
def test_media_that_x_does_not_show_are_refused(x: Ask, content: bytes, mime: str, category: str) -> None:
    """At the end of their upload, by what the bytes say."""
    wanted = {"media_type": mime, "total_bytes": len(content), "media_category": category}
    media_id = x("POST", "/2/media/upload/initialize", json=wanted).json()["data"]["id"]
    part = {"media": base64.b64encode(content).decode(), "segment_index": 0}
    x("POST", f"/2/media/upload/{media_id}/append", json=part)

    assert x("POST", f"/2/media/upload/{media_id}/finalize").status_code == 400
