"""Make the adapters of channels from the environment's credentials."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from stormctl.domain.channel import Platform
from stormctl.engine.clocks import read_wall_clock
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.domain.channel import ChannelId
    from stormctl.platforms.adapter import PlatformAdapter
    from stormctl.platforms.x import XIdentity
    from stormctl.settings import Environment, Settings


class EnvironmentAdapters:
    """Two adapters for each channel that has credentials, made when they are first asked for."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._made: dict[tuple[str, ChannelId], PlatformAdapter] = {}
        self._identities: dict[ChannelId, XIdentity] = {}
        self._lock = threading.Lock()

    def publisher(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for publishing; CredentialsError if it has no credentials."""
        return self._get("publisher", channel)

    def reader(self, channel: ChannelId) -> PlatformAdapter:
        """Return the channel's adapter for everything else; CredentialsError as above."""
        return self._get("reader", channel)

    def close(self) -> None:
        """Close every adapter that was made."""
        for adapter in self._made.values():
            adapter.close()

    def _get(self, use: str, channel: ChannelId) -> PlatformAdapter:
        with self._lock:
            if (use, channel) not in self._made:
                self._made[use, channel] = self._make(channel)
            return self._made[use, channel]

    def _make(self, channel: ChannelId) -> PlatformAdapter:
        settings = self._environment.settings
        settings.check_destination(channel.platform)
        found, missing = self._environment.find_credentials(channel)
        if missing:
            raise CredentialsError(
                f"no credentials for {channel}: {', '.join(missing)} not set",
                "Put them into .env (chmod 600) or the environment; .env.example explains them.",
            )
        if channel.platform is Platform.X:
            return self._make_x(channel, found, settings)
        return self._make_facebook(channel, found, settings)

    def _make_x(self, channel: ChannelId, found: Mapping[str, str], settings: Settings) -> PlatformAdapter:
        from stormctl.platforms.credentials import XCredentials
        from stormctl.platforms.x import XAdapter, XIdentity

        credentials = XCredentials(
            consumer_key=found["CONSUMER_KEY"],
            consumer_secret=found["CONSUMER_SECRET"],
            access_token=found["ACCESS_TOKEN"],
            access_token_secret=found["ACCESS_TOKEN_SECRET"],
        )
        return XAdapter(
            channel,
            credentials,
            base_url=settings.base_url(channel.platform),
            request_limit=settings.request_limit,
            now=read_wall_clock,
            allowed_hosts=settings.allowed_hosts,
            me=self._identities.setdefault(channel, XIdentity()),
        )

    def _make_facebook(
        self, channel: ChannelId, found: Mapping[str, str], settings: Settings
    ) -> PlatformAdapter:
        from stormctl.platforms.credentials import FacebookCredentials
        from stormctl.platforms.facebook import FacebookAdapter

        credentials = FacebookCredentials(
            page_id=found["PAGE_ID"],
            page_token=found["PAGE_TOKEN"],
            app_id=found.get("APP_ID"),
            app_secret=found.get("APP_SECRET"),
        )
        return FacebookAdapter(
            channel,
            credentials,
            base_url=settings.base_url(channel.platform),
            request_limit=settings.request_limit,
            now=read_wall_clock,
            allowed_hosts=settings.allowed_hosts,
        )
