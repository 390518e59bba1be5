"""What both servers share: sockets, a quiet uvicorn, headers that let nothing in or out."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"

BACKLOG = 64

STOPPING_S = 2
"""How long open connections may hold up the end, in real seconds."""

LOOK_S = 0.5
"""Real seconds between two looks whether the servers still serve."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: nothing is kept, framed, indexed, or said to another site."""

POLICY = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'; img-src data:"
)
"""What every page may load: nothing but what stands in it (source: W3C, Content Security Policy Level 3)."""


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        UsageError: the host is none of this machine's, or the port is taken.
    """
    hint = "Choose another with --port, or 0 for a free one."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"{host} is no address of this machine: {error.strerror}", hint) from None
    if os.name == "posix":  # elsewhere the option would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(f"{host}, port {port}, can't be opened: {error.strerror}", hint) from None
    return listener


def name_address(listener: socket.socket, host: str | None = None) -> str:
    """Return the address under which a socket is reached, by the name of its host where one is given."""
    bound, port = listener.getsockname()[:2]
    shown = host or bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


class Servers:
    """Several apps, each on a socket and in a thread of its own: one that hangs leaves the others alone."""

    def __init__(self, apps: Sequence[tuple[Starlette, socket.socket]]) -> None:
        self._listeners = [listener for _, listener in apps]
        self._servers = [uvicorn.Server(_configure(app)) for app, _ in apps]
        self._threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            for server, listener in zip(self._servers, self._listeners, strict=True)
        ]

    @property
    def is_ending(self) -> bool:
        """Whether connections that are held open must end."""
        return any(server.should_exit for server in self._servers)

    def start(self) -> None:
        """Begin to serve; the ports are open already, so that early requests wait."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all connections, and wait until that is done."""
        for server in self._servers:
            server.should_exit = True
        for thread, listener in zip(self._threads, self._listeners, strict=True):
            thread.join()
            listener.close()

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self.start()
        try:
            while all(thread.is_alive() for thread in self._threads):
                self._threads[0].join(LOOK_S)
        except KeyboardInterrupt:
            pass  # how it ends
        finally:
            self.stop()


def _configure(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # the path of the halt page is a secret
        log_level="critical",
        timeout_graceful_shutdown=STOPPING_S,
        server_header=False,
        proxy_headers=False,
    )
