"""What the engine is handed to work with: ledger, adapters, clock, durations, and who listens."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, Self

from stormctl.domain.base.event import StormEvent
from stormctl.domain.platforms.channel import Platform
from stormctl.engine.base.clocks import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.base.event import EventKind, Listener
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import PlatformAdapter
    from stormctl.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How patient machines are, in real time, whatever the storm's clock does.

    Attributes:
        settling: how long after a first reading of an account a second one proves something, by platform.
    """

    request_limit: timedelta = timedelta(seconds=10)
    lease: timedelta = timedelta(seconds=20)
    settling: Mapping[Platform, timedelta] = field(
        default_factory=lambda: {p: p.facts.settling for p in Platform}
    )
    sweep: timedelta = timedelta(seconds=1)
    heartbeat: timedelta = timedelta(seconds=5)
    upload_rest: timedelta = timedelta(seconds=15)

    @classmethod
    def by(cls, settings: Settings) -> Self:
        """Return the durations that the settings say."""
        return cls(
            request_limit=settings.request_limit,
            lease=settings.lease,
            settling={platform: settings.settling_of(platform) for platform in Platform},
            sweep=settings.sweep,
            heartbeat=settings.heartbeat,
        )

    @property
    def runner_timeout(self) -> timedelta:
        """After how long without a heartbeat a runner counts as gone."""
        return 3 * self.heartbeat

    def patience(self, settlings: int) -> timedelta:
        """Return how long a doubt is waited for: a request's limit, and so many settling times."""
        return self.request_limit + settlings * max(self.settling.values())


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What changed where credentials come from.

    Attributes:
        channels: in use, and their credentials are others now.
        remarks: lines for people.
        is_read: whether the change was taken in; if not, everything is as before.
    """

    channels: tuple[ChannelId, ...] = ()
    remarks: tuple[str, ...] = ()
    is_read: bool = True


class Readers(Protocol):
    """Where adapters to read with come from."""

    def reader(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for everything but publishing; CredentialsError if it has none."""


class Adapters(Readers, Protocol):
    """Where adapters come from: one to publish and one to read with, so that neither waits for the other."""

    @property
    def candidates(self) -> Readers:
        """The adapters with the newest credentials, accepted or not: for asking whose they are."""

    def publisher(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for publishing; CredentialsError if it has no credentials."""

    def look(self) -> Rewriting | None:
        """See whether credentials were rewritten; None where there is nothing new."""

    def accept(self, channel: ChannelId) -> bool:
        """Use the newest credentials from the next request on; whether they are others than before."""

    def close(self) -> None:
        """Close every adapter that was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Everything that a runner works with.

    Attributes:
        swept: called after each sweep that the ledger took.
    """

    ledger: Ledger
    adapters: Adapters
    clock: Clock
    listener: Listener
    durations: Durations = field(default_factory=Durations)
    swept: Callable[[], None] = lambda: None
    root: Path | None = None
    """The campaign folder, where videos are; None where there is none."""

    def tell(
        self,
        kind: EventKind,
        text: str,
        *,
        channel: ChannelId | None = None,
        storm_id: str | None = None,
        key: str | None = None,
        attempt_id: int | None = None,
        url: str | None = None,
    ) -> None:
        """Tell the listener what happened just now."""
        self.listener(
            StormEvent(
                kind=kind,
                at=self.clock.moment().at,
                text=text,
                storm_id=storm_id,
                channel=None if channel is None else str(channel),
                key=key,
                attempt_id=attempt_id,
                url=url,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A campaign folder with its settings and everything by them, or the stage of its rehearsal.

    Attributes:
        where: the ledger's place, for people.
        has_ledger: whether it exists; LedgerError if nobody can tell.
        open_ledger: opens it to publish from, and closes it; with `create=True` it is made if need be.
        clock: a rehearsal's; otherwise the ledger has one.
    """

    root: Path
    settings: Settings
    durations: Durations
    adapters: Adapters
    where: str
    has_ledger: Callable[[], bool]
    open_ledger: Callable[..., AbstractContextManager[Ledger]]
    clock: Clock | None = None

    def open_known(self) -> AbstractContextManager[Ledger | None]:
        """Open the ledger if there is one."""
        return self.open_ledger() if self.has_ledger() else nullcontext()

    def find_clock(self, ledger: Ledger | None) -> Clock:
        """Return the clock that counts: a ledger on a server has its own."""
        return self.clock or (SystemClock(ledger.clock_offset) if ledger is not None else SystemClock())

    def equip(self, ledger: Ledger, listener: Listener) -> Equipment:
        """Build a runner's equipment."""
        return Equipment(
            ledger=ledger,
            adapters=self.adapters,
            clock=self.find_clock(ledger),
            listener=listener,
            durations=self.durations,
            root=self.root,
        )


class Checkpoint(Protocol):
    """Called by name wherever a process may die, so that tests can kill it there."""

    def __call__(self, point: str, /) -> None:
        """Pass the point, or die."""


def pass_on(point: str) -> None:
    """Pass every point: what happens outside tests."""
