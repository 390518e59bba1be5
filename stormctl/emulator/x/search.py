"""X: everyone's posts of the last seven days that match a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.emulator.core.rates import DAY_S
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x.counts import DAYS, check_query, matches
from stormctl.emulator.x.fields import parse_reader
from stormctl.emulator.x.reads import parse_max_results, render_list

if TYPE_CHECKING:
    from stormctl.emulator.x.answers import XAnswer
    from stormctl.emulator.x.call import XCall

PARAMETERS = frozenset(
    [
        *("query", "max_results", "next_token", "pagination_token", "sort_order"),
        *("start_time", "end_time", "since_id", "until_id"),
    ]
)
SIZES = (10, 100)
"""Posts on a page (source: docs.x.com, recent search, 2026-08)."""


def search_recent(call: XCall) -> XAnswer:
    """GET /2/tweets/search/recent: newest first, in pages."""
    reader = parse_reader(call.reader, call.query, PARAMETERS)
    query = check_query(call.query)
    limit = parse_max_results(call.query.get("max_results", "10"), SIZES)
    if call.query.get("sort_order", "recency") != "recency":
        raise x_answers.invalid_request("The emulator sorts by recency only")
    since = call.world.clock.at() - DAYS * DAY_S
    posts = [
        post
        for post in reversed(call.world.posts())
        if post.account.platform == "x"
        and not post.deleted
        and post.created_at >= since
        and matches(post, query)
    ]
    token = call.query.get("next_token") or call.query.get("pagination_token")
    return render_list(call, reader, posts, limit, token)
