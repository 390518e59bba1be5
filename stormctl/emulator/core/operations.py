"""What a request wants and in whose name, told from its head alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from stormctl.emulator.core.faults import Call
from stormctl.emulator.core.oauth1 import parse_authorization

if TYPE_CHECKING:
    from starlette.types import Scope

    from stormctl.emulator.core.world import World

_X_OPERATIONS = (
    ("POST", r"/2/tweets", "create_post"),
    ("DELETE", r"/2/tweets/[^/]+", "delete_post"),
    ("GET", r"/2/tweets(/[^/]+)?", "read_posts"),
    ("GET", r"/2/users/me", "read_me"),
    ("GET", r"/2/users/[^/]+/tweets", "read_timeline"),
    ("POST", r"/2/media/(metadata|subtitles)", "describe_media"),
    ("*", r"/2/media/upload.*", "upload"),
    ("POST", r"/oauth/(request|access)_token", "read_token"),
)
_X_SIGN_IN = {"/oauth/request_token", "/oauth/access_token"}
_GRAPH_OPERATIONS = (
    ("POST", r"/[^/]+/feed", "create_post"),
    ("POST", r"/[^/]+/(photos|videos)", "upload"),
    ("POST", r"/[^/]+/captions", "describe_media"),
    ("GET", r"/[^/]+/(feed|posts|published_posts)", "read_timeline"),
    ("GET", r"/[^/]+/insights", "read_insights"),
    ("GET", r"/(debug_token|oauth/access_token|me/accounts)", "read_token"),
    ("DELETE", r"/[^/]+", "delete_post"),
    ("GET", r"/[^/_]+", "read_me"),
    ("GET", r"/[^/]+", "read_posts"),
)

OPERATIONS = frozenset(name for _, _, name in (*_X_OPERATIONS, *_GRAPH_OPERATIONS))
"""All that a fault's rule may name."""


def identify(world: World, scope: Scope, headers: dict[str, str]) -> Call | None:
    """Say what a request wants and in whose name; None if it is for neither API."""
    method, path = scope["method"], re.sub(r"^/v\d+\.\d+(?=/)", "", scope["path"])
    is_versioned = path != scope["path"]
    query = parse_qs(scope["query_string"].decode("latin-1"))
    is_sign_in = method == "POST" and path in _X_SIGN_IN and not is_versioned
    if path.startswith("/2/") or is_sign_in:
        header = headers.get("authorization", "")
        token = parse_authorization(header).get("oauth_token", "")
        account = world.find_account("x", "ACCESS_TOKEN", token)
        account = account or world.find_by_user_token(header.partition(" ")[2].strip())
        return Call("x", account.channel if account else "", _find(_X_OPERATIONS, method, path), path)
    is_page = method == "GET" and "text/html" in headers.get("accept", "") and "access_token" not in query
    is_graph = re.fullmatch(r"/(me|debug_token|oauth/access_token|\d+(_\d+)?)(/\w+)?", path)
    if not is_versioned and (not is_graph or is_page):
        return None
    token = query.get("access_token", [""])[0] or headers.get("authorization", "").partition(" ")[2]
    page = world.find_by_id("facebook", path.split("/")[1].partition("_")[0])
    video = world.find_video(path.split("/")[1])
    account = page or (video.account if video else world.find_account("facebook", "PAGE_TOKEN", token))
    operation = _find(_GRAPH_OPERATIONS, method, path)
    is_node = method == "POST" and path.count("/") == 1
    if is_node and video is not None and video.post_id is None:
        operation = "create_post"  # an uploaded video is published by its node
    return Call("facebook", account.channel if account else "", operation, path)


def _find(table: tuple[tuple[str, str, str], ...], method: str, path: str) -> str:
    found = (name for verb, form, name in table if verb in {method, "*"} and re.fullmatch(form, path))
    return next(found, "other")
