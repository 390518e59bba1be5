"""Tell a monitor once a minute that the runner works, so that it notices a dead one."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl import __version__
from stormctl.network import find_proxy, load_authorities

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

EVERY_S = 60.0
"""Real seconds between two signs of life: what monitors commonly expect."""

STALE_S = 30.0
"""Real seconds after which a sweep proves nothing any more: one that waits for a busy ledger takes 10."""

LOOK_S = 0.5

LIMIT = timedelta(seconds=8)
"""For a whole request, so that the last one fits into the end of a run."""

SUCCESSES = range(200, 300)


class Pinger:
    """Asks for the monitor's address while the runner's sweeps work.

    Args:
        url: the monitor's address; it is a secret, and never told.
        warn: told a line when a ping fails, once until one works again.
    """

    def __init__(
        self,
        url: SecretStr,
        *,
        warn: Callable[[str], None],
        get: Callable[[str, timedelta], int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._warn = warn
        self._get = get or get_status
        self._monotonic = monotonic
        self._swept_at: float | None = None
        self._pinged_at: float | None = None
        self._is_failing = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pinger", daemon=True)

    def swept(self) -> None:
        """Take note that a sweep worked: the runner lives, and the ledger answers."""
        self._swept_at = self._monotonic()

    def start(self) -> None:
        """Begin; the first ping comes right after the first sweep."""
        self._thread.start()

    def ask_to_end(self) -> None:
        """End; a run that was too short for a ping sends its one now."""
        self._ending.set()

    def join(self, limit_s: float) -> None:
        """Wait for the last ping, but no longer than that."""
        self._thread.join(limit_s)

    def ping_if_due(self) -> None:
        """Ping unless the last one was less than that ago, or no sweep worked lately."""
        now = self._monotonic()
        if self._swept_at is None or now - self._swept_at > STALE_S:
            return
        if self._pinged_at is not None and now - self._pinged_at < EVERY_S:
            return
        self._pinged_at = now
        problem = self._ping()
        if problem and not self._is_failing:
            self._warn(f"the monitor at STORMCTL_HEARTBEAT_URL was not reached: {problem}")
        self._is_failing = bool(problem)

    def _ping(self) -> str:
        try:
            status = self._get(self._url.get_secret_value(), LIMIT)
        except Exception as error:  # noqa: BLE001 - its words may hold the address; its kind is told
            return type(error).__name__
        return "" if status in SUCCESSES else f"it answered {status}"

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            self.ping_if_due()
        if self._pinged_at is None:
            self.ping_if_due()


def get_status(url: str, limit: timedelta) -> int:
    """Ask for an address and return the status of the answer; redirects are not followed.

    A proxy is a tunnel for https addresses, as it is to the platforms.

    Args:
        limit: for the whole request, which a dripping server can't stretch.
    """
    import requests

    from stormctl.platforms.http.wire import WireAdapter
    from stormctl.platforms.http.wire_request import CURRENT, WireRequest

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # at DEBUG it logs the path
    token = CURRENT.set(WireRequest(limit))
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["User-Agent"] = f"stormctl/{__version__}"
            adapter = WireAdapter(find_proxy(url), load_authorities(url))
            for scheme in ("http://", "https://"):
                session.mount(scheme, adapter)
            answer = session.get(url, allow_redirects=False, stream=True, timeout=limit.total_seconds() / 2)
            with answer:
                return answer.status_code
    finally:
        CURRENT.reset(token)
