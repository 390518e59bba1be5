"""Media to X by the v2 steps: initialize, append, finalize, wait, describe."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import ALT_REFUSED, InDoubt, Refused, mark
from stormctl.platforms.adapter import MediaFile, PrepareFailed, Upload
from stormctl.platforms.http.answers import PlatformAnswer, Silence, plain
from stormctl.platforms.x.errors import classify_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.platforms.adapter import Captions, Content

SEGMENT_BYTES = 1024 * 1024
"""Small enough for a slow uplink; a video of 512 MB stays below X's 1000 segments (docs.x.com, 2026-08)."""

PROCESSING_LIMIT_S = 300.0
"""How long X may take to process one file before we give up for now."""

LONGEST_S = 7 * 86_400
"""Longer than this no upload is counted on: X names a day (docs.x.com, media upload, 2026-08)."""

CATEGORIES = {MediaKind.IMAGE: "tweet_image", MediaKind.GIF: "tweet_gif", MediaKind.VIDEO: "tweet_video"}

SUBTITLES = ("text/srt", "subtitles")
"""Media type and category of captions (docs.x.com, media upload, 2026-08)."""

LANGUAGE_NAMES = {"en": "English", "es": "Español", "fr": "Français"}
"""How viewers see captions called; other languages by their code."""

_MISSING = {404, 405}
_NOT_FOR_THIS = {400, 403, 422}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSteps:
    """Uploads one file at a time.

    Attributes:
        request: makes one signed JSON request.
        post_form: makes one signed multipart request: route, fields, file.
        now: wall time.
        wait: lets so many seconds pass.
    """

    request: Callable[..., PlatformAnswer | Silence]
    post_form: Callable[[str, dict[str, str], MediaFile], PlatformAnswer | Silence]
    now: Callable[[], datetime]
    wait: Callable[[float], object]

    def upload(self, media: MediaFile) -> Upload:
        """Upload the bytes, their alt text, and a video's captions.

        A server without the dedicated paths gets everything in one request.

        Raises:
            PrepareFailed: a step was refused, or its answer could not be read.
        """
        begun = self._begin(media.mime, CATEGORIES[media.kind], media.content)
        lasts = _lasts(begun)
        if _is_missing(begun):
            category = {"media_category": CATEGORIES[media.kind]}
            done = self._check(self.post_form("/2/media/upload", category, media))
            media_id = _media_id(done)
        else:
            media_id = _media_id(self._check(begun))
            done = self._send_segments(media_id, media.content)
        self._await_processing(media_id, done)
        if media.alt:
            self._describe(media_id, media.alt, media.kind)
        if media.captions is not None:
            self._caption(media_id, media.captions)
        lasts = _lasts(done) or lasts
        return Upload(media_id, self.now() + lasts if lasts else None)

    def _begin(self, mime: str, category: str, content: Content) -> PlatformAnswer | Silence:
        body = {"media_type": mime, "total_bytes": len(content), "media_category": category}
        return self.request("POST", "/2/media/upload/initialize", json=body)

    def _send_segments(self, media_id: str, content: Content) -> PlatformAnswer:
        for index, start in enumerate(range(0, len(content), SEGMENT_BYTES)):
            segment = base64.b64encode(content[start : start + SEGMENT_BYTES]).decode()
            body = {"media": segment, "segment_index": index}
            self._check(self.request("POST", f"/2/media/upload/{media_id}/append", json=body, is_upload=True))
        return self._check(self.request("POST", f"/2/media/upload/{media_id}/finalize"))

    def _await_processing(self, media_id: str, answer: PlatformAnswer) -> None:
        waited_s = 0.0
        while isinstance(info := answer.at("data", "processing_info"), dict):
            state = info.get("state")
            if state == "succeeded":
                return
            if state == "failed":
                raise PrepareFailed(Refused(reason=_why(info), code="processing failed", for_good=True))
            if waited_s >= PROCESSING_LIMIT_S:
                raise PrepareFailed(InDoubt(reason="X is still processing the file", code="processing"))
            pause_s = _pause_s(info)
            self.wait(pause_s)
            waited_s += pause_s
            params = {"command": "STATUS", "media_id": media_id}
            answer = self._check(self.request("GET", "/2/media/upload", params=params))

    def _describe(self, media_id: str, alt: str, kind: MediaKind) -> None:
        body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
        for route in ("/2/media/metadata", "/2/media/metadata/create"):  # the second is the path of 2025
            answer = self.request("POST", route, json=body)
            if _is_missing(answer):
                continue
            if (
                kind is MediaKind.VIDEO
                and isinstance(answer, PlatformAnswer)
                and answer.status in _NOT_FOR_THIS
            ):
                _log.warning("X takes no alt text for this video: it goes out without one")
                return
            self._check(answer, ALT_REFUSED)
            return
        _log.warning("the server takes no alt text for pictures (no /2/media/metadata)")

    def _caption(self, media_id: str, captions: Captions) -> None:
        """Upload captions as a file of their own, and tie them to the video (`POST /2/media/subtitles`).

        Captions that are refused fail the upload; a server that has no place for them is no reason to.
        """
        mime, category = SUBTITLES
        begun = self._begin(mime, category, captions.content)
        if _is_missing(begun):
            _log.warning("the server takes no captions: the video goes out without them")
            return
        track_id = _media_id(self._check(begun))
        self._send_segments(track_id, captions.content)
        code = captions.lang.partition("-")[0]
        track = {
            "id": track_id,
            "language_code": code.upper(),
            "display_name": LANGUAGE_NAMES.get(code, captions.lang),
        }
        body = {"id": media_id, "media_category": "TweetVideo", "subtitles": track}
        answer = self.request("POST", "/2/media/subtitles", json=body)
        if _is_missing(answer):
            _log.warning(
                "the server takes no captions (no /2/media/subtitles): the video goes out without them"
            )
            return
        self._check(answer)

    def _check(self, answer: PlatformAnswer | Silence, about: str = "") -> PlatformAnswer:
        if isinstance(answer, Silence):
            raise PrepareFailed(answer.outcome)
        if not answer.is_success:
            outcome = classify_problem(answer, self.now())
            raise PrepareFailed(mark(outcome, about) if about else outcome)
        return answer


def _is_missing(answer: PlatformAnswer | Silence) -> bool:
    """Whether a server has no such path."""
    return isinstance(answer, PlatformAnswer) and answer.status in _MISSING


def _media_id(answer: PlatformAnswer) -> str:
    media_id = answer.id_at("data", "id")
    if media_id is None:
        raise PrepareFailed(InDoubt(reason="X named no media id", code=str(answer.status)))
    return media_id


def _lasts(answer: PlatformAnswer | Silence) -> timedelta | None:
    """Return for how long the media can be attached; None if X does not say."""
    expires_s = answer.at("data", "expires_after_secs") if isinstance(answer, PlatformAnswer) else None
    if not isinstance(expires_s, int | float) or not expires_s > 0:
        return None
    return timedelta(seconds=min(expires_s, LONGEST_S))


def _why(info: dict[str, Any]) -> str:
    """Return X's words for a file that it could not process, an object with them or a sentence."""
    error = info.get("error")
    told = [error.get(key) for key in ("message", "detail", "name")] if isinstance(error, dict) else [error]
    return plain(next((word for word in told if word), "X could not process the file"))


def _pause_s(info: dict[str, Any]) -> float:
    """Return the pause that X asks for, at least a second and at most a minute."""
    asked = info.get("check_after_secs")
    return min(max(float(asked), 1.0), 60.0) if isinstance(asked, int | float) else 1.0
