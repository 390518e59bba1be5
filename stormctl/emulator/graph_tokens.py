"""Graph: what a token is, which Pages it opens, and how one is exchanged for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stormctl.emulator import graph_answers
from stormctl.emulator.accounts import user_token
from stormctl.emulator.graph_answers import GraphAnswer, GraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.emulator.accounts import AccountSpec
    from stormctl.emulator.graph_call import GraphCall

SCOPES = (
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_show_list",
    "read_insights",
)
TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
LONG_LIVED_S = 5_183_944
"""How long an exchanged user token lives (source: Meta's guide to long-lived tokens)."""

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
    page = call.world.find_account("facebook", "PAGE_TOKEN", token)
    pages = call.world.pages_of_user(token)
    if page is None and not pages:
        error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
        return GraphAnswer(200, {"data": {"error": error, "is_valid": False, "scopes": []}})
    return GraphAnswer(200, {"data": _describe(call, page, pages)})


def _describe(call: GraphCall, page: AccountSpec | None, pages: Sequence[AccountSpec]) -> dict[str, Any]:
    owner = page or pages[0]
    targets = [page.id] if page else [p.id for p in pages]
    scopes = owner.scopes if owner.scopes is not None else SCOPES
    now = int(call.world.clock.at())
    expires_at = page.expires_at if page else now + LONG_LIVED_S
    data: dict[str, Any] = {
        "app_id": owner.credentials["APP_ID"],
        "type": "PAGE" if page else "USER",
        "application": "Emulated app",
        "data_access_expires_at": now + 90 * 86_400,
        "expires_at": expires_at,
        "is_valid": expires_at == 0 or expires_at > now,
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
    data = [
        {
            "access_token": page.credentials["PAGE_TOKEN"],
            "category": "Nonprofit Organization",
            "name": page.display_name,
            "id": page.id,
            "tasks": list(TASKS),
        }
        for page in pages
    ]
    return GraphAnswer(
        200, {"data": data, "paging": {"cursors": {"before": data[0]["id"], "after": data[-1]["id"]}}}
    )


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
