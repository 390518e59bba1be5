"""Signing an account in to an app on X: OAuth 1.0a's three steps, with a PIN that a person reads out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stormctl.emulator.core.bodies import parse_body
from stormctl.emulator.core.oauth1 import parse_authorization
from stormctl.emulator.core.pages import respond
from stormctl.emulator.x.answers import XAnswer
from stormctl.emulator.x.api import render
from stormctl.emulator.x.call import is_authentic

if TYPE_CHECKING:
    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.world import World

NOT_AUTHENTIC = (401, 32, "Could not authenticate you.")
ONLY_PIN = (403, 417, "Desktop applications only support the oauth_callback value 'oob'")
"""Refusals in JSON: HTTP status, X's code, its words (source: docs.x.com, response codes)."""

WRONG_PIN = "Error processing your OAuth request: Invalid oauth_verifier parameter"
SPENT_TOKEN = "Invalid request token."  # noqa: S105 - X's words, no secret
"""Refusals in plain text, with 401 (as clients record them)."""


def x_signin_routes(world: World) -> list[Route]:
    """Return the routes of the three steps."""
    steps = _Steps(world)
    return [
        Route("/oauth/request_token", steps.request_token, methods=["POST"]),
        Route("/oauth/authorize", steps.ask_owner, methods=["GET"]),
        Route("/oauth/authorize", steps.allow, methods=["POST"]),
        Route("/oauth/access_token", steps.access_token, methods=["POST"]),
    ]


class _Steps:
    def __init__(self, world: World) -> None:
        self._world = world

    async def request_token(self, request: Request) -> Response:
        """Step 1: the app asks for a request token, and for a PIN instead of a way back."""
        fields = await self._read_fields(request)
        account = self._world.find_account("x", "CONSUMER_KEY", fields.get("oauth_consumer_key", ""))
        if account is None or not is_authentic(
            self._world, request, await request.body(), account.credentials, ""
        ):
            return _refuse(request, *NOT_AUTHENTIC)
        if fields.get("oauth_callback") != "oob":
            return _refuse(request, *ONLY_PIN)
        begun = self._world.sign_ins.issue(account.credentials["CONSUMER_KEY"])
        values = {
            "oauth_token": begun.token,
            "oauth_token_secret": begun.secret,
            "oauth_callback_confirmed": "true",
        }
        return _answer(urlencode(values))

    async def ask_owner(self, request: Request) -> Response:
        """Step 2: the owner sees who asks, and chooses the account."""
        begun = self._world.sign_ins.find(request.query_params.get("oauth_token", ""))
        if begun is None or begun.account is not None:
            return self._show(status=403, token="", accounts=[], pin="", owner=None)
        return self._show(token=begun.token, accounts=self._accounts(begun.consumer_key), pin="", owner=None)

    async def allow(self, request: Request) -> Response:
        """Step 2, answered: the owner is shown the PIN, once."""
        form = parse_body(request.headers.get("content-type", ""), await request.body()).fields
        begun = self._world.sign_ins.find(form.get("oauth_token", ""))
        accounts = self._accounts(begun.consumer_key) if begun is not None else []
        owner = next((a for a in accounts if a.channel == form.get("account")), None)
        pin = (
            self._world.sign_ins.allow(begun.token, owner)
            if begun is not None and owner is not None
            else None
        )
        if pin is None:
            return self._show(status=403, token="", accounts=[], pin="", owner=None)
        return self._show(token="", accounts=[], pin=pin, owner=owner)

    async def access_token(self, request: Request) -> Response:
        """Step 3: the app exchanges the PIN for the account's tokens."""
        fields = await self._read_fields(request)
        begun = self._world.sign_ins.find(fields.get("oauth_token", ""))
        if begun is None:
            return _answer(SPENT_TOKEN, 401)
        app = self._accounts(begun.consumer_key)[0].credentials
        if not is_authentic(self._world, request, await request.body(), app, begun.secret):
            return _refuse(request, *NOT_AUTHENTIC)
        account = self._world.sign_ins.redeem(begun.token, fields.get("oauth_verifier", ""))
        if account is None:
            return _answer(WRONG_PIN, 401)
        values = {
            "oauth_token": account.credentials["ACCESS_TOKEN"],
            "oauth_token_secret": account.credentials["ACCESS_TOKEN_SECRET"],
            "user_id": account.id,
            "screen_name": account.username,
        }
        return _answer(urlencode(values))

    def _accounts(self, consumer_key: str) -> list[AccountSpec]:
        """Return the accounts that have tokens for an app."""
        return [
            a
            for a in self._world.accounts
            if a.platform == "x" and a.credentials["CONSUMER_KEY"] == consumer_key
        ]

    @staticmethod
    async def _read_fields(request: Request) -> dict[str, str]:
        """Return the OAuth fields, which may stand in the header or, as X bears it, in the body."""
        body = parse_body(request.headers.get("content-type", ""), await request.body())
        return {**body.fields, **parse_authorization(request.headers.get("authorization", ""))}

    def _show(
        self,
        *,
        token: str,
        accounts: list[AccountSpec],
        pin: str,
        owner: AccountSpec | None,
        status: int = 200,
    ) -> Response:
        return respond(
            "authorize.html",
            status=status,
            has_form=True,
            token=token,
            accounts=accounts,
            pin=pin,
            owner=owner,
            refresh=0,
            now=self._world.clock.at(),
        )


def _answer(text: str, status: int = 200) -> Response:
    """Answer as X does in these steps: a form or a sentence, called HTML."""
    return PlainTextResponse(text, status, media_type="text/html")


def _refuse(request: Request, status: int, code: int, message: str) -> Response:
    request_id = request.scope["state"]["request_id"]
    return render(XAnswer(status, {"errors": [{"code": code, "message": message}]}), request_id)
