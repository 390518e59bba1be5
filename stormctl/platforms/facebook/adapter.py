"""Facebook Pages through facebook-sdk, on a Graph version that the SDK does not know."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import facebook

from stormctl.domain.delivery.delivery import MEDIA_GONE, Delivered, InDoubt, Outcome, Refused, mark
from stormctl.domain.platforms.facebook import GRAPH_VERSION, prove_app
from stormctl.platforms.adapter import (
    MediaFile,
    OutgoingPost,
    PlatformAdapter,
    ReadFailed,
    Reading,
    Upload,
    Verification,
)
from stormctl.platforms.facebook import reads as graph_reads
from stormctl.platforms.facebook.errors import (
    MEDIA_FIELDS,
    classify_problem,
    error_code,
    is_about,
    is_gone,
    read_error,
    read_limits,
)
from stormctl.platforms.facebook.media import VIDEO_MARK, GraphMedia
from stormctl.platforms.facebook.metrics import read_post
from stormctl.platforms.facebook.verify import PageCheck
from stormctl.platforms.http.answers import PlatformAnswer, Silence, clock_offset_s
from stormctl.platforms.http.timestamps import next_second
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.paging import Page, read_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.reach import MetricReading
    from stormctl.platforms.credentials import FacebookCredentials

SDK_ORIGIN = "https://graph.facebook.com"
"""Where facebook-sdk 3.1 sends every request (`facebook.FACEBOOK_GRAPH_URL`)."""

UNKNOWN_PATH = {100, 2500}
"""Codes for an edge that a server doesn't know."""


class FacebookAdapter(PlatformAdapter):
    """One Facebook Page.

    Args:
        base_url: `https://graph.facebook.com`, or a server on loopback that speaks the same API.
        request_limit: for one whole request.
        now: wall time.
        wait: lets seconds pass while Facebook processes a video.
        allowed_hosts: where credentials may go beside the official hosts and loopback.

    Raises:
        CredentialsError: credentials may not be sent to `base_url`.
    """

    def __init__(
        self,
        channel: ChannelId,
        credentials: FacebookCredentials,
        *,
        base_url: str,
        request_limit: timedelta,
        now: Callable[[], datetime],
        wait: Callable[[float], object] | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self.channel = channel
        self._now = now
        self._credentials = credentials
        self._page_id = credentials.page_id
        self._proof = _prove(credentials)
        secrets = (credentials.page_token, credentials.app_secret or "", *self._proof.values())
        self._transport = Transport(
            SDK_ORIGIN, base_url, request_limit, secrets=secrets, allowed_hosts=allowed_hosts
        )
        self._graph = facebook.GraphAPI(credentials.page_token, session=self._transport.session)
        self._graph.version = GRAPH_VERSION  # its constructor refuses it
        self._media = GraphMedia(
            post=self._post,
            get=self._get,
            page_id=self._page_id,
            now=now,
            wait=wait or threading.Event().wait,
        )

    def verify(self) -> Verification:
        """Ask Facebook what the token is, whose, and whether the Page is there."""
        check = PageCheck(self._get, self._credentials, self._page_url, self._now(), self.channel)
        return check.run()

    def prepare(self, media: MediaFile) -> Upload:
        """Upload a photo or a video, hidden until a post carries it."""
        return self._media.upload(media)

    def publish(self, post: OutgoingPost, before_send: Callable[[], None]) -> Outcome:
        """Make one `POST /{page-id}/feed`; the link field is left empty where media is attached.

        A video, which is uploaded already, is published by one `POST /{video-id}` instead.
        X's `reply_settings` and disclosures have no counterpart for Page posts and are not sent; that a video
        was made with AI was said with its upload. Nor is the post's key sent: Facebook takes none.
        """
        if post.in_reply_to is not None:
            return Refused(reason="Facebook Pages have no threads", code="thread", for_good=True)
        if post.media_ids and post.media_ids[0].startswith(VIDEO_MARK):
            return self._publish_video(post, before_send)
        fields: dict[str, str] = {"message": post.text} if post.text else {}
        if post.link and not post.media_ids:
            fields["link"] = post.link
        for index, media_id in enumerate(post.media_ids):
            fields[f"attached_media[{index}]"] = json.dumps({"media_fbid": media_id})
        answer = self._transport.perform(
            lambda: self._graph.put_object(self._page_id, "feed", **fields, **self._proof),
            before_send=before_send,
        )
        if isinstance(answer, Silence):
            return answer.outcome
        post_id = answer.id_at("id")
        if answer.is_success and post_id is not None and read_error(answer) is None:
            return self._receipt(post_id, answer)
        outcome = classify_problem(answer, self._now())
        is_lost = post.media_ids and is_about(answer, (*MEDIA_FIELDS, *post.media_ids))
        return mark(outcome, MEDIA_GONE) if is_lost else outcome

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Read the Page's posts, all pages; by `/feed` where a server has no `/published_posts`."""
        args = {
            "fields": graph_reads.POST_FIELDS,
            "since": str(int(since.timestamp())),
            "until": str(int(next_second(until).timestamp()) + 1),
            "limit": str(graph_reads.PAGE_SIZE),
        }
        path = f"{self._page_id}/published_posts"
        answer = self._get(path, args)
        if isinstance(answer, PlatformAnswer) and _is_unknown_path(answer):
            path = f"{self._page_id}/feed"  # where visitors may write too
            args["fields"] += ",from"
            answer = self._get(path, args)

        def read_page(following: dict[str, str] | None) -> Page:
            return self._read_page(self._get(path, following) if following else answer, args)

        return read_pages("Facebook", read_page)

    def read_metrics(self, post_ids: Sequence[str]) -> tuple[MetricReading, ...]:
        """Read live counts and insights; what Facebook refuses to give is left out."""
        readings: list[MetricReading] = []
        try:
            for post_id in post_ids:
                for reading in read_post(self._get, post_id, self._now()):
                    readings.append(reading)  # noqa: PERF402 - those before a failure are kept
        except ReadFailed:
            if not readings:
                raise
        return tuple(readings)

    def delete(self, post_id: str) -> Outcome:
        """Delete a post; one that is already gone counts as deleted."""
        answer = self._transport.perform(
            lambda: self._graph.request(f"{GRAPH_VERSION}/{post_id}", args=dict(self._proof), method="DELETE")
        )
        if isinstance(answer, PlatformAnswer) and is_gone(answer):
            return self._receipt(post_id, answer)
        return self._done(answer, post_id, "deleted")

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _publish_video(self, post: OutgoingPost, before_send: Callable[[], None]) -> Outcome:
        """Publish an uploaded video; its post's id is asked for afterwards, its own is known already."""
        video_id = post.media_ids[0].removeprefix(VIDEO_MARK)
        fields = {"description": post.text, "published": "true"}
        answer = self._post(video_id, fields, before_send=before_send)
        done = self._done(answer, video_id, "published")
        if isinstance(answer, PlatformAnswer) and (is_gone(answer) or is_about(answer, [video_id])):
            return mark(done, MEDIA_GONE)
        if not isinstance(done, Delivered):
            return done
        told = self._transport.perform(
            lambda: self._graph.request(f"{GRAPH_VERSION}/{video_id}", {"fields": "post_id", **self._proof}),
            is_brief=True,
        )
        post_id = told.id_at("post_id") if isinstance(told, PlatformAnswer) and told.is_success else None
        if post_id is None:
            return done
        whole_id = post_id if "_" in post_id else f"{self._page_id}_{post_id}"
        return Delivered(post_id=whole_id, url=self._page_url(whole_id), limits=done.limits)

    def _done(self, answer: PlatformAnswer | Silence, post_id: str, what: str) -> Outcome:
        """Read an answer that is `{"success": true}` when it was done, or a bare `true` as of old."""
        if isinstance(answer, Silence):
            return answer.outcome
        if answer.is_success and (answer.body is True or answer.at("success") is True):
            return self._receipt(post_id, answer)
        if answer.is_success and read_error(answer) is None:
            return InDoubt(reason=f"Facebook did not say that the post is {what}", code=str(answer.status))
        return classify_problem(answer, self._now())

    def _receipt(self, post_id: str, answer: PlatformAnswer) -> Delivered:
        limits = read_limits(answer, self._now())
        return Delivered(post_id=post_id, url=self._page_url(post_id), limits=limits)

    def _post(
        self,
        path: str,
        fields: dict[str, str],
        files: dict[str, tuple[str, bytes, str]] | None = None,
        *,
        before_send: Callable[[], None] | None = None,
    ) -> PlatformAnswer | Silence:
        """Make one POST with the Page's token and its proof."""
        sent = {**fields, **self._proof}
        return self._transport.perform(
            lambda: self._graph.request(f"{GRAPH_VERSION}/{path}", post_args=sent, files=files),
            before_send=before_send,
            is_upload=files is not None,
        )

    def _get(self, path: str, args: dict[str, str], token: str | None = None) -> PlatformAnswer | Silence:
        """Make one GET, with the Page's token and its proof unless another token is given."""
        sent = {**args, "access_token": token} if token else {**args, **self._proof}
        return self._transport.perform(lambda: self._graph.request(f"{GRAPH_VERSION}/{path}", sent))

    def _read_page(self, answer: PlatformAnswer | Silence, asked: dict[str, str]) -> Page:
        """Read a page of the Page's own posts; ReadFailed if it is none."""
        if isinstance(answer, Silence):
            raise ReadFailed(answer.reason)
        offset_s = clock_offset_s(answer, self._now())
        if not answer.is_success or read_error(answer) is not None:
            raise ReadFailed(classify_problem(answer, self._now()).reason, offset_s)
        rows = answer.at("data")
        if not isinstance(rows, list):
            raise ReadFailed("Facebook's answer could not be read", offset_s)
        ours = [row for row in rows if not graph_reads.is_by_another(row, self._page_id)]
        found = [graph_reads.parse_post(row, self._page_url) for row in ours]
        posts = tuple(post for post in found if post is not None)
        return Page(posts, None not in found, graph_reads.next_page(answer, asked), offset_s)

    def _page_url(self, object_id: str) -> str:
        site = "https://www.facebook.com" if self._transport.is_official else self._transport.base_url
        return f"{site}/{object_id}"


def _prove(credentials: FacebookCredentials) -> dict[str, str]:
    """Return the argument that proves that a call comes from the app's owner; empty without the secret."""
    if not credentials.app_secret:
        return {}
    return {"appsecret_proof": prove_app(credentials.app_secret, credentials.page_token)}


def _is_unknown_path(answer: PlatformAnswer) -> bool:
    code = error_code(answer)
    return code in UNKNOWN_PATH or (code is None and answer.status in {404, 405})
