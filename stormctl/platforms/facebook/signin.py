"""From a person's token to a Page's: exchange it for one that lasts, list the Pages, see what a token is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import facebook

from stormctl.domain.delivery.signin import ManagedPage
from stormctl.domain.platforms.facebook import GRAPH_VERSION, prove_app
from stormctl.errors import CredentialsError
from stormctl.platforms.facebook.adapter import SDK_ORIGIN
from stormctl.platforms.facebook.errors import TOKEN_DEAD, classify_problem, is_proof_error, read_error
from stormctl.platforms.http.answers import PlatformAnswer, Silence, plain
from stormctl.platforms.http.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

PAGE_LIMIT = 100
"""Pages of a person in one answer."""

MAX_PAGES = 40
"""Answers that are asked for at most: 4,000 Pages."""

UNKNOWN_APP = 101
"""Code for an app id and secret that do not belong together (Graph API error handling)."""

USER_HINT = (
    "Get a user token for your app, such as in the Graph API Explorer of developers.facebook.com, with "
    "pages_show_list, pages_read_engagement and pages_manage_posts (for reports pages_read_user_content and "
    "read_insights too), and choose the Page in its dialog."
)


@dataclass(frozen=True, slots=True)
class PageToken:
    """A Page with the token that posts in its name; None where Facebook gives the app none."""

    page: ManagedPage
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What `/debug_token` says of a token.

    Attributes:
        kind: PAGE, USER …
        owner_id: the Page that it belongs to; None where Facebook does not tell.
        is_endless: whether it expires on no date.
    """

    kind: str
    owner_id: str | None
    is_valid: bool
    is_endless: bool


class GraphSignIn:
    """The calls of a sign-in on Facebook.

    Args:
        app: the app's id and secret.
        base_url: `https://graph.facebook.com`, or a server on loopback that speaks the same API.
        request_limit: for one whole request.
        now: wall time.
        learn: handed every secret before anyone uses it.
        allowed_hosts: where credentials may go beside the official hosts and loopback.

    Raises:
        CredentialsError: credentials may not be sent to `base_url`.
    """

    def __init__(
        self,
        app: tuple[str, str],
        *,
        base_url: str,
        request_limit: timedelta,
        now: Callable[[], datetime],
        learn: Callable[[list[str]], None],
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._app_id, self._app_secret = app
        self._now = now
        self._learn = learn
        self._transport = Transport(
            SDK_ORIGIN, base_url, request_limit, secrets=[self._app_secret], allowed_hosts=allowed_hosts
        )
        self._graph = facebook.GraphAPI(session=self._transport.session)
        self._graph.version = GRAPH_VERSION

    def extend(self, user_token: str) -> str:
        """Exchange a person's token for one that lives about 60 days; only its Page tokens last.

        Source: Meta's guide to long-lived access tokens, 2026.

        Raises:
            CredentialsError: Facebook did not give one.
        """
        self._hide(user_token)
        args = {
            "grant_type": "fb_exchange_token",
            "client_id": self._app_id,
            "client_secret": self._app_secret,
            "fb_exchange_token": user_token,
        }
        token = self._ask("oauth/access_token", args).get("access_token")
        if not isinstance(token, str) or not token:
            raise CredentialsError("Facebook did not exchange the user token", "Try again.")
        self._hide(token)
        return token

    def read_pages(self, user_token: str) -> tuple[PageToken, ...]:
        """Return the Pages that a person manages and the app may see (`/me/accounts`, all of the list).

        Raises:
            CredentialsError: Facebook did not tell.
        """
        proof = prove_app(self._app_secret, user_token)
        self._hide(proof)
        args = {
            "access_token": user_token,
            "appsecret_proof": proof,
            "fields": "id,name,tasks,access_token",
            "limit": str(PAGE_LIMIT),
        }
        found: dict[str, PageToken] = {}
        for _ in range(MAX_PAGES):
            answer = self._ask("me/accounts", args)
            rows = answer.get("data")
            if not isinstance(rows, list):
                raise CredentialsError("Facebook's list of Pages could not be read", "Try again.")
            for page in map(self._read_page, rows):
                if page is not None:
                    found.setdefault(page.page.id, page)
            cursor = _find(answer, "paging", "cursors", "after")
            if _find(answer, "paging", "next") is None or cursor is None:
                return tuple(found.values())
            args["after"] = cursor
        raise CredentialsError(f"Facebook lists more than {MAX_PAGES * PAGE_LIMIT} Pages")

    def inspect(self, token: str) -> TokenFacts:
        """Ask what a token is (`/debug_token`, with the app's own token).

        Raises:
            CredentialsError: Facebook did not tell.
        """
        args = {"input_token": token, "access_token": f"{self._app_id}|{self._app_secret}"}
        data = self._ask("debug_token", args).get("data")
        if not isinstance(data, dict):
            raise CredentialsError("Facebook's answer about the token could not be read", "Try again.")
        owner = data.get("profile_id")
        return TokenFacts(
            kind=plain(data.get("type") or "unknown"),
            owner_id=None if owner is None else str(owner),
            is_valid=data.get("is_valid") is True,
            is_endless=data.get("expires_at") == 0,
        )

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _read_page(self, row: object) -> PageToken | None:
        """Read a Page of the list; None if it is none."""
        page_id, tasks = _find(row, "id"), row.get("tasks") if isinstance(row, dict) else None
        if page_id is None:
            return None
        token = _find(row, "access_token")
        if token is not None:
            self._hide(token)
        names = tuple(plain(task) for task in tasks) if isinstance(tasks, list) else ()
        return PageToken(ManagedPage(page_id, plain(_find(row, "name") or page_id), names), token)

    def _ask(self, path: str, args: dict[str, str]) -> dict[str, Any]:
        """Make one GET and return its body, tokens included; CredentialsError if it is no success."""
        given: list[object] = []
        answer = self._transport.perform(
            # The SDK's result, for in the transport's answer secrets are redacted.
            lambda: given.append(self._graph.request(f"{GRAPH_VERSION}/{path}", dict(args)))
        )
        body = given[0] if given else None
        if isinstance(answer, PlatformAnswer) and answer.is_success and isinstance(body, dict):
            return body
        raise self._explain(answer)

    def _explain(self, answer: PlatformAnswer | Silence) -> CredentialsError:
        if isinstance(answer, Silence):
            return CredentialsError(f"Facebook could not be asked: {answer.reason}", "Try again.")
        if answer.is_success and read_error(answer) is None:
            return CredentialsError("Facebook's answer could not be read", "Try again.")
        error = read_error(answer) or {}
        reason = classify_problem(answer, self._now()).reason
        if error.get("code") == UNKNOWN_APP or is_proof_error(error):
            return CredentialsError(reason, "Check the app's id and secret: they must belong together.")
        return CredentialsError(reason, USER_HINT if error.get("code") in TOKEN_DEAD else "Try again later.")

    def _hide(self, secret: str) -> None:
        self._transport.hide(secret)
        self._learn([secret])


def _find(body: object, *path: str) -> str | None:
    """Return the text or number under these keys, one inside the other; None if there is none."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return str(body) or None if isinstance(body, str | int) else None
