"""Read a PostgreSQL server's address; what is shown of it holds no password."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from stormctl.environment import SECRET_OPTIONS
from stormctl.errors import LedgerError

SCHEMES = ("postgresql", "postgres")

_SHOWN = frozenset({"host", "hostaddr", "port", "user", "dbname"})
"""What people see of a server's address; whatever else stands in it may be a password in the wrong place."""

_BLOT = 4
"""Characters from which on a value is redacted in libpq's messages: shorter ones are in every word."""

_HINT = (
    "Write postgresql://USER:PASSWORD@HOST/DATABASE; in the password write %40 for @, %3A for :, %2F for /, "
    "%23 for #, %3F for ? and %25 for %."
)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a ledger is on a server.

    Attributes:
        shown: for people: database, server and user, never the password.
        parameters: what libpq connects with, by its own names; the password is among them.
    """

    shown: str
    parameters: dict[str, str] = field(repr=False)

    def redact(self, text: str) -> str:
        """Redact every secret value in libpq's messages: it quotes those that it can't use."""
        hidden = {value for name, value in self.parameters.items() if name not in _SHOWN}
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "…") if len(value) >= _BLOT else text
        return text


def parse_address(url: str) -> ServerAddress:
    """Read `postgresql://user:password@host:port/database?option=value`, as libpq understands it.

    Several servers are written `host1:port1,host2:port2`, a Unix socket's folder `?host=/folder`.
    The password may be left to PGPASSWORD or to `~/.pgpass`.

    Raises:
        LedgerError: if it can't be read, without a word of what stands in it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # whose words may repeat the password
        raise LedgerError("STORMCTL_LEDGER_URL can't be read", _HINT) from None
    login, _, servers = parts.netloc.rpartition("@")
    user, _, password = (unquote(word) for word in login.partition(":"))
    hosts, ports = _split_servers(servers)
    database = unquote(parts.path.removeprefix("/"))
    if parts.fragment or "/" in database or "@" in database:
        raise LedgerError("STORMCTL_LEDGER_URL can't be read: a character in it has to be encoded", _HINT)
    found = {"user": user, "password": password, "host": hosts, "port": ports, "dbname": database}
    parameters = {name: value for name, value in found.items() if value}
    parameters |= dict(parse_qsl(parts.query, keep_blank_values=True))
    if not parameters.get("dbname"):
        raise LedgerError("STORMCTL_LEDGER_URL names no database", _HINT)
    if "=" in parameters["dbname"] or "://" in parameters["dbname"]:  # libpq would read a whole address there
        raise LedgerError("STORMCTL_LEDGER_URL can't be read: the database's name is not valid", _HINT)
    if not all(port.isdecimal() for port in parameters.get("port", "").split(",") if port):
        raise LedgerError("STORMCTL_LEDGER_URL can't be read: a port is not a number", _HINT)
    return ServerAddress(_show(parameters), parameters)


def without_password(url: str) -> str:
    """Return a ledger's address as it may be shown and written down; a file's stays as it is."""
    if url.partition(":")[0] not in SCHEMES:
        return url
    parts = urlsplit(url)
    login, at, servers = parts.netloc.rpartition("@")
    options = [o for o in parts.query.split("&") if unquote(o.partition("=")[0]) not in SECRET_OPTIONS]
    more = "?" + "&".join(options) if any(options) else ""
    return f"{parts.scheme}://{login.partition(':')[0]}{at}{servers}{parts.path}{more}"


def _split_servers(servers: str) -> tuple[str, str]:
    """Split `host:port,…` into libpq's two lists; an IPv6 address stands in brackets."""
    hosts, ports = [], []
    for server in servers.split(","):
        host, colon, port = server.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = server, ""
        if port and not port.isdecimal():
            raise LedgerError("STORMCTL_LEDGER_URL can't be read: a port is not a number", _HINT)
        hosts.append(unquote(host.removeprefix("[").removesuffix("]")))
        ports.append(port)
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _show(parameters: dict[str, str]) -> str:
    hosts = parameters.get("host", "").split(",")
    ports = parameters.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    servers = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    where = f" on {', '.join(servers)}" if any(servers) else ""
    who = f" as {parameters['user']}" if parameters.get("user") else ""
    return f"{parameters['dbname']}{where}{who}"
