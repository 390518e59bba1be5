"""What there is to say: messages and their variants, as a bank holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.domain.platforms.facts import Platform

if TYPE_CHECKING:
    from datetime import date, datetime

    from stormctl.domain.base.finding import Place


class LatePolicy(StrEnum):
    """What to do with a delivery whose slot has passed by more than the grace."""

    SKIP = "skip"
    SEND = "send"
    SPREAD = "spread"


class MediaKind(StrEnum):
    """The kinds of media that the platforms tell apart."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture or video of a variant.

    Attributes:
        file: path relative to the campaign folder, with `/`.
        alt: the description for people who don't see it; empty if none was written.
        mime: the media type of the bytes that go out, such as `image/png`.
        digest: SHA-256, in hex: of a picture's bytes as they go out, without metadata; of a video's file
            as it lies there, followed by its captions as SubRip.
        size: bytes of what the digest is of, captions aside.
        captions: path of the captions file of a video, relative like `file`; None without one.
        made_with_ai: of a video, whether its message says so: Facebook is told with the upload.
        caption_lines: the words of the captions, each line with its number in their file, from 1; empty for
            what comes from a ledger, where the digest stands for them.
    """

    file: str
    alt: str
    kind: MediaKind
    mime: str
    digest: str
    size: int
    captions: str | None = None
    made_with_ai: bool = False
    caption_lines: tuple[tuple[int, str], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One wording of a message: a language, and perhaps a platform or a label.

    Attributes:
        lang: language code such as `en`.
        label: None, a platform such as `x`, or a free label.
        parts: the body's paragraphs as written, split at `---` lines: one part, or a thread.
        place: the file, and the line where the body starts (or the row, in a spreadsheet).
        starts: where each part starts in the file, as line and column.
        lines: the line of each front-matter key, for findings.
        spots: where each text of front matter starts, as line and column: `link`, `expires`, `hashtags.0`,
            `media.0`, `alt.0`; only of what this file says itself.
        silence: the rules that the file asks to be silent, each with its reason.
        expires_at: aware UTC; the moment after which it must not be posted.
        expires_zone: the IANA zone in which the deadline was written; None without a deadline.
        late: the variant's own policy; None for the storm's.
    """

    message_id: str
    lang: str
    label: str | None
    parts: tuple[str, ...]
    place: Place
    starts: tuple[tuple[int, int], ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    spots: tuple[tuple[str, int, int], ...] = ()
    silence: tuple[tuple[str, str], ...] = ()
    hashtags: tuple[str, ...] = ()
    link: str | None = None
    media: tuple[Media, ...] = ()
    expires_at: datetime | None = None
    expires_zone: str | None = None
    not_before: datetime | None = None
    late: LatePolicy | None = None
    topic: str | None = None
    partner: str | None = None
    priority: int = 0
    consent: bool | None = None
    credit: str | None = None
    as_of: date | None = None
    reply_settings: str | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False

    @property
    def tail(self) -> str:
        """The variant's part of a delivery key: `en`, or `en.facebook`."""
        return self.lang if self.label is None else f"{self.lang}.{self.label}"

    @property
    def name(self) -> str:
        """The variant's name: `dignity.en.facebook`."""
        return f"{self.message_id}.{self.tail}"

    def suits(self, platform: Platform) -> bool:
        """Whether the label lets it be posted on that platform."""
        return self.label not in set(Platform) or self.label == platform.value


@dataclass(frozen=True, slots=True)
class Bank:
    """All messages of one campaign.

    Attributes:
        variants: every variant that could be read, ordered by name.
    """

    name: str
    variants: tuple[Variant, ...]

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The messages' ids in order, each once."""
        return tuple(dict.fromkeys(v.message_id for v in self.variants))
