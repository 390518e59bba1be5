"""Graph: what a token is, which Pages it opens, and how one is exchanged for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from stormctl.emulator.core.accounts import short_page_token, user_token
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook.answers import GraphAnswer, GraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.facebook.call import GraphCall

SCOPES = (
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_show_list",
    "read_insights",
)
LONG_LIVED_S = 5_183_944
"""How long an exchanged user token lives (source: Meta's guide to long-lived tokens)."""

SHORT_LIVED_S = 3_600
"""How long one lives that was not exchanged, and the Page tokens that it leads to (same source)."""

PAGE_SIZE = 25
"""Pages in one answer of /me/accounts, where the caller does not say."""

MAX_PAGE_SIZE = 100

USER_ID = "10160000000000001"


def debug_token(call: GraphCall) -> GraphAnswer:
    """GET /debug_token: asked with an app token, or with the token itself."""
    token = call.parameters.get("input_token")
    if not token:
        raise graph_answers.invalid_parameter("The parameter input_token is required.")
    if call.kind != "app" and token != call.token:
        message = (
            "(#100) You must provide an app access token, or a user access token that is an owner or "
            "developer of the app"
        )
        raise GraphError(100, message)
    page = call.world.find_page(token)
    pages = call.world.pages_of_user(token)
    if page is None and not pages:
        error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
        return GraphAnswer(200, {"data": {"error": error, "is_valid": False, "scopes": []}})
    return GraphAnswer(200, {"data": _describe(call, token, page, pages)})


def _describe(
    call: GraphCall, token: str, page: AccountSpec | None, pages: Sequence[AccountSpec]
) -> dict[str, Any]:
    owner = page or pages[0]
    # Who asks holds lives against real time and against the storm's, which may be years before it or after.
    at, wall = call.world.clock.both()
    now = int(max(at, wall))
    app_id, secret = (owner.credentials[key] for key in ("APP_ID", "APP_SECRET"))
    if page is not None and token == page.credentials["PAGE_TOKEN"]:
        expires_at = page.expires_at
    else:
        expires_at = now + (LONG_LIVED_S if token == user_token(app_id, secret) else SHORT_LIVED_S)
    targets = [page.id] if page else [p.id for p in pages]
    scopes = owner.scopes if owner.scopes is not None else SCOPES
    data: dict[str, Any] = {
        "app_id": app_id,
        "type": "PAGE" if page else "USER",
        "application": "Emulated app",
        "data_access_expires_at": now + 90 * 86_400,
        "expires_at": expires_at,
        "is_valid": expires_at == 0 or expires_at > at,
        "issued_at": now,
        "scopes": [*scopes, "public_profile"],
        "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes],
        "user_id": USER_ID,
    }
    return {**data, "profile_id": page.id} if page else data


def read_accounts(call: GraphCall) -> GraphAnswer:
    """GET /me/accounts: the Pages of a user, with their tokens."""
    pages = call.world.pages_of_user(call.token)
    if not pages:
        raise graph_answers.invalid_parameter(
            "Tried accessing nonexisting field (accounts) on node type (Page)"
        )
    limit, after = call.parameters.get("limit", str(PAGE_SIZE)), call.parameters.get("after")
    if not limit.isdecimal() or not 0 < int(limit) <= MAX_PAGE_SIZE:
        raise graph_answers.invalid_parameter("param limit must be a number between 1 and 100")
    ids = [page.id for page in pages]
    if after is not None and after not in ids:
        raise graph_answers.invalid_parameter("Invalid cursors values after cursor")
    begin = ids.index(after) + 1 if after is not None else 0
    shown = pages[begin : begin + int(limit)]
    body: dict[str, Any] = {"data": [_list_page(call, page) for page in shown]}
    if shown:
        body["paging"] = {"cursors": {"before": shown[0].id, "after": shown[-1].id}}
    if shown and shown[-1].id != ids[-1]:
        query = urlencode({"access_token": call.token, "limit": limit, "after": shown[-1].id})
        body["paging"]["next"] = f"{call.base_url}/me/accounts?{query}"
    return GraphAnswer(200, body)


def _list_page(call: GraphCall, page: AccountSpec) -> dict[str, Any]:
    app_id, secret = (page.credentials[key] for key in ("APP_ID", "APP_SECRET"))
    lasts = call.token == user_token(app_id, secret)
    row = {
        "access_token": page.credentials["PAGE_TOKEN"] if lasts else short_page_token(page),
        "category": "Nonprofit Organization",
        "name": page.display_name,
        "id": page.id,
        "tasks": list(page.tasks),
    }
    fields = call.parameters.get("fields")
    wanted = {"id", *fields.split(",")} if fields else set(row)
    return {key: value for key, value in row.items() if key in wanted}


def exchange_token(call: GraphCall) -> GraphAnswer:
    """GET /oauth/access_token: an app token, or a user token that lives 60 days."""
    app_id, secret = (call.parameters.get(key, "") for key in ("client_id", "client_secret"))
    token = f"{app_id}|{secret}"
    if not call.world.pages_of_app(token):
        raise GraphError(
            101, "Error validating application. Cannot get application info due to a system error."
        )
    grant = call.parameters.get("grant_type")
    if grant == "client_credentials":
        return GraphAnswer(200, {"access_token": token, "token_type": "bearer"})
    if grant != "fb_exchange_token":
        raise graph_answers.invalid_parameter("Missing or unknown parameter: grant_type")
    if not call.world.pages_of_user(call.parameters.get("fb_exchange_token", "")):
        raise graph_answers.dead_token()
    answer = {"access_token": user_token(app_id, secret), "token_type": "bearer", "expires_in": LONG_LIVED_S}
    return GraphAnswer(200, answer)
