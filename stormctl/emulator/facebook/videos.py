"""Graph: videos of a Page, uploaded in parts or at once, captioned, published by their node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.bodies import is_subrip, sniff_mime
from stormctl.emulator.core.pictures import find_video_fault
from stormctl.emulator.core.records import UploadedFile
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook.answers import GraphAnswer, GraphError
from stormctl.emulator.facebook.fields import render_video
from stormctl.emulator.facebook.publish import add_post, own_page, read_flag

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.facebook.call import GraphCall

PART_BYTES = 1024 * 1024
"""How much of a video is asked for at a time; Facebook chooses the figure itself."""

MAX_VIDEO_BYTES = 10 * 1024**3
PROCESSING_S = 1.0
"""Real seconds from the end of an upload until a video is ready."""

CAPTIONS_NAME = re.compile(r".+\.[a-z]{2}_[A-Z]{2}\.srt")
"""Source: developers.facebook.com, video captions: the file is called NAME.LOCALE.srt."""


def upload_video(call: GraphCall, node: str) -> GraphAnswer:
    """POST /{page}/videos: in phases (start, transfer, finish), or with the whole file as `source`."""
    page = own_page(call, node)
    match call.parameters.get("upload_phase"):
        case None:
            return _upload_once(call, page)
        case "start":
            return _start(call, page)
        case "transfer":
            return _transfer(call, page)
        case "finish":
            return _finish(call, page)
        case phase:
            raise graph_answers.invalid_parameter(f"Param upload_phase is not valid: {phase}")


def publish_video(call: GraphCall, node: str) -> GraphAnswer:
    """POST /{video}: describe it and publish it, once."""
    video = call.world.find_video(node)
    if video is None:
        raise graph_answers.no_such_object(node, "post")
    own_page(call, video.account.id)
    if call.forgets_media and video.post_id is None:
        call.world.remove_media(video)
        raise graph_answers.no_such_object(node, "post")
    if "description" in call.parameters:
        video.caption = call.parameters["description"]
    if video.post_id is None and read_flag(call, "published", default=False):
        _check_ready(call, video)
        add_post(call, video.account, video.caption, None, [video], published=True)
    return GraphAnswer(200, {"success": True})


def delete_video(call: GraphCall, video: UploadedFile) -> GraphAnswer:
    """DELETE /{video}: with the post that shows it."""
    own_page(call, video.account.id)
    post = call.world.find_post("facebook", video.post_id) if video.post_id else None
    if post is not None:
        post.deleted = True
    call.world.remove_media(video)
    return GraphAnswer(200, {"success": True})


def caption_video(call: GraphCall, node: str) -> GraphAnswer:
    """POST /{video}/captions: SubRip only, with its locale in the file's name."""
    video = call.world.find_video(node)
    if video is None:
        raise graph_answers.no_such_object(node, "post")
    own_page(call, video.account.id)
    content, name = call.files.get("captions_file"), call.file_names.get("captions_file", "")
    if content is None:
        raise graph_answers.invalid_parameter("The parameter captions_file is required.")
    if not CAPTIONS_NAME.fullmatch(name) or not is_subrip(content):
        raise GraphError(386, "(#386) The captions file must be named filename.locale.srt and hold SubRip")
    video.captions[name.split(".")[-2]] = content
    return GraphAnswer(200, {"success": True})


def read_video(call: GraphCall, video: UploadedFile) -> GraphAnswer:
    """GET /{video}."""
    own_page(call, video.account.id)
    return GraphAnswer(200, render_video(call, video))


def _upload_once(call: GraphCall, page: AccountSpec) -> GraphAnswer:
    if "file_url" in call.parameters:
        raise graph_answers.invalid_parameter("The emulator fetches nothing: send the video as source")
    content = call.files.get("source", b"")
    video = _add(call, page, len(content))
    return _end(call, video, content, {"id": video.id})


def _start(call: GraphCall, page: AccountSpec) -> GraphAnswer:
    size = _number(call, "file_size")
    if not 0 < size <= MAX_VIDEO_BYTES:
        raise graph_answers.invalid_parameter("Param file_size is not valid")
    video = _add(call, page, size)
    answer: dict[str, Any] = {"upload_session_id": _session_of(video), "video_id": video.id}
    return GraphAnswer(200, answer | _offsets(video))


def _transfer(call: GraphCall, page: AccountSpec) -> GraphAnswer:
    video = _find_session(call, page)
    part = call.files.get("video_file_chunk", b"")
    held = _held(video)
    if _number(call, "start_offset") != held or not part or held + len(part) > video.total_bytes:
        message = f"There was a problem uploading your video file: the next part starts at {held}."
        raise GraphError(6001, message, subcode=1363037)
    video.chunks[held] = part
    return GraphAnswer(200, _offsets(video))


def _finish(call: GraphCall, page: AccountSpec) -> GraphAnswer:
    video = _find_session(call, page)
    if _held(video) != video.total_bytes:
        raise GraphError(6001, "The video is not uploaded to its end.", subcode=1363033)
    content = b"".join(video.chunks[start] for start in sorted(video.chunks))
    return _end(call, video, content, {"success": True})


def _end(call: GraphCall, video: UploadedFile, content: bytes, answer: dict[str, Any]) -> GraphAnswer:
    """Take the whole file; publish it unless that is not wanted."""
    published = read_flag(call, "published", default=True)
    if sniff_mime(content) != "video/mp4" or find_video_fault(content, most=None):
        raise GraphError(
            352, "(#352) Sorry, the video file you selected is in a format that we don't support."
        )
    video.content = content
    video.chunks.clear()
    video.caption = call.parameters.get("description", "")
    video.made_with_ai = read_flag(call, "is_ai_generated", default=False)
    video.ready_wall = call.world.clock.wall() + PROCESSING_S
    if published:
        add_post(call, video.account, video.caption, None, [video], published=True)
    return GraphAnswer(200, answer)


def _add(call: GraphCall, page: AccountSpec, size: int) -> UploadedFile:
    video_id = call.world.next_facebook_id()
    video = UploadedFile(
        id=video_id,
        key=video_id,
        account=page,
        kind="video",
        mime="video/mp4",
        total_bytes=size,
        created_at=call.world.clock.at(),
    )
    call.world.add_media(video)
    return video


def _session_of(video: UploadedFile) -> str:
    return video.id[::-1]


def _find_session(call: GraphCall, page: AccountSpec) -> UploadedFile:
    session = call.parameters.get("upload_session_id", "")
    video = call.world.find_video(session[::-1])
    if video is None or video.account.channel != page.channel or video.ready_wall is not None:
        raise GraphError(6000, "There was a problem uploading your video file.", subcode=1363019)
    return video


def _held(video: UploadedFile) -> int:
    return sum(map(len, video.chunks.values()))


def _offsets(video: UploadedFile) -> dict[str, str]:
    start = _held(video)
    return {"start_offset": str(start), "end_offset": str(min(start + PART_BYTES, video.total_bytes))}


def _check_ready(call: GraphCall, video: UploadedFile) -> None:
    if video.ready_wall is None or video.ready_wall > call.world.clock.wall():
        raise graph_answers.invalid_parameter("The video is still being processed.")


def _number(call: GraphCall, name: str) -> int:
    value = call.parameters.get(name, "")
    if not value.isdecimal():
        raise graph_answers.invalid_parameter(f"Param {name} must be a number")
    return int(value)
