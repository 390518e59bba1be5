"""The accounts and Pages that the emulator knows, with throw-away credentials."""

from __future__ import annotations

import hashlib
import random
import re
import string
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

Platform: TypeAlias = Literal["x", "facebook"]

CREDENTIALS: Mapping[Platform, tuple[str, ...]] = {
    "x": ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"),
    "facebook": ("PAGE_ID", "PAGE_TOKEN", "APP_ID", "APP_SECRET"),
}
"""Which credentials each platform needs: the ends of the STORMCTL_ variables."""

PAGE_TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
"""What someone with full control of a Page may do (source: Pages API, tasks, 2026)."""

USERNAME_MAX = 15
"""How long an X user name may be (source: help.x.com, username registration)."""

_ALNUM = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """One X account or Facebook Page.

    Attributes:
        name: the channel's name without its platform: `migrants-day`.
        id: the user's or Page's id.
        credentials: by the ends of their STORMCTL_ variables, see `CREDENTIALS`.
        verified: X's ceilings differ for verified accounts.
        protected: only its followers see its posts; X only.
        read_only: its keys were made while the app could only read; X only.
        scopes: what its token may do; None for all that publishing and reading need. Facebook only.
        expires_at: Unix seconds at which its token ends; 0 for never. Facebook only.
        published: whether others than those who manage the Page see it; Facebook only.
        tasks: what the person who manages a Page may do there.
    """

    platform: Platform
    name: str
    display_name: str
    id: str
    credentials: Mapping[str, str] = field(repr=False)
    verified: bool = False
    protected: bool = False
    read_only: bool = False
    scopes: tuple[str, ...] | None = None
    expires_at: int = 0
    published: bool = True
    tasks: tuple[str, ...] = PAGE_TASKS

    @property
    def channel(self) -> str:
        """The channel's id: `x:migrants-day`."""
        return f"{self.platform}:{self.name}"

    @property
    def username(self) -> str:
        """The name in addresses and after `@`: X allows letters, digits and `_`, at most 15."""
        plain = re.sub(r"\W", "_", self.name, flags=re.ASCII)
        return plain[:USERNAME_MAX] if self.platform == "x" else self.name

    def may(self, scope: str) -> bool:
        """Whether a Page's token has a permission."""
        return self.scopes is None or scope in self.scopes

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that `parse_account` reads again, secrets included."""
        return asdict(self)


def parse_account(data: Mapping[str, Any]) -> AccountSpec:
    """Read an account from plain values, as another process sends them.

    Raises:
        UsageError: if the platform is unknown or a credential is missing.
    """
    platform: Platform
    match data.get("platform"):
        case "x":
            platform = "x"
        case "facebook":
            platform = "facebook"
        case unknown:
            raise UsageError(f"the emulator knows no platform {unknown!r}", "Use x or facebook.")
    credentials = data.get("credentials", {})
    missing = [key for key in CREDENTIALS[platform] if not credentials.get(key)]
    if missing or not data.get("name") or not data.get("id"):
        raise UsageError(
            f"account {data.get('name')!r} of the emulator lacks {', '.join(missing) or 'its name or id'}"
        )
    return AccountSpec(
        platform=platform,
        name=str(data["name"]),
        display_name=str(data.get("display_name") or data["name"]),
        id=str(data["id"]),
        credentials={key: str(value) for key, value in credentials.items()},
        verified=bool(data.get("verified", False)),
        protected=bool(data.get("protected", False)),
        read_only=bool(data.get("read_only", False)),
        scopes=None if data.get("scopes") is None else tuple(str(scope) for scope in data["scopes"]),
        expires_at=int(data.get("expires_at", 0)),
        published=bool(data.get("published", True)),
        tasks=tuple(map(str, data.get("tasks", PAGE_TASKS))),
    )


def make_accounts(names: list[str] | tuple[str, ...], seed: int) -> tuple[AccountSpec, ...]:
    """Make accounts with throw-away credentials for channels such as `x:migrants-day`.

    The same names and seed give the same accounts. All X accounts share one app, all Pages another, as
    campaigns do.

    Raises:
        UsageError: if a name is not `x:NAME` or `facebook:NAME`, or comes twice.
    """
    if len(set(names)) != len(names):
        raise UsageError(f"a channel is listed twice: {', '.join(sorted(names))}")
    return tuple(_make_account(name, seed) for name in names)


def _make_account(channel: str, seed: int) -> AccountSpec:
    platform, _, name = channel.partition(":")
    display_name = re.sub(r"[-_]+", " ", name).title()
    own, app = random.Random(f"{seed}/{channel}"), random.Random(f"{seed}/app/{platform}")  # noqa: S311 - throw-away credentials of an emulator are meant to be repeatable
    if platform == "x" and name:
        user_id = str(own.randrange(15 * 10**17, 19 * 10**17))
        x_credentials = {
            "CONSUMER_KEY": _draw(app, 25),
            "CONSUMER_SECRET": _draw(app, 50),
            "ACCESS_TOKEN": f"{user_id}-{_draw(own, 30)}",
            "ACCESS_TOKEN_SECRET": _draw(own, 45),
        }
        return AccountSpec("x", name, display_name, user_id, x_credentials)
    if platform == "facebook" and name:
        page_id = str(own.randrange(100 * 10**12, 110 * 10**12))
        page_credentials = {
            "PAGE_ID": page_id,
            "PAGE_TOKEN": f"EAAG{_draw(own, 176)}",
            "APP_ID": str(app.randrange(10**15, 2 * 10**15)),
            "APP_SECRET": f"{app.getrandbits(128):032x}",
        }
        return AccountSpec("facebook", name, display_name, page_id, page_credentials)
    raise UsageError(f"not a channel of the emulator: {channel!r}", "Write x:NAME or facebook:NAME.")


def x_user_token(access_token: str) -> str:
    """Return the OAuth 2.0 user token of the X account whose token of OAuth 1.0a this is.

    It has every scope, and none of X's two hours: a client that can't sign is to need nothing else.
    """
    return hashlib.sha256(f"oauth2:{access_token}".encode()).hexdigest() + "OjE6YXQ6MQ"


def short_user_token(app_id: str, app_secret: str) -> str:
    """Return what that person gets first: a user token that lives for an hour or two."""
    digest = hashlib.sha256(f"short:{app_id}:{app_secret}".encode()).hexdigest()
    return f"EAAS{digest}{digest[::-1]}"


def short_page_token(page: AccountSpec) -> str:
    """Return the Page token that a short-lived user token leads to; it dies with that one."""
    digest = hashlib.sha256(f"short:{page.credentials['PAGE_TOKEN']}".encode()).hexdigest()
    return f"EAAP{digest}{digest[::-1]}"


def user_token(app_id: str, app_secret: str) -> str:
    """Return the long-lived token of the person who manages all Pages of a Facebook app."""
    digest = hashlib.sha256(f"user:{app_id}:{app_secret}".encode()).hexdigest()
    return f"EAAU{digest}{digest[::-1]}"


def _draw(source: random.Random, length: int) -> str:
    return "".join(source.choices(_ALNUM, k=length))
