"""Through an office's proxy: a tunnel to the platform's host, under the one deadline, proved at its end."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.delivery import Delivered, NotSent
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.platforms.adapter import OutgoingPost
from stormctl.platforms.credentials import XCredentials
from stormctl.platforms.http.answers import PlatformAnswer, Silence
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.x.adapter import XAdapter
from tests.tunnels import ENOUGH_S, TlsServer, TunnelProxy, make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SDK_ORIGIN = "https://sdk.example.org"
HOST = "api.example.test"
"""A name that only the proxy can make anything of (RFC 6761: nobody has it)."""

URL = f"https://{HOST}"
FIELDS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
PATIENT = timedelta(seconds=10)
SHORT = timedelta(seconds=0.4)
WAY = "on the way through the proxy {} (HTTPS_PROXY)"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform's certificate, which is its own authority."""
    return make_certificate(tmp_path_factory.mktemp("authority"), f"DNS:{HOST}", "IP:127.0.0.1")


@pytest.fixture
def server(certificate: Path) -> Iterator[TlsServer]:
    """The platform."""
    server = TlsServer(certificate)
    yield server
    server.stop()


@pytest.fixture
def proxy(server: TlsServer, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TunnelProxy]:
    """The office's proxy and its authority, as the environment tells of them."""
    proxy = TunnelProxy(server.port)
    monkeypatch.setenv("HTTPS_PROXY", f"http://maria:p%40ss-w0rd@{proxy.address}")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("certificate.pem")))
    yield proxy
    proxy.stop()


@pytest.fixture
def asked_names(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The names that this process looks up."""
    names: list[object] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        names.append(host)
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def make_transport(limit: timedelta = PATIENT, url: str = URL) -> Transport:
    """Make a transport to the platform, which was allowed in the environment."""
    return Transport(SDK_ORIGIN, url, limit, allowed_hosts=frozenset({HOST}))


def post(transport: Transport, text: str = "a text") -> Any:
    """Return a call that posts with a token."""
    headers = {"Authorization": "Bearer s3cret-t0ken"}
    return lambda: transport.session.request("POST", f"{SDK_ORIGIN}/2/tweets", data=text, headers=headers)


def test_a_request_goes_through_the_tunnel_and_is_proved_at_its_end(
    server: TlsServer, proxy: TunnelProxy, asked_names: list[object]
) -> None:
    """The proxy learns the host and who asks; the platform gets the request; no name is looked up here."""
    server.reply({"data": {"id": "7"}}, 201)
    transport, seen = make_transport(), []

    answer = transport.perform(
        post(transport), before_send=lambda: seen.append((len(proxy.asked), len(server.requests)))
    )

    transport.close()
    assert isinstance(answer, PlatformAnswer)
    assert answer.at("data", "id") == "7"
    (head,) = proxy.asked
    assert head.startswith(f"CONNECT {HOST}:443 HTTP/1.")
    assert "Proxy-Authorization: Basic bWFyaWE6cEBzcy13MHJk\r\n" in head
    (request,) = server.requests
    assert (request.target, request.headers["host"]) == ("/2/tweets", HOST)
    assert request.headers["authorization"] == "Bearer s3cret-t0ken"
    assert "proxy-authorization" not in request.headers
    assert seen == [(1, 0)]  # the last check came once the tunnel stood, before the first byte
    assert b"s3cret" not in proxy.carried
    assert set(asked_names) == {"127.0.0.1"}


def test_an_account_posts_through_the_tunnel(server: TlsServer, proxy: TunnelProxy) -> None:
    """The SDK, its signature and the outcome are as they are without a proxy, and a refusal is not sent."""
    channel = parse_channel_id("x:acme")
    adapter = XAdapter(
        channel,
        XCredentials(**dict.fromkeys(FIELDS, "7-throw-away")),
        base_url=URL,
        request_limit=PATIENT,
        now=lambda: datetime(2026, 12, 18, tzinfo=UTC),
        allowed_hosts=frozenset({HOST}),
    )
    server.reply({"data": {"id": "7", "text": "one"}}, 201)

    sent = adapter.publish(OutgoingPost(text="one"), lambda: None)
    adapter.close()
    proxy.answer = b"HTTP/1.1 403 Forbidden\r\n\r\n"
    refused = adapter.publish(OutgoingPost(text="two"), lambda: None)

    adapter.close()
    assert isinstance(sent, Delivered)
    assert isinstance(refused, NotSent)
    assert len(server.requests) == 1


def test_a_tunnel_serves_again_and_is_opened_anew_when_it_was_idle(
    server: TlsServer, proxy: TunnelProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that was closed for its age finds its way through the proxy again, not to the proxy."""
    transport = make_transport()
    for _ in range(3):
        server.reply({})

    first, second = transport.perform(post(transport)), transport.perform(post(transport))
    tunnels = len(proxy.asked)
    monkeypatch.setattr("stormctl.platforms.http.wire.IDLE_LIMIT_S", -1.0)
    third = transport.perform(post(transport))

    transport.close()
    assert [type(answer) for answer in (first, second, third)] == [PlatformAnswer] * 3
    assert (tunnels, len(proxy.asked)) == (1, 2)
    assert [request.connection for request in server.requests] == [1, 1, 2]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "the answer was 407; it wants a user and a password",
        ),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!", "the answer was 403"),
        (b"HTTP/1.1 502 Bad gateway\r\n\r\n", "the answer was 502"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer is not HTTP"),
        (None, "no connection in time"),
    ],
)
def test_a_proxy_that_opens_no_way_leaves_no_doubt(
    server: TlsServer, proxy: TunnelProxy, answer: bytes | None, reason: str
) -> None:
    """What it was asked is not the request: nothing was sent, and who refused is told, without a password."""
    proxy.answer = answer
    transport, checks = make_transport(PATIENT if answer else SHORT), []

    outcome = transport.perform(post(transport), before_send=lambda: checks.append(1))

    transport.close()
    assert outcome == Silence(f"{reason}, {WAY.format(proxy.address)}", written=False)
    assert (checks, server.requests) == ([], [])


def test_a_proxy_that_drips_cannot_stretch_the_limit(server: TlsServer, proxy: TunnelProxy) -> None:
    """The one deadline counts from before the tunnel: headers without an end are given up with it."""
    proxy.answer, proxy.drips = b"HTTP/1.1 200 OK\r\n", True
    transport = make_transport(SHORT)

    outcome = transport.perform(post(transport))

    transport.close()
    assert outcome == Silence(f"no connection in time, {WAY.format(proxy.address)}", written=False)
    assert server.requests == []


def test_the_handshake_has_the_time_that_is_left(
    server: TlsServer, proxy: TunnelProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of one look at the deadline, which the reading of the proxy's answer leaves on the socket."""
    monkeypatch.setattr("stormctl.platforms.http.wire.LOOK_S", 0.000_01)
    server.reply({})
    transport = make_transport()

    answer = transport.perform(post(transport))

    transport.close()
    assert isinstance(answer, PlatformAnswer)
    assert len(proxy.asked) == 1


def test_a_proxy_that_is_not_there_is_named(proxy: TunnelProxy) -> None:
    """The platform is not blamed for it."""
    proxy.stop()
    transport = make_transport()

    outcome = transport.perform(post(transport))

    assert outcome == Silence(f"the connection was refused, {WAY.format(proxy.address)}", written=False)


def test_a_proxy_that_reads_along_gets_nothing(
    server: TlsServer, proxy: TunnelProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers in the platform's place, proved by an authority that nobody named, sees no request."""
    monkeypatch.delenv("SSL_CERT_FILE")
    proxy.answer = b"HTTP/1.1 200 Trust me\r\n\r\n"
    transport, checks = make_transport(), []

    outcome = transport.perform(post(transport), before_send=lambda: checks.append(1))

    transport.close()
    told = "the server's certificate is not trusted; a network with its own authority needs SSL_CERT_FILE"
    assert outcome == Silence(told, written=False)
    assert (checks, server.requests) == ([], [])


def test_what_a_proxy_holds_is_in_doubt_and_is_given_up_by_a_reset(
    server: TlsServer, proxy: TunnelProxy
) -> None:
    """Only the proxy's socket can be aborted: what it took may still arrive, which later readings find."""
    transport = make_transport(SHORT)

    outcome = transport.perform(post(transport), before_send=lambda: setattr(proxy, "is_holding", True))

    transport.close()
    assert proxy.ended.wait(ENOUGH_S)
    assert outcome == Silence("no answer within 0.4 s", written=True)
    assert proxy.endings == [ConnectionResetError]
    assert server.requests == []


@pytest.mark.parametrize("named", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_by_a_proxy(server: TlsServer, proxy: TunnelProxy, named: str) -> None:
    """Neither with TLS nor without, whatever NO_PROXY says."""
    server.reply({})
    transport = make_transport(url=server.base_url.replace("http://127.0.0.1", f"https://{named}"))

    transport.perform(post(transport))

    transport.close()
    assert proxy.asked == []


def test_an_authority_counts_without_a_proxy(
    server: TlsServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE comes before SSL_CERT_FILE, as requests has it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_name("certificate.pem")))
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    server.reply({})
    transport = make_transport(url=server.base_url.replace("http:", "https:"))

    answer = transport.perform(post(transport))

    transport.close()
    assert isinstance(answer, PlatformAnswer)
