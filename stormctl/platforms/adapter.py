"""The protocol that every platform adapter keeps, and what passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stormctl.domain.bank.message import MediaKind
    from stormctl.domain.delivery.delivery import Outcome, RateLimit
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.reach import MetricReading


class Certainty(StrEnum):
    """How sure a problem is: what is proved bad stops a channel, what is unknown is a warning."""

    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class VerificationProblem:
    """Something that verification found: one line and what to do about it."""

    certainty: Certainty
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the credentials belong to: the platform's id, the shown name, the address of its page."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Ending:
    """Something about credentials that ends at a moment which is still to come.

    Attributes:
        what: such as “the token”.
        stops: whether nothing can be published after it.
        is_near: so near that it is worth a warning whatever the credentials are needed for.
    """

    what: str
    at: datetime
    stops: bool
    is_near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What asking the platform about the credentials brought.

    Attributes:
        account: None if it could not be found out.
        problems: in order of weight.
        clock_offset_s: the platform's Date header minus our clock, in seconds; None if it sent none.
        kind: what the credentials are, according to the platform; empty if it did not say.
        may_post: whether the platform said that they may publish; None if it does not say.
        permissions: what they may do, in the platform's words; None if it does not say.
        is_verified: whether the account is verified; None if the platform does not say.
        is_as_signed_in: whether it is the account that the credentials name as theirs.
        endings: when they, or a part of them, end.
        limits: ceilings in the headers of the answers.
        cost_usd_micros: what the asking itself cost, in millionths of a US dollar.
    """

    account: Account | None
    problems: tuple[VerificationProblem, ...] = ()
    clock_offset_s: float | None = None
    kind: str = ""
    may_post: bool | None = None
    permissions: frozenset[str] | None = None
    is_verified: bool | None = None
    is_as_signed_in: bool = False
    endings: tuple[Ending, ...] = ()
    limits: tuple[RateLimit, ...] = ()
    cost_usd_micros: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether the channel is proved unable to publish."""
        return any(p.certainty is Certainty.BAD for p in self.problems)


@dataclass(frozen=True, slots=True)
class Captions:
    """The captions of a video: SubRip in UTF-8, and the code of their language."""

    content: bytes
    lang: str


class Content(Protocol):
    """Bytes to upload, taken piece by piece: bytes as they are, or a file that is too big for memory."""

    def __len__(self) -> int:
        """Return how many they are."""
        ...

    def __getitem__(self, piece: slice, /) -> bytes:
        """Return some of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """The bytes to upload, with what the platform must know of them.

    Attributes:
        content: of a picture or GIF in memory; of a video in its file.
        captions: of a video; None without any.
        made_with_ai: of a video, whether the platform is to be told so with the upload.
    """

    content: Content
    mime: str
    kind: MediaKind
    alt: str
    name: str
    captions: Captions | None = None
    made_with_ai: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """Media on the platform, ready to be attached.

    Attributes:
        media_id: the platform's id.
        expires_at: wall time after which it is gone; None if the platform doesn't say.
    """

    media_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPost:
    """Exactly what one publishing request carries.

    Attributes:
        key: the delivery's, the same for each of its attempts and for no other delivery; for platforms whose
            facts say that they take one. Empty for a post of no delivery.
    """

    text: str
    key: str = ""
    link: str | None = None
    media_ids: tuple[str, ...] = ()
    in_reply_to: str | None = None
    reply_settings: str | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPost:
    """A post as the platform shows it on our account.

    Attributes:
        text: with short links expanded again, and links that mark media removed.
        link: the link attachment's address, where the platform shows one.
        media_count: attached media; None if the platform did not tell.
    """

    post_id: str
    url: str
    text: str
    created_at: datetime | None
    link: str | None = None
    media_count: int | None = None
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Our posts since a moment.

    Attributes:
        posts: newest first as far as the platform orders them.
        complete: whether every page was read.
        reason: why not, where it is not complete.
        clock_offset_s: the platform's Date header minus our clock, in seconds; None if it sent none.
    """

    posts: tuple[SeenPost, ...]
    complete: bool
    reason: str = ""
    clock_offset_s: float | None = None


class ReadFailed(Exception):  # noqa: N818 - an answer that callers handle, shown by its reason
    """The platform could not be read (network, refusal, unknown answer); nothing was changed by it.

    Attributes:
        clock_offset_s: the refusal's Date header minus our clock, in seconds; None if there was none.
    """

    def __init__(self, reason: str, clock_offset_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.clock_offset_s = clock_offset_s


class PrepareFailed(Exception):  # noqa: N818 - as above
    """Media could not be uploaded. `outcome` says whether it may work later or never will."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(getattr(outcome, "reason", "not uploaded"))
        self.outcome = outcome


class PlatformAdapter(Protocol):
    """One channel on its platform. Not to be shared between threads that publish at the same time."""

    channel: ChannelId

    def verify(self) -> Verification:
        """Ask the platform who we are and what we may do; never raises for what the platform answers."""
        ...

    def prepare(self, media: MediaFile) -> Upload:
        """Upload media with its alt text; may be repeated.

        Raises:
            PrepareFailed: with NotSent, Refused or InDoubt (which is harmless here).
        """
        ...

    def publish(self, post: OutgoingPost, before_send: Callable[[], None]) -> Outcome:
        """Make exactly one publishing request.

        `before_send` is called once after the connection stands and before the first byte is written;
        whatever it raises (SendForbidden) passes through, and nothing was sent. Everything that the
        platform or the network does is an outcome, never an exception.
        """
        ...

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Read our own posts created between two wall times, all pages.

        Raises:
            ReadFailed: if not even the first page could be read.
        """
        ...

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Read the newest metrics of our posts; posts that the platform doesn't know are left out.

        Raises:
            ReadFailed: if nothing could be read.
        """
        ...

    def delete(self, post_id: str) -> Outcome:
        """Delete one of our posts: Delivered (with its id) when it is gone."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
