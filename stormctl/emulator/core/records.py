"""What exists on the emulated platforms, one record each: posts, media, short links, logged requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.clock import iso

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec


@dataclass(frozen=True, slots=True)
class ShortLink:
    """A link that X has replaced or added: `url` is what the text shows, `expanded` where it leads."""

    url: str
    expanded: str
    display: str
    media_keys: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class UploadedFile:
    """An uploaded file.

    Attributes:
        kind: image, gif, video or subtitles.
        created_at: emulated Unix seconds.
        expires_wall: real Unix seconds after which it can't be attached; None for never.
        ready_wall: real Unix seconds from which on it is processed; None until finalized.
        chunks: the segments of an upload in progress, by index.
        captions: of a video, by the code of their language.
        made_with_ai: whether the uploader says so of a video; Facebook only.
        post_id: the post that shows it; None while unpublished.
    """

    id: str
    key: str
    account: AccountSpec
    kind: str
    mime: str
    total_bytes: int
    created_at: float
    content: bytes = b""
    alt: str = ""
    caption: str = ""
    expires_wall: float | None = None
    ready_wall: float | None = None
    chunks: dict[int, bytes] = field(default_factory=dict)
    captions: dict[str, bytes] = field(default_factory=dict)
    made_with_ai: bool = False
    post_id: str | None = None


@dataclass(slots=True, kw_only=True)
class EmulatedPost:
    """A post as it was received.

    Attributes:
        text: exactly as sent.
        shown: as the platform shows it: short links, media links.
        created_at: emulated Unix seconds.
        created_wall: real Unix seconds.
        request_id: of the request that made it.
    """

    id: str
    account: AccountSpec
    text: str
    shown: str
    created_at: float
    created_wall: float
    request_id: str
    short_links: tuple[ShortLink, ...] = ()
    link: str | None = None
    media: tuple[UploadedFile, ...] = ()
    in_reply_to: str | None = None
    reply_settings: str | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False
    published: bool = True
    deleted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what a rehearsal compares with its ledger."""
        return {
            "platform": self.account.platform,
            "channel": self.account.channel,
            "id": self.id,
            "text": self.text,
            "link": self.link,
            "media": [_media_as_dict(media) for media in self.media],
            "created_at": iso(self.created_at),
            "in_reply_to": self.in_reply_to,
            "published": self.published,
            "deleted": self.deleted,
            "request_id": self.request_id,
        }


def _media_as_dict(media: UploadedFile) -> dict[str, Any]:
    content = media.content
    shown = {"sha256": hashlib.sha256(content).hexdigest(), "alt": media.alt, "bytes": len(content)}
    shown |= {"made_with_ai": True} if media.made_with_ai else {}
    words = {lang: text.decode("utf-8", "replace") for lang, text in media.captions.items()}
    return shown | ({"captions": words} if words else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request with its answer; secrets are masked before they come here.

    Attributes:
        status: of the answer; None if the connection was dropped.
        fault: the action that was played on it; empty for none.
    """

    number: int
    at: float
    method: str
    target: str
    operation: str
    channel: str
    request_id: str
    status: int | None
    fault: str
    request_body: str
    answer_body: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, `at` as ISO time."""
        return {name: getattr(self, name) for name in self.__slots__} | {"at": iso(self.at)}
