"""OAuth 1.0a as the emulator checks it: written apart from the clients' libraries, after RFC 5849."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_CLOCK_SKEW_S = 300
"""How far a request's timestamp may be off (source: docs.x.com, OAuth 1.0a troubleshooting)."""

REQUIRED = ("oauth_consumer_key", "oauth_nonce", "oauth_timestamp", "oauth_signature")
"""Without `oauth_token`, which the first step of a sign-in has not got yet."""


class Nonces:
    """Which signed requests have been seen: each signature serves once (RFC 5849, 3.3; docs.x.com).

    Args:
        now: the real time in Unix seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[tuple[str | None, ...], float] = {}

    def take(self, fields: dict[str, str]) -> bool:
        """Note a request by the fields of its header; say whether it is the first of these."""
        name = tuple(fields.get(f"oauth_{part}") for part in ("consumer_key", "token", "timestamp", "nonce"))
        with self._lock:
            now = self._now()
            while self._seen and next(iter(self._seen.values())) < now - 2 * MAX_CLOCK_SKEW_S:
                del self._seen[next(iter(self._seen))]
            is_new = name not in self._seen
            self._seen.setdefault(name, now)
            return is_new

    def clear(self) -> None:
        """Forget all that was seen."""
        with self._lock:
            self._seen.clear()


def parse_authorization(header: str) -> dict[str, str]:
    """Return the fields of an `OAuth …` header, unquoted; empty if it is none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {key: unquote(value.strip('"')) for key, _, value in pairs if key}


def is_signed_by(
    fields: dict[str, str],
    secrets: tuple[str, str],
    *,
    method: str,
    urls: Iterable[str],
    parameters: Sequence[tuple[str, str]],
) -> bool:
    """Say whether a request's HMAC-SHA1 signature is right for any of `urls`.

    Args:
        fields: of the Authorization header.
        secrets: the consumer's and the token's.
        urls: without query; several, since clients may sign for the official host that they think they
            talk to.
        parameters: of the query, and of the body if it is form-encoded.
    """
    if fields.get("oauth_signature_method") != "HMAC-SHA1" or not all(fields.get(key) for key in REQUIRED):
        return False
    signed = [(key, value) for key, value in fields.items() if key not in {"oauth_signature", "realm"}]
    signed += parameters
    return any(
        hmac.compare_digest(_sign(method, url, signed, secrets), fields["oauth_signature"]) for url in urls
    )


def parse_form(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a query or form-encoded body, empty values included."""
    return parse_qsl(text, keep_blank_values=True)


def _sign(method: str, url: str, parameters: Sequence[tuple[str, str]], secrets: tuple[str, str]) -> str:
    pairs = sorted((_escape(key), _escape(value)) for key, value in parameters)
    normalised = "&".join(f"{key}={value}" for key, value in pairs)
    base = "&".join((method.upper(), _escape(url), _escape(normalised)))
    key = "&".join(map(_escape, secrets))
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
