"""A server on loopback that does with each connection exactly what a test tells it to."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

DRIP_S = 0.05
ENOUGH_S = 10.0


@dataclass(frozen=True)
class SeenRequest:
    """What arrived: header names in lower case, and the number of the connection that it came on."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def form(self) -> dict[str, str]:
        """The last value of each field of a URL-encoded body."""
        return {key: values[-1] for key, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class ScriptedServer:
    """Carries out queued actions, one a request; a queue that ran dry answers 500."""

    def __init__(self) -> None:
        self.requests: list[SeenRequest] = []
        self.connections = 0
        self.received = 0
        self.hang_ups = 0
        self.accepted = threading.Event()
        self.closed = threading.Event()
        self._stopping = threading.Event()
        self._actions: list[Callable[[socket.socket], bool]] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def base_url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def reply(
        self, body: object = b"", status: int = 200, *, then_close: bool = False, **headers: str
    ) -> None:
        """Answer the next request; underscores in header names stand for hyphens."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "text/html" if isinstance(body, bytes) else "application/json"
        fields = {"Content-Type": kind, "Content-Length": str(len(content))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [
            f"HTTP/1.1 {status} Scripted",
            *(f"{name}: {value}" for name, value in fields.items()),
            "",
            "",
        ]
        self.raw("\r\n".join(lines).encode() + content, then_close=then_close)

    def raw(self, data: bytes, *, then_close: bool = True) -> None:
        """Send these bytes as the answer to the next request."""

        def send(conn: socket.socket) -> bool:
            conn.sendall(data)
            return not then_close

        self._actions.append(send)

    def drop(self) -> None:
        """Read the next request and close the connection without an answer."""
        self._actions.append(lambda _conn: False)

    def drip(self, head: bytes) -> None:
        """Answer the next request with this, then with a byte now and then, without an end."""

        def send(conn: socket.socket) -> bool:
            conn.sendall(head)
            while not self._stopping.wait(DRIP_S):
                conn.sendall(b"x")
            return False

        self._actions.append(send)

    def keep_silent(self) -> None:
        """Read the next request and never answer."""
        self._actions.append(lambda _conn: self._stopping.wait(ENOUGH_S) and False)

    def hang_up_at_once(self) -> None:
        """Reset the next connection before reading anything."""
        self.hang_ups += 1

    def stop(self) -> None:
        """End every thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in self._open:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(ENOUGH_S)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.hang_ups:
                self.hang_ups -= 1
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                conn.close()
                self.accepted.set()
                continue
            self._open.append(conn)
            thread = threading.Thread(target=self._serve, args=(conn, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, conn: socket.socket, number: int) -> None:
        self.accepted.set()
        with conn, contextlib.suppress(OSError):
            conn.settimeout(DRIP_S)
            while (request := self._read(conn, number)) is not None:
                self.requests.append(request)
                action = self._actions.pop(0) if self._actions else None
                if action is None:
                    conn.sendall(b"HTTP/1.1 500 Not scripted\r\nContent-Length: 0\r\n\r\n")
                elif not action(conn):
                    break
        self.closed.set()

    def _read(self, conn: socket.socket, number: int) -> SeenRequest | None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self._receive(conn)
            if not chunk:
                return None
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", "0")):
            body += self._receive(conn)
        method, target, _ = first.split(" ")
        return SeenRequest(method, target, headers, body, number)

    def _receive(self, conn: socket.socket) -> bytes:
        while not self._stopping.is_set():
            try:
                chunk = conn.recv(65_536)
            except TimeoutError:
                continue
            self.received += len(chunk)
            return chunk
        return b""
