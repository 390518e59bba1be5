"""X through tweepy; what tweepy lacks goes through its `Client.request`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import tweepy

from stormctl.domain.delivery.delivery import Delivered, InDoubt, Outcome
from stormctl.platforms.adapter import (
    MediaFile,
    OutgoingPost,
    PlatformAdapter,
    ReadFailed,
    Reading,
    Upload,
    Verification,
)
from stormctl.platforms.http.answers import PlatformAnswer, Silence
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.paging import read_pages
from stormctl.platforms.x.errors import classify_problem, read_limits
from stormctl.platforms.x.media import MediaSteps
from stormctl.platforms.x.reader import PostReader
from stormctl.platforms.x.verify import read_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.reach import MetricReading
    from stormctl.platforms.credentials import XCredentials

SDK_ORIGIN = "https://api.twitter.com"
"""Where tweepy 4.17 sends every request (`tweepy.client.BaseClient.request`)."""


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
        self._reader = PostReader(self._client, self._transport, now)
        self._me = me if me is not None else XIdentity()

    def verify(self) -> Verification:
        """Ask X who we are and what our keys may do (`GET /2/users/me`), for the price of a user read."""
        answer = self._transport.perform(
            lambda: self._client.get_me(user_auth=True, user_fields=["protected", "verified"])
        )
        found = read_verification(answer, self._now(), self.channel, self._account_id, self._site)
        if found.account is not None and isinstance(answer, PlatformAnswer):
            self._me.user_id, self._me.username = found.account.id, answer.id_at("data", "username")
        return found

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
            return self._receipt(post_id, answer)
        return classify_problem(answer, self._now())

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Read our timeline, all pages; posts come with their links written out again."""
        user_id = self._own_id()
        return read_pages(
            "X", lambda following: self._reader.read_page(user_id, since, until, following, self._post_url)
        )

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Read metrics, a hundred posts a call; clicks only of the last 30 days' posts."""
        return self._reader.read_metrics(post_ids)

    def delete(self, post_id: str) -> Outcome:
        """Delete a post; one that is already gone counts as deleted."""
        answer = self._transport.perform(lambda: self._client.delete_tweet(post_id, user_auth=True))
        if isinstance(answer, Silence):
            return answer.outcome
        if answer.status == 404 or (answer.is_success and answer.at("data", "deleted") is True):
            return self._receipt(post_id, answer)
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

    def _own_id(self) -> str:
        """Return our user id, asking X if we don't know it yet; ReadFailed if X doesn't tell."""
        if self._me.user_id is None:
            verification = self.verify()
            if self._me.user_id is None:
                raise ReadFailed(verification.problems[0].message)
        return self._me.user_id

    def _receipt(self, post_id: str, answer: PlatformAnswer) -> Delivered:
        limits = read_limits(answer, self._now())
        return Delivered(post_id=post_id, url=self._post_url(post_id), limits=limits)

    @property
    def _site(self) -> str:
        return "https://x.com" if self._transport.is_official else self._transport.base_url

    def _post_url(self, post_id: str) -> str:
        nobody = "i/web" if self._transport.is_official else "i"
        return f"{self._site}/{self._me.username or nobody}/status/{post_id}"
