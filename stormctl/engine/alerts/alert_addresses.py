"""Where alerts go: the services that apprise reaches. Its only importer."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from stormctl.errors import UsageError
from stormctl.network import find_authorities
from stormctl.settings import is_loopback, read_host

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from stormctl.settings import Settings

_TO_ITS_HOST = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Schemes of apprise that reach the very host in the address; all others have a service's own built in."""

_FORM = "Write it in apprise's form, such as tgram://BOT_TOKEN/CHAT_ID; separate several with spaces."
_KEEP_HERE = "Set NO_PROXY=localhost,127.0.0.1,::1 in the environment."

_TALKATIVE = ("urllib3", "requests_oauthlib")

MAX_ANSWER_BYTES = 1_000_000
"""Bytes of a service's answer that are read; it says in a few hundred that it took the alert."""

ANSWER_LIMIT = timedelta(seconds=30)
"""For reading an answer: apprise itself limits only the wait for each piece of it."""


class AlertAddress(Protocol):
    """One address that takes alerts."""

    @property
    def name(self) -> str:
        """What it is called: its place in the list and its service, never its text."""

    def deliver(self, title: str, text: str) -> bool:
        """Send an alert; False, or any exception, if it was not taken."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where alerts go.

    Attributes:
        usable: those that alerts are sent to.
        locked: the services that `STORMCTL_LIVE` locks.
    """

    usable: tuple[AlertAddress, ...] = ()
    locked: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Who hears of it, in a few words for people."""
        locked = f"STORMCTL_LIVE is not 1, which locks {', '.join(self.locked)}" if self.locked else ""
        if self.usable:
            names = ", ".join(address.name.split(" ", 1)[1] for address in self.usable)
            return f"{names}; {locked}" if locked else names
        return f"nobody: {locked or 'set STORMCTL_ALERT_URLS'}"


class _Service:
    def __init__(self, number: int, plugin: Any) -> None:
        self.name = f"{number} {plugin.service_name}"
        self._plugin = plugin

    def deliver(self, title: str, text: str) -> bool:
        """Send an alert; apprise tells why not only to its own log, which is silent."""
        return bool(self._plugin.notify(body=text, title=title, notify_type="warning", body_format="text"))


def open_addresses(settings: Settings) -> Addresses:
    """Read the addresses of `STORMCTL_ALERT_URLS`; nothing is sent.

    Raises:
        UsageError: one of them can't be used; which one is said, its text never is.
    """
    texts = settings.alert_addresses()
    if settings.alert_urls.get_secret_value().strip() and not texts:
        raise _refuse(1)
    if not texts:
        return Addresses()
    from apprise import Apprise, AppriseAsset

    _bound_answers()
    # Whatever it logs may hold an address, and urllib3 logs paths that hold tokens.
    logging.getLogger("apprise").disabled = True
    authorities = find_authorities()
    if authorities is not None:
        # requests, which apprise sends with, knows no SSL_CERT_FILE
        os.environ["REQUESTS_CA_BUNDLE"] = authorities[1]
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    asset = AppriseAsset(app_id="stormctl", app_desc="stormctl", app_url="", http_redirects=False)
    usable, locked = [], []
    for number, text in enumerate(texts, 1):
        plugin = Apprise.instantiate(text.get_secret_value(), asset=asset)
        if plugin is None:
            raise _refuse(number)
        plugin.redirects = False  # also where the address asks for them: they lead anywhere
        service = _Service(number, plugin)
        is_here = _is_here(text.get_secret_value(), plugin)
        is_carried = is_here and _goes_by_proxy(plugin)
        if settings.live and is_carried:
            raise _refuse(number, "is on this machine, and the proxy would send it elsewhere", _KEEP_HERE)
        if settings.live or (is_here and not is_carried):
            usable.append(service)
        else:
            locked.append(str(plugin.service_name))
    return Addresses(tuple(usable), tuple(locked))


def _bound_answers() -> None:
    """Have the `requests` sessions that apprise's plug-ins open read bounded answers; ours are others."""
    from requests import adapters, sessions

    from stormctl.platforms.http.answers import read_whole

    class BoundedAdapter(adapters.HTTPAdapter):
        def send(self, *args: Any, **options: Any) -> Any:
            is_streamed = options.get("stream", False)
            args[0].headers["Accept-Encoding"] = "identity"
            response = super().send(*args, **{**options, "stream": True})
            return response if is_streamed else read_whole(response, MAX_ANSWER_BYTES, ANSWER_LIMIT)

    sessions.HTTPAdapter = BoundedAdapter  # which a new session takes for every scheme


def _is_here(url: str, plugin: Any) -> bool:
    """Whether an alert is certainly for this machine."""
    scheme, _, rest = url.partition("://")
    host = str(plugin.host or "").strip("[]")
    return (
        scheme.lower() in _TO_ITS_HOST
        and read_host(f"http://{rest}") == host.lower()  # apprise and we find the same one
        and is_loopback(host)
    )


def _goes_by_proxy(plugin: Any) -> bool:
    """Whether apprise would hand an alert to a proxy of the environment."""
    from requests.utils import get_environ_proxies

    url = f"{'https' if plugin.secure else 'http'}://{plugin.host}/"
    return bool(get_environ_proxies(url, no_proxy=None))


class Sender:
    """Send an alert to every address at once, each on a thread of its own that nobody waits for too long."""

    def __init__(self, addresses: Sequence[AlertAddress]) -> None:
        self._addresses = tuple(addresses)
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    @property
    def names(self) -> frozenset[str]:
        """The names of all addresses."""
        return frozenset(address.name for address in self._addresses)

    def send(self, title: str, text: str, *, heard: Collection[str], limit_s: float) -> frozenset[str]:
        """Send an alert; return the names of the addresses that took it within the limit.

        Args:
            heard: names of addresses that have it already.
            limit_s: real seconds. An address that still hangs then gets nothing more until it lets go.
        """
        taken: set[str] = set()
        done = threading.Semaphore(0)
        asked = 0
        for address in self._addresses:
            with self._lock:
                if address.name in heard or address.name in self._busy:
                    continue
                self._busy.add(address.name)
            asked += 1
            # A daemon: a service that hangs must not keep the process from its end.
            threading.Thread(
                target=self._deliver, args=(address, title, text, taken, done), name="alert", daemon=True
            ).start()
        end = time.monotonic() + limit_s
        for _ in range(asked):
            if not done.acquire(timeout=max(0.0, end - time.monotonic())):
                break
        with self._lock:
            return frozenset(taken)

    def _deliver(
        self, address: AlertAddress, title: str, text: str, taken: set[str], done: threading.Semaphore
    ) -> None:
        was_taken = False
        # Whatever a plug-in raises may hold the address: that it failed is told, its words never are.
        with contextlib.suppress(Exception):
            was_taken = address.deliver(title, text)
        with self._lock:
            self._busy.discard(address.name)
            if was_taken:
                taken.add(address.name)
        done.release()


def _refuse(number: int, why: str = "can't be used", hint: str = _FORM) -> UsageError:
    ordinal = {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
    return UsageError(f"the {ordinal} address of STORMCTL_ALERT_URLS {why}", hint)
