"""How many posts of the last week match a query: asked with the app's bearer, which lives in memory only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import requests
import tweepy

from stormctl.platforms.adapter import Granularity, ReadFailed, RecentCount
from stormctl.platforms.http.answers import PlatformAnswer, Silence, read_count
from stormctl.platforms.http.moments import parse_time
from stormctl.platforms.x.errors import classify_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.platforms.http.transport import Transport

MAX_PAGES = 40
"""A week has 10,080 minutes, of which a page shows a day's or more."""

UNAUTHORIZED = 401


class AppCounts:
    """Reads `GET /2/tweets/counts/recent`, which takes no OAuth 1.0a (docs.x.com, 2026-08).

    Args:
        transport: the connection to X.
        origin: where tweepy sends its requests.
        consumer: the app's key and secret, from which X gives its bearer.
        now: wall time.
    """

    def __init__(
        self, transport: Transport, origin: str, consumer: tuple[str, str], now: Callable[[], datetime]
    ) -> None:
        self._transport = transport
        self._origin = origin
        self._consumer = consumer
        self._now = now
        self._client: tweepy.Client | None = None

    def read(self, query: str, granularity: Granularity) -> tuple[RecentCount, ...]:
        """Read the counts of the last seven days, all pages, oldest first.

        Raises:
            ReadFailed: X gave no bearer, or no counts.
        """
        found: dict[datetime, RecentCount] = {}
        token: str | None = None
        for _ in range(MAX_PAGES):
            answer = self._ask(query, granularity, token)
            rows = answer.at("data")
            if not isinstance(rows, list):
                raise ReadFailed("X's answer could not be read")
            for count in map(_parse, rows):
                found[count.start_at] = count
            token = answer.at("meta", "next_token")
            if not token:
                return tuple(found[start_at] for start_at in sorted(found))
        raise ReadFailed("X lists more pages than a week has")

    def _ask(self, query: str, granularity: Granularity, token: str | None) -> PlatformAnswer:
        had_bearer = self._client is not None
        answer = self._count(query, granularity, token)
        if had_bearer and isinstance(answer, PlatformAnswer) and answer.status == UNAUTHORIZED:
            self._client = None  # the bearer was renewed: derive it once more
            answer = self._count(query, granularity, token)
        if isinstance(answer, Silence):
            raise ReadFailed(answer.reason)
        if not answer.is_success:
            raise ReadFailed(classify_problem(answer, self._now()).reason)
        return answer

    def _count(self, query: str, granularity: Granularity, token: str | None) -> PlatformAnswer | Silence:
        if self._client is None:
            self._client = self._make_client()
        client = self._client
        params = {
            "query": query,
            "granularity": granularity.value,
            **({"next_token": token} if token else {}),
        }
        return self._transport.perform(
            lambda: client.request("GET", "/2/tweets/counts/recent", params=params, user_auth=False)
        )

    def _make_client(self) -> tweepy.Client:
        """Make a client with the bearer that X gives for the app's key and secret.

        Raises:
            ReadFailed: X gave none.
        """
        given: list[object] = []

        def ask() -> None:
            key, secret = (quote(part, safe="") for part in self._consumer)
            response = self._transport.session.post(
                f"{self._origin}/oauth2/token",
                auth=(key, secret),
                data={"grant_type": "client_credentials"},
            )
            body = response.json()  # before the transport blots the bearer out
            given.append(body.get("access_token") if isinstance(body, dict) else None)

        answer = self._transport.perform(ask)
        if isinstance(answer, Silence):
            raise ReadFailed(answer.reason)
        bearer = given[0] if given else None
        if not answer.is_success or not isinstance(bearer, str) or not bearer:
            reason = "X gave no bearer for the app"
            raise ReadFailed(reason if answer.is_success else classify_problem(answer, self._now()).reason)
        self._transport.hide(bearer)
        client = tweepy.Client(bearer, return_type=requests.Response)
        client.session = self._transport.session
        return client


def _parse(row: object) -> RecentCount:
    fields = row if isinstance(row, dict) else {}
    start_at, end_at = parse_time(fields.get("start")), parse_time(fields.get("end"))
    posts = next((read_count(fields[name]) for name in ("post_count", "tweet_count") if name in fields), None)
    if start_at is None or end_at is None or posts is None:
        raise ReadFailed("X's answer could not be read")
    return RecentCount(start_at, end_at, posts)
