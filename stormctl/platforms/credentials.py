"""What a platform knows us by; no field shows itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class XCredentials:
    """OAuth 1.0a: the app's key and secret, the account's token and secret; none of them expires.

    Attributes:
        account_id: whose they must be, by the number of the account; None where nobody has said.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    account_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacebookCredentials:
    """A Page and its token.

    Attributes:
        page_id: the Page's number; no secret, but hidden with the others.
        app_secret: where it is known, every call proves that it comes from the app's owner.
        app_id: with `app_secret` it lets us ask what the token may do.
    """

    page_id: str = field(repr=False)
    page_token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    app_id: str | None = field(default=None, repr=False)
