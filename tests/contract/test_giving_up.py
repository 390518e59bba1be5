"""What was given up does not arrive later: a proxy withholds bytes, processes die with their requests."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.delivery import InDoubt
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.platforms.adapter import OutgoingPost
from stormctl.platforms.http.answers import Silence
from stormctl.platforms.http.transport import Transport
from tests.contract.practice import Practice
from tests.tunnels import make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = timedelta(seconds=0.3)
ENOUGH_S = 10.0
CHANNELS = ["x:migrants-day", "x:north-coalition", "facebook:migrants-day", "facebook:north-coalition"]

ROOM = 2048
"""Bytes that the proxy's system takes in for it while it reads nothing: about as many on any system."""

HELD = "A text that is longer than what fits into the proxy. " * 200
"""Of which the rest stays with the sender."""

CHILD = """
import sys
from datetime import timedelta
from stormctl.platforms.http.transport import Transport

transport = Transport("https://sdk.example.org", sys.argv[1], timedelta(seconds=float(sys.argv[2])))
transport.perform(
    lambda: transport.session.post("https://sdk.example.org/2/tweets", data="x" * 12_000),
    before_send=lambda: None,
)
"""


class Withholding:
    """A proxy that reads nothing at first, and then passes on what it gets.

    Attributes:
        got: how many bytes came of each connection, and by what error it ended, None if in good order.
    """

    def __init__(self, target: str | None = None) -> None:
        self.got: list[tuple[int, type[OSError] | None]] = []
        self._target = target and ("127.0.0.1", int(target.rpartition(":")[2]))
        self._open: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def await_bytes(self, connections: int) -> None:
        """Wait until a byte has come on each of so many connections."""
        pause = threading.Event()
        for _ in range(int(ENOUGH_S * 100)):
            if len(self._open) >= connections and all(_has_bytes(near) for near in self._open):
                return
            pause.wait(0.01)
        pytest.fail("no byte came")

    def let_go(self) -> None:
        """Read every connection to its end, and pass on what it holds."""
        for near in self._open:
            far = socket.create_connection(self._target) if self._target else None
            count, end = drain(near, far)
            self.got.append((count, end))
            if far is not None:
                with suppress(OSError), far:
                    far.shutdown(socket.SHUT_WR)
                    far.settimeout(1)
                    while far.recv(65_536):
                        pass
        self._open.clear()

    def close(self) -> None:
        """Take no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._open.append(self._listener.accept()[0])


def _has_bytes(near: socket.socket) -> bool:
    near.setblocking(False)
    try:
        return bool(near.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def drain(near: socket.socket, far: socket.socket | None = None) -> tuple[int, type[OSError] | None]:
    """Read a connection to its end; return how many bytes came, and the error that ended it."""
    near.settimeout(ENOUGH_S)
    count = 0
    with near:
        try:
            while data := near.recv(65_536):
                count += len(data)
                if far is not None:
                    far.sendall(data)
        except OSError as error:
            return count, type(error)
    return count, None


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorThread]:
    """An emulator of two channels on each platform."""
    with EmulatorThread(make_accounts(CHANNELS, seed=7)) as emulator:
        yield emulator


@pytest.fixture
def proxies() -> Iterator[Callable[..., Withholding]]:
    """What makes proxies that withhold."""
    made: list[Withholding] = []

    def make(target: str | None = None) -> Withholding:
        made.append(Withholding(target))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_a_proxy_did_not_get_before_we_gave_up_never_arrives(
    emulator: EmulatorThread, proxies: Callable[..., Withholding], channel: str
) -> None:
    """What it got counts as sent, and the connection ends in a reset; what fits into it whole may arrive."""
    proxy, practice = proxies(emulator.base_url), Practice(channel, emulator)
    practice.adapter.close()
    emulator.world.reset()
    adapter = practice.make(limit=LIMIT, base_url=proxy.url)

    outcomes = [
        adapter.publish(OutgoingPost(text=text), lambda: None) for text in (f"1 {HELD}", f"2 {HELD}", "small")
    ]
    proxy.await_bytes(3)
    proxy.let_go()

    adapter.close()
    assert [type(outcome) for outcome in outcomes] == [InDoubt] * 3
    assert [end for _, end in proxy.got] == [ConnectionResetError] * 3
    assert [0 < count < len(HELD) for count, _ in proxy.got] == [True] * 3
    whole = [request.operation for request in emulator.world.requests() if request.status is not None]
    assert (whole, practice.texts()) == (["create_post"], ["small"])


@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])
def test_a_request_dies_with_its_process_and_with_its_time(
    proxies: Callable[..., Withholding], how: str
) -> None:
    """Killed, the system drops what it has not delivered; suspended, it does so when the time is up."""
    if not hasattr(signal, how) or not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("this system knows no such signal, or no limit of its own for what is not acknowledged")
    proxy = proxies()
    limit_s = ENOUGH_S if how == "SIGKILL" else 1.0
    command = [sys.executable, "-c", CHILD, proxy.url, str(limit_s)]
    child = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})

    proxy.await_bytes(1)
    child.send_signal(getattr(signal, how))
    if how == "SIGKILL":
        child.wait(ENOUGH_S)
    else:
        threading.Event().wait(3 * limit_s)
    proxy.let_go()

    child.kill()
    child.wait(ENOUGH_S)
    ((count, end),) = proxy.got
    assert (0 < count < 12_000, end) == (True, ConnectionResetError)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for loopback, made for this test and trusted in it, in one file with its key."""
    pem = make_certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    return pem


def test_tls_is_given_up_as_fast_and_as_thoroughly(certificate: Path) -> None:
    """Its end neither waits nor sends: no closing word of TLS, no rest of the request, but a reset."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * ROOM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    accepted: list[Any] = []
    shaker = threading.Thread(
        target=lambda: accepted.append(context.wrap_socket(listener.accept()[0], server_side=True))
    )
    shaker.start()
    transport = Transport("https://sdk.example.org", f"https://127.0.0.1:{listener.getsockname()[1]}", LIMIT)

    answer = transport.perform(
        lambda: transport.session.post("https://sdk.example.org/2/tweets", data="x" * 15_000),
        before_send=lambda: shaker.join(ENOUGH_S),
    )

    count, end = drain(socket.socket(fileno=accepted[0].detach()))
    transport.close()
    listener.close()
    assert Silence("no answer within 0.3 s", written=True) == answer
    assert (count < 15_000, end) == (True, ConnectionResetError)


def test_a_connection_that_was_answered_ends_in_good_order(emulator: EmulatorThread) -> None:
    """Its end is no reset: nothing is queued, and servers count resets against a client."""
    ended: list[tuple[int, type[OSError] | None]] = []
    listener = socket.create_server(("127.0.0.1", 0))
    reply = b'HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{"data":{"id": "7"}}'

    def serve() -> None:
        near, _ = listener.accept()
        for _ in range(2):
            near.recv(65_536)
            near.sendall(reply)
        ended.append(drain(near))

    server = threading.Thread(target=serve)
    server.start()
    practice = Practice(CHANNELS[0], emulator)
    practice.adapter.close()
    adapter = practice.make(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    for text in ("one", "two"):
        adapter.publish(OutgoingPost(text=text), lambda: None)

    adapter.close()

    server.join(ENOUGH_S)
    listener.close()
    assert ended == [(0, None)]
