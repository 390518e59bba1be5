"""One request on the wire: its deadline, the last check before its first byte, and what happened to it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from stormctl.platforms.http.timestamps import read_steady_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    import requests

    from stormctl.network import Proxy


class WireRequest:
    """One request and what happened to it on the wire.

    Args:
        limit: for everything from connecting to the answer's last byte.
        before_send: called once the connection stands, before the first byte.

    Attributes:
        written: bytes that the operating system took from us.
        stopped_by: what `before_send` raised.
        response: the whole answer, once it was read to its end.
        was_hung_up: whether a connection that had served before was closed on it without an answer.
        seeks_proxy: the network's proxy, while it has not opened the way to the platform.
    """

    def __init__(self, limit: timedelta, before_send: Callable[[], None] | None = None) -> None:
        self.written = 0
        self.stopped_by: Exception | None = None
        self.response: requests.Response | None = None
        self.was_hung_up = False
        self.seeks_proxy: Proxy | None = None
        self._before_send = before_send
        self._cleared = False
        self._deadline_s = read_steady_clock() + limit.total_seconds()

    def left_s(self) -> float:
        """Return the seconds that are left; TimeoutError if none is."""
        left = self._deadline_s - read_steady_clock()
        if left <= 0:
            raise TimeoutError("the request took too long")
        return left

    def clear_to_send(self) -> None:
        """Make the last check before the first byte; an exchange carries one request and no second."""
        if self._cleared:
            raise RuntimeError("a second request in one exchange")
        self._cleared = True
        self.left_s()
        if self._before_send is None:
            return
        try:
            self._before_send()
        except Exception as error:
            self.stopped_by = error
            raise


CURRENT: ContextVar[WireRequest] = ContextVar("exchange")
"""The exchange of the running thread; without one nothing is sent."""
