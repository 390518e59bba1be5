"""X: uploading media in steps or at once, and describing them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.bodies import is_subrip, sniff_mime
from stormctl.emulator.core.pictures import find_picture_fault, find_video_fault
from stormctl.emulator.core.rates import DAY_S
from stormctl.emulator.core.records import UploadedFile
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x.answers import XAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.emulator.x.call import XCall

CATEGORIES = {
    "tweet_image": "image",
    "tweet_gif": "gif",
    "tweet_video": "video",
    "amplify_video": "video",
    "subtitles": "subtitles",
}
"""What is uploaded, by X's `media_category`."""

KEY_PREFIXES = {"image": "3", "gif": "16", "video": "13", "subtitles": "29"}
MEGABYTE = 1024 * 1024
MAX_BYTES = {"image": 5 * MEGABYTE, "gif": 15 * MEGABYTE, "video": 512 * MEGABYTE, "subtitles": MEGABYTE // 2}
"""Source: docs.x.com, media."""

MAX_SEGMENT = 999
MAX_ALT = 1_000
PROCESSING_S = {"image": 0.0, "gif": 1.0, "video": 3.0, "subtitles": 0.0}
"""Real seconds from finalize until a file can be attached; images can at once."""

_MIMES = {
    "image": {"image/png", "image/jpeg", "image/gif", "image/webp"},
    "gif": {"image/gif"},
    "video": {"video/mp4"},
    "subtitles": {"text/srt", "text/vtt"},
}
_ALT_KINDS = {"image", "gif", "video"}


def initialize(call: XCall) -> XAnswer:
    """POST /2/media/upload/initialize."""
    return _initialize(call, _fields(call))


def _initialize(call: XCall, fields: Mapping[str, Any]) -> XAnswer:
    known = {"media_type", "total_bytes", "media_category", "additional_owners", "shared"}
    _refuse_unknown(fields, known)
    kind = _parse_kind(fields)
    mime, total = str(fields.get("media_type", "")), _parse_int(fields, "total_bytes")
    if mime not in _MIMES[kind]:
        message = f"$.media_type: {mime} is not a media type of {fields.get('media_category')}"
        raise x_answers.invalid_request(message)
    if not 0 < total <= MAX_BYTES[kind]:
        raise x_answers.invalid_request(f"$.total_bytes: {total} is not between 1 and {MAX_BYTES[kind]}")
    return XAnswer(200, {"data": _describe(call, _add(call, kind, mime, total))})


def append(call: XCall) -> XAnswer:
    """POST /2/media/upload/{id}/append: JSON with base64, or multipart."""
    return _append(call, call.path["id"], _fields(call))


def _append(call: XCall, media_id: str, fields: Mapping[str, Any]) -> XAnswer:
    media = _get_media(call, media_id)
    if media.ready_wall is not None:
        raise x_answers.invalid_request(f"Media {media.id} is already finalized.")
    _refuse_unknown(fields, {"media", "segment_index"})
    index = _parse_int(fields, "segment_index")
    if not 0 <= index <= MAX_SEGMENT:
        raise x_answers.invalid_request(f"$.segment_index: {index} is not between 0 and {MAX_SEGMENT}")
    media.chunks[index] = _content(call, fields)
    return XAnswer(200, {"data": {"expires_at": int(media.expires_wall or 0)}})


def finalize(call: XCall) -> XAnswer:
    """POST /2/media/upload/{id}/finalize."""
    return _finalize(call, call.path["id"])


def _finalize(call: XCall, media_id: str) -> XAnswer:
    media = _get_media(call, media_id)
    content = b"".join(media.chunks[index] for index in sorted(media.chunks))
    _finish(call, media, content)
    return XAnswer(200, {"data": _describe(call, media)})


def read_status(call: XCall) -> XAnswer:
    """GET /2/media/upload?command=STATUS&media_id=."""
    if call.query.get("command") != "STATUS":
        raise x_answers.invalid_request("The query parameter [command] is not one of [STATUS]")
    return XAnswer(200, {"data": _describe(call, _get_media(call, call.query.get("media_id", "")))})


def upload_once(call: XCall) -> XAnswer:
    """POST /2/media/upload: a whole file at once, or a step by its `command`, as X's quickstart has it."""
    fields = _fields(call)
    command, media_id = fields.pop("command", None), str(fields.get("media_id", ""))
    if command is not None:
        rest = {key: value for key, value in fields.items() if key != "media_id"}
        match command:
            case "INIT":
                return _initialize(call, rest)
            case "APPEND":
                return _append(call, media_id, rest)
            case "FINALIZE":
                return _finalize(call, media_id)
            case _:
                raise x_answers.invalid_request("$.command: not one of INIT, APPEND, FINALIZE")
    _refuse_unknown(fields, {"media", "media_category", "media_type", "additional_owners", "shared"})
    kind = _parse_kind(fields)
    content = _content(call, fields)
    media = _add(call, kind, sniff_mime(content) or "", len(content))
    _finish(call, media, content)
    return XAnswer(200, {"data": _describe(call, media)})


def describe_media(call: XCall) -> XAnswer:
    """POST /2/media/metadata: the alternative text."""
    data = call.json()
    _refuse_unknown(data, {"id", "metadata"})
    media = _get_media(call, str(data.get("id", "")))
    metadata = data.get("metadata")
    alt = metadata.get("alt_text") if isinstance(metadata, dict) else None
    text = alt.get("text") if isinstance(alt, dict) else None
    if media.kind not in _ALT_KINDS:
        raise x_answers.invalid_request("$.id: subtitles have no alt text")
    if not isinstance(text, str) or len(text) > MAX_ALT:
        raise x_answers.invalid_request(
            f"$.metadata.alt_text.text: at most {MAX_ALT} characters are required"
        )
    media.alt = text
    return XAnswer(200, {"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}})


def add_subtitles(call: XCall) -> XAnswer:
    """POST /2/media/subtitles: tie uploaded subtitles to an uploaded video (source: docs.x.com, 2026-08)."""
    data = call.json()
    _refuse_unknown(data, {"id", "media_category", "subtitles"})
    video = _get_media(call, str(data.get("id", "")))
    track = data.get("subtitles")
    if not isinstance(track, dict):
        raise x_answers.invalid_request("$.subtitles: an object is required")
    _refuse_unknown(track, {"id", "language_code", "display_name"})
    if data.get("media_category") not in {"TweetVideo", "AmplifyVideo"} or video.kind != "video":
        raise x_answers.invalid_request("$.media_category: the media are no TweetVideo or AmplifyVideo")
    words = _get_media(call, str(track.get("id", "")))
    code = str(track.get("language_code", ""))
    if words.kind != "subtitles" or words.ready_wall is None or not re.fullmatch("[A-Z]{2}", code):
        raise x_answers.invalid_request("$.subtitles: uploaded subtitles and a language code are required")
    video.captions[code.lower()] = words.content
    tied = {"id": video.id, "media_category": data["media_category"], "associated_subtitles": [track]}
    return XAnswer(200, {"data": tied})


def _fields(call: XCall) -> dict[str, Any]:
    if call.is_json:
        return dict(call.json())
    return {**call.body.fields, **call.body.files}


def _refuse_unknown(fields: Mapping[str, Any], known: set[str]) -> None:
    for name in fields:
        if name not in known:
            reason = "is not defined in the schema and the schema does not allow additional properties"
            raise x_answers.invalid_request(f"$.{name}: {reason}")


def _parse_kind(fields: Mapping[str, Any]) -> str:
    category = fields.get("media_category")
    if category not in CATEGORIES:
        raise x_answers.invalid_request(f"$.media_category: {category} is not one of {', '.join(CATEGORIES)}")
    return CATEGORIES[category]


def _parse_int(fields: Mapping[str, Any], name: str) -> int:
    try:
        return int(fields[name])
    except (KeyError, TypeError, ValueError) as error:
        raise x_answers.invalid_request(f"$.{name}: a number is required") from error


def _content(call: XCall, fields: Mapping[str, Any]) -> bytes:
    value = fields.get("media")
    if isinstance(value, bytes):
        return value
    if call.is_json and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise x_answers.invalid_request("$.media: not base64") from error
    raise x_answers.invalid_request("$.media: required")


def _add(call: XCall, kind: str, mime: str, total: int) -> UploadedFile:
    media_id = call.world.next_snowflake()
    media = UploadedFile(
        id=media_id,
        key=f"{KEY_PREFIXES[kind]}_{media_id}",
        account=call.account,
        kind=kind,
        mime=mime,
        total_bytes=total,
        created_at=call.world.clock.at(),
        expires_wall=call.world.clock.wall() + DAY_S,
    )
    call.world.add_media(media)
    return media


def _finish(call: XCall, media: UploadedFile, content: bytes) -> None:
    if len(content) != media.total_bytes:
        raise x_answers.invalid_request(
            f"Segments do not add up to provided total file size: {len(content)} of {media.total_bytes}."
        )
    is_right = (
        is_subrip(content)
        if media.kind == "subtitles"
        else sniff_mime(content) == media.mime and media.mime in _MIMES[media.kind]
    )
    if not is_right:
        raise x_answers.invalid_request(
            "The type of the uploaded file is not supported or not what was said."
        )
    if len(content) > MAX_BYTES[media.kind]:
        raise x_answers.invalid_request("File size exceeds the limit.")
    fault = find_video_fault(content) if media.kind == "video" else find_picture_fault(content)
    if fault is not None:
        raise x_answers.invalid_request(fault)
    media.content = content
    media.chunks.clear()
    media.ready_wall = call.world.clock.wall() + PROCESSING_S[media.kind]


def _describe(call: XCall, media: UploadedFile) -> dict[str, Any]:
    now = call.world.clock.wall()
    data: dict[str, Any] = {
        "id": media.id,
        "media_key": media.key,
        "expires_after_secs": int((media.expires_wall or now) - now),
    }
    if media.ready_wall is None:
        return data
    data["size"] = len(media.content)
    if PROCESSING_S[media.kind]:
        left = media.ready_wall - now
        state = "in_progress" if left > 0 else "succeeded"
        progress = 100 if left <= 0 else int(100 * (1 - left / PROCESSING_S[media.kind]))
        data["processing_info"] = {"state": state, "progress_percent": progress}
        if left > 0:
            data["processing_info"]["check_after_secs"] = 1
    return data


def _get_media(call: XCall, media_id: str) -> UploadedFile:
    media = call.world.find_media(call.account, media_id)
    if media is None:
        raise x_answers.invalid_request(f"Invalid mediaId: {media_id}", {"media_id": [media_id]})
    return media
