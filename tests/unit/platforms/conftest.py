"""Adapters of both platforms, pointed at a server that does what a test tells it to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.platforms.credentials import FacebookCredentials, XCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
from stormctl.platforms.x.adapter import XAdapter
from tests.unit.platforms.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 12, 18, 12, 0, tzinfo=UTC)
LIMIT = timedelta(seconds=5)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server."""
    server = ScriptedServer()
    yield server
    server.stop()


@pytest.fixture
def x(server: ScriptedServer) -> Iterator[XAdapter]:
    """An X account on the scripted server; waiting for media processing takes no time."""
    adapter = XAdapter(
        parse_channel_id("x:migrants-day"),
        XCredentials(
            consumer_key="consumer-key-1",
            consumer_secret="consumer-secret-2",  # noqa: S106 - throw-away
            access_token="access-token-3",  # noqa: S106 - throw-away
            access_token_secret="access-secret-4",  # noqa: S106 - throw-away
        ),
        base_url=server.base_url,
        request_limit=LIMIT,
        now=lambda: NOW,
        wait=lambda _seconds: None,
    )
    yield adapter
    adapter.close()


@pytest.fixture
def page(server: ScriptedServer) -> Iterator[FacebookAdapter]:
    """A Facebook Page on the scripted server."""
    adapter = FacebookAdapter(
        parse_channel_id("facebook:migrants-day"),
        FacebookCredentials(
            page_id="1001",
            page_token="page-token-5",  # noqa: S106 - throw-away
            app_secret="app-secret-6",  # noqa: S106 - throw-away
            app_id="7007",
        ),
        base_url=server.base_url,
        request_limit=LIMIT,
        now=lambda: NOW,
    )
    yield adapter
    adapter.close()
