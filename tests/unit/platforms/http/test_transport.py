"""The transport: where requests may go, when they count as sent, what leaks."""

from __future__ import annotations

import logging
import threading
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.delivery import InDoubt, NotSent, SendForbidden
from stormctl.errors import CredentialsError
from stormctl.platforms.http.answers import PlatformAnswer, Silence, plain, read_count
from stormctl.platforms.http.timestamps import read_steady_clock
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.http.wire import WRITE_BYTES, WireAdapter
from stormctl.platforms.http.wire_request import CURRENT, WireRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.platforms.scripted import ScriptedServer

SDK_ORIGIN = "https://sdk.example.org"
SHORT = timedelta(seconds=0.5)
OK = {"ok": True}


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    """A transport to the scripted server, with little patience."""
    transport = Transport(SDK_ORIGIN, server.base_url + "/x", SHORT, secrets=["hidden token"])
    yield transport
    transport.close()


def get(transport: Transport, path: str = "/2/posts?access_token=hidden+token") -> Callable[[], object]:
    """Return the call that an SDK would make."""
    return lambda: transport.session.get(SDK_ORIGIN + path)


def assert_set(event: threading.Event) -> None:
    """Wait for the other side."""
    assert event.wait(5)


def wait_in_vain(span: timedelta) -> None:
    """Let time pass as a ledger that is locked does."""
    threading.Event().wait(span.total_seconds())


def test_sdk_origin_is_replaced(server: ScriptedServer, transport: Transport) -> None:
    """A request to the SDK's own host goes to the base address, under its path."""
    server.reply(OK)

    answer = transport.perform(get(transport, "/2/posts?a=b"))

    assert isinstance(answer, PlatformAnswer)
    assert (answer.status, answer.body) == (200, OK)
    assert server.requests[0].target == "/x/2/posts?a=b"


def test_other_addresses_are_out_of_reach(server: ScriptedServer, transport: Transport) -> None:
    """An SDK that wants to go anywhere else is stopped before it connects."""
    silence = transport.perform(lambda: transport.session.get(server.base_url + "/elsewhere"))

    assert Silence("the request was to leave the configured host", written=False) == silence
    assert server.connections == 0


def test_nothing_is_sent_outside_an_exchange(server: ScriptedServer, transport: Transport) -> None:
    """The session refuses to work without deadline and check."""
    with pytest.raises(LookupError):
        transport.session.get(SDK_ORIGIN + "/2/posts")

    assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: ScriptedServer, transport: Transport, status: int) -> None:
    """A redirect is an answer like any other, and its target is never asked."""
    server.reply(b"", status, Location=f"{server.base_url}/x/other")

    answer = transport.perform(lambda: transport.session.post(SDK_ORIGIN + "/2/posts", json={}))

    assert isinstance(answer, PlatformAnswer)
    assert status == answer.status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "head",
    [b"H", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_a_dripping_server_cannot_stretch_the_limit(
    server: ScriptedServer, transport: Transport, head: bytes
) -> None:
    """However slowly an answer drips, the limit for the whole request ends it in doubt."""
    server.drip(head)

    silence = transport.perform(get(transport))

    assert Silence("no answer within 0.5 s", written=True) == silence


def test_a_silent_server_leaves_doubt(server: ScriptedServer, transport: Transport) -> None:
    """A server that reads and never answers may have acted."""
    server.keep_silent()

    silence = transport.perform(get(transport))

    assert Silence("no answer within 0.5 s", written=True) == silence
    assert InDoubt(reason="no answer within 0.5 s", code="no answer") == silence.outcome


def test_an_answer_that_breaks_off_leaves_doubt(server: ScriptedServer, transport: Transport) -> None:
    """Half a body is no answer."""
    server.raw(b'HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{"data":')

    silence = transport.perform(get(transport))

    assert Silence("the answer broke off", written=True) == silence


def test_interim_answers_are_passed_over(server: ScriptedServer, transport: Transport) -> None:
    """Hints and processing come before the answer, and the next request gets its own."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    server.raw(interim + b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", then_close=False)
    server.reply(OK)

    answers = [transport.perform(get(transport)) for _ in range(2)]

    assert [(a.status, a.body) for a in answers if isinstance(a, PlatformAnswer)] == [(201, {}), (200, OK)]


CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b'5;note=1\r\n{"ok"\r\n6\r\n: true\r\n1\r\n}\r\n0\r\nsum: 1\r\n\r\n'
)
OLD = b'HTTP/1.0 200 OK\r\n\r\n{"ok": true}'
KEPT = b'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 12\r\n\r\n{"ok": true}'


@pytest.mark.parametrize(
    ("raw", "then_close", "connections"),
    [(CHUNKED, False, 1), (OLD, True, 2), (KEPT, False, 1)],
    ids=["chunks", "HTTP/1.0 until the end", "HTTP/1.0 kept alive"],
)
def test_other_servers_answer_in_other_ways(
    server: ScriptedServer, transport: Transport, raw: bytes, then_close: bool, connections: int
) -> None:
    """In chunks with a trailer, or as of old; without a date, a type or a capital letter."""
    server.raw(raw, then_close=then_close)
    server.reply(OK)

    answers = [transport.perform(get(transport)) for _ in range(2)]

    assert [a.body for a in answers if isinstance(a, PlatformAnswer)] == [OK, OK]
    assert server.connections == connections


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"SMTP ready\r\n\r\n", "the answer is not HTTP"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            "the request failed (error)",
        ),
    ],
    ids=["not HTTP", "not gzip"],
)
def test_an_unreadable_answer_leaves_doubt(
    server: ScriptedServer, transport: Transport, raw: bytes, reason: str
) -> None:
    """What can't be decoded is no answer, and no exception either."""
    server.raw(raw)

    silence = transport.perform(get(transport))

    assert Silence(reason, written=True) == silence


def test_a_refused_connection_is_not_sent() -> None:
    """Where nobody listens, nothing was sent."""
    transport = Transport(SDK_ORIGIN, "http://127.0.0.1:9", SHORT)

    silence = transport.perform(get(transport))

    assert isinstance(silence, Silence)
    assert NotSent(reason="the connection was refused") == silence.outcome


def test_a_failed_handshake_is_not_sent(server: ScriptedServer) -> None:
    """Where TLS fails, nothing was sent, and the check before sending was not made."""
    transport = Transport(SDK_ORIGIN, server.base_url.replace("http:", "https:"), SHORT)
    checks: list[str] = []

    silence = transport.perform(get(transport), before_send=lambda: checks.append("checked"))

    assert isinstance(silence, Silence)
    assert not silence.written
    assert checks == []
    transport.close()


def test_the_check_comes_between_connect_and_first_byte(server: ScriptedServer, transport: Transport) -> None:
    """When the check is made, the server has accepted the connection and received nothing."""
    server.reply(OK)
    seen: list[tuple[bool, int]] = []

    def check() -> None:
        seen.append((server.accepted.wait(5), server.received))

    transport.perform(get(transport), before_send=check)

    assert seen == [(True, 0)]
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", [SendForbidden("halted"), TimeoutError("ledger"), ValueError("ledger")])
def test_what_the_check_raises_passes_through(
    server: ScriptedServer, transport: Transport, error: Exception
) -> None:
    """The check's own exception comes out as it is, and not a byte was written."""

    def check() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        transport.perform(get(transport), before_send=check)

    assert error is caught.value
    assert server.received == 0


def test_an_exchange_carries_one_request(server: ScriptedServer, transport: Transport) -> None:
    """A second request in one call is refused: nothing is repeated behind our back."""
    server.reply(OK)
    server.reply(OK)

    def twice() -> None:
        get(transport)()
        get(transport)()

    transport.perform(twice)

    assert len(server.requests) == 1


def test_a_connection_is_used_again(server: ScriptedServer, transport: Transport) -> None:
    """Requests that follow each other share a connection."""
    server.reply(OK)
    server.reply(OK)

    transport.perform(get(transport))
    transport.perform(get(transport))

    assert [request.connection for request in server.requests] == [1, 1]


def test_an_idle_connection_is_not_used_again(
    server: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its idle time a connection is replaced before the check, though it still stands."""
    monkeypatch.setattr("stormctl.platforms.http.wire.IDLE_LIMIT_S", 0.0)
    server.reply(OK)
    server.reply(OK)

    transport.perform(get(transport))
    transport.perform(get(transport))

    assert [request.connection for request in server.requests] == [1, 2]


def test_a_connection_that_the_server_closed_causes_no_doubt(
    server: ScriptedServer, transport: Transport
) -> None:
    """A server that hangs up between two requests costs a new connection, not a doubtful post."""
    server.reply(OK, then_close=True)
    server.reply(OK)

    transport.perform(get(transport))
    assert server.closed.wait(5)
    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)
    assert [request.connection for request in server.requests] == [1, 2]


def test_what_publishes_nothing_is_asked_again_where_a_used_connection_is_closed_on_it(
    server: ScriptedServer, transport: Transport
) -> None:
    """A server that hangs up without a word while a request is on its way costs no upload and no reading."""
    server.reply(OK)
    server.drop()
    server.reply(OK)

    answers = [transport.perform(get(transport)) for _ in range(2)]

    assert [answer.status for answer in answers if isinstance(answer, PlatformAnswer)] == [200, 200]
    assert [request.connection for request in server.requests] == [1, 1, 2]


def test_a_post_is_never_asked_again_and_a_hasty_server_meets_new_connections(
    server: ScriptedServer, transport: Transport
) -> None:
    """A post whose used connection is closed on it is in doubt, once: the next ones get their own."""
    for _ in range(2):
        server.reply(OK)
    server.drop()
    for _ in range(2):
        server.reply(OK)

    answers = [transport.perform(get(transport), before_send=lambda: None) for _ in range(5)]

    assert Silence("the connection was closed without an answer", written=True) == answers[2]
    assert [request.connection for request in server.requests] == [1, 1, 1, 2, 3]


def test_a_new_connection_that_is_closed_is_not_tried_again(
    server: ScriptedServer, transport: Transport
) -> None:
    """A server that hangs up on the first request of a connection means it."""
    server.drop()

    silence = transport.perform(get(transport))

    assert Silence("the connection was closed without an answer", written=True) == silence
    assert len(server.requests) == 1


def test_a_connection_closed_during_the_check_is_not_sent(
    server: ScriptedServer, transport: Transport
) -> None:
    """A used connection that breaks while the check runs is not written to."""
    server.reply(OK)
    transport.perform(get(transport))
    server._actions.append(lambda _conn: False)
    checks: list[bool] = []

    def check() -> None:
        server.stop()
        checks.append(server.closed.wait(5))

    silence = transport.perform(get(transport), before_send=check)

    assert checks == [True]
    assert Silence("the connection was lost", written=False) == silence


def test_a_connection_that_is_reset_before_the_first_byte_is_not_sent(
    server: ScriptedServer, transport: Transport
) -> None:
    """Where the operating system takes no byte from us, nothing was sent."""
    server.hang_up_at_once()

    silence = transport.perform(get(transport), before_send=lambda: assert_set(server.accepted))

    assert isinstance(silence, Silence)
    assert not silence.written


class RecordingSocket:
    """Takes whatever it is given, and keeps the pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def settimeout(self, _seconds: float | None) -> None:
        """Take any limit."""

    def setsockopt(self, *_option: object) -> None:
        """Take any option."""

    def send(self, data: memoryview) -> int:
        """Take a piece, whole."""
        self.pieces.append(bytes(data))
        return len(data)


@pytest.mark.parametrize(
    ("size", "pieces"),
    [
        pytest.param(280, 1, id="a post"),
        pytest.param(3 * WRITE_BYTES + 1, 5, id="a part of a video"),
    ],
)
def test_a_small_request_leaves_in_one_piece(size: int, pieces: int) -> None:
    """Head and body of a post arrive together or not at all; what is big leaves in pieces, in order."""
    sock, body = RecordingSocket(), b"x" * size
    connection: Any = (
        WireAdapter().poolmanager.connection_from_url("http://127.0.0.1").ConnectionCls("127.0.0.1")
    )
    connection.sock = sock
    token = CURRENT.set(WireRequest(SHORT))

    connection.request("POST", "/", body, {"Content-Length": str(size)})

    CURRENT.reset(token)
    head, _, rest = b"".join(sock.pieces).partition(b"\r\n\r\n")
    assert (head[:15], rest == body, len(sock.pieces)) == (b"POST / HTTP/1.1", True, pieces)


def test_a_check_that_takes_too_long_is_not_sent(server: ScriptedServer, transport: Transport) -> None:
    """When the request took too long before its first byte, none is written."""
    silence = transport.perform(get(transport), before_send=lambda: wait_in_vain(SHORT))

    assert Silence("no connection in time", written=False) == silence
    assert server.received == 0


class Sleepy:
    """A clock that leaps by an hour when it is read for the so-manieth time, as if the machine had slept."""

    def __init__(self, after: int) -> None:
        self._left = after

    def __call__(self) -> float:
        """Read it."""
        self._left -= 1
        return 0.0 if self._left > 0 else 3_600.0


def test_sleep_counts_against_a_request(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that wakes in the middle of a wait gives the request up at once, and not after the rest."""
    patient = Transport(SDK_ORIGIN, server.base_url, timedelta(seconds=30))
    monkeypatch.setattr("stormctl.platforms.http.wire.LOOK_S", 0.05)
    monkeypatch.setattr("stormctl.platforms.http.wire_request.read_steady_clock", Sleepy(after=8))
    server.keep_silent()

    silence = patient.perform(get(patient), before_send=lambda: None)

    patient.close()
    assert Silence("no answer within 30 s", written=True) == silence


def test_a_connection_that_slept_is_not_used_again(
    server: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side has long forgotten it."""
    server.reply(OK)
    server.reply(OK)
    transport.perform(get(transport))

    monkeypatch.setattr("stormctl.platforms.http.wire.read_steady_clock", lambda: read_steady_clock() + 3_600)
    transport.perform(get(transport))

    assert [request.connection for request in server.requests] == [1, 2]


def test_a_byte_order_mark_is_no_part_of_an_answer(server: ScriptedServer, transport: Transport) -> None:
    """Some proxies put one before the JSON that they pass on."""
    server.reply(b'\xef\xbb\xbf{"ok": true}')

    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)
    assert answer.body == OK


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"NaN, maybe"])
def test_bodies_that_are_not_json_are_none(server: ScriptedServer, transport: Transport, body: bytes) -> None:
    """An answer's body is JSON or nothing, whatever its bytes."""
    server.reply(body, 502)

    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)
    assert (answer.status, answer.body) == (502, None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("7_8", "7_8"),
        (7, "7"),
        (0, "0"),
        ("", None),
        (True, None),
        (None, None),
        ("\ud800", None),
        ("7\n", None),
    ],
)
def test_an_id_is_what_can_be_shown(value: object, found: str | None) -> None:
    """What is no text in any encoding could be neither stored nor looked at."""
    assert PlatformAnswer(200, {}, {"data": {"id": value}}).id_at("data", "id") == found


def test_numbers_that_are_none_are_none(server: ScriptedServer, transport: Transport) -> None:
    """Some servers write what JSON has no word for: the rest of the answer counts all the same."""
    server.reply(b'{"id": 7, "a": NaN, "b": [-Infinity, 1e400], "c": 1.5}')

    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)
    assert answer.body == {"id": 7, "a": None, "b": [None, None], "c": 1.5}


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0),
        (7, 7),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (-1, None),
        (True, None),
        (1.5, None),
        ("7", None),
    ],
)
def test_a_count_is_what_a_ledger_can_hold(value: object, count: int | None) -> None:
    """Anything else would be refused by the database, with all that was read beside it."""
    assert read_count(value) == count


def test_secrets_are_blotted_out_of_answers(server: ScriptedServer, transport: Transport) -> None:
    """A platform that quotes our token back does not bring it into outcomes."""
    server.reply({"error": "bad token hidden token, hidden%20token, hidden+token"}, 400)

    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)
    assert answer.body == {"error": "bad token •••, •••, •••"}


def test_no_secret_in_logs_or_tracebacks(
    server: ScriptedServer, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    """With logging at DEBUG and a broken answer, the address with its token is nowhere."""
    caplog.set_level(logging.DEBUG)
    server.raw(b"HTTP/1.1 200 OK\r\nBroken header\r\nContent-Length: 0\r\n\r\n")
    server.drop()
    told: list[str] = []

    def check() -> None:
        raise SendForbidden("halted")

    transport.perform(get(transport))
    transport.perform(get(transport))
    try:
        transport.perform(get(transport), before_send=check)
    except SendForbidden:
        told.append(traceback.format_exc())

    assert len(told) == 1
    assert "hidden" not in caplog.text + told[0]


def test_cookies_are_not_kept(server: ScriptedServer, transport: Transport) -> None:
    """What a server sets as a cookie is not sent back."""
    server.reply(OK, Set_Cookie="id=1; Path=/")
    server.reply(OK)

    transport.perform(get(transport))
    transport.perform(get(transport))

    assert "cookie" not in server.requests[1].headers


def test_proxies_of_the_environment_are_not_used(
    server: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials go to the base address and not through a proxy that somebody set."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.reply(OK)

    answer = transport.perform(get(transport))

    assert isinstance(answer, PlatformAnswer)


@pytest.mark.parametrize(
    ("base_url", "is_official"),
    [
        ("https://api.x.com", True),
        ("https://graph.facebook.com/", True),
        ("http://127.0.0.1:8080/x", False),
        ("http://[::1]:8080", False),
        ("https://localhost", False),
        ("https://api.example.org", False),
    ],
)
def test_where_credentials_may_go(base_url: str, is_official: bool) -> None:
    """Official hosts, loopback, and a host that was allowed."""
    transport = Transport(SDK_ORIGIN, base_url, SHORT, allowed_hosts=frozenset({"api.example.org"}))

    assert is_official == transport.is_official


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.example.com",
        "https://api.x.com.example.org",
        "http://api.x.com",
        "http://api.example.org",
        "https://user:word@api.x.com",
        "https://api.x.com/?a=b",
        "ftp://127.0.0.1",
        "https://api.x.com:port",
        "api.x.com",
        "",
    ],
)
def test_where_credentials_may_not_go(base_url: str) -> None:
    """Every other host, and every host but loopback without TLS, is refused."""
    with pytest.raises(CredentialsError):
        Transport(SDK_ORIGIN, base_url, SHORT, allowed_hosts=frozenset({"api.example.org"}))


def test_a_bug_of_ours_stays_an_exception(transport: Transport) -> None:
    """What fails before the network was touched is not taken for an answer of the network."""

    def broken() -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        transport.perform(broken)


def test_a_call_without_a_request_is_a_bug(transport: Transport) -> None:
    """An SDK that sends nothing is not taken for a success."""
    with pytest.raises(RuntimeError, match="without making a request"):
        transport.perform(lambda: None)


def test_plain_makes_one_printable_line() -> None:
    """A platform's words can't move the cursor, break a line or fill a screen."""
    assert plain("a\n\tb \x1b[2Jc") == "a b [2Jc"
    assert len(plain("word " * 999)) == 300
