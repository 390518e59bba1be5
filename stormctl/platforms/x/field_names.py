"""Reading posts of X in the vocabulary that it answers to: the old one, until it refuses that."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stormctl.platforms.http.answers import PlatformAnswer, Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import tweepy

    from stormctl.platforms.http.transport import Transport

OLD_PARAMETER, NEW_PARAMETER = "tweet.fields", "post.fields"
"""Which fields are wanted; the specification renamed it on 2026-08-07, and how long X answers to the old
name, which tweepy 4.17 sends, is not announced (docs.x.com OpenAPI)."""

NEW_FIELDS = {"referenced_tweets": "referenced_posts"}
"""Fields that were renamed with it, as far as they are asked for."""


class PostReader:
    """Makes the two calls that read posts, by tweepy as long as X knows its words.

    Args:
        client: of tweepy, over the transport's session.
        transport: the connection to X.
    """

    def __init__(self, client: tweepy.Client, transport: Transport) -> None:
        self._client = client
        self._transport = transport
        self._speaks_new = False

    def timeline(self, user_id: str, arguments: Mapping[str, Any]) -> PlatformAnswer | Silence:
        """Read a page of an account's posts; `arguments` are those of tweepy's `get_users_tweets`."""
        return self._ask(
            lambda: self._client.get_users_tweets(user_id, user_auth=True, **arguments),
            f"/2/users/{user_id}/tweets",
            arguments,
        )

    def lookup(self, ids: Sequence[str], fields: Sequence[str]) -> PlatformAnswer | Silence:
        """Read posts by their ids."""
        arguments = {"ids": list(ids), "tweet_fields": list(fields)}
        return self._ask(lambda: self._client.get_tweets(user_auth=True, **arguments), "/2/tweets", arguments)

    def _ask(
        self, by_tweepy: Callable[[], object], route: str, arguments: Mapping[str, Any]
    ) -> PlatformAnswer | Silence:
        if not self._speaks_new:
            answer = self._transport.perform(by_tweepy)
            if not _refuses_old_words(answer):
                return answer
        params = {_name(key): _write(value) for key, value in arguments.items()}
        answer = self._transport.perform(
            lambda: self._client.request("GET", route, params=params, user_auth=True)
        )
        self._speaks_new = isinstance(answer, PlatformAnswer) and answer.is_success
        return answer


def _refuses_old_words(answer: PlatformAnswer | Silence) -> bool:
    """Whether X says that it does not know the old parameter, or one of the fields in it."""
    return isinstance(answer, PlatformAnswer) and answer.status == 400 and OLD_PARAMETER in str(answer.body)


def _name(argument: str) -> str:
    return NEW_PARAMETER if argument == "tweet_fields" else argument


def _write(value: object) -> str:
    """Write an argument as tweepy does: lists with commas, times in whole seconds of UTC."""
    if isinstance(value, list):
        return ",".join(str(NEW_FIELDS.get(item, item)) for item in value)
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
