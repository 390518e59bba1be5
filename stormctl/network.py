"""The network of an office, as the environment tells of it: its proxy, and whose certificates count.

None of it is read from `.env`: a file that travels must not decide who may read along.
"""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from stormctl.errors import CredentialsError
from stormctl.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""Who names the proxy, the first one first, as curl and requests have it."""

AUTHORITY_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Who names the authorities that count instead of the public ones: requests' variable, then OpenSSL's."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that opens a tunnel to a host (RFC 9110, 9.3.6): what is in the tunnel, it can't read.

    Attributes:
        variable: which one named it.
        authorization: what it is told of who asks; None where its address holds no user.
    """

    variable: str
    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address, without user and password."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.url.removeprefix('http://')} ({self.variable})"


def find_proxy(url: str) -> Proxy | None:
    """Return the proxy by which an address is reached; None if it is reached directly.

    Only what is encrypted to its end goes by a proxy, never what stays on this machine, and nothing that
    `NO_PROXY` names. No name is looked up.

    Raises:
        CredentialsError: the proxy is none that we can use.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or is_loopback(parts.hostname or ""):
        return None
    proxy = read_proxy()
    if proxy is None:
        return None
    from requests.utils import should_bypass_proxies

    return None if should_bypass_proxies(url, no_proxy=None) else proxy


def read_proxy(environ: Mapping[str, str] = os.environ) -> Proxy | None:
    """Return the proxy that the environment names; None if it names none.

    Raises:
        CredentialsError: it is none that we can use; its address, which may hold a password, is not shown.
    """
    variable, address = _find(PROXY_VARIABLES, environ)
    if not address:
        return None
    hint = "Write it like http://proxy.example.org:3128, or name the platforms in NO_PROXY."
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise CredentialsError(f"{variable} is not the address of a proxy", hint) from None
    if parts.scheme != "http":
        raise CredentialsError(f"{variable} names a proxy that is not http://", hint)
    if not host or not host.isprintable() or any(character.isspace() for character in host):
        raise CredentialsError(f"{variable} is not the address of a proxy", hint)
    if parts.username is None:
        return Proxy(variable, host, port)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(variable, host, port, f"Basic {b64encode(user.encode()).decode()}")


def find_proxy_secrets(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return what is secret in the addresses of proxies: users with their passwords, in each form."""
    found: set[str] = set()
    for variable in (*PROXY_VARIABLES, "http_proxy", "HTTP_PROXY"):
        given, at, _ = environ.get(variable, "").rpartition("@")
        user, _, password = given.rpartition("://")[2].partition(":")
        if at:
            found |= {password, unquote(password), f"{unquote(user)}:{unquote(password)}"}
    return frozenset(found - {"", ":"})


def find_authorities() -> tuple[str, str] | None:
    """Return which variable names authorities, and the path that it names; None for the public ones."""
    variable, path = _find(AUTHORITY_VARIABLES, os.environ)
    return (variable, path) if path else None


def load_authorities(url: str) -> str | None:
    """Return the path of the authorities by which an address is proved; None if the public ones count.

    Raises:
        CredentialsError: they can't be read.
    """
    found = find_authorities() if url.startswith("https:") else None
    if found is None:
        return None
    from ssl import SSLError

    variable, path = found
    try:
        _try_authorities(path)
    except OSError as error:  # what OpenSSL can't make sense of is one too
        reason = error.strerror if not isinstance(error, SSLError) else "it contains no certificate"
        raise CredentialsError(
            f"{variable} names {path}, which can't be used: {reason}",
            "Name a file of certificates (PEM), or unset it to use the public authorities.",
        ) from None
    return path


@cache
def _try_authorities(path: str) -> None:
    """Read authorities once: a file, or a folder as OpenSSL has it; OSError if it can't be done."""
    from ssl import PROTOCOL_TLS_CLIENT, SSLContext

    is_folder = Path(path).is_dir()
    SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(
        cafile=None if is_folder else path, capath=path if is_folder else None
    )


def _find(variables: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the first variable that has a value, and the value; nothing where there is none."""
    return next(((name, value) for name in variables if (value := environ.get(name, "").strip())), ("", ""))
