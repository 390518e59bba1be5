"""Settings and the channels' credentials, as the environment and `.env` have them; secrets stay secret."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus, urlsplit

from pydantic import SecretStr, ValidationError

from stormctl.domain.delivery.signin import Source, Variable
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.env_reading import read_env_file
from stormctl.errors import CredentialsError, UsageError
from stormctl.network import find_proxy_secrets
from stormctl.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from stormctl.env_reading import UnusedVariable

SECRET_ENDINGS = tuple(f"_{one.name}" for p in Platform for one in p.facts.fields if one.is_secret)
"""Variables whose value is secret end so."""

SETTINGS = tuple(name for name in Settings.model_fields if name != "base_urls")
"""Settings that a variable of the same name sets."""

SECRET_PART = 8
"""Characters from which on a part of a private address is taken for a secret."""

SECRET_OPTIONS = ("password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret")
"""Options of a PostgreSQL server's address that are secret (source: libpq 18, parameter key words)."""

OUTSIDE_ONLY = frozenset({"STORMCTL_ALLOW_HOST", "STORMCTL_DIR", "STORMCTL_STATE_DIR"})
"""Variables that count in the environment and never in a file."""


class Environment:
    """Settings together with the channels' credentials.

    Args:
        values: every `STORMCTL_…` variable, the process's environment over `.env`.
        from_file: the names of those whose value is the one of `.env`.
        unused_variables: lines of `.env` that have no effect.
    """

    def __init__(
        self,
        settings: Settings,
        values: Mapping[str, str],
        from_file: Collection[str] = (),
        unused_variables: tuple[UnusedVariable, ...] = (),
    ) -> None:
        self.settings = settings
        self.unused_variables = unused_variables
        self._secrets = {name: SecretStr(value) for name, value in values.items()}
        self._from_file = frozenset(from_file)

    def find_credentials(self, channel: ChannelId) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the channel's credentials by field, and the names of the variables that are missing."""
        variables = self.find_variables(channel)
        found = {v.field: self._secrets[v.name].get_secret_value().strip() for v in variables if v.source}
        return found, tuple(v.name for v in variables if v.is_missing)

    def find_variables(self, channel: ChannelId) -> tuple[Variable, ...]:
        """Return the channel's variables in order, each with where its value comes from."""
        platform, found = channel.platform, []
        for field in platform.facts.fields:
            own = name_variable(platform, field.name, channel)
            shared = name_variable(platform, field.name) if field.of_app else own
            name = next((name for name in (own, shared) if self.find_source(name)), own)
            found.append(Variable(name, field.name, self.find_source(name), field.is_optional))
        return tuple(found)

    def find_source(self, name: str) -> Source | None:
        """Return where a variable's value comes from; None if it is not set, or empty."""
        secret = self._secrets.get(name)
        if secret is None or not secret.get_secret_value().strip():
            return None
        return Source.FILE if name in self._from_file else Source.ENVIRONMENT

    def find_channels(self) -> tuple[ChannelId, ...]:
        """Return the channels that variables are named after, in order.

        A variable does not tell how its channel is written: `MIGRANTS_DAY` becomes `migrants_day`.
        """
        found = (_find_channel(name) for name in self._secrets if self.find_source(name))
        return tuple(sorted({channel for channel in found if channel is not None}))

    def is_like(self, other: Environment) -> bool:
        """Whether another environment says the same, to the last variable."""
        return self._secrets == other._secrets

    def with_settings(self, settings: Settings) -> Environment:
        """Return these credentials under other settings."""
        values = {name: s.get_secret_value() for name, s in self._secrets.items()}
        return Environment(settings, values, self._from_file, self.unused_variables)

    def with_values(self, values: Mapping[str, str]) -> Environment:
        """Return this environment as it will be when `.env` holds these values too."""
        kept = {name: s.get_secret_value() for name, s in self._secrets.items()}
        return Environment(
            self.settings, {**kept, **values}, self._from_file | set(values), self.unused_variables
        )

    def secrets(self) -> frozenset[str]:
        """Return every text that must never be shown: credentials, passwords, private addresses.

        What is made of two of them and travels in addresses, a Page's proof of its app, is one of them.
        """
        found = {
            secret.get_secret_value().strip()
            for name, secret in self._secrets.items()
            if name.endswith(SECRET_ENDINGS)
        }
        for channel in self.find_channels():
            found |= channel.platform.facts.derive_secrets(self.find_credentials(channel)[0])
        for name in SETTINGS:
            value = getattr(self.settings, name)
            if isinstance(value, SecretStr):
                found |= find_secret_parts(value.get_secret_value(), is_ledger=name == "ledger_url")
        return frozenset(found) | find_proxy_secrets()


def _find_channel(name: str) -> ChannelId | None:
    """Return the channel that a variable is named after; None if it is named after none."""
    for platform in Platform:
        ends = "|".join(("BASE_URL", *(field.name for field in platform.facts.fields)))
        match = re.fullmatch(rf"STORMCTL_{platform.name}_([A-Z0-9][A-Z0-9_]*?)_(?:{ends})", name)
        if match is not None:
            return ChannelId(platform, match[1].lower())
    return None


def list_variables(channels: Iterable[ChannelId]) -> frozenset[str]:
    """Return every variable that is read from `.env`, the credentials of these channels included."""
    settings = {f"STORMCTL_{name.upper()}" for name in SETTINGS}
    shared = {name_variable(p, field) for p in Platform for field in ("BASE_URL", *p.facts.app_fields)}
    own = {
        name_variable(channel.platform, field, channel)
        for channel in channels
        for field in ("BASE_URL", *(one.name for one in channel.platform.facts.fields))
    }
    return frozenset(settings | shared | own) - OUTSIDE_ONLY


def find_base_urls(values: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of servers that variables name: by platform, and by channel for its own."""
    names = "|".join(platform.name for platform in Platform)
    found = {re.fullmatch(rf"STORMCTL_((?:{names})(?:_[A-Z0-9_]+)?)_BASE_URL", name): name for name in values}
    return {m[1]: values[name].strip() for m, name in found.items() if m is not None and values[name].strip()}


def name_variable(platform: Platform, field: str, channel: ChannelId | None = None) -> str:
    """Return the name of a credential's variable; without a channel, of the one that serves all."""
    return "_".join(("STORMCTL", platform.name, *((channel.env_name,) if channel else ()), field))


def find_secret_parts(text: str, *, is_ledger: bool) -> set[str]:
    """Return what is secret in a setting: a ledger's password, or addresses with all that they are made of.

    Libraries quote parts of addresses in their errors, so the longer parts count by themselves too. Hosts do
    not: redacted, they would hide who did not answer.
    """
    found: set[str] = set()
    for address in text.split() if is_ledger else re.split(r"[\s,]+", text):
        try:
            parts = urlsplit(address)
            password, host = parts.password or "", parts.hostname or ""
        except ValueError:
            password, host, parts = "", "", urlsplit("")
        found |= {password, unquote(password), *_find_options(parts.query)}
        if not is_ledger:
            pieces = re.split(r"[/?&=@:#]+", address)
            found |= {address, *(p for p in pieces if len(p) >= SECRET_PART and p.lower() != host)}
    return found - {""}


def _find_options(query: str) -> Iterator[str]:
    """Yield the secret options of a database's address, as they are written and as they are meant."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if unquote(name) in SECRET_OPTIONS:
            yield from (value, unquote(value), unquote_plus(value))


def load_environment(root: Path, environ: Mapping[str, str] | None = None) -> Environment:
    """Read the environment and the campaign folder's `.env`; what is empty in the one counts in the other.

    Args:
        environ: instead of the process's environment.

    Raises:
        CredentialsError: `.env` can't be read or trusted, or a line of it is not read; see `read_env_file`.
        UsageError: a setting has a value that it can't have.
    """
    values, from_file, unused_variables = _read_values(root, os.environ if environ is None else environ)
    given = {name: values.get(f"STORMCTL_{name.upper()}", "").strip() for name in SETTINGS}
    set_ones = {name: value for name, value in given.items() if value}
    try:
        settings = Settings.model_validate({**set_ones, "base_urls": find_base_urls(values)})
    except ValidationError as error:
        first = error.errors()[0]
        name = f"STORMCTL_{str(first['loc'][0]).upper()}"
        reason = re.sub(r"^Value error, ", "", first["msg"])
        raise UsageError(f"{name}: {reason}", "See .env.example for every setting.") from None
    return Environment(settings, values, from_file, unused_variables)


def make_keyless(ledger_url: str) -> Environment:
    """Return an environment that only names a ledger: no keys, no alerts, and all else by default."""
    return Environment(Settings(ledger_url=SecretStr(ledger_url)), {})


def find_ledger_url(root: Path) -> tuple[str | None, str | None]:
    """Return the ledger's address by the environment, and by `.env` where that file can be trusted."""
    name, outside = "STORMCTL_LEDGER_URL", os.environ.get("STORMCTL_LEDGER_URL", "").strip()
    try:
        inside = _read_values(root, {})[0].get(name, "").strip()
    except CredentialsError:
        inside = ""
    return outside or None, inside or None


def _read_values(
    root: Path, environ: Mapping[str, str]
) -> tuple[dict[str, str], frozenset[str], tuple[UnusedVariable, ...]]:
    """Return every variable, the names of those whose value is the one of `.env`, and its odd lines."""
    from_file, unused_variables = read_env_file(
        root / ".env", list_variables([]), lambda n: bool(_find_channel(n))
    )
    from_file.pop("STORMCTL_ALLOW_HOST", None)  # a file that travels must not widen where secrets go
    outside = {n: value for n, value in environ.items() if n.startswith("STORMCTL_") and value.strip()}
    return from_file | outside, frozenset(from_file.keys() - outside.keys()), unused_variables
