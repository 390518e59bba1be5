"""The obligation to publish one post, once: its identity, its states, and what a platform may answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count, format_usd

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from stormctl.domain.bank.message import LatePolicy, Media
    from stormctl.domain.base.phrase import Hint, Phrase
    from stormctl.domain.platforms.channel import ChannelId


class State(StrEnum):
    """Where a delivery stands; `docs/architecture.md` draws the transitions."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    MISSED = "missed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    RETRACTED = "retracted"

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it without a person."""
        return self in {State.PLANNED, State.CLAIMED, State.IN_DOUBT}


class Kind(StrEnum):
    """Why a delivery has its slot; the order of claiming starts with it."""

    POST = "post"
    PIN = "pin"
    REMINDER = "reminder"
    SLOT = "slot"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKey:
    """A delivery's identity: `storm/channel/message/lang[.label][/part]`. Neither slot nor text is in it."""

    storm: str
    channel: str
    message: str
    tail: str
    part: int | None = None

    def __str__(self) -> str:
        key = f"{self.storm}/{self.channel}/{self.message}/{self.tail}"
        return key if self.part is None else f"{key}/{self.part}"


CANARY_STORM = "canary"
"""The storm that canaries are deliveries of; reports of storms leave it out."""

POST_STORM = "post"
"""The storm of posts that are written on the day."""

RESERVED_STORMS = frozenset({CANARY_STORM, POST_STORM})
"""The names of our own storms, which no schedule may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The exact text and media for one channel; what was composed is never altered afterwards.

    Attributes:
        link: Facebook's link field; None where the link is in the text or there is none.
        media: at most four images, or one GIF, or one video.
    """

    text: str
    link: str | None = None
    media: tuple[Media, ...] = ()
    reply_settings: str | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what readers would call the same post: text and link."""
        return hashlib.sha256(f"{self.text}\0{self.link or ''}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A slot of the plan with its fully rendered post.

    Attributes:
        slot_at: aware UTC.
        storm_on: the storm's date to which the slot belongs, in the storm's zone.
        window_end_at: until when a late one may be spread; None for pins.
        price_usd_micros: what the platform charges for publishing it, in millionths of a dollar.
        late, grace: the policy that holds for it.
    """

    key: DeliveryKey
    channel: ChannelId
    post: Post
    slot_at: datetime
    storm_on: date
    kind: Kind
    late: LatePolicy
    grace: timedelta
    priority: int = 0
    topic: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    window_end_at: datetime | None = None
    price_usd_micros: int = 0


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A variant that the plan found no slot for on a channel, and why.

    Attributes:
        hint: what can be done about it in the schedule; empty where the cause is not there.
    """

    variant: str
    channel: ChannelId
    reason: Phrase
    hint: Hint = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A storm's slots with their posts, before enrolment.

    Attributes:
        deliveries: ordered by slot, then channel, then key.
        spare: how many slots stayed empty, by channel.
    """

    storm_id: str
    deliveries: tuple[PlannedDelivery, ...]
    unplaced: tuple[Unplaced, ...] = ()
    spare: tuple[tuple[ChannelId, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A ceiling learned from response headers: how much is left of a window until its reset."""

    name: str
    limit: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The platform's receipt."""

    post_id: str
    url: str
    limits: tuple[RateLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Certainly not sent: no name, no connection, no TLS, or nothing was written."""

    reason: str
    limits: tuple[RateLimit, ...] = ()


MEDIA_GONE = "media gone"
"""Ends the code of a refusal since the platform does not know an attached upload any more."""

ALT_REFUSED = "alt text"
"""Ends the code of a refusal of what is said of a picture: a person may send the post without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform's no.

    Attributes:
        reason: in plain words, without secrets.
        code: the platform's code or problem type, with the HTTP status, for the record.
        for_good: False if the same post may be accepted later.
        retry_at: the earliest sensible retry by the platform's clock, where it told one.
        suspends: the channel must stop until a person acts (token dead, blocked, credits gone).
        probably_posted: refused as a duplicate: according to the platform, it is there.
    """

    reason: str
    code: str
    for_good: bool
    retry_at: datetime | None = None
    suspends: bool = False
    probably_posted: bool = False
    limits: tuple[RateLimit, ...] = ()


SAID_TO_STAND = "stands there"
"""Ends the code of a doubt that is a platform's refusal of a duplicate: according to it, the post is live."""

NOT_THERE_AFTER_ALL = "refused as a duplicate; it is not on the account"
"""Why a delivery failed that the platform refused as a duplicate, and that two readings did not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """Perhaps sent, and it is not known whether it was accepted."""

    reason: str
    code: str = ""
    limits: tuple[RateLimit, ...] = ()

    @property
    def is_said_to_stand(self) -> bool:
        """Whether the platform refused it as a duplicate: that tells of the post, not of the channel."""
        return self.code.endswith(SAID_TO_STAND)


Outcome = Delivered | NotSent | Refused | InDoubt


def mark(outcome: Outcome, about: str) -> Outcome:
    """Say at the end of a refusal's code what it is about, where it is one for good."""
    if isinstance(outcome, Refused) and outcome.for_good:
        return replace(outcome, code=f"{outcome.code} {about}")
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A runner's exclusive, expiring right to attempt a delivery, with all that the attempt needs.

    Attributes:
        attempt_id: the attempt row, committed before the request.
        token: random, proves on every write that the claim is still ours.
        reply_to: the platform id of the thread's previous part; None if not a thread.
    """

    key: str
    storm_id: str
    channel: ChannelId
    message_id: str
    post: Post
    slot_at: datetime
    kind: Kind
    attempt_id: int
    token: str
    lease_until: datetime
    runner_id: str
    reply_to: str | None = None

    @property
    def request_key(self) -> str:
        """What all attempts of the delivery are known by to its platform: the digest of its identity."""
        return hashlib.sha256(self.key.encode()).hexdigest()


class SendForbidden(Exception):  # noqa: N818 - it is not an error: it is an answer
    """Raised by the last check between connect and first byte: halted, lease lost, token replaced."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


RAISE = "raise budget_usd in the schedule, then: stormctl launch SCHEDULE"
"""What a person can do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A storm's budget, in millionths of a US dollar.

    Attributes:
        spent_usd_micros: for what was sent, what is in doubt included, and for readings.
        unpaid: how many planned deliveries cost more than what is left; they are not sent.
    """

    usd_micros: int
    spent_usd_micros: int
    unpaid: int

    def describe(self) -> str:
        """Say what the budget does not pay for, to stand after “the”; empty while it suffices."""
        if not self.unpaid:
            return ""
        budget, spent = format_usd(self.usd_micros), format_usd(self.spent_usd_micros)
        posts = count(self.unpaid, "post is", "posts are")
        return f"budget of {budget} is spent ({spent} so far): {posts} not sent"
