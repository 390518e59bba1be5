"""Our posts and their metrics, asked in the words that X answers to: the old ones until it refuses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stormctl.platforms.adapter import ReadFailed
from stormctl.platforms.http.answers import PlatformAnswer, Silence, clock_offset_s
from stormctl.platforms.x import reads as x_reads
from stormctl.platforms.x.errors import classify_problem, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import tweepy

    from stormctl.domain.report.reach import MetricReading
    from stormctl.platforms.http.transport import Transport
    from stormctl.platforms.paging import Page

OLD_PARAMETER, NEW_PARAMETER = "tweet.fields", "post.fields"
"""Which fields are wanted; the specification renamed it on 2026-08-07, and how long X answers to the old
name, which tweepy 4.17 sends, is not announced (docs.x.com OpenAPI)."""

NEW_FIELDS = {"referenced_tweets": "referenced_posts"}
"""Fields that were renamed with it, as far as they are asked for."""


class PostReader:
    """Makes the two calls that read posts, by tweepy as long as X knows its words."""

    def __init__(self, client: tweepy.Client, transport: Transport, now: Callable[[], datetime]) -> None:
        self._client = client
        self._transport = transport
        self._now = now
        self._speaks_new = False

    def read_page(
        self,
        user_id: str,
        since: datetime,
        until: datetime,
        following: dict[str, str] | None,
        url_of: Callable[[str], str],
    ) -> Page:
        """Read a page of an account's posts; they come with their links written out again.

        Raises:
            ReadFailed: with how far X's clock is ahead.
        """
        arguments = x_reads.timeline_arguments(since, until, self._now()) | (following or {})
        answer = self._ask(
            lambda: self._client.get_users_tweets(user_id, user_auth=True, **arguments),
            f"/2/users/{user_id}/tweets",
            arguments,
        )
        if isinstance(answer, Silence):
            raise ReadFailed(answer.reason)
        offset_s = clock_offset_s(answer, self._now())
        page = x_reads.parse_page(answer, url_of)
        if page is None:
            raise ReadFailed(self._problem(answer), offset_s)
        return replace(page, clock_offset_s=offset_s)

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Read metrics, a hundred posts a call; clicks only of the last 30 days' posts.

        Raises:
            ReadFailed: not one call brought any.
        """
        now = self._now()
        young = [post_id for post_id in post_ids if x_reads.is_young(post_id, now)]
        old = [post_id for post_id in post_ids if post_id not in set(young)]
        readings: list[MetricReading] = []
        failures: list[ReadFailed] = []
        batches = [(ids, True) for ids in x_reads.split(young)] + [(ids, False) for ids in x_reads.split(old)]
        for ids, private in batches:
            try:
                found = self._lookup(ids, private=private)
            except ReadFailed as failure:
                failures.append(failure)
                continue
            readings += [reading for row in found for reading in x_reads.parse_metrics(row)]
        if failures and len(failures) == len(batches):
            raise failures[0]
        return tuple(readings)

    def _lookup(self, ids: list[str], *, private: bool) -> list[dict[str, Any]]:
        """Look posts up; without the non-public metrics those for which X refuses to give them.

        Raises:
            ReadFailed: the posts could not be read.
        """
        fields = ["public_metrics", "non_public_metrics"] if private else ["public_metrics"]
        arguments = {"ids": ids, "tweet_fields": fields}
        answer = self._ask(
            lambda: self._client.get_tweets(user_auth=True, **arguments), "/2/tweets", arguments
        )
        if private and isinstance(answer, PlatformAnswer) and answer.status in {400, 403}:
            return self._lookup(ids, private=False)
        if isinstance(answer, Silence):
            raise ReadFailed(answer.reason)
        if not answer.is_success or not isinstance(answer.body, dict):
            raise ReadFailed(self._problem(answer))
        rows = x_reads.rows(answer)
        shown = {str(row.get("id")) for row in rows}
        hidden = [post_id for post_id in ids if post_id not in shown]
        if private and hidden and _refuses_field(answer):
            rows += self._lookup(hidden, private=False)
        return rows

    def _problem(self, answer: PlatformAnswer) -> str:
        if answer.is_success:
            # such as of an account that X has suspended: errors, and nothing else
            return explain(answer) if answer.at("errors") else "X's answer could not be read"
        return classify_problem(answer, self._now()).reason

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


def _refuses_field(answer: PlatformAnswer) -> bool:
    """Whether X refused the non-public metrics of a post, in the errors of a partial answer."""
    errors = answer.at("errors")
    words = (str(e.get("title")) for e in errors if isinstance(e, dict)) if isinstance(errors, list) else ()
    return any("field authorization" in word.lower() for word in words)
