"""What the emulator holds of a request, and who may show its pages."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from stormctl.emulator.server import EmulatorThread, make_accounts
from tests.bounded import run_bounded


def pour(path: str) -> list[Any]:
    """Send a body without an end, in the emulator's own process; return whether it ended, and what lives."""
    with EmulatorThread(make_accounts(["x:acme", "facebook:acme"], 0)) as emulator:
        host, _, port = emulator.base_url.removeprefix("http://").partition(":")
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        piece = b"%x\r\n%s\r\n" % (1_000_000, bytes(1_000_000))
        sent = 0
        with socket.create_connection((host, int(port)), timeout=10) as conn:
            conn.sendall(head.encode())
            try:
                while sent < 1000:
                    conn.sendall(piece)
                    sent += 1
            except ConnectionError:
                pass  # it has read enough
        with requests.Session() as session:
            session.trust_env = False
            alive = session.get(f"{emulator.base_url}/_emulator/health", timeout=10).status_code
        return [sent < 200, alive]


@pytest.mark.parametrize(
    "path", ["/2/tweets", "/v26.0/me/feed", "/_emulator/faults", "/_emulator/clock", "/"]
)
def test_a_body_without_an_end_is_not_held(path: str) -> None:
    """32 million bytes are more than any request needs; the connection ends there."""
    assert run_bounded("tests.unit.emulator.test_bounds:pour", path, memory_mb=300) == [True, 200]


@pytest.mark.parametrize("path", ["/2/media/upload", "/_emulator/faults", "/v26.0/1/photos"])
def test_a_body_that_is_too_large_is_said_to_be(
    emulator: EmulatorThread, session: requests.Session, path: str
) -> None:
    """413, whoever is asked."""
    answer = session.post(emulator.base_url + path, data=bytes(32_000_001), timeout=20)

    assert (answer.status_code, answer.text) == (413, "The body is too large.\n")


@pytest.mark.parametrize("path", ["/", "/requests", "/acme/status/1"])
def test_no_page_is_shown_in_a_frame(emulator: EmulatorThread, session: requests.Session, path: str) -> None:
    """Another site could have a person press its buttons."""
    headers = session.get(emulator.base_url + path, timeout=10).headers

    assert headers["content-type"].startswith("text/html")
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
