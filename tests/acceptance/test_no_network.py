"""Locked, or rehearsing, no process opens a connection that leaves this machine."""

from __future__ import annotations

import ipaddress
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow

WATCHER = """\
import os
import sys

EVENTS = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}


def watch(event, arguments):
    if event in EVENTS:
        called = event in {"socket.connect", "socket.sendto"}
        to = arguments[1] if called else arguments[0]
        if not called or isinstance(to, tuple):
            host = to[0] if called else to
            with open(os.environ["CONNECTIONS"], "a", encoding="utf-8") as log:
                log.write(f"{host}\\n")


sys.addaudithook(watch)
"""
"""Python's own audit, started with every process, the emulator's included; local sockets are left out."""

OFFICIAL = {f"STORMCTL_{platform.name}_BASE_URL": platform.facts.origin for platform in Platform}

CREDENTIALS = """\
STORMCTL_LIVE=1
STORMCTL_X_ACME_CONSUMER_KEY=madeupConsumerKey00000000
STORMCTL_X_ACME_CONSUMER_SECRET=madeupConsumerSecret00000000000000000000000000000000
STORMCTL_X_ACME_ACCESS_TOKEN=1500000000000000000-madeupAccessToken0000000000000
STORMCTL_X_ACME_ACCESS_TOKEN_SECRET=madeupAccessTokenSecret000000000000000000000
STORMCTL_FACEBOOK_ACME_PAGE_ID=100000000000001
STORMCTL_FACEBOOK_ACME_PAGE_TOKEN=EAAGmadeupPageToken
"""


class Connections:
    """The hosts that the campaign's processes have named or called."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(WATCHER, encoding="utf-8")
        self._log = folder / "connections.txt"
        proxy = "http://proxy.example.org:3128"  # whoever works behind one still rehearses here
        self.environment = {
            "PYTHONPATH": str(folder),
            "CONNECTIONS": str(self._log),
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
            "ALL_PROXY": proxy,
        }

    def hosts(self) -> set[str]:
        """Return each host once."""
        return set(self._log.read_text(encoding="utf-8").split()) if self._log.exists() else set()

    def strangers(self) -> set[str]:
        """Return the hosts that are not this machine."""
        return {host for host in self.hosts() if not _is_loopback(host)}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def connections(campaign: Campaign, tmp_path: Path) -> Connections:
    """What the campaign's processes connect to, behind a proxy that can't be reached."""
    watched = Connections(tmp_path / "watching")
    campaign.environment |= watched.environment
    return watched


@pytest.fixture
def official(stage: Campaign, connections: Connections) -> Campaign:
    """A launched storm whose ledger belongs to the real platforms, while the lock is on."""
    stage.run("launch", "--yes", "--detach")
    with closing(sqlite3.connect(stage.root / ".stormctl" / "ledger.db")) as database, database:
        for platform in Platform:
            values = (platform.facts.host, platform.value)
            database.execute("UPDATE hosts SET host = ? WHERE platform = ?", values)
    assert connections.hosts() == {"127.0.0.1"}
    stage.environment |= OFFICIAL | {"STORMCTL_LIVE": "0"}
    return stage


def test_a_locked_launch_calls_nobody(campaign: Campaign, connections: Connections) -> None:
    """With credentials and the real addresses, STORMCTL_LIVE=0 refuses before a name is even looked up."""
    env_file = campaign.root / ".env"
    env_file.write_text(CREDENTIALS, encoding="utf-8")
    env_file.chmod(0o600)

    done = campaign.run("launch", "--yes", expect=5, cwd=None, patience_s=50, **OFFICIAL)

    assert done.stderr.startswith(
        "error: STORMCTL_LIVE is not 1, which locks X: api.x.com is not on this machine\nhint: "
    )
    assert connections.hosts() == set()


def test_a_locked_tick_calls_nobody(official: Campaign, connections: Connections) -> None:
    """What was enrolled for the real platforms stays where it is, and cron is told that it can't go out."""
    done = official.run("tick", expect=5)

    assert "STORMCTL_LIVE is not 1, which locks X" in done.stderr
    assert connections.strangers() == set()


def test_a_locked_daemon_calls_nobody(official: Campaign, connections: Connections) -> None:
    """It says in one line how to unlock, and ends: nobody waits for what a locked daemon never sends."""
    done = official.run("daemon", expect=5)

    assert done.stderr.startswith("error: STORMCTL_LIVE is not 1, which locks X: api.x.com ")
    assert "\nhint: Set STORMCTL_LIVE=1 in .env for the day itself." in done.stderr
    assert connections.strangers() == set()


@pytest.mark.parametrize("command", ["tick", "daemon"])
def test_without_a_word_the_platforms_are_locked(
    official: Campaign, connections: Connections, command: str
) -> None:
    """Neither `.env` nor the environment names STORMCTL_LIVE, or it is empty: nobody is called."""
    done = official.run(command, expect=5, STORMCTL_LIVE="")

    assert "hint: Set STORMCTL_LIVE=1 in .env" in done.stderr
    assert connections.strangers() == set()


def test_a_rehearsal_calls_nobody(campaign: Campaign, connections: Connections) -> None:
    """Not even with credentials, the real addresses and STORMCTL_LIVE=1 in .env."""
    env_file = campaign.root / ".env"
    addresses = "".join(f"{name}={value}\n" for name, value in OFFICIAL.items())
    env_file.write_text(CREDENTIALS + addresses, encoding="utf-8")
    env_file.chmod(0o600)

    campaign.run("rehearse", "--speed", "5000", STORMCTL_LIVE="1")

    assert connections.hosts() == {"127.0.0.1"}
