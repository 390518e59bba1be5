"""Sign an account in to our app on X: OAuth 1.0a by PIN, which the account's owner may read out elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import tweepy

from stormctl.errors import CredentialsError
from stormctl.platforms.http.answers import PlatformAnswer, Silence, plain, read_json
from stormctl.platforms.http.transport import Transport

if TYPE_CHECKING:
    from datetime import timedelta

    import requests

SDK_ORIGIN = "https://api.twitter.com"
"""Where tweepy 4.17 sends the three steps (`tweepy.OAuth1UserHandler._get_oauth_url`)."""

OUT_OF_BAND = "oob"
"""The callback that asks for a PIN (docs.x.com, PIN-based authorization, 2026)."""

REFUSED_PIN = "oauth_verifier"
"""Part of X's words for a PIN that is not the one (401, plain text; as clients record it)."""

REFUSED_TOKEN = "request token"  # noqa: S105 - X's words, no secret
"""Part of X's words for a sign-in that is over: used, or too old (401; as clients record it)."""


@dataclass(frozen=True, slots=True)
class RequestToken:
    """A sign-in that was begun: worth nothing without the app's secret and the owner's PIN, and used once."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What signs for the account from now on; it does not expire."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


class PinRefusedError(CredentialsError):
    """X does not take this PIN; another one may be tried."""


class XSignIn:
    """The three steps of a sign-in: begin, let the owner allow it, finish with the PIN.

    Args:
        consumer: the app's key and secret.
        base_url: `https://api.x.com`, or a server on loopback that speaks the same API.
        request_limit: for one whole request.
        allowed_hosts: where credentials may go beside the official hosts and loopback.

    Raises:
        CredentialsError: credentials may not be sent to `base_url`.
    """

    def __init__(
        self,
        consumer: tuple[str, str],
        *,
        base_url: str,
        request_limit: timedelta,
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._consumer = consumer
        self._transport = Transport(
            SDK_ORIGIN, base_url, request_limit, secrets=consumer, allowed_hosts=allowed_hosts
        )

    def begin(self) -> tuple[RequestToken, str]:
        """Ask for a request token; return it with the address at which the owner allows the app.

        Raises:
            CredentialsError: X did not give one.
        """
        handler = _Handler(self._consumer, self._transport)
        answer = self._transport.perform(handler.get_authorization_url)
        given = handler.request_token
        token, secret = given.get("oauth_token"), given.get("oauth_token_secret")
        is_confirmed = given.get("oauth_callback_confirmed") == "true"
        if not (
            isinstance(answer, PlatformAnswer) and answer.is_success and token and secret and is_confirmed
        ):
            raise self._explain(answer, handler.words)
        return RequestToken(token, secret), f"{self._transport.base_url}/oauth/authorize?oauth_token={token}"

    def finish(self, begun: RequestToken, pin: str) -> AccessToken:
        """Exchange the PIN for the tokens that last.

        Raises:
            PinRefusedError: it is not the PIN of this sign-in.
            CredentialsError: X did not give the tokens for another reason.
        """
        self._transport.hide(begun.secret)
        handler = _Handler(self._consumer, self._transport)
        handler.request_token = {"oauth_token": begun.token, "oauth_token_secret": begun.secret}
        answer = self._transport.perform(lambda: handler.get_access_token(pin))
        if isinstance(answer, PlatformAnswer) and answer.is_success and handler.access_token:
            return AccessToken(handler.access_token, handler.access_token_secret)
        raise self._explain(answer, handler.words)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _explain(self, answer: PlatformAnswer | Silence, words: str) -> CredentialsError:
        if isinstance(answer, Silence):
            return CredentialsError(f"X could not be asked: {answer.reason}", "Try again.")
        said = plain(self._transport.scrub(words))
        if answer.is_success or not said:
            return CredentialsError(f"X answered {answer.status}, and that could not be read", "Try again.")
        message = f"X answered {answer.status}: {said}"
        if REFUSED_PIN in said:
            return PinRefusedError(
                f"X does not take this PIN ({said})", "It must be the one of the last address that was shown."
            )
        if REFUSED_TOKEN in said.lower():
            return CredentialsError(message, "This sign-in is over. Start again: stormctl auth x")
        return CredentialsError(message, _APP_HINT)


_APP_HINT = (
    "Check the app's consumer key and secret, and on the X developer console that user authentication "
    "(OAuth 1.0a, read and write) is set up."
)


class _Handler(tweepy.OAuth1UserHandler):  # type: ignore[misc]  # tweepy ships no types
    """tweepy's handler, each of whose sessions is led over our transport.

    Attributes:
        words: what X said where it refused.
    """

    def __init__(self, consumer: tuple[str, str], transport: Transport) -> None:
        self._transport = transport
        self.words = ""
        super().__init__(*consumer, callback=OUT_OF_BAND)

    @property
    def oauth(self) -> Any:
        """The session of the step under way; tweepy makes one for each."""
        return self._session

    @oauth.setter
    def oauth(self, session: Any) -> None:
        session.request = partial(self._request, auth=session.auth)
        self._session = session

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        response = self._transport.session.request(method, url, **options)
        self.words = "" if response.ok else _read_words(response.text)
        return response


def _read_words(text: str) -> str:
    """Return what X says in a refusal, which is JSON or a plain sentence; nothing of a proxy's page."""
    body = read_json(text)
    if body is None:
        return "" if text.lstrip().startswith("<") else plain(text)
    errors = body.get("errors") if isinstance(body, dict) else None
    found = [e.get("message") for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    detail = body.get("detail") if isinstance(body, dict) else None
    return "; ".join(str(word) for word in [*found, detail] if word)
