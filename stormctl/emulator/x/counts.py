"""X: how many posts of the last seven days match a query."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.clock import iso
from stormctl.emulator.core.rates import DAY_S
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x.answers import XAnswer
from stormctl.emulator.x.fields import rename
from stormctl.emulator.x.reads import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.x.call import XCall

STEPS_S = {"minute": 60, "hour": 3_600, "day": DAY_S}
DAYS = 7
OLD_FIELDS = frozenset({"start", "end", "tweet_count"})
NEW_FIELDS = frozenset({"start", "end", "post_count"})
PARAMETERS = frozenset({"query", "granularity", "start_time", "end_time", "search_count.fields"})
"""Those of the specification that need no ids and no pages: a week is one page here."""

MAX_QUERY = 4_096
"""Source: docs.x.com specification, 2026-08."""


def count_recent(call: XCall) -> XAnswer:
    """GET /2/tweets/counts/recent: app bearer only.

    Terms are joined by AND, alternatives by OR; `#tag`, words, `"phrases"` and `from:name` are known,
    `-is:retweet` holds for every post here.
    """
    granularity = call.query.get("granularity", "hour")
    for name in sorted(call.query.keys() - PARAMETERS):
        known = ",".join(sorted(PARAMETERS))
        raise x_answers.invalid_request(f"The query parameter [{name}] is not one of [{known}]")
    query = check_query(call.query)
    if granularity not in STEPS_S:
        message = f"The `granularity` query parameter value [{granularity}] is not one of [day,hour,minute]"
        raise x_answers.invalid_request(message, {"granularity": [granularity]})
    step, is_new = STEPS_S[granularity], _speaks_new(call.query.get("search_count.fields", ""))
    start, end = _span(call)
    times = [
        post.created_at
        for post in call.world.posts()
        if post.account.platform == "x"
        and not post.deleted
        and start <= post.created_at < end
        and call.lists(post)
        and matches(post, query)
    ]
    rows = [rename(row, is_new=is_new) for row in _bucket(times, start, end, step)]
    return XAnswer(200, {"data": rows, "meta": rename({"total_tweet_count": len(times)}, is_new=is_new)})


def check_query(parameters: Mapping[str, str]) -> str:
    """Return the query of a request.

    Raises:
        XProblem: 400, if there is none, or it is too long.
    """
    query = parameters.get("query", "")
    if not 0 < len(query) <= MAX_QUERY:
        raise x_answers.invalid_request(f"query: size must be between 1 and {MAX_QUERY}")
    return query


def _speaks_new(fields: str) -> bool:
    """Say whether the fields are asked for in new words; all three are answered in any case.

    Raises:
        XProblem: 400, if they are neither in the old words nor in the new ones.
    """
    wanted = {name for name in fields.split(",") if name}
    if not (wanted <= OLD_FIELDS or wanted <= NEW_FIELDS):
        message = f"The `search_count.fields` query parameter value [{fields}] is not valid"
        raise x_answers.invalid_request(message, {"search_count.fields": sorted(wanted)})
    return "post_count" in wanted


def _span(call: XCall) -> tuple[float, float]:
    """Return from when to when is counted: within the last seven days."""
    now = call.world.clock.at()
    wanted_start, wanted_end = (parse_time(call.query, name) for name in ("start_time", "end_time"))
    start = now - DAYS * DAY_S if wanted_start is None else wanted_start
    end = now if wanted_end is None else wanted_end
    if not now - DAYS * DAY_S <= start < end <= now:
        message = "The times must be in order, and within the last seven days"
        raise x_answers.invalid_request(message)
    return start, end


def _bucket(times: list[float], start: float, end: float, step: int) -> list[dict[str, Any]]:
    edges = [start, *range(int(start // step + 1) * step, int(end) + 1, step), end]
    ordered = sorted(times)
    return [
        {
            "start": iso(low),
            "end": iso(high),
            "tweet_count": bisect_left(ordered, high) - bisect_left(ordered, low),
        }
        for low, high in pairwise(edges)
        if low < high
    ]


def matches(post: EmulatedPost, query: str) -> bool:
    """Say whether a query finds a post."""
    alternatives = re.split(r"\s+OR\s+", query.replace("(", " ").replace(")", " "))
    return any(all(_has(post, term) for term in re.findall(r'"[^"]+"|\S+', a)) for a in alternatives)


def _has(post: EmulatedPost, term: str) -> bool:
    if term == "-is:retweet":
        return True
    if term.startswith("from:"):
        return term[5:].casefold() == post.account.username.casefold()
    pattern = rf"(?<!\w){re.escape(term.strip(chr(34)).casefold())}(?!\w)"
    return re.search(pattern, post.text.casefold()) is not None
