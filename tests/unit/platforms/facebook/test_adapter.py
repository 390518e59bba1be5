"""Facebook Pages through facebook-sdk: the requests of one Page and what is made of the answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, RateLimit, Refused, SendForbidden
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.platforms.adapter import MediaFile, OutgoingPost, PrepareFailed, ReadFailed, Upload
from stormctl.platforms.credentials import FacebookCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
from tests.unit.platforms.conftest import LIMIT, NOW

if TYPE_CHECKING:
    from tests.unit.platforms.scripted import ScriptedServer

PROOF = hmac.new(b"app-secret-6", b"page-token-5", hashlib.sha256).hexdigest()
HELLO = OutgoingPost(text="Hello", key="d1", link="https://example.org/act")
BOAT = MediaFile(content=b"boat", mime="image/png", kind=MediaKind.IMAGE, alt="A paper boat", name="boat.png")
SINCE, UNTIL = NOW - timedelta(minutes=10), NOW - timedelta(minutes=5)


def pass_on() -> None:
    """Let the request go."""


def error(code: int, **more: object) -> dict[str, object]:
    """Return a Graph error body."""
    return {"error": {"code": code, "message": "No.", **more}}


def test_publish_sends_exactly_the_post(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Message and link go to the Page's feed on the current Graph version, with token and proof."""
    server.reply({"id": "1001_7"}, X_App_Usage='{"call_count":28}')

    outcome = page.publish(HELLO, pass_on)

    assert outcome == Delivered(
        post_id="1001_7",
        url=f"{server.base_url}/1001_7",
        limits=(RateLimit(name="app-usage", limit=100, remaining=72, reset_at=None),),
    )
    assert (server.requests[0].method, server.requests[0].target) == ("POST", "/v26.0/1001/feed")
    assert server.requests[0].form == {
        "message": "Hello",
        "link": "https://example.org/act",
        "access_token": "page-token-5",
        "appsecret_proof": PROOF,
    }


def test_media_are_attached_as_json_and_leave_no_link(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The SDK encodes no nested values, and Facebook shows a link or media."""
    server.reply({"id": "1001_7"})

    page.publish(OutgoingPost(text="Hello", link="https://example.org", media_ids=("5", "6")), pass_on)

    form = server.requests[0].form
    assert json.loads(form["attached_media[0]"]) == {"media_fbid": "5"}
    assert json.loads(form["attached_media[1]"]) == {"media_fbid": "6"}
    assert "link" not in form


def test_without_an_app_secret_there_is_no_proof(server: ScriptedServer) -> None:
    """A Page can be served with its token alone, also under a path."""
    adapter = FacebookAdapter(
        parse_channel_id("facebook:acme"),
        FacebookCredentials(page_id="1001", page_token="page-token-5"),  # noqa: S106 - throw-away
        base_url=f"{server.base_url}/graph",
        request_limit=LIMIT,
        now=lambda: NOW,
    )
    server.reply({"id": "1001_7"})

    outcome = adapter.publish(OutgoingPost(text="Hello"), pass_on)
    adapter.close()

    assert outcome == Delivered(post_id="1001_7", url=f"{server.base_url}/graph/1001_7")
    assert server.requests[0].target == "/graph/v26.0/1001/feed"
    assert server.requests[0].form == {"message": "Hello", "access_token": "page-token-5"}


def test_a_thread_is_refused_unsent(server: ScriptedServer, page: FacebookAdapter) -> None:
    """A reply has nowhere to go on a Page."""
    outcome = page.publish(OutgoingPost(text="Hello", in_reply_to="1001_7"), pass_on)

    assert isinstance(outcome, Refused)
    assert server.connections == 0


def test_an_id_in_a_server_error_is_no_receipt(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The SDK ignores the HTTP status; we don't."""
    server.reply({"id": "1001_7"}, 500)

    assert isinstance(page.publish(HELLO, pass_on), InDoubt)


def test_a_forbidden_send_writes_nothing(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The last check's answer passes through the SDK, and the server received no byte."""

    def forbid() -> None:
        raise SendForbidden("halted")

    with pytest.raises(SendForbidden, match="halted"):
        page.publish(HELLO, forbid)

    assert server.received == 0


def test_a_photo_goes_up_unpublished_with_its_alt_text(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The word "false" is sent, since the SDK would make a bool "False"."""
    server.reply({"id": "55"})

    upload = page.prepare(BOAT)

    form = server.requests[0]
    assert upload == Upload("55", None)
    assert form.path == "/v26.0/1001/photos"
    assert b'name="published"\r\n\r\nfalse\r\n' in form.body
    assert b'name="alt_text_custom"\r\n\r\nA paper boat\r\n' in form.body
    assert b'name="source"; filename="boat.png"\r\nContent-Type: image/png\r\n\r\nboat\r\n' in form.body


@pytest.mark.parametrize(("body", "status", "kind"), [(error(324), 400, Refused), ({}, 200, InDoubt)])
def test_a_photo_that_fails(
    server: ScriptedServer, page: FacebookAdapter, body: object, status: int, kind: type
) -> None:
    """A refusal and a success without an id are the upload's outcome."""
    server.reply(body, status)

    with pytest.raises(PrepareFailed) as caught:
        page.prepare(BOAT)

    assert isinstance(caught.value.outcome, kind)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("(#100) Param alt_text_custom must be at most 1000 characters", "400 100 alt text"),
        ("(#100) The picture is too small", "400 100"),
    ],
)
def test_a_refused_description_is_told_from_a_refused_photo(
    server: ScriptedServer, page: FacebookAdapter, message: str, code: str
) -> None:
    """Without it the photo may go up, which is a person's to say."""
    server.reply({"error": {"code": 100, "message": message}}, 400)

    with pytest.raises(PrepareFailed) as caught:
        page.prepare(BOAT)

    assert isinstance(caught.value.outcome, Refused)
    assert (caught.value.outcome.for_good, caught.value.outcome.code) == (True, code)


def test_a_photo_that_nobody_takes(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Where nobody listens nothing was uploaded."""
    server.stop()

    with pytest.raises(PrepareFailed) as caught:
        page.prepare(BOAT)

    assert isinstance(caught.value.outcome, NotSent)


def test_posts_are_read_on_all_pages(server: ScriptedServer, page: FacebookAdapter) -> None:
    """The window in seconds with room at its end; the next page is asked of the same server."""
    elsewhere = "https://graph.example.org/v26.0/1001/published_posts?after=c2&limit=100&access_token=other"
    server.reply({"data": [{"id": "1001_9", "message": "two"}], "paging": {"next": elsewhere}})
    server.reply({"data": [{"id": "1001_8", "message": "one"}], "paging": {"cursors": {"after": "c3"}}})

    reading = page.find_recent(SINCE, UNTIL)

    assert [(post.post_id, post.text) for post in reading.posts] == [("1001_9", "two"), ("1001_8", "one")]
    assert reading.complete
    first, second = server.requests
    assert first.path == second.path == "/v26.0/1001/published_posts"
    assert (first.query["since"], first.query["until"]) == ("1797594600", "1797594901")
    assert second.query == first.query | {"after": "c2"}
    assert (second.query["access_token"], second.query["appsecret_proof"]) == ("page-token-5", PROOF)


@pytest.mark.parametrize(("body", "status"), [(b"", 404), (error(2500), 400), (error(100), 400)])
def test_a_server_without_published_posts(
    server: ScriptedServer, page: FacebookAdapter, body: object, status: int
) -> None:
    """The feed holds the same posts, and those of visitors, which are none of ours."""
    server.reply(body, status)
    visitor = {"id": "1001_8", "message": "Sign today", "from": {"id": "77", "name": "A visitor"}}
    server.reply({"data": [visitor, {"id": "1001_9", "from": {"id": "1001"}}, {"id": "1001_7"}]})

    reading = page.find_recent(SINCE, UNTIL)

    assert [post.post_id for post in reading.posts] == ["1001_9", "1001_7"]
    assert reading.complete
    assert server.requests[1].path == "/v26.0/1001/feed"
    assert server.requests[1].query["fields"].endswith(",from")


def test_a_reading_that_breaks_off_is_not_complete(server: ScriptedServer, page: FacebookAdapter) -> None:
    """What was read so far is kept, and that it is not all is said."""
    server.reply({"data": [{"id": "1001_9"}], "paging": {"next": "https://graph.example.org/?after=c2"}})
    server.reply(error(4), 400)

    reading = page.find_recent(SINCE, UNTIL)

    assert [post.post_id for post in reading.posts] == ["1001_9"]
    assert (reading.complete, reading.reason) == (False, "Facebook answered (#4): No.")


def test_a_post_that_cannot_be_read_leaves_the_reading_open(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """It might be the one that is looked for: no proof that it is not there."""
    server.reply({"data": [{"message": "no id"}, {"id": 9}, "odd"]})

    reading = page.find_recent(SINCE, UNTIL)

    assert [post.post_id for post in reading.posts] == ["9"]
    assert not reading.complete
    assert reading.reason == "Facebook does not show every post so that it can be read"


def test_pages_without_end_are_not_complete(server: ScriptedServer, page: FacebookAdapter) -> None:
    """A server that always has another page is not read for ever."""
    for _ in range(45):
        server.reply({"data": [], "paging": {"next": "https://graph.example.org/?after=again"}})

    assert not page.find_recent(SINCE, UNTIL).complete


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 503), (error(190), 400), ([], 200), ({"data": {}}, 200), (b"<html>", 200)]
)
def test_an_unreadable_page_fails(
    server: ScriptedServer, page: FacebookAdapter, body: object, status: int
) -> None:
    """Not reading is never taken for an empty Page."""
    server.reply(body, status)

    with pytest.raises(ReadFailed):
        page.find_recent(SINCE, UNTIL)


def test_a_page_out_of_reach_fails(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Neither is a network that is down."""
    server.stop()

    with pytest.raises(ReadFailed, match="refused"):
        page.find_recent(SINCE, UNTIL)


def test_metrics_before_a_failure_are_kept(server: ScriptedServer, page: FacebookAdapter) -> None:
    """A throttle in the middle costs the rest only; before anything was read it is a failure."""
    server.reply({"shares": {"count": 3}})
    server.reply(error(4), 400)
    server.reply(error(4), 400)

    readings = page.read_metrics(["1001_7", "1001_8"])

    assert [(reading.post_id, reading.metric, reading.value) for reading in readings] == [
        ("1001_7", Metric.SHARES, 3)
    ]
    with pytest.raises(ReadFailed):
        page.read_metrics(["1001_7"])


@pytest.mark.parametrize(
    ("body", "status"), [({"success": True}, 200), (True, 200), (error(100, error_subcode=33), 400)]
)
def test_deleting(server: ScriptedServer, page: FacebookAdapter, body: object, status: int) -> None:
    """A post that is gone is gone, whoever deleted it."""
    server.reply(body, status)

    outcome = page.delete("1001_7")

    assert isinstance(outcome, Delivered)
    assert (server.requests[0].method, server.requests[0].path) == ("DELETE", "/v26.0/1001_7")
    assert server.requests[0].query == {"access_token": "page-token-5", "appsecret_proof": PROOF}


def test_deleting_that_fails(server: ScriptedServer, page: FacebookAdapter) -> None:
    """An unclear answer, a refusal and a silence are told apart."""
    server.reply({})
    server.reply(error(190), 400)
    server.drop()

    outcomes = [page.delete("1001_7") for _ in range(3)]

    assert [type(outcome) for outcome in outcomes] == [InDoubt, Refused, InDoubt]


def test_nothing_secret_is_logged(
    server: ScriptedServer, page: FacebookAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at DEBUG, and a token quoted back, no token, secret or proof is written."""
    caplog.set_level(logging.DEBUG)
    server.reply({"error": {"code": 190, "message": "Malformed access token page-token-5"}}, 400)
    server.drop()

    outcome = page.publish(HELLO, pass_on)
    with pytest.raises(ReadFailed) as caught:
        page.find_recent(SINCE, UNTIL)

    told = "".join(traceback.format_exception(caught.value))
    said = caplog.text + repr(outcome) + told + repr(page.__dict__["_credentials"])
    assert [secret for secret in ("page-token-5", "app-secret-6", PROOF) if secret in said] == []
    assert outcome == Refused(
        reason="Facebook answered (#190): Malformed access token •••",
        code="400 190",
        for_good=False,
        suspends=True,
    )
