"""Photos and videos to a Page, unpublished: nobody sees them until a post carries them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import ALT_REFUSED, InDoubt, Refused, mark
from stormctl.platforms.adapter import PrepareFailed, Upload
from stormctl.platforms.facebook.errors import (
    ALT_FIELD,
    classify_problem,
    error_code,
    is_about,
    is_gone,
    read_error,
)
from stormctl.platforms.http.answers import PlatformAnswer, Silence, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.platforms.adapter import Captions, MediaFile

VIDEO_MARK = "video:"
"""Begins the id of an uploaded video, which is published by another request than photos are."""

PROCESSING_LIMIT_S = 300.0
"""How long Facebook may take to process a video before we give up for now."""

POLL_S = 5.0
"""Seconds between two looks at a video's state."""

_LOCALES = (
    "am_ET bn_IN ca_ES cs_CZ da_DK el_GR en_US et_EE fa_IR ga_IE he_IL hi_IN hy_AM ja_JP ka_GE "
    "ko_KR nb_NO sl_SI sq_AL sr_RS sv_SE sw_KE ta_IN uk_UA ur_PK vi_VN zh_CN"
)
LOCALES = {code[:2]: code for code in _LOCALES.split()}
"""Facebook's locales that are not a language written twice, as `fr_FR` is (source: Meta, locales)."""


UNKNOWN_EDGE = 2500
"""Code for an edge that Graph does not know ("Unknown path components")."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphMedia:
    """Uploads one file at a time.

    Attributes:
        post: makes one POST: path, fields, and perhaps files by the names of their fields.
        get: makes one GET: path and arguments.
        page_id: whose media they become.
        now: wall time.
        wait: lets so many seconds pass.
    """

    post: Callable[..., PlatformAnswer | Silence]
    get: Callable[[str, dict[str, str]], PlatformAnswer | Silence]
    page_id: str
    now: Callable[[], datetime]
    wait: Callable[[float], object]

    def upload(self, media: MediaFile) -> Upload:
        """Upload a photo with its alt text, or a video with its captions.

        Graph has no alt text for videos (Video API, 2026): theirs is not sent.

        Raises:
            PrepareFailed: a step was refused, or its answer could not be read.
        """
        if media.kind is not MediaKind.VIDEO:
            return Upload(self._upload_photo(media), None)
        video_id = self._send_video(media)
        self._await_processing(video_id)
        if media.captions is not None:
            self._caption(video_id, media.captions)
        return Upload(f"{VIDEO_MARK}{video_id}", None)

    def _upload_photo(self, media: MediaFile) -> str:
        fields = {"published": "false"}  # in words: the SDK sends a bool as "False"
        if media.alt:
            fields["alt_text_custom"] = media.alt
        files = {"source": (media.name, media.content[:], media.mime)}
        answer = self.post(f"{self.page_id}/photos", fields, files)
        about = ALT_REFUSED if isinstance(answer, PlatformAnswer) and is_about(answer, [ALT_FIELD]) else ""
        return self._id(self._check(answer, about), "id")

    def _send_video(self, media: MediaFile) -> str:
        """Send a video in the parts that Facebook asks for (Video API, resumable upload)."""
        path = f"{self.page_id}/videos"
        begun = self._check(self.post(path, {"upload_phase": "start", "file_size": str(len(media.content))}))
        video_id, session = self._id(begun, "video_id"), self._id(begun, "upload_session_id")
        answer = begun
        while (part := self._asked_part(answer, len(media.content))) is not None:
            start, end = part
            fields = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": str(start)}
            files = {"video_file_chunk": (media.name, media.content[start:end], media.mime)}
            answer = self._check(self.post(path, fields, files))
            following = self._asked_part(answer, len(media.content))
            if following is not None and following[0] <= start:
                raise PrepareFailed(InDoubt(reason="Facebook asks for the same part again", code="upload"))
        fields = {"upload_phase": "finish", "upload_session_id": session, "published": "false"}
        if media.made_with_ai:
            fields["is_ai_generated"] = "true"
        done = self._check(self.post(path, fields))
        if done.at("success") is not True:
            raise PrepareFailed(InDoubt(reason="Facebook did not take the video", code=str(done.status)))
        return video_id

    def _asked_part(self, answer: PlatformAnswer, size: int) -> tuple[int, int] | None:
        """Return which bytes Facebook wants next; None if it has all."""
        offsets = [answer.id_at(name) for name in ("start_offset", "end_offset")]
        start, end = (int(o) if o is not None and o.isdecimal() else -1 for o in offsets)
        if not 0 <= start <= end <= size:
            raise PrepareFailed(
                InDoubt(reason="Facebook's answer could not be read", code=str(answer.status))
            )
        return (start, end) if start < end else None

    def _await_processing(self, video_id: str) -> None:
        waited_s = 0.0
        while True:
            answer = self._check(self.get(video_id, {"fields": "status"}))
            state = answer.at("status", "video_status")
            if state == "error":
                told = answer.at("status", "processing_phase", "error", "message")
                words = plain(told or "Facebook could not process the video")
                raise PrepareFailed(Refused(reason=words, code="processing failed", for_good=True))
            if state not in {"processing", "uploading", "upload_complete"}:
                return
            if waited_s >= PROCESSING_LIMIT_S:
                raise PrepareFailed(
                    InDoubt(reason="Facebook is still processing the video", code="processing")
                )
            self.wait(POLL_S)
            waited_s += POLL_S

    def _caption(self, video_id: str, captions: Captions) -> None:
        """Add captions: SubRip, in a file whose name ends in its locale (Graph API, video captions).

        Captions that are refused fail the upload; a server that has no place for them is no reason to.
        """
        locale = LOCALES.get(captions.lang, f"{captions.lang}_{captions.lang.upper()}")
        files = {"captions_file": (f"captions.{locale}.srt", captions.content, "application/octet-stream")}
        answer = self.post(f"{video_id}/captions", {"default_locale": locale}, files)
        if isinstance(answer, PlatformAnswer) and _has_no_such_edge(answer):
            _log.warning("the server takes no captions: the video goes out without them")
            return
        self._check(answer)

    def _check(self, answer: PlatformAnswer | Silence, about: str = "") -> PlatformAnswer:
        if isinstance(answer, Silence):
            raise PrepareFailed(answer.outcome)
        if not answer.is_success or read_error(answer) is not None:
            outcome = classify_problem(answer, self.now())
            raise PrepareFailed(mark(outcome, about) if about else outcome)
        return answer

    def _id(self, answer: PlatformAnswer, key: str) -> str:
        found = answer.id_at(key)
        if found is None:
            raise PrepareFailed(classify_problem(answer, self.now()))
        return found


def _has_no_such_edge(answer: PlatformAnswer) -> bool:
    """Whether a server has no place for what was sent: Graph in its errors, another by a bare status."""
    code = error_code(answer)
    return code == UNKNOWN_EDGE or is_gone(answer) or (code is None and answer.status in {404, 405})
