"""What can be set, as a frozen model: values are checked, secrets never show themselves."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from stormctl.domain.base.amounts import parse_duration
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.errors import CredentialsError, UsageError

UNLOCK = "Set STORMCTL_LIVE=1 in .env for the day itself."
"""How to open the lock."""


def _read_duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _refuse_nothing(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("must be longer than 0s")
    return value


def _read_lock(value: Any) -> Any:
    """Read `STORMCTL_LIVE`: it unlocks with few words, and nothing is guessed."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in {"1", "true", "yes", "0", "false", "no", ""}:
        raise ValueError("must be 1 to use the real platforms, or 0")
    return word in {"1", "true", "yes"}


Duration = Annotated[timedelta, BeforeValidator(_read_duration), AfterValidator(_refuse_nothing)]


class Settings(BaseModel):
    """What the environment says: where the ledger and the platforms are, and how patient machines are.

    Attributes:
        ledger_url: `sqlite:///PATH`, relative to the campaign folder, or
            `postgresql://USER:PASSWORD@HOST/DATABASE`.
        base_urls: where APIs are, if not at the platforms' own addresses: by platform (`X`), or by channel
            where it has a server of its own (`X_ACME`), named as in the variables.
        live: False, as without a word, locks the platforms: only loopback can be reached.
        allow_host: one more host that credentials may go to; honoured from the environment only.
        alert_urls: addresses of services that tell people, as apprise writes them, separated by commas or
            white space.
        heartbeat_url: the address of a monitor that is asked for once a minute while a runner works.
        request_limit: how long one publishing request may take in all, real time.
        lease: how long a claim lasts, real time.
        settling: at least so long lies between two readings that prove that a post is not there, real time;
            what the platform needs where that is longer.
        sweep: how often a runner looks after the ledger, real time.
        heartbeat: how often a runner says that it lives, real time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledger_url: SecretStr = SecretStr("sqlite:///.stormctl/ledger.db")
    base_urls: Mapping[str, str] = {}
    live: Annotated[bool, BeforeValidator(_read_lock)] = False
    allow_host: str = ""
    alert_urls: SecretStr = SecretStr("")
    heartbeat_url: SecretStr = SecretStr("")
    request_limit: Duration = timedelta(seconds=10)
    lease: Duration = timedelta(seconds=20)
    settling: Duration = timedelta(seconds=60)
    sweep: Duration = timedelta(seconds=1)
    heartbeat: Duration = timedelta(seconds=5)

    def base_url(self, place: ChannelId | Platform) -> str:
        """Return the address of a channel's or a platform's API, without a slash at its end."""
        return self.base_urls.get(self._name(place), _platform_of(place).facts.origin).rstrip("/")

    def base_url_variable(self, place: ChannelId | Platform) -> str:
        """Return the variable that says where a channel or a platform is."""
        return f"STORMCTL_{self._name(place)}_BASE_URL"

    def host(self, place: ChannelId | Platform) -> str:
        """Return where an API is reached: its host, with the port where one is written.

        The platform's own hosts count as one: a ledger of api.twitter.com is one of api.x.com.

        Raises:
            UsageError: the address is not one.
        """
        if self.is_official(place):
            return _platform_of(place).facts.host
        return self._address(place).netloc.lower()

    def hosts(self, channels: Iterable[ChannelId]) -> dict[str, str]:
        """Return where channels are, and where the platforms are whose server they share."""
        found: dict[str, str] = {}
        for channel in channels:
            sharing = channel.platform if self._name(channel) == channel.platform.name else channel
            found |= dict.fromkeys((str(channel), str(sharing)), self.host(channel))
        return found

    def check_addresses(self) -> None:
        """Make sure that every address that is set is one; UsageError if not."""
        for name, url in self.base_urls.items():
            _split(f"STORMCTL_{name}_BASE_URL", url)

    def is_official(self, place: ChannelId | Platform) -> bool:
        """Whether the platform is the real one; UsageError if the address is not one."""
        return self._address(place).hostname in _platform_of(place).facts.hosts

    def settling_of(self, platform: Platform) -> timedelta:
        """Return how long lies between two readings that prove that a post is not on the platform."""
        return max(self.settling, platform.facts.settling)

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts beside the official ones and loopback that credentials may go to."""
        return frozenset({self.allow_host.lower()} - {""})

    def check_destination(self, place: ChannelId | Platform) -> None:
        """Make sure that credentials may go where the settings point.

        Raises:
            CredentialsError: the host is neither official, nor loopback, nor allowed; it would be
                reached without TLS; or it is locked.
            UsageError: the address is not one.
        """
        name, parts = self.base_url_variable(place), self._address(place)
        host, label = parts.hostname or "", _platform_of(place).label
        if is_loopback(host):
            return
        if self.is_locked(place):
            raise CredentialsError(
                f"STORMCTL_LIVE is not 1, which locks {label}: {host} is not on this machine",
                f"{UNLOCK} Or set {name} to an emulator for practice.",
            )
        if not self.is_official(place) and host not in self.allowed_hosts:
            raise CredentialsError(
                f"{name} points to {host}, which is not {label}: no credentials are sent there",
                f"Correct {name}, or set STORMCTL_ALLOW_HOST={host} in the environment if you trust it.",
            )
        if parts.scheme != "https":
            raise CredentialsError(
                f"{name} must be https: {parts.geturl()}", "Only loopback is reached without TLS."
            )

    def is_locked(self, place: ChannelId | Platform) -> bool:
        """Whether the lock keeps us from the platform; UsageError if its address is not one."""
        return not self.live and not is_loopback(self._address(place).hostname or "")

    def alert_addresses(self) -> tuple[SecretStr, ...]:
        """Return the addresses of `alert_urls`, one by one.

        A comma is part of an address unless a new one begins after it (source: apprise 2.2, `parse_urls`).
        """
        parts = re.split(r"[\s,;]+(?=[A-Za-z0-9]{1,32}://)", self.alert_urls.get_secret_value())
        return tuple(SecretStr(part) for part in (part.strip(" \t\r\n,;") for part in parts) if part)

    def find_heartbeat(self) -> SecretStr | None:
        """Return the monitor's address; None if there is none, or if it is locked.

        Raises:
            UsageError: it is not the address of a web page; it is not shown, since it is a secret.
        """
        url = self.heartbeat_url.get_secret_value()
        if not url:
            return None
        host = read_host(url)
        if host is None:
            hint = "Write it like https://example.org/ID, without a user."
            raise UsageError("STORMCTL_HEARTBEAT_URL is not an address", hint)
        return self.heartbeat_url if self.live or is_loopback(host) else None

    def _name(self, place: ChannelId | Platform) -> str:
        """Return whose server a place is on: the channel's own, or the platform's."""
        if isinstance(place, Platform):
            return place.name
        own = f"{place.platform.name}_{place.env_name}"
        return own if own in self.base_urls else place.platform.name

    def _address(self, place: ChannelId | Platform) -> SplitResult:
        return _split(self.base_url_variable(place), self.base_url(place))


def _split(name: str, url: str) -> SplitResult:
    """Take a variable's address apart; UsageError, which never shows a password, if it is not one."""
    if "@" in url:
        raise UsageError(f"{name} must not hold a user or password", "Remove what stands before the @.")
    parts = urlsplit(url) if read_host(url) is not None else None
    if parts is None or parts.query or parts.fragment:
        shown = "".join(char if char.isprintable() else "?" for char in url)
        raise UsageError(f"{name} is not an address: “{shown}”", "Write it like https://api.x.com.")
    return parts


def _platform_of(place: ChannelId | Platform) -> Platform:
    return place if isinstance(place, Platform) else place.platform


def read_host(url: str) -> str | None:
    """Return the host that every reader of an address finds in it; None where two may differ.

    So it is where a backslash, a user, a control character or a blank stands in it, or something beside the
    brackets of an IPv6 address.
    """
    if not url.isprintable() or re.search(r"[\s\\]", url):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    is_plain = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(:[0-9]*)?", parts.netloc) is not None
    return host if is_plain and parts.scheme in {"http", "https"} else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost`, 127.0.0.0/8 or ::1; names are not looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
