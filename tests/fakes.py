"""Stand-ins that keep the real interfaces: a clock that is told the time, platforms that answer by script."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import Delivered
from stormctl.platforms.adapter import Account, ReadFailed, Reading, SeenPost, Upload, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.base.event import EventKind, StormEvent
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.reach import MetricReading
    from stormctl.engine.base.equipment import Rewriting
    from stormctl.errors import StormctlError
    from stormctl.platforms.adapter import MediaFile, OutgoingPost

P = ParamSpec("P")
T = TypeVar("T")

NOON = datetime(2026, 12, 18, 17, 0, tzinfo=UTC)
"""Noon of the day in New York."""


class FakeClock:
    """A clock that stands still until it is moved; storm and wall time move together unless told apart."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.wall_at = at
        self.hurried_to: list[datetime | None] = []
        self._started_at = at
        self._set_by = timedelta()

    def moment(self) -> Moment:
        """Read the clock."""
        return Moment(self.at, self.wall_at)

    def move(self, by: timedelta) -> Moment:
        """Let time pass."""
        self.at += by
        self.wall_at += by
        return self.moment()

    def set_by(self, by: timedelta) -> Moment:
        """Set the clock ahead or back: no time passes."""
        self._set_by += by
        return self.move(by)

    def steady_s(self) -> float:
        """Return the seconds that passed, however the clock was set."""
        return (self.wall_at - self._started_at - self._set_by).total_seconds()

    def wait_until(self, due_at: datetime) -> float:
        """Return the seconds until `due_at`."""
        return max(0.0, (due_at - self.at).total_seconds())

    def hurry(self, find_next: Callable[[], datetime | None]) -> datetime | None:
        """Remember what was found."""
        self.hurried_to.append(find_next())
        return self.hurried_to[-1]


class FakePlatform:
    """One channel's account: it accepts posts unless a script says otherwise.

    Args:
        channel: whose account it is.
        account: its id.
        clock: by which it says when a post was made.

    Attributes:
        script: outcomes to answer with, first come first served; when it is empty, posts are accepted.
            A script's function is called with the post after `before_send`, and returns the outcome.
        posts: what the account really holds.
        sent: every post for which a request was really made.
        spans: from when to when it was read.
        lag: how old a post is when its lists show it first; they say that they are complete all the same.
        shows_all: whether it shows what lies outside of them, too: some servers that speak X's words do.
        removals: answers to deletions, first come first served; when it is empty, posts are deleted.
    """

    def __init__(self, channel: ChannelId, account: str = "1001", clock: Clock | None = None) -> None:
        self.channel = channel
        self.clock: Clock = clock or FakeClock()
        self.script: deque[Outcome | Callable[[OutgoingPost], Outcome]] = deque()
        self.posts: list[SeenPost] = []
        self.sent: list[OutgoingPost] = []
        self.uploaded: list[MediaFile] = []
        self.verification = Verification(account=Account(account, f"@{channel.name}", "http://127.0.0.1/"))
        self.unreadable: str | None = None
        self.incomplete: str | None = None
        self.readings = 0
        self.spans: list[tuple[datetime, datetime]] = []
        self.lag = timedelta()
        self.shows_all = False
        self._coming: list[tuple[datetime, OutgoingPost]] = []
        self.verifications = 0
        self.metrics: list[MetricReading] = []
        self.prepare_failure: Exception | None = None
        self.deleted: list[str] = []
        self.removals: deque[Outcome] = deque()

    def verify(self) -> Verification:
        """Answer as scripted."""
        self.verifications += 1
        return self.verification

    def prepare(self, media: MediaFile) -> Upload:
        """Take the media, or fail as scripted."""
        if self.prepare_failure is not None:
            raise self.prepare_failure
        self.uploaded.append(replace(media, content=media.content[:]))
        return Upload(f"media-{len(self.uploaded)}", None)

    def publish(self, post: OutgoingPost, before_send: Callable[[], None]) -> Outcome:
        """Connect, ask, and answer as scripted."""
        assert post.key, "every post of a delivery has the delivery's key"
        before_send()
        self.sent.append(post)
        answer = self.script.popleft() if self.script else self.accept
        return answer(post) if callable(answer) else answer

    def accept(self, post: OutgoingPost) -> Delivered:
        """Put the post on the account."""
        post_id = f"{self.channel.name}-{len(self.posts) + 1}"
        seen = SeenPost(
            post_id=post_id,
            url=f"http://127.0.0.1/{post_id}",
            text=post.text,
            created_at=self.clock.moment().at,
            link=post.link,
            media_count=len(post.media_ids),
            in_reply_to=post.in_reply_to,
        )
        self.posts.append(seen)
        return Delivered(post_id=post_id, url=seen.url)

    def accept_later(self, post: OutgoingPost, by: timedelta) -> None:
        """Put the post on the account in a while, although whoever sent it has hung up."""
        self._coming.append((self.clock.moment().at + by, post))

    def arrive(self) -> None:
        """Put on the account what it has accepted by now."""
        now = self.clock.moment().at
        for at, post in [coming for coming in self._coming if coming[0] <= now]:
            self._coming.remove((at, post))
            self.accept(post)

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Show what the account holds of a span, the newest first; the oldest is on a page of its own.

        What is incomplete lacks that page. A post that does not tell its time lies in every span.
        """
        self.spans.append((since, until))
        self.readings += 1
        if self.unreadable is not None:
            raise ReadFailed(self.unreadable)
        self.arrive()
        newest = min(until, self.clock.moment().at - self.lag)
        found = [
            post
            for post in reversed(self.posts)
            if self.shows_all or post.created_at is None or since <= post.created_at <= newest
        ]
        if self.incomplete is not None:
            return Reading(tuple(found[:-1]), complete=False, reason=self.incomplete)
        return Reading(tuple(found), complete=True)

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Answer as scripted."""
        if self.unreadable is not None:
            raise ReadFailed(self.unreadable)
        return tuple(metric for metric in self.metrics if metric.post_id in post_ids)

    def delete(self, post_id: str) -> Outcome:
        """Take a post off the account, or answer as scripted."""
        if self.removals:
            return self.removals.popleft()
        self.deleted.append(post_id)
        self.posts = [post for post in self.posts if post.post_id != post_id]
        return Delivered(post_id=post_id, url="")

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class FakePlatforms:
    """The adapters of several channels.

    Attributes:
        withheld: channels without usable credentials, and what is raised for them.
        rewritten: what the newest credentials of a channel lead to, until they are accepted.
        news: what the next looks bring.
        clock: the platforms'.
    """

    channels: Sequence[ChannelId]
    platforms: dict[ChannelId, FakePlatform] = field(default_factory=dict)
    withheld: dict[ChannelId, StormctlError] = field(default_factory=dict)
    rewritten: dict[ChannelId, FakePlatform] = field(default_factory=dict)
    news: deque[Rewriting] = field(default_factory=deque)
    clock: Clock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        for number, channel in enumerate(self.channels):
            self.platforms[channel] = FakePlatform(channel, str(1001 + number), self.clock)

    def publisher(self, channel: ChannelId) -> FakePlatform:
        """Return the channel's platform, if it has credentials."""
        if channel in self.withheld:
            raise self.withheld[channel]
        return self.platforms[channel]

    def reader(self, channel: ChannelId) -> FakePlatform:
        """Return the channel's platform, if it has credentials."""
        if channel in self.withheld:
            raise self.withheld[channel]
        return self.platforms[channel]

    @property
    def candidates(self) -> FakeCandidates:
        """The platforms that the newest credentials lead to."""
        return FakeCandidates(self)

    def look(self) -> Rewriting | None:
        """Tell the next news."""
        return self.news.popleft() if self.news else None

    def accept(self, channel: ChannelId) -> bool:
        """Use the newest credentials."""
        if channel not in self.rewritten:
            return False
        self.platforms[channel] = self.rewritten.pop(channel)
        return True

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class FakeCandidates:
    """What the newest credentials lead to."""

    platforms: FakePlatforms

    def reader(self, channel: ChannelId) -> FakePlatform:
        """Return the channel's platform, if it has credentials."""
        before = self.platforms.reader(channel)
        return self.platforms.rewritten.get(channel, before)


class Events:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.all: list[StormEvent] = []

    def __call__(self, event: StormEvent) -> None:
        """Take note."""
        self.all.append(event)

    def texts(self, kind: EventKind) -> list[str]:
        """Return what was told of one kind."""
        return [event.text for event in self.all if event.kind is kind]


class Walked(tuple[T, ...]):  # noqa: SLOT001 - it counts
    """A tuple that counts how often it is gone through."""

    walks = 0

    def __iter__(self) -> Iterator[T]:
        """Go through it once more."""
        self.walks += 1
        return super().__iter__()


def noting(function: Callable[P, T], calls: list[tuple[Any, ...]]) -> Callable[P, T]:
    """Return a function that does the same, and notes what it is called with."""

    def noted(*arguments: P.args, **options: P.kwargs) -> T:
        calls.append(arguments)
        return function(*arguments, **options)

    return noted
