"""The connection under both SDKs: one deadline for a whole request, and a check before its first byte.

A request that was given up can't be under way any more. An operating system goes on sending what a closed
socket had queued, for up to 100 s; so from before its first byte until its answer was read to its end, a
connection can only be aborted. What had left this machine whole before that, and is held by a proxy or by the
platform itself, may still be carried out: that is for later readings (ADR 0001).
"""

from __future__ import annotations

import io
import re
import socket
import struct
import sys
from contextlib import suppress
from http.client import CONTINUE, OK, SWITCHING_PROTOCOLS, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import ProxyManager

from stormctl.platforms.http.timestamps import read_steady_clock
from stormctl.platforms.http.wire_request import CURRENT, WireRequest

if TYPE_CHECKING:
    import requests

    from stormctl.network import Proxy

IDLE_LIMIT_S = 3.0
"""Seconds after which an idle connection is not used again: uvicorn and common proxies close at 5 s."""

WRITE_BYTES = 16_384
"""How much is written under one look at the deadline: the size of a TLS record."""


LOOK_S = 1.0
"""How often the deadline is looked at while nothing comes: a wait counts no time that a machine sleeps."""

_LINGER = "hh" if sys.platform == "win32" else "ii"
_ABORTING = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
"""Closing sends a reset and drops what is queued, whoever closes: under TLS too, which Python ends without a
word, and when the process is killed (Linux: socket(7), `tcp_close`; tried)."""

_ORDERLY = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 0, 0))

_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})\b")
"""What `http.client` says where a proxy answers CONNECT with anything but 200."""

_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
"""For how many milliseconds the system sends again what is not acknowledged (tcp(7); Linux only): it counts
while our process is suspended and can't close anything."""


class _TimedReader(io.RawIOBase):
    """Reads a socket under the exchange's deadline, which a dripping server can't stretch."""

    def __init__(self, sock: socket.socket, exchange: WireRequest) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._sock.settimeout(min(self._exchange.left_s(), LOOK_S))
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError as error:
                if error.errno is not None:  # the connection itself has timed out
                    raise

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """What an HTTPResponse needs of a socket: a file to read from."""

    def __init__(self, sock: socket.socket, exchange: WireRequest) -> None:
        self._reader = _TimedReader(sock, exchange)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        timed: Any = _TimedSocket(sock, CURRENT.get())
        super().__init__(timed, *args, **kwargs)

    def _read_status(self) -> tuple[str, int, str]:
        # http.client passes over 100 only: any other interim answer (RFC 9110, 15.2) would be taken for the
        # answer, and the real one for that to the next request.
        version, status, reason = super()._read_status()  # type: ignore[misc]  # not in the stubs
        return version, CONTINUE if SWITCHING_PROTOCOLS < status < OK else status, reason


class _TimedMixin:
    """Counts what is written, and writes and reads under the exchange's deadline.

    A request that fits into one piece is written as one: http.client would send head and body apart, and a
    platform can then have the one without the other.
    """

    sock: Any
    answered_s = 0.0
    is_reused = False
    response_class: type[HTTPResponse] = _TimedResponse
    _gathered: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._gathered = bytearray()
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]  # of the connection that this is mixed into
            self._write(self._gathered)
        finally:
            self._gathered = None

    def send(self, data: Any) -> None:
        gathered = self._gathered
        if gathered is not None and len(gathered) + len(data) <= WRITE_BYTES:
            gathered += data
            return
        if gathered:
            self._write(gathered)
            self._gathered = bytearray()
        self._write(data)

    def _write(self, data: Any) -> None:
        exchange, sock = CURRENT.get(), self.sock
        view = memoryview(data)
        while view:
            left_s = exchange.left_s()
            sock.settimeout(left_s)
            if _USER_TIMEOUT is not None:
                sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, max(1, int(left_s * 1000)))
            taken = sock.send(view[:WRITE_BYTES])
            exchange.written += taken
            view = view[taken:]

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]  # of the connection that this is mixed into
        self.answered_s = read_steady_clock()
        return response


class _Connection(_TimedMixin, HTTPConnection):
    pass


class TunnelRefusedError(ConnectionError):
    """The network's proxy opens no way to the platform; `status` is what it answered."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the proxy answered {status}")
        self.status = status


class _TlsConnection(_TimedMixin, HTTPSConnection):
    def _tunnel(self) -> None:
        """Have the proxy open the way, under the exchange's deadline; nothing of the request is in this."""
        exchange = CURRENT.get()
        try:
            super()._tunnel()
        except OSError as error:
            refused = _REFUSED.match(str(error))
            if refused is not None:
                raise TunnelRefusedError(refused[1]) from error
            raise
        finally:
            exchange.written = 0  # what was written is for the proxy alone: the request comes after it
        exchange.seeks_proxy = None
        self.sock.settimeout(exchange.left_s())  # for the handshake that follows


class _CheckedMixin:
    """Connects first, then asks whether to send; only after that is the request written."""

    _network_proxy: Proxy | None = None
    """The proxy that opens the way to the platform; None where it is reached directly."""

    _is_hasty = False
    """Whether the server closes what it answered on and does not say so: what it crosses then is lost."""

    def _make_request(self, conn: Any, *args: Any, **options: Any) -> Any:
        try:
            return super()._make_request(conn, *args, **options)  # type: ignore[misc]  # of the pool, as below
        except ConnectionError:
            exchange = CURRENT.get()
            exchange.was_hung_up = conn.is_reused and exchange.written > 0
            self._is_hasty = self._is_hasty or exchange.was_hung_up
            raise

    def _validate_conn(self, conn: Any) -> None:
        reused = not conn.is_closed
        if reused and (self._is_hasty or read_steady_clock() - conn.answered_s > IDLE_LIMIT_S):
            conn.close()
            reused = False
        conn.is_reused = reused
        if conn.is_closed:
            if self._network_proxy is not None:
                CURRENT.get().seeks_proxy = self._network_proxy
                self._prepare_proxy(conn)  # again: closing a connection makes it forget its way
            conn.connect()  # which can only be aborted from the beginning: see `WireAdapter`
        else:
            conn.sock.setsockopt(*_ABORTING)
        super()._validate_conn(conn)  # type: ignore[misc]  # of the pool that this is mixed into
        CURRENT.get().clear_to_send()
        if reused and not conn.is_connected:
            # Only of a used one: on a new TLS connection the session tickets look like a hang-up.
            raise ConnectionAbortedError("the server closed the connection before the first byte")

    def _prepare_proxy(self, conn: Any) -> None:
        """Say where the tunnel leads; urllib3 would connect too, and we do that in `_validate_conn`."""
        pool: Any = self
        conn.set_tunnel(pool.host, pool.port, headers=pool.proxy_headers)

    def _put_conn(self, conn: Any) -> None:
        """Take a connection back: if it stands, the answer was read to its end, and nothing is queued."""
        if conn is not None and conn.sock is not None:
            with suppress(OSError):  # the other side has ended it
                conn.sock.setsockopt(*_ORDERLY)
        super()._put_conn(conn)  # type: ignore[misc]  # as above


class _Pool(_CheckedMixin, HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(_CheckedMixin, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class WireAdapter(HTTPAdapter):
    """The `requests` adapter over these connections; it never repeats a request by itself.

    Args:
        proxy: opens the way to https addresses, and there is no way to others then; None to connect directly.
        authorities: path of those whose certificates count; None for the public ones.
    """

    def __init__(self, proxy: Proxy | None = None, authorities: str | None = None) -> None:
        self._proxy = proxy
        self._authorities = authorities
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give urllib3 our pools, and have it make connections that can only be aborted."""
        options = [*HTTPConnection.default_socket_options, _ABORTING]
        super().init_poolmanager(*args, socket_options=options, **kwargs)
        pools: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
        proxy = self._proxy
        if proxy is not None:
            told = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
            connections = dict(self.poolmanager.connection_pool_kw)
            self.poolmanager = ProxyManager(proxy.url, proxy_headers=told, **connections)
            # no pool for http: a request that isn't encrypted to its end would be the proxy's to read
            pools = {"https": type("_TunnelPool", (_TlsPool,), {"_network_proxy": proxy})}
        self.poolmanager.pool_classes_by_scheme = pools

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request, proved by the authorities that count here."""
        return super().send(request, **{**options, "verify": self._authorities or True})
