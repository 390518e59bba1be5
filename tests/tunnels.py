"""An office's network on loopback: a proxy that opens tunnels, a platform, an authority of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.unit.platforms.scripted import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

ENOUGH_S = 10.0


def make_certificate(folder: Path, *names: str) -> Path:
    """Make a certificate for names such as `DNS:a.test`, its own authority, in one file with its key."""
    key, certificate, both = (folder / name for name in ("key.pem", "certificate.pem", "both.pem"))
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=throw-away"
        f" -addext subjectAltName={','.join(names)} -keyout {key} -out {certificate}"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no openssl to make a certificate with")
    both.write_text(key.read_text() + certificate.read_text())
    return both


class TlsServer(ScriptedServer):
    """A scripted server that proves itself by a certificate."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        super().__init__()

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return int(self._listener.getsockname()[1])

    def _serve(self, conn: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):  # whoever doesn't trust us hangs up
            super()._serve(self._context.wrap_socket(conn, server_side=True), number)


class TunnelProxy:
    """A proxy that knows where every name leads: to one server.

    Attributes:
        address: its host and port.
        asked: the heads of what it was asked, one a connection.
        carried: the bytes that came through its tunnels from us.
        answer: what it says to CONNECT; None to say nothing, ever.
        drips: whether it says it without an end.
        is_holding: whether it keeps what comes through from now on.
        endings: how we ended our connections: None in good order, else the error.
    """

    def __init__(self, target: int) -> None:
        self.asked: list[str] = []
        self.carried = b""
        self.answer: bytes | None = b"HTTP/1.1 200 Connection established\r\n\r\n"
        self.drips = False
        self.is_holding = False
        self.endings: list[type[OSError] | None] = []
        self.ended = threading.Event()
        self._target = target
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._begin(self._accept)

    def stop(self) -> None:
        """End every thread."""
        self._stopping.set()
        for conn in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(ENOUGH_S)
        for conn in (self._listener, *self._open):
            conn.close()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(near)
            self._begin(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError):  # we hang up whenever we like
            self._answer(near)

    def _answer(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = near.recv(65_536)
            if not chunk:
                return
            head += chunk
        self.asked.append(head.decode())
        if self.answer is None:
            self._stopping.wait(ENOUGH_S)
            return
        near.sendall(self.answer)
        while self.drips and not self._stopping.wait(0.05):
            near.sendall(b"x-more: 1\r\n")
        if b" 200 " not in self.answer:
            near.shutdown(socket.SHUT_RDWR)
            return
        far = socket.create_connection(("127.0.0.1", self._target))
        self._open.append(far)
        self._begin(self._bring_back, far, near)
        self._carry(near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        ending: type[OSError] | None = None
        try:
            while chunk := near.recv(65_536):
                self.carried += chunk
                if not self.is_holding:
                    far.sendall(chunk)
        except OSError as error:
            ending = type(error)
        self.endings.append(ending)
        self.ended.set()
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    def _bring_back(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := far.recv(65_536):
                near.sendall(chunk)
            near.shutdown(socket.SHUT_RDWR)
