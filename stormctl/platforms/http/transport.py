"""One requests session for an SDK: where it may go, how long it may take, what really came back."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
import urllib3

from stormctl.domain.platforms.channel import Platform
from stormctl.errors import CredentialsError
from stormctl.network import find_proxy, load_authorities
from stormctl.platforms.http.answers import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeError,
    PlatformAnswer,
    Silence,
    read_json,
    read_whole,
)
from stormctl.platforms.http.wire import TunnelRefusedError, WireAdapter
from stormctl.platforms.http.wire_request import CURRENT, WireRequest
from stormctl.settings import is_loopback, read_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

CONNECT_SHARE = 0.5
"""The part of a request's time that connecting to one address may take."""

UPLOAD_FACTOR = 6
"""An upload may take so many times the limit of a publishing request: nothing is published by it."""

BRIEF_SHARE = 0.3
"""The part of a publishing request's limit that a brief request may take."""

SECRET_CHARS = 6
"""Shorter strings are not taken for secrets: blotting them out would make answers unreadable."""

_UNTRUSTED = "the server's certificate is not trusted; a network with its own authority needs SSL_CERT_FILE"
_NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
_TALKATIVE = ("oauthlib", "requests_oauthlib", "tweepy", "urllib3")


class Transport:
    """The only way to a platform; use its `session` in the SDK, and `perform` to call the SDK.

    Args:
        sdk_origin: the address that the SDK has built in, replaced by `base_url`.
        base_url: `https://api.x.com`, or a server on loopback, perhaps with a path.
        request_limit: for a whole request: connecting, writing, and the answer to its last byte.
        secrets: redacted in every answer.
        allowed_hosts: where credentials may go beside the official hosts and loopback.

    Raises:
        CredentialsError: credentials may not be sent to `base_url`, or not by this network.
    """

    def __init__(
        self,
        sdk_origin: str,
        base_url: str,
        request_limit: timedelta,
        *,
        secrets: Iterable[str] = (),
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.is_official = _check_destination(self.base_url, allowed_hosts)
        self._limit = request_limit
        self._secrets = _forms(secrets)
        self.session: requests.Session = _Session(sdk_origin.rstrip("/"), self.base_url)
        for name in _TALKATIVE:
            # At DEBUG these log Authorization headers and addresses with tokens, urllib3 at WARNING too.
            logging.getLogger(name).setLevel(logging.ERROR)

    def perform(
        self,
        call: Callable[[], object],
        *,
        before_send: Callable[[], None] | None = None,
        is_upload: bool = False,
        is_brief: bool = False,
    ) -> PlatformAnswer | Silence:
        """Call the SDK for one request and return what came back, whatever the SDK makes of it.

        An upload may take longer, and a brief request, which nothing depends on, only a part of the time.
        What publishes nothing (no `before_send`) is harmless to repeat: it is made once more, on a connection
        of its own, where the server closed a used one on it (RFC 9112, 9.3.1).

        An exception that `before_send` raised passes through.
        """
        limit = self._limit * (UPLOAD_FACTOR if is_upload else BRIEF_SHARE if is_brief else 1)
        exchange = WireRequest(limit, before_send)
        problem = _carry_out(call, exchange)
        if exchange.was_hung_up and before_send is None:
            exchange = WireRequest(limit)
            problem = _carry_out(call, exchange)
        if exchange.stopped_by is not None:
            raise exchange.stopped_by
        if exchange.response is not None:
            return self._read(exchange.response)
        if problem is None:
            raise RuntimeError("the SDK returned without making a request")
        if exchange.written or isinstance(problem, _NETWORK_ERRORS):
            reason = _explain(problem, limit if exchange.written else None)
            if exchange.seeks_proxy is not None:
                reason = f"{reason}, on the way through the proxy {exchange.seeks_proxy}"
            return Silence(reason, written=exchange.written > 0)
        raise problem

    def hide(self, secret: str) -> None:
        """Redact one more secret from now on."""
        self._secrets = _forms([secret, *self._secrets])

    def scrub(self, text: str) -> str:
        """Return the text with every secret redacted."""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text

    def close(self) -> None:
        """Close every connection."""
        self.session.close()

    def _read(self, response: requests.Response) -> PlatformAnswer:
        text = self.scrub(response.content.decode("utf-8-sig", errors="replace"))
        return PlatformAnswer(response.status_code, response.headers, read_json(text))


def _carry_out(call: Callable[[], object], exchange: WireRequest) -> Exception | None:
    """Let the SDK make its request in an exchange; return what it stumbled over."""
    token = CURRENT.set(exchange)
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the SDKs stumble over answers in many ways; sorted by the caller
        return error
    finally:
        CURRENT.reset(token)
    return None


class _Session(requests.Session):
    """Goes to one base address only, and makes the request that the SDK asks for without a session's extras.

    No redirect is followed, no cookie kept, no netrc heeded; how long it may take is the exchange's to say.
    A proxy is a tunnel to the base address and to nothing else.
    """

    def __init__(self, sdk_origin: str, base_url: str) -> None:
        super().__init__()
        self._sdk_origin = sdk_origin
        self._base_url = base_url
        self.headers["Accept-Encoding"] = "identity"
        self.adapters.clear()
        self.mount(f"{base_url}/", WireAdapter(find_proxy(base_url), load_authorities(base_url)))

    def request(  # type: ignore[override]  # what else a session knows is not left to the SDK
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Any = None,
        auth: Any = None,
        json: Any = None,
        **_unheeded: Any,
    ) -> requests.Response:
        exchange = CURRENT.get()
        prepared = requests.Request(
            method,
            self._locate(url),
            headers={**self.headers, **(headers or {})},
            files=files,
            data=data,
            params=params,
            auth=auth,
            json=json,
        ).prepare()
        left = exchange.left_s()
        response = self.get_adapter(str(prepared.url)).send(prepared, timeout=(left * CONNECT_SHARE, left))
        exchange.response = read_whole(response)
        return response

    def _locate(self, url: str) -> str:
        """Return where it really goes, before it is signed: servers verify signatures over what they see."""
        if url.startswith(f"{self._sdk_origin}/"):
            return self._base_url + url.removeprefix(self._sdk_origin)
        return url


def _check_destination(base_url: str, allowed_hosts: frozenset[str]) -> bool:
    """Return whether the host is official.

    Raises:
        CredentialsError: credentials may not be sent there.
    """
    host = read_host(base_url)
    if host is None:
        raise CredentialsError("the platform's base address can't be read")
    parts = urlsplit(base_url)
    if parts.query or parts.fragment:
        raise CredentialsError("the platform's base address must be a host, perhaps with port and path")
    if is_loopback(host) and parts.scheme in {"http", "https"}:
        return False
    is_official = any(host in platform.facts.hosts for platform in Platform)
    if not is_official and host not in allowed_hosts:
        raise CredentialsError(
            f"credentials are not sent to {host}",
            "They go to the platforms' own hosts or to this machine only.",
        )
    if parts.scheme != "https":
        raise CredentialsError(f"credentials are not sent to {host} without TLS", "Write https://.")
    return is_official


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as they may stand in an answer, the longest first."""
    long_ones = {secret for secret in secrets if len(secret) >= SECRET_CHARS}
    forms = long_ones | {quote(s, safe="") for s in long_ones} | {quote_plus(s) for s in long_ones}
    return tuple(sorted(forms, key=len, reverse=True))


def _explain(error: BaseException, limit: timedelta | None) -> str:
    """Say in plain words what went wrong; never quotes the error, whose text holds addresses.

    `limit` is None while nothing was written.
    """
    chain = tuple(_causes(error))
    late = f"no answer within {limit.total_seconds():g} s" if limit else "no connection in time"
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (socket.gaierror, "the host name could not be resolved"),
        (ConnectionRefusedError, "the connection was refused"),
        (ssl.SSLCertVerificationError, _UNTRUSTED),
        (ssl.SSLError, "the TLS connection failed"),
        (TimeoutError, late),
        (urllib3.exceptions.TimeoutError, late),
        (AnswerTooLargeError, f"the answer is larger than {MAX_ANSWER_BYTES // 1_000_000} MB"),
        (http.client.IncompleteRead, "the answer broke off"),
        (http.client.RemoteDisconnected, "the connection was closed without an answer"),
        (ConnectionError, "the connection was lost"),
        (http.client.HTTPException, "the answer is not HTTP"),
        (requests.exceptions.InvalidSchema, "the request was to leave the configured host"),
    )
    refused = next((cause for cause in chain if isinstance(cause, TunnelRefusedError)), None)
    if refused is not None:
        wish = "; it wants a user and a password" if refused.status == "407" else ""
        return f"the answer was {refused.status}{wish}"
    for kind, reason in reasons:
        if any(isinstance(cause, kind) for cause in chain):
            return reason
    return f"the request failed ({type(chain[-1]).__name__})"


def _causes(error: BaseException) -> Iterable[BaseException]:
    """Walk from an error to what lies under it, through the ways in which the libraries wrap."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        cause = queue.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        queue += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
