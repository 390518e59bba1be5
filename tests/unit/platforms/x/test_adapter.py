"""X through tweepy: one account's requests and what is made of the answers."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from oauthlib.oauth1 import Client as Signer  # type: ignore[import-untyped]  # ships no types

from stormctl.domain.delivery.delivery import Delivered, InDoubt, RateLimit, Refused, SendForbidden
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Account, Certainty, OutgoingPost, ReadFailed
from stormctl.platforms.credentials import XCredentials
from stormctl.platforms.x.adapter import XAdapter
from tests.unit.platforms.conftest import LIMIT, NOW

if TYPE_CHECKING:
    from tests.unit.platforms.scripted import ScriptedServer

ME = {"data": {"id": "42", "name": "Migrants Day", "username": "migrantsday"}}
CREATED = {"data": {"id": "2101712260468977783", "text": "hi", "edit_history_tweet_ids": [""]}}
HELLO = OutgoingPost(text="Hello")
SINCE, UNTIL = NOW - timedelta(minutes=10), NOW - timedelta(minutes=5)


def pass_on() -> None:
    """Let the request go."""


def test_verify_tells_the_account(server: ScriptedServer, x: XAdapter) -> None:
    """X's id, both names, the profile's address, and how far the clocks are apart."""
    server.reply(ME, Date="Fri, 18 Dec 2026 12:00:03 GMT")

    verification = x.verify()

    profile = f"{server.base_url}/migrantsday"
    assert verification.account == Account("42", "Migrants Day (@migrantsday)", profile)
    assert (verification.problems, verification.clock_offset_s) == ((), 3.0)
    assert server.requests[0].target == "/2/users/me?user.fields=protected%2Cverified"
    assert verification.cost_usd_micros == 10_000


@pytest.mark.parametrize(
    ("level", "may_post", "problems"),
    [
        ("read-write", True, []),
        ("read-write-directmessages", True, []),
        ("read", None, [(Certainty.UNKNOWN, "X says that the keys may only read, not post")]),
        ("", None, []),
    ],
)
def test_verify_hears_what_the_keys_may_do(
    server: ScriptedServer,
    x: XAdapter,
    level: str,
    may_post: bool | None,
    problems: list[tuple[Certainty, str]],
) -> None:
    """That they may only read is a warning, since X's own playground says so of every key."""
    headers: dict[str, Any] = {"x_access_level": level} if level else {}
    server.reply(ME, **headers)

    verification = x.verify()

    assert (verification.may_post, [(p.certainty, p.message) for p in verification.problems]) == (
        may_post,
        problems,
    )


def test_verify_tells_whether_everybody_sees_the_account(server: ScriptedServer, x: XAdapter) -> None:
    """A protected account posts for its followers only: a warning. X says whether it is verified, too."""
    server.reply({"data": {**ME["data"], "protected": True, "verified": False}})

    verification = x.verify()

    assert [problem.certainty for problem in verification.problems] == [Certainty.UNKNOWN]
    assert "only its followers" in verification.problems[0].message
    assert (verification.is_verified, verification.is_bad) == (False, False)


def test_a_refused_question_costs_nothing(server: ScriptedServer, x: XAdapter) -> None:
    """X bills answers that hold data only."""
    server.reply({"title": "No"}, 401)

    assert x.verify().cost_usd_micros == 0


@pytest.mark.parametrize(
    ("status", "certainty"),
    [(code, "bad") for code in (401, 402, 403)] + [(code, "unknown") for code in (307, 404, 429, 503)],
)
def test_verify_knows_proof_from_ignorance(
    server: ScriptedServer, x: XAdapter, status: int, certainty: str
) -> None:
    """Only a refusal of the keys is bad; a server that lacks the call, or is down, proves nothing."""
    server.reply({"title": "No"}, status)

    verification = x.verify()

    assert verification.account is None
    assert [problem.certainty for problem in verification.problems] == [Certainty(certainty)]


@pytest.mark.parametrize(
    ("date", "hint"),
    [
        ("Fri, 18 Dec 2026 12:01:00 GMT", "Sign in again: stormctl auth x migrants-day."),
        ("Fri, 18 Dec 2026 13:00:00 GMT", "Set this machine's clock first: X refuses what is signed"),
    ],
)
def test_a_refusal_for_the_clock_is_not_mended_by_signing_in(
    server: ScriptedServer, x: XAdapter, date: str, hint: str
) -> None:
    """X says 401 to a signature that is too early or too late, and tells its own time."""
    server.reply({"title": "Unauthorized"}, 401, Date=date)

    (problem,) = x.verify().problems

    assert problem.hint.startswith(hint)


@pytest.mark.parametrize("status", [402, 403])
def test_a_proxys_refusal_proves_nothing(server: ScriptedServer, x: XAdapter, status: int) -> None:
    """A page of HTML between X and us says nothing about our keys."""
    server.reply(b"<html>blocked</html>", status)

    verification = x.verify()

    assert [problem.certainty for problem in verification.problems] == [Certainty.UNKNOWN]


@pytest.mark.parametrize("body", [[], None, {}, {"data": {"id": None}}, b"<html>"])
def test_verify_survives_odd_answers(server: ScriptedServer, x: XAdapter, body: object) -> None:
    """A success that names nobody is unknown, not a crash."""
    server.reply(body)

    assert not x.verify().is_bad


def test_a_name_is_shown_as_one_line_without_control_characters(server: ScriptedServer, x: XAdapter) -> None:
    """Whoever owns the account chose it: a terminal must not do what it says."""
    server.reply({"data": {"id": "42", "name": "Migrants\x1b[2J\nDay", "username": "\x1b[2J"}})

    account = x.verify().account

    assert account is not None
    assert (account.name, account.url) == ("Migrants[2J Day", f"{server.base_url}/i/user/42")


def test_verify_without_a_server(server: ScriptedServer, x: XAdapter) -> None:
    """A network that is down proves nothing about the keys."""
    server.stop()

    verification = x.verify()

    assert [problem.certainty for problem in verification.problems] == [Certainty.UNKNOWN]


def test_publish_sends_exactly_the_post(server: ScriptedServer, x: XAdapter) -> None:
    """Text, media, reply and who may answer are in one signed request; the receipt has id, URL, limits."""
    server.reply(ME)
    server.reply(CREATED, 201, x_rate_limit_limit="100", x_rate_limit_remaining="99")
    post = OutgoingPost(
        text="Hello", key="d1", media_ids=("55", "56"), in_reply_to="77", reply_settings="mentionedUsers"
    )

    x.verify()
    outcome = x.publish(post, pass_on)

    assert outcome == Delivered(
        post_id="2101712260468977783",
        url=f"{server.base_url}/migrantsday/status/2101712260468977783",
        limits=(RateLimit(name="x-rate-limit", limit=100, remaining=99, reset_at=None),),
    )
    assert server.requests[1].json == {
        "text": "Hello",
        "media": {"media_ids": ["55", "56"]},
        "reply": {"in_reply_to_tweet_id": "77"},
        "reply_settings": "mentionedUsers",
    }


def test_disclosures_are_sent_though_tweepy_lacks_them(server: ScriptedServer, x: XAdapter) -> None:
    """Made with AI and paid partnership go along with everything else."""
    server.reply(CREATED, 201)
    post = OutgoingPost(
        text="Hello",
        media_ids=("55",),
        in_reply_to="77",
        reply_settings="following",
        made_with_ai=True,
        paid_partnership=True,
    )

    x.publish(post, pass_on)

    assert server.requests[0].json == {
        "text": "Hello",
        "media": {"media_ids": ["55"]},
        "reply": {"in_reply_to_tweet_id": "77"},
        "reply_settings": "following",
        "made_with_ai": True,
        "paid_partnership": True,
    }


def test_the_signature_is_over_the_address_that_is_asked(server: ScriptedServer, x: XAdapter) -> None:
    """A server can verify the signature with nothing but the request it sees."""
    server.reply(CREATED, 201)

    x.publish(HELLO, pass_on)

    sent = server.requests[0].headers["authorization"]
    told = dict(part.split("=", 1) for part in sent.removeprefix("OAuth ").split(", "))
    signer = Signer(
        "consumer-key-1",
        "consumer-secret-2",
        "access-token-3",
        "access-secret-4",
        nonce=told["oauth_nonce"].strip('"'),
        timestamp=told["oauth_timestamp"].strip('"'),
    )
    _, headers, _ = signer.sign(f"{server.base_url}/2/tweets", "POST")
    assert headers["Authorization"] == sent


def test_a_base_address_with_a_path(server: ScriptedServer) -> None:
    """A server may hold the API under a prefix, and links lead there too."""
    adapter = XAdapter(
        parse_channel_id("x:acme"),
        XCredentials(consumer_key="a", consumer_secret="b", access_token="c", access_token_secret="d"),  # noqa: S106 - throw-away
        base_url=server.base_url + "/x/",
        request_limit=LIMIT,
        now=lambda: NOW,
    )
    server.reply({"data": {"id": "7"}}, 201)

    outcome = adapter.publish(HELLO, pass_on)
    adapter.close()

    assert server.requests[0].target == "/x/2/tweets"
    assert outcome == Delivered(post_id="7", url=f"{server.base_url}/x/i/status/7")


@pytest.mark.parametrize(("account_id", "is_as_signed_in"), [(None, False), ("1001", True), ("6666", False)])
def test_keys_of_another_account_than_at_first_are_proved_bad(
    server: ScriptedServer, account_id: str | None, is_as_signed_in: bool
) -> None:
    """Whose they are is shown all the same; where nobody said whose they must be, anybody's will do."""
    adapter = XAdapter(
        parse_channel_id("x:acme"),
        XCredentials(
            consumer_key="a",
            consumer_secret="b",  # noqa: S106 - throw-away
            access_token="c",  # noqa: S106 - throw-away
            access_token_secret="d",  # noqa: S106 - throw-away
            account_id=account_id,
        ),
        base_url=server.base_url,
        request_limit=LIMIT,
        now=lambda: NOW,
    )
    server.reply({"data": {"id": "1001", "name": "Acme", "username": "acme"}})

    verification = adapter.verify()
    adapter.close()

    assert verification.account is not None
    assert verification.is_as_signed_in is is_as_signed_in
    assert [(problem.certainty, problem.message) for problem in verification.problems] == [
        (Certainty.BAD, "the keys belong to Acme (@acme) (1001), and STORMCTL_X_ACME_ACCOUNT_ID is 6666")
    ] * (account_id == "6666")


def test_credentials_are_not_sent_to_strangers() -> None:
    """An adapter for a host that is neither X nor this machine is not even made."""
    with pytest.raises(CredentialsError):
        XAdapter(
            parse_channel_id("x:acme"),
            XCredentials(consumer_key="a", consumer_secret="b", access_token="c", access_token_secret="d"),  # noqa: S106 - throw-away
            base_url="https://api.example.org",
            request_limit=LIMIT,
            now=lambda: NOW,
        )


@pytest.mark.parametrize("body", [[], [1], "text", {"errors": "odd"}, {"errors": [None]}])
@pytest.mark.parametrize("status", [307, 400, 401, 402, 403, 404, 429])
def test_odd_refusals_are_refusals(server: ScriptedServer, x: XAdapter, status: int, body: object) -> None:
    """Bodies that make tweepy stumble don't hide that X said no."""
    server.reply(body, status)

    assert isinstance(x.publish(HELLO, pass_on), Refused)


@pytest.mark.parametrize("body", [None, b"<html>"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(307, Refused), (401, Refused), (402, Refused), (429, Refused), (400, InDoubt), (403, InDoubt)],
)
def test_refusals_that_cannot_be_read(
    server: ScriptedServer, x: XAdapter, status: int, kind: type, body: object
) -> None:
    """Some statuses are clear in any shape; with others a gate before X may have spoken, for this time."""
    server.reply(body, status)

    assert isinstance(x.publish(HELLO, pass_on), kind)


def test_a_forbidden_send_writes_nothing(server: ScriptedServer, x: XAdapter) -> None:
    """The last check's answer passes through tweepy, and the server received no byte."""

    def forbid() -> None:
        raise SendForbidden("halted")

    with pytest.raises(SendForbidden, match="halted"):
        x.publish(HELLO, forbid)

    assert server.received == 0


def test_the_timeline_is_read_on_all_pages(server: ScriptedServer, x: XAdapter) -> None:
    """Whole seconds around the window, the old field names, and every page until there is no token."""
    server.reply(ME)
    server.reply({"data": [{"id": "9", "text": "two"}], "meta": {"next_token": "t2"}})
    server.reply({"data": [{"id": "8", "text": "one"}], "meta": {"result_count": 1}})

    reading = x.find_recent(SINCE + timedelta(microseconds=5), UNTIL + timedelta(microseconds=5))

    assert [(post.post_id, post.text) for post in reading.posts] == [("9", "two"), ("8", "one")]
    assert reading.complete
    first, second = server.requests[1:]
    assert first.path == "/2/users/42/tweets"
    assert first.query == {
        "max_results": "100",
        "start_time": "2026-12-18T11:50:00Z",
        "end_time": "2026-12-18T11:55:01Z",
        "tweet.fields": "created_at,entities,attachments,referenced_tweets",
    }
    assert second.query == first.query | {"pagination_token": "t2"}


@pytest.mark.parametrize("until", [NOW + timedelta(microseconds=1), NOW - timedelta(seconds=5)])
def test_a_window_up_to_now_has_no_end(server: ScriptedServer, x: XAdapter, until: datetime) -> None:
    """X refuses an end in the future, by a clock that may be some seconds behind ours: none is sent."""
    server.reply(ME)
    server.reply({"meta": {"result_count": 0}})

    reading = x.find_recent(SINCE, until)

    assert (reading.posts, reading.complete) == ((), True)
    assert "end_time" not in server.requests[1].query


def test_a_reading_that_breaks_off_is_not_complete(server: ScriptedServer, x: XAdapter) -> None:
    """What was read so far is kept, and that it is not all is said."""
    server.reply(ME)
    server.reply({"data": [{"id": "9", "text": "two"}], "meta": {"next_token": "t2"}})
    server.reply({"title": "Too Many Requests"}, 429)

    reading = x.find_recent(SINCE, UNTIL)

    assert [post.post_id for post in reading.posts] == ["9"]
    assert (reading.complete, reading.reason) == (False, "X answered 429: Too Many Requests")


@pytest.mark.parametrize(
    "body", [{}, {"errors": [{"title": "Not Found Error"}]}, {"meta": {"result_count": 3}}, {"data": {}}]
)
def test_a_later_page_that_is_none_is_not_the_last(server: ScriptedServer, x: XAdapter, body: object) -> None:
    """What is no page is never taken for the end of the timeline."""
    server.reply(ME)
    server.reply({"data": [{"id": "9", "text": "two"}], "meta": {"next_token": "t2"}})
    server.reply(body)

    assert not x.find_recent(SINCE, UNTIL).complete


def test_a_post_that_cannot_be_read_leaves_the_reading_open(server: ScriptedServer, x: XAdapter) -> None:
    """It might be the one that is looked for: no proof that it is not there."""
    server.reply(ME)
    server.reply({"data": [{"text": "no id"}, {"id": 9, "text": "two"}, "odd"], "meta": {}})

    reading = x.find_recent(SINCE, UNTIL)

    assert [post.post_id for post in reading.posts] == ["9"]
    assert (reading.complete, reading.reason) == (False, "X does not show every post so that it can be read")


def test_errors_beside_the_posts_leave_the_reading_open(server: ScriptedServer, x: XAdapter) -> None:
    """X leaves something out and says so: what is shown counts, what is not proves nothing."""
    server.reply(ME)
    server.reply({"data": [{"id": "9", "text": "two"}], "errors": [{"title": "Not Found Error"}], "meta": {}})

    reading = x.find_recent(SINCE, UNTIL)

    assert ([post.post_id for post in reading.posts], reading.complete) == (["9"], False)


def test_errors_without_a_post_are_no_empty_timeline(server: ScriptedServer, x: XAdapter) -> None:
    """An account that we may not see is not one without posts."""
    server.reply(ME)
    server.reply({"errors": [{"detail": "not authorized to see"}], "meta": {"result_count": 0}})

    with pytest.raises(ReadFailed, match="not authorized to see"):
        x.find_recent(SINCE, UNTIL)


OLD_WORDS_REFUSED = {
    "title": "Invalid Request",
    "errors": [{"parameters": {"tweet.fields": ["created_at"]}, "message": "not one of [post.fields]"}],
}


def test_the_new_words_are_used_once_x_refuses_the_old(server: ScriptedServer, x: XAdapter) -> None:
    """The same page, asked for as the specification of August 2026 has it; later pages at once."""
    server.reply(ME)
    server.reply(OLD_WORDS_REFUSED, 400)
    row = {"id": "9", "text": "two", "referenced_posts": [{"type": "replied_to", "id": "8"}]}
    server.reply({"data": [row], "meta": {"next_token": "t2"}})
    server.reply({"data": [], "meta": {"result_count": 0}})

    reading = x.find_recent(SINCE, UNTIL)

    assert [(post.text, post.in_reply_to) for post in reading.posts] == [("two", "8")]
    assert reading.complete
    assert server.requests[2].query == {
        "max_results": "100",
        "start_time": "2026-12-18T11:50:00Z",
        "end_time": "2026-12-18T11:55:00Z",
        "post.fields": "created_at,entities,attachments,referenced_posts",
    }
    assert server.requests[3].query == server.requests[2].query | {"pagination_token": "t2"}


def test_metrics_are_read_in_the_new_words_too(server: ScriptedServer, x: XAdapter) -> None:
    """A refused word costs neither the counts nor the clicks."""
    ids = young_ids(1)
    server.reply(OLD_WORDS_REFUSED, 400)
    server.reply({"data": [{"id": ids[0], "non_public_metrics": {"url_link_clicks": 3}}]})

    readings = x.read_metrics(ids)

    assert [(reading.metric, reading.value) for reading in readings] == [(Metric.CLICKS, 3)]
    assert server.requests[1].query == {"ids": ids[0], "post.fields": "public_metrics,non_public_metrics"}


def test_pages_without_end_are_not_complete(server: ScriptedServer, x: XAdapter) -> None:
    """A server that always has another page is not read for ever."""
    server.reply(ME)
    for _ in range(50):
        server.reply({"data": [], "meta": {"next_token": "again"}})

    reading = x.find_recent(SINCE, UNTIL)

    assert not reading.complete
    assert len(server.requests) == 41


@pytest.mark.parametrize(
    ("status", "body"), [(503, b""), (401, {}), (200, []), (200, b"<html>"), (200, {"errors": [{}]})]
)
def test_an_unreadable_timeline_fails(server: ScriptedServer, x: XAdapter, status: int, body: object) -> None:
    """Not reading is never taken for an empty account."""
    server.reply(ME)
    server.reply(body, status)

    with pytest.raises(ReadFailed):
        x.find_recent(SINCE, UNTIL)


def test_an_unknown_account_cannot_be_read(server: ScriptedServer, x: XAdapter) -> None:
    """Without our own id there is no timeline to ask for."""
    server.reply({}, 503)

    with pytest.raises(ReadFailed, match="X could not be asked"):
        x.find_recent(SINCE, UNTIL)


def young_ids(count: int) -> list[str]:
    """Return ids of posts of today."""
    age = NOW.timestamp() * 1000 - 1_288_834_974_657
    return [str((int(age) << 22) + n) for n in range(count)]


def counts(ids: str, likes: int) -> dict[str, Any]:
    """Return an answer with likes for each of these ids."""
    return {"data": [{"id": one, "public_metrics": {"like_count": likes}} for one in ids.split(",")]}


def test_metrics_are_read_in_batches(server: ScriptedServer, x: XAdapter) -> None:
    """A hundred ids a call; posts of more than thirty days ago are asked for public counts only."""
    ids = young_ids(101)
    server.reply(counts(ids[0], 5))
    server.reply(counts(ids[100], 6))
    server.reply(counts("1000", 7))

    readings = x.read_metrics([*ids, "1000"])

    assert [(reading.post_id, reading.metric, reading.value) for reading in readings] == [
        (ids[0], Metric.REACTIONS, 5),
        (ids[100], Metric.REACTIONS, 6),
        ("1000", Metric.REACTIONS, 7),
    ]
    assert [len(request.query["ids"].split(",")) for request in server.requests] == [100, 1, 1]
    assert [request.query["tweet.fields"] for request in server.requests] == [
        "public_metrics,non_public_metrics",
        "public_metrics,non_public_metrics",
        "public_metrics",
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"title": "Invalid Request"}),
        (403, {"title": "Forbidden"}),
        (200, {"errors": [{"title": "Field Authorization Error", "parameter": "non_public_metrics"}]}),
    ],
)
def test_public_counts_are_read_where_others_are_refused(
    server: ScriptedServer, x: XAdapter, status: int, body: object
) -> None:
    """A refusal of the non-public fields does not cost the public ones."""
    ids = young_ids(1)
    server.reply(body, status)
    server.reply(counts(ids[0], 5))

    readings = x.read_metrics(ids)

    assert [reading.value for reading in readings] == [5]
    assert server.requests[1].query["tweet.fields"] == "public_metrics"


def test_a_refusal_for_one_post_does_not_cost_the_clicks_of_the_others(
    server: ScriptedServer, x: XAdapter
) -> None:
    """What a partial answer holds is kept, and only what it hides is asked for once more."""
    ids = young_ids(2)
    whole = {"id": ids[0], "public_metrics": {"like_count": 5}, "non_public_metrics": {"url_link_clicks": 3}}
    error = {"title": "Field Authorization Error", "parameter": "non_public_metrics", "resource_id": ids[1]}
    server.reply({"data": [whole], "errors": [error]})
    server.reply(counts(ids[1], 6))

    readings = x.read_metrics(ids)

    assert [(r.post_id, r.metric, r.value) for r in readings] == [
        (ids[0], Metric.REACTIONS, 5),
        (ids[0], Metric.CLICKS, 3),
        (ids[1], Metric.REACTIONS, 6),
    ]
    assert server.requests[1].query == {"ids": ids[1], "tweet.fields": "public_metrics"}


def test_posts_that_x_does_not_know_are_left_out(server: ScriptedServer, x: XAdapter) -> None:
    """A partial answer is read for what it has."""
    server.reply(counts("1", 5) | {"errors": [{"resource_id": "2", "title": "Not Found Error"}]})

    readings = x.read_metrics(["1", "2"])

    assert [reading.post_id for reading in readings] == ["1"]


def test_metrics_fail_only_where_nothing_was_read(server: ScriptedServer, x: XAdapter) -> None:
    """One batch that was read is worth keeping; none is a failure."""
    server.reply({}, 503)
    server.reply(counts("1", 5))
    server.reply({}, 503)

    readings = x.read_metrics([*young_ids(1), "1"])

    assert [reading.post_id for reading in readings] == ["1"]
    with pytest.raises(ReadFailed):
        x.read_metrics(["1"])


@pytest.mark.parametrize(("status", "body"), [(200, {"data": {"deleted": True}}), (404, {"title": "Gone"})])
def test_deleting(server: ScriptedServer, x: XAdapter, status: int, body: object) -> None:
    """A post that is gone is gone, whoever deleted it."""
    server.reply(body, status)

    outcome = x.delete("7")

    assert isinstance(outcome, Delivered)
    assert outcome.post_id == "7"
    assert (server.requests[0].method, server.requests[0].path) == ("DELETE", "/2/tweets/7")


def test_deleting_that_fails(server: ScriptedServer, x: XAdapter) -> None:
    """An unclear answer, a refusal and a silence are told apart."""
    server.reply({"data": {}})
    server.reply({"title": "Unauthorized"}, 401)
    server.drop()

    outcomes = [x.delete("7") for _ in range(3)]

    assert [type(outcome) for outcome in outcomes] == [InDoubt, Refused, InDoubt]


def test_nothing_secret_is_logged(
    server: ScriptedServer, x: XAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at DEBUG neither keys nor signatures are written."""
    caplog.set_level(logging.DEBUG)
    server.reply({"detail": "bad token access-token-3"}, 401)

    outcome = x.publish(HELLO, pass_on)

    said = caplog.text + repr(outcome) + repr(x.__dict__)
    secrets = ("consumer-key-1", "consumer-secret-2", "access-token-3", "access-secret-4", "oauth_signature")
    assert [secret for secret in secrets if secret in said] == []
