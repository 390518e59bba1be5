"""Make the adapters of channels from the environment's credentials, and anew from rewritten ones."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.platforms.channel import Platform
from stormctl.engine.base.clocks import read_wall_clock
from stormctl.engine.base.equipment import Rewriting
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.rewriting import Rewritten
    from stormctl.environment import Environment
    from stormctl.platforms.adapter import PlatformAdapter
    from stormctl.platforms.x.adapter import XIdentity
    from stormctl.settings import Settings


class RewritableSource(Protocol):
    """A source of credentials that somebody may rewrite."""

    def look(self) -> Rewritten | None:
        """Return what is new; None where nothing is."""


class EnvironmentAdapters:
    """Two adapters for each channel that has credentials, made when they are first asked for.

    Rewritten credentials wait beside those in use until `accept`: nothing is published with credentials
    whose account nobody has looked at.

    Args:
        file: the `.env` to watch; None if nobody rewrites it (in a rehearsal, or for a single command).
    """

    def __init__(self, environment: Environment, file: RewritableSource | None = None) -> None:
        self._environment = environment
        self._file = file
        self._used: dict[ChannelId, _Pair] = {}
        self._lock = threading.Lock()
        self.candidates = Candidates(self)
        self._waiting: dict[ChannelId, _Pair] = {}

    def publisher(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for publishing; CredentialsError if it has no credentials."""
        with self._lock:
            return self._get(channel).publisher

    def reader(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for everything else; CredentialsError as above."""
        with self._lock:
            return self._get(channel).reader

    def look(self) -> Rewriting | None:
        """See whether credentials were rewritten; None where there is nothing new."""
        rewritten = self._file.look() if self._file is not None else None
        if rewritten is None:
            return None
        if rewritten.environment is None:
            return Rewriting((), rewritten.remarks, is_read=False)
        with self._lock:
            self._environment = rewritten.environment
            for pair in self._waiting.values():
                pair.close()
            self._waiting.clear()
            changed = [c for c, pair in self._used.items() if pair.found != self._find(c)[0]]
        return Rewriting(tuple(changed), rewritten.remarks, is_read=True)

    def get_candidate(self, channel: ChannelId) -> PlatformAdapter:
        """Return an adapter with the newest credentials, to ask whose they are; CredentialsError as above."""
        with self._lock:
            used, found = self._used.get(channel), self._find(channel)[0]
            if used is None or used.found == found:
                return self._get(channel).reader
            if channel not in self._waiting:
                self._waiting[channel] = self._make(channel)
            return self._waiting[channel].reader

    def accept(self, channel: ChannelId) -> bool:
        """Use the newest credentials from the next request on; whether they are others than before.

        Requests that are under way are finished with those of before, and their connections closed then.
        """
        with self._lock:
            fresh = self._waiting.pop(channel, None)
            if fresh is None:
                return False
            before, self._used[channel] = self._used[channel], fresh
        before.close()
        return True

    def close(self) -> None:
        """Close every adapter that was made."""
        for pair in (*self._used.values(), *self._waiting.values()):
            pair.close()

    def _get(self, channel: ChannelId) -> _Pair:
        if channel not in self._used:
            self._used[channel] = self._make(channel)
        return self._used[channel]

    def _find(self, channel: ChannelId) -> tuple[dict[str, str], tuple[str, ...]]:
        return self._environment.find_credentials(channel)

    def _make(self, channel: ChannelId) -> _Pair:
        settings = self._environment.settings
        settings.check_destination(channel)
        found, missing = self._find(channel)
        if missing:
            raise CredentialsError(
                f"no credentials for {channel}: {', '.join(missing)} not set",
                f"Sign in: {sign_in_command(channel)}, or put them in .env as .env.example explains.",
            )
        return _Pair(channel, found, settings)


class Candidates:
    """The adapters with the newest credentials, accepted or not: for asking whose they are."""

    def __init__(self, adapters: EnvironmentAdapters) -> None:
        self._adapters = adapters

    def reader(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter; CredentialsError if it has no credentials."""
        return self._adapters.get_candidate(channel)


class _Pair:
    """A channel's two adapters from one set of credentials; they share what was learnt of the account."""

    def __init__(self, channel: ChannelId, found: dict[str, str], settings: Settings) -> None:
        self.found = found
        self._identity: XIdentity | None = None
        self.publisher = self._make(channel, found, settings)
        self.reader = self._make(channel, found, settings)

    def close(self) -> None:
        """Let go of connections; one in use is closed when its request is finished."""
        self.publisher.close()
        self.reader.close()

    def _make(self, channel: ChannelId, found: Mapping[str, str], settings: Settings) -> PlatformAdapter:
        from stormctl.platforms.credentials import FacebookCredentials, XCredentials

        given = {field.lower(): value for field, value in found.items()}
        place: dict[str, Any] = {
            "base_url": settings.base_url(channel),
            "request_limit": settings.request_limit,
            "now": read_wall_clock,
            "allowed_hosts": settings.allowed_hosts,
        }
        match channel.platform:
            case Platform.X:
                from stormctl.platforms.x.adapter import XAdapter, XIdentity

                self._identity = self._identity or XIdentity()
                return XAdapter(channel, XCredentials(**given), me=self._identity, **place)
            case Platform.FACEBOOK:
                from stormctl.platforms.facebook.adapter import FacebookAdapter

                return FacebookAdapter(channel, FacebookCredentials(**given), **place)
            case _:
                assert_never(channel.platform)
