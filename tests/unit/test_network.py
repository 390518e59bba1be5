"""What the environment tells of a network: its proxy, and whose certificates count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.environment import Environment, load_environment
from stormctl.errors import CredentialsError, ExitCode
from stormctl.network import find_proxy, load_authorities, read_proxy
from stormctl.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PROXY = "http://proxy.example.org:3128"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"HTTPS_PROXY": PROXY}, "proxy.example.org:3128 (HTTPS_PROXY)"),
        ({"https_proxy": "near.test:1", "HTTPS_PROXY": PROXY}, "near.test:1 (https_proxy)"),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "far.test"}, "far.test:80 (ALL_PROXY)"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:8080/"}, "[2001:db8::1]:8080 (HTTPS_PROXY)"),
        ({"HTTP_PROXY": PROXY}, "None"),
        ({}, "None"),
    ],
)
def test_the_environment_names_the_proxy(named: dict[str, str], told: str) -> None:
    """As curl and requests have it: small letters first, the general variable last, http:// understood."""
    assert str(read_proxy(named)) == told


@pytest.mark.parametrize(
    ("url", "no_proxy", "is_proxied"),
    [
        ("https://api.x.com", "", True),
        ("https://graph.facebook.com", "localhost,127.0.0.1", True),
        ("https://api.x.com", "x.com", False),
        ("https://api.x.com", "*", False),
        ("https://192.0.2.7", "192.0.2.0/24", False),
        ("http://monitor.example.org", "", False),
        ("https://localhost:8080", "", False),
        ("https://127.7.7.7", "", False),
        ("https://[::1]:8080", "", False),
    ],
)
def test_who_is_reached_by_a_proxy(
    url: str, no_proxy: str, is_proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is encrypted to its end and leaves this machine, except what NO_PROXY names."""
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert (find_proxy(url) is not None) is is_proxied


@pytest.mark.parametrize(
    "address",
    [
        "socks5h://u:s3cr3t@proxy.test:1080",
        "https://u:s3cr3t@proxy.test:3128",
        "http://u:s3cr3t@:3128",
        "http://u:s3cr3t@proxy.test:99999",
        "http://u:s3cr3t@[::1",
        "http://u:s3cr3t@a b:1",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(address: str) -> None:
    """In one line with a hint, which show nothing of its address."""
    with pytest.raises(CredentialsError) as caught:
        read_proxy({"HTTPS_PROXY": address})

    assert caught.value.exit_code == ExitCode.CREDENTIALS
    assert "HTTPS_PROXY" in caught.value.message
    assert "s3cr3t" not in caught.value.message + caught.value.hint
    assert "NO_PROXY" in caught.value.hint


def test_a_proxys_password_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is blotted out of every log, as it is written, as it is, and with its user."""
    monkeypatch.setenv("HTTPS_PROXY", "http://maria:p%40ss-w0rd@proxy.test:1")
    monkeypatch.setenv("http_proxy", "ana:other-word@near.test")

    proxy, secrets = read_proxy(), Environment(Settings(), {}).secrets()

    assert {"p%40ss-w0rd", "p@ss-w0rd", "maria:p@ss-w0rd", "other-word"} <= secrets
    assert "ss-w0rd" not in repr(proxy) + str(proxy)
    assert "bWFyaWE" not in repr(proxy)


def test_a_file_that_travels_names_neither(tmp_path: Path) -> None:
    """A pull request's or a colleague's .env must not decide who may read along."""
    env = tmp_path / ".env"
    env.touch(mode=0o600)
    env.write_text(f"HTTPS_PROXY={PROXY}\nSSL_CERT_FILE=/tmp/theirs.pem\n")

    load_environment(tmp_path)

    assert read_proxy() is None
    assert load_authorities("https://api.x.com") is None


def test_authorities_that_cannot_be_used_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent; an address without TLS needs none."""
    path = tmp_path / "office.pem"
    path.write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    with pytest.raises(CredentialsError) as caught:
        load_authorities("https://api.x.com")

    assert (
        caught.value.message == f"SSL_CERT_FILE names {path}, which can't be used: it contains no certificate"
    )
    assert load_authorities("http://127.0.0.1:8080") is None
