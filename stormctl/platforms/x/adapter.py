"""X through tweepy; what tweepy lacks goes through its `Client.request`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import tweepy

from stormctl.domain.delivery.delivery import Delivered, InDoubt, Outcome
from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.platforms.x import X
from stormctl.platforms.adapter import (
    Account,
    Certainty,
    MediaFile,
    OutgoingPost,
    PlatformAdapter,
    ReadFailed,
    Reading,
    Upload,
    Verification,
    VerificationProblem,
)
from stormctl.platforms.http.answers import PlatformAnswer, Silence, clock_offset_s, plain
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.x import reads as x_reads
from stormctl.platforms.x.errors import classify_problem, explain, read_limits
from stormctl.platforms.x.field_names import PostReader
from stormctl.platforms.x.media import MediaSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.reach import MetricReading
    from stormctl.platforms.adapter import SeenPost
    from stormctl.platforms.credentials import XCredentials

SDK_ORIGIN = "https://api.twitter.com"
"""Where tweepy 4.17 sends every request (`tweepy.client.BaseClient.request`)."""

REPLIES_BAD = {402, 403}
"""Answers to "who am I" that prove that the account can't publish, where X gives them in its JSON: a proxy
refuses with 403 too. 401 proves it in any shape."""

SIGNED_WITHIN_S = 300
"""How far the clock that signs may be from X's (docs.x.com, OAuth 1.0a troubleshooting, 2026)."""

ACCESS_LEVEL = "x-access-level"
"""Tells of OAuth 1.0a keys whether they are `read` or `read-write…`. Many clients read it, but it is
undocumented for v2, and X's own playground says `read` of every key: only a 403 proves anything."""

MAX_PAGES = 40
"""A timeline shows the newest 3,200 posts (docs.x.com, 2026-08): 32 pages, and some room."""


@dataclass(slots=True)
class XIdentity:
    """Who the credentials belong to, learnt by `verify`; adapters of one channel may share it."""

    user_id: str | None = None
    username: str | None = None


class XAdapter(PlatformAdapter):
    """One account on X, signed for with OAuth 1.0a.

    Args:
        base_url: `https://api.x.com`, or a server on loopback that speaks the same API.
        request_limit: for one whole request.
        now: wall time.
        wait: lets seconds pass while X processes media.
        allowed_hosts: where credentials may go beside the official hosts and loopback.

    Raises:
        CredentialsError: credentials may not be sent to `base_url`.
    """

    def __init__(
        self,
        channel: ChannelId,
        credentials: XCredentials,
        *,
        base_url: str,
        request_limit: timedelta,
        now: Callable[[], datetime],
        wait: Callable[[float], object] | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        me: XIdentity | None = None,
    ) -> None:
        self.channel = channel
        self._account_id = credentials.account_id
        self._now = now
        keys = (
            credentials.consumer_key,
            credentials.consumer_secret,
            credentials.access_token,
            credentials.access_token_secret,
        )
        self._transport = Transport(
            SDK_ORIGIN, base_url, request_limit, secrets=keys, allowed_hosts=allowed_hosts
        )
        self._client = tweepy.Client(None, *keys, return_type=requests.Response)
        self._client.session = self._transport.session
        self._auth = tweepy.OAuth1UserHandler(*keys).apply_auth()
        self._media = MediaSteps(
            request=self._request, post_form=self._post_form, now=now, wait=wait or threading.Event().wait
        )
        self._reader = PostReader(self._client, self._transport)
        self._me = me if me is not None else XIdentity()

    def verify(self) -> Verification:
        """Ask X who we are and what our keys may do (`GET /2/users/me`), for the price of a user read."""
        answer = self._transport.perform(
            lambda: self._client.get_me(user_auth=True, user_fields=["protected", "verified"])
        )
        if isinstance(answer, Silence):
            return Verification(account=None, problems=(_unknown(answer.reason),))
        offset = clock_offset_s(answer, self._now())
        user_id, username = answer.id_at("data", "id"), answer.id_at("data", "username")
        if answer.is_success and user_id is not None:
            self._me.user_id, self._me.username = user_id, username
            name = plain(answer.at("data", "name") or username or user_id)
            shown = f"{name} (@{username})" if username and name != username else name
            account = Account(user_id, shown, self._profile_url())
            return self._describe(account, answer, offset)
        reason = classify_problem(answer, self._now()).reason
        if answer.status == 401 or (answer.status in REPLIES_BAD and isinstance(answer.body, dict)):
            problem = VerificationProblem(Certainty.BAD, reason, self._hint(answer.status, offset))
        else:
            problem = _unknown(reason if not answer.is_success else "X did not say whose keys these are")
        return Verification(account=None, problems=(problem,), clock_offset_s=offset)

    def _describe(self, account: Account, answer: PlatformAnswer, offset: float | None) -> Verification:
        """Read what `/2/users/me` tells beside the account."""
        level = str(answer.headers.get(ACCESS_LEVEL, "")).strip().lower()
        verified = answer.at("data", "verified")
        problems = self._judge_owner(account)
        if level == "read":
            again = sign_in_command(self.channel)
            hint = (
                "X may be wrong: a post will show. If X refuses it, set the app to “Read and write” "
                f"on the X developer console, then sign in again: {again}"
            )
            message = "X says that the keys may only read, not post"
            problems.append(VerificationProblem(Certainty.UNKNOWN, message, hint))
        if answer.at("data", "protected") is True:
            message = "the account's posts are protected: only its followers see them"
            hint = "Turn “Protect your posts” off in the account's settings."
            problems.append(VerificationProblem(Certainty.UNKNOWN, message, hint))
        return Verification(
            account=account,
            problems=tuple(problems),
            clock_offset_s=offset,
            kind="keys of OAuth 1.0a, which do not expire",
            may_post=True if level.startswith("read-write") else None,
            is_verified=verified if isinstance(verified, bool) else None,
            is_as_signed_in=self._account_id == account.id,
            cost_usd_micros=X.prices.user_reading,
        )

    def _judge_owner(self, account: Account) -> list[VerificationProblem]:
        """Compare the account with the one of the first sign-in, where that is known."""
        if self._account_id in {None, account.id}:
            return []
        variable = f"STORMCTL_X_{self.channel.env_name}_ACCOUNT_ID"
        message = f"the keys belong to {account.name} ({account.id}), and {variable} is {self._account_id}"
        hint = (
            f"To change accounts on purpose, remove {variable} and the channel's tokens from .env first. "
            f"Otherwise sign in to the right one: {sign_in_command(self.channel)}"
        )
        return [VerificationProblem(Certainty.BAD, message, hint)]

    def prepare(self, media: MediaFile) -> Upload:
        """Upload media by the v2 steps, and its alt text by the metadata call."""
        return self._media.upload(media)

    def publish(self, post: OutgoingPost, before_send: Callable[[], None]) -> Outcome:
        """Make one `POST /2/tweets`; a link is expected in the text.

        The post's key is not sent: X takes none.
        """
        answer = self._transport.perform(lambda: self._create(post), before_send=before_send)
        if isinstance(answer, Silence):
            return answer.outcome
        post_id = answer.id_at("data", "id")
        if answer.is_success and post_id is not None:
            return Delivered(
                post_id=post_id, url=self._post_url(post_id), limits=read_limits(answer, self._now())
            )
        return classify_problem(answer, self._now())

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Read our timeline, all pages; posts come with their links written out again."""
        posts: list[SeenPost] = []
        token: str | None = None
        offset: float | None = None
        is_whole = True
        for page in range(MAX_PAGES):
            arguments = x_reads.timeline_arguments(since, until, self._now(), token)
            answer = self._reader.timeline(self._own_id(), arguments)
            if page == 0 and isinstance(answer, PlatformAnswer):
                offset = clock_offset_s(answer, self._now())
            shown = x_reads.parse_page(answer, self._post_url) if isinstance(answer, PlatformAnswer) else None
            if shown is None:
                reason = self._read_problem(answer)
                if page == 0:
                    raise ReadFailed(reason, offset)
                return Reading(tuple(posts), complete=False, reason=reason, clock_offset_s=offset)
            posts += shown.posts
            is_whole = is_whole and shown.is_whole
            token = shown.next_token
            if token is None:
                reason = "" if is_whole else "X does not show every post so that it can be read"
                return Reading(tuple(posts), complete=is_whole, reason=reason, clock_offset_s=offset)
        reason = "X lists more pages than it keeps"
        return Reading(tuple(posts), complete=False, reason=reason, clock_offset_s=offset)

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Read metrics, a hundred posts a call; clicks only of the last 30 days' posts."""
        now = self._now()
        young = [post_id for post_id in post_ids if x_reads.is_young(post_id, now)]
        old = [post_id for post_id in post_ids if post_id not in set(young)]
        readings: list[MetricReading] = []
        failures: list[str] = []
        batches = [(ids, True) for ids in x_reads.split(young)] + [(ids, False) for ids in x_reads.split(old)]
        for ids, private in batches:
            try:
                found = self._lookup(ids, private=private)
            except ReadFailed as failure:
                failures.append(failure.reason)
                continue
            readings += [reading for row in found for reading in x_reads.parse_metrics(row)]
        if failures and len(failures) == len(batches):
            raise ReadFailed(failures[0])
        return tuple(readings)

    def delete(self, post_id: str) -> Outcome:
        """Delete a post; one that is already gone counts as deleted."""
        answer = self._transport.perform(lambda: self._client.delete_tweet(post_id, user_auth=True))
        if isinstance(answer, Silence):
            return answer.outcome
        if answer.status == 404 or (answer.is_success and answer.at("data", "deleted") is True):
            return Delivered(
                post_id=post_id, url=self._post_url(post_id), limits=read_limits(answer, self._now())
            )
        if answer.is_success:
            return InDoubt(reason="X did not say that the post is deleted", code=str(answer.status))
        return classify_problem(answer, self._now())

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _create(self, post: OutgoingPost) -> object:
        if not (post.made_with_ai or post.paid_partnership):
            return self._client.create_tweet(
                text=post.text or None,
                media_ids=list(post.media_ids) or None,
                in_reply_to_tweet_id=post.in_reply_to,
                reply_settings=post.reply_settings,
            )
        # create_tweet knows no disclosures: the same body by hand.
        body: dict[str, Any] = {"text": post.text} if post.text else {}
        if post.media_ids:
            body["media"] = {"media_ids": list(post.media_ids)}
        if post.in_reply_to:
            body["reply"] = {"in_reply_to_tweet_id": post.in_reply_to}
        if post.reply_settings:
            body["reply_settings"] = post.reply_settings
        if post.made_with_ai:
            body["made_with_ai"] = True
        if post.paid_partnership:
            body["paid_partnership"] = True
        return self._client.request("POST", "/2/tweets", json=body, user_auth=True)

    def _request(
        self,
        method: str,
        route: str,
        *,
        params: dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
        is_upload: bool = False,
    ) -> PlatformAnswer | Silence:
        return self._transport.perform(
            lambda: self._client.request(method, route, params=params, json=json, user_auth=True),
            is_upload=is_upload,
        )

    def _post_form(self, route: str, fields: dict[str, str], media: MediaFile) -> PlatformAnswer | Silence:
        files = {"media": (media.name, media.content[:], media.mime)}
        return self._transport.perform(
            lambda: self._transport.session.post(
                SDK_ORIGIN + route, data=fields, files=files, auth=self._auth
            ),
            is_upload=True,
        )

    def _lookup(self, ids: list[str], *, private: bool) -> list[dict[str, Any]]:
        """Look posts up; without the non-public metrics those for which X refuses to give them.

        Raises:
            ReadFailed: the posts could not be read.
        """
        fields = ["public_metrics", "non_public_metrics"] if private else ["public_metrics"]
        answer = self._reader.lookup(ids, fields)
        if private and isinstance(answer, PlatformAnswer) and answer.status in {400, 403}:
            return self._lookup(ids, private=False)
        if isinstance(answer, Silence) or not answer.is_success or not isinstance(answer.body, dict):
            raise ReadFailed(self._read_problem(answer))
        rows = x_reads.rows(answer)
        shown = {str(row.get("id")) for row in rows}
        hidden = [post_id for post_id in ids if post_id not in shown]
        if private and hidden and _refuses_field(answer):
            rows += self._lookup(hidden, private=False)
        return rows

    def _own_id(self) -> str:
        """Return our user id, asking X if we don't know it yet; ReadFailed if X doesn't tell."""
        if self._me.user_id is None:
            verification = self.verify()
            if self._me.user_id is None:
                raise ReadFailed(verification.problems[0].message)
        return self._me.user_id

    def _read_problem(self, answer: PlatformAnswer | Silence) -> str:
        if isinstance(answer, Silence):
            return answer.reason
        if answer.is_success:
            # such as of an account that X has suspended: errors, and nothing else
            return explain(answer) if answer.at("errors") else "X's answer could not be read"
        return classify_problem(answer, self._now()).reason

    def _profile_url(self) -> str:
        site = "https://x.com" if self._transport.is_official else self._transport.base_url
        return f"{site}/{self._me.username or f'i/user/{self._me.user_id}'}"

    def _post_url(self, post_id: str) -> str:
        if not self._transport.is_official:
            return f"{self._transport.base_url}/{self._me.username or 'i'}/status/{post_id}"
        return f"https://x.com/{self._me.username or 'i/web'}/status/{post_id}"

    def _hint(self, status: int, offset_s: float | None) -> str:
        if status == 401 and abs(offset_s or 0.0) > SIGNED_WITHIN_S:
            return "Set this machine's clock first: X refuses what is signed five minutes early or late."
        if status == 402:
            return "Top up the credits of the app on the X developer console."
        return (
            f"Sign in again: {sign_in_command(self.channel)}. If X refuses that too, check the app on X's "
            "developer console."
        )


def _unknown(reason: str) -> VerificationProblem:
    return VerificationProblem(
        Certainty.UNKNOWN, f"X could not be asked about the account: {reason}", "Try again later."
    )


def _refuses_field(answer: PlatformAnswer) -> bool:
    """Whether X refused the non-public metrics of a post, in the errors of a partial answer."""
    errors = answer.at("errors")
    words = (str(e.get("title")) for e in errors if isinstance(e, dict)) if isinstance(errors, list) else ()
    return any("field authorization" in word.lower() for word in words)
