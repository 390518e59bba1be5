"""Every answer that the platforms are known to give, from the emulator through the whole adapter.

The rows are those of X's and Facebook's error documentation, and of what clients record beside them; their
sources stand in docs/platforms.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest
import requests

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Outcome, Refused
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.platforms.adapter import MediaFile, OutgoingPost, PlatformAdapter, PrepareFailed
from stormctl.platforms.credentials import FacebookCredentials, XCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
from stormctl.platforms.x.adapter import XAdapter
from tests.unit.platforms.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 12, 18, 12, tzinfo=UTC)
PROBLEMS = "https://api.x.com/2/problems/"
Kind = Literal["delivered", "wait", "refused", "posted already", "stop", "in doubt", "not sent"]


@dataclass(frozen=True)
class Row:
    """An answer, and what it means; `wait_minutes` where the answer tells for how long."""

    name: str
    kind: Kind
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait_minutes: float | None = None


def reset(family: str, remaining: int, minutes: float) -> dict[str, str]:
    """Return one family of X's limit headers; underscores stand for hyphens."""
    at = int((NOW + timedelta(minutes=minutes)).timestamp())
    name = family.replace("-", "_")
    return {f"{name}_limit": "100", f"{name}_remaining": str(remaining), f"{name}_reset": str(at)}


def problem(status: int, detail: str, kind: str = "about:blank", **more: object) -> dict[str, object]:
    """Return a problem as X writes it."""
    full = kind if kind == "about:blank" else PROBLEMS + kind
    return {"title": "Problem", "detail": detail, "type": full, "status": status, **more}


def error(code: int, subcode: int | None = None, **more: object) -> dict[str, object]:
    """Return an error as Graph writes it."""
    sub = {} if subcode is None else {"error_subcode": subcode}
    return {"error": {"message": "No.", "type": "OAuthException", "code": code, **sub, **more}}


TOO_MANY = problem(429, "Too Many Requests")
REPLY = "You can only reply to or quote posts where you are mentioned or are the author."
SEEN_402 = {
    "title": "CreditsDepleted",
    "detail": "No credits.",
    "type": "https://api.twitter.com/2/problems/credits",
}
ACCOUNT_TROUBLES = {
    64: "Your account is suspended and is not permitted to access this feature.",
    226: "This request looks like it might be automated. To protect our users from spam and other malicious "
    "activity, we can't complete this action right now.",
    261: "Application cannot perform write actions.",
    326: "To protect our users from spam and other malicious activity, this account is temporarily locked.",
    453: "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only.",
}
DAY_LIMITS = {
    185: "User is over daily status update limit.",
    344: "You have reached your daily limit for sending Tweets and messages. Please try again later.",
}
NOT_PERMITTED = "You are not permitted to perform this action."


def in_words(words: str) -> dict[str, object]:
    """Return the envelopes in which X tells something by its words only."""
    return {
        "in a problem": problem(403, words),
        "in a problem of a type": problem(403, words, "not-authorized-for-resource"),
        "as a title": {"title": words, "type": "about:blank", "status": 403},
        "in a list of problems": {"errors": [problem(403, words, "not-authorized-for-resource")]},
        "as a title in a list": {"errors": [{"title": words, "resource_type": "tweet"}]},
        "in a message": {"errors": [{"message": words, "parameters": {}}]},
        "in a message of a problem": problem(403, "No.", "invalid-request", errors=[{"message": words}]),
    }


def in_codes(code: int) -> dict[str, object]:
    """Return the envelopes in which X tells something by its code only."""
    return {
        "older": {"errors": [{"code": code, "message": "No."}]},
        "older, second": {"errors": [{"message": "No."}, {"code": code, "message": "No."}]},
        "older, as text": {"errors": [{"code": str(code), "message": "No."}]},
        "in a problem's errors": problem(403, "No.", "client-request", errors=[{"code": code}]),
        "in a problem": problem(403, "No.", code=code),
    }


def coded_rows() -> list[Row]:
    """Return a row for each code and each envelope that tells of the app or the account, not of the post."""
    rows: list[Row] = []
    for kind, told in (("stop", ACCOUNT_TROUBLES), ("wait", DAY_LIMITS)):
        for code, words in told.items():
            envelopes = {**in_codes(code), **in_words(words)}
            rows += [Row(f"403 {code} {name}", kind, 403, body) for name, body in envelopes.items()]  # type: ignore[arg-type]  # one of the kinds
    return rows + [Row(f"403 not permitted {n}", "stop", 403, b) for n, b in in_words(NOT_PERMITTED).items()]


UNREADABLE = [
    Row("a list", "in doubt", 200, []),
    Row("null", "in doubt", 200, None),
    Row("a success without an id", "in doubt", 200, {}),
    Row("a number", "in doubt", 200, 7),
    Row("HTML with 200", "in doubt", 200, b"<html>hello</html>"),
    Row("HTML with 502", "in doubt", 502, b"<html>bad gateway</html>"),
    Row("plain text with 503", "in doubt", 503, b"Service Unavailable"),
    Row("500 with JSON but no error", "in doubt", 500, {"ok": True}),
    Row("504 with a list", "in doubt", 504, [{"id": "7"}]),
    Row("nothing with 500", "in doubt", 500, b""),
    Row("HTML with 403", "in doubt", 403, b"<html>Just a moment...</html>"),
    Row("HTML with 404", "in doubt", 404, b"<html>no such page</html>"),
    Row("HTML with 413", "in doubt", 413, b"<html>too large</html>"),
    Row("a time-out", "in doubt", 408, b""),
    Row("529", "in doubt", 529, {"title": "Service Unavailable"}),
    Row("a redirect", "stop", 307, b"", {"Location": "http://127.0.0.1:9/elsewhere"}),
]
X_ROWS = [
    Row("201", "delivered", 201, {"data": {"id": "7", "text": "Hello", "edit_history_post_ids": ["7"]}}),
    Row("201 in old words", "delivered", 201, {"data": {"id": "7", "edit_history_tweet_ids": [""]}}),
    Row("400 invalid", "refused", 400, problem(400, "Invalid.", "invalid-request")),
    Row("400 too long", "refused", 400, problem(400, "Your Tweet text is too long.", "invalid-request")),
    Row("401", "stop", 401, problem(401, "Unauthorized")),
    Row("402 credits", "stop", 402, problem(402, "credits depleted", "credits-depleted")),
    Row("402 credits, as before", "stop", 402, SEEN_402),
    Row(
        "403 duplicate",
        "posted already",
        403,
        problem(403, "You are not allowed to create a Tweet with duplicate content."),
    ),
    Row("403 187", "posted already", 403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}),
    Row("403 reply", "refused", 403, problem(403, REPLY, "not-authorized-for-resource")),
    Row(
        "403 reply, as before",
        "refused",
        403,
        problem(403, "Reply to this conversation is not allowed because you have not been mentioned."),
    ),
    Row("403 385", "refused", 403, {"errors": [{"code": 385, "message": "deleted or not visible"}]}),
    Row(
        "403 client",
        "stop",
        403,
        problem(403, "No.", "client-forbidden", reason="official-client-forbidden"),
    ),
    Row(
        "403 not enrolled", "stop", 403, problem(403, "No.", "client-forbidden", reason="client-not-enrolled")
    ),
    Row(
        "403 in a list of errors",
        "stop",
        403,
        {
            "errors": [
                {"title": "Unsupported Authentication", "type": f"{PROBLEMS}unsupported-authentication"}
            ]
        },
    ),
    Row(
        "429 usage of a month in a list of errors",
        "stop",
        429,
        {"errors": [{"title": "UsageCapExceeded", "type": f"{PROBLEMS}usage-capped", "period": "Monthly"}]},
    ),
    *coded_rows(),
    Row(
        "403 read-only",
        "stop",
        403,
        problem(403, "Your client app is not configured with the appropriate oauth1 app permissions."),
    ),
    Row("403 that says nothing", "refused", 403, []),
    Row("413 that says nothing", "refused", 413, {}),
    Row("404", "refused", 404, problem(404, "Not found.", "resource-not-found")),
    Row(
        "429 documented",
        "wait",
        429,
        {"errors": [{"code": 88, "message": "Rate limit exceeded"}]},
        reset("x-rate-limit", 0, 10),
        10,
    ),
    Row("429 without a reset", "wait", 429, TOO_MANY),
    Row("429 with a reset in milliseconds", "wait", 429, TOO_MANY, reset("x-rate-limit", 0, 1e9)),
    Row("429 with a reset in two years", "wait", 429, TOO_MANY, reset("x-user-limit-24hour", 0, 1e6)),
    Row("429 with a past reset", "wait", 429, TOO_MANY, reset("x-rate-limit", 0, -5)),
    Row(
        "429 for the account's day",
        "wait",
        429,
        TOO_MANY,
        reset("x-rate-limit", 60, 10) | reset("x-user-limit-24hour", 0, 600),
        600,
    ),
    Row(
        "429 for the app's day and the quarter",
        "wait",
        429,
        TOO_MANY,
        reset("x-rate-limit", 0, 10) | reset("x-app-limit-24hour", 0, 300),
        300,
    ),
    Row("429 with seconds to wait", "wait", 429, TOO_MANY, {"retry_after": "120"}, 2),
    Row("429 with a date", "wait", 429, TOO_MANY, {"Retry_After": "Fri, 18 Dec 2026 12:05:00 GMT"}, 5),
    Row("429 usage of a day", "wait", 429, problem(429, "Usage cap.", "usage-capped", period="Daily")),
    Row("429 usage of a month", "stop", 429, problem(429, "Usage cap.", "usage-capped", period="Monthly")),
    *UNREADABLE,
    Row("500 that names a post", "in doubt", 500, {"data": {"id": "7"}}),
    Row("JSON that is no object under data", "in doubt", 201, {"data": ["7"]}),
]
REGAIN = {"X-Business-Use-Case-Usage": '{"1001": [{"type": "pages", "estimated_time_to_regain_access": 19}]}'}
FACEBOOK_ROWS = [
    Row("200", "delivered", 200, {"id": "1001_7"}),
    *(Row(f"{code} down", "in doubt", 500, error(code)) for code in (1, 2, 99)),
    *(Row(f"{code} as 400", "in doubt", 400, error(code)) for code in (1, 2, 99)),
    Row("2 as 400, for now", "in doubt", 400, error(2, is_transient=True)),
    *(Row(f"{code} throttled", "wait", 400, error(code)) for code in (4, 17, 32, 341, 613, 80001)),
    Row("613 odd volume", "wait", 400, error(613, 1996)),
    Row("80001 as 403 with a time", "wait", 403, error(80001), REGAIN, 19),
    Row("bare 429", "wait", 429, b"slow down"),
    Row("429 with seconds to wait", "wait", 429, b"slow down", {"Retry_After": "60"}, 1),
    Row("4 with seconds to wait", "wait", 400, error(4), {"Retry_After": "60"}, 1),
    Row("codes as text", "stop", 400, {"error": {"code": "190", "error_subcode": "460"}}),
    Row("a number for an id", "delivered", 200, {"id": 7}),
    *(Row(f"{code} permission", "stop", 403, error(code)) for code in (3, 10, 200, 210, 283, 299)),
    Row("200 as 400", "stop", 400, error(200, message="(#200) Permissions error")),
    *(Row(f"200/{sub}", "stop", 400, error(200, sub)) for sub in (2069030, 2069031, 2069033)),
    Row("100 parameter", "refused", 400, error(100)),
    Row("100 parameter as 500", "refused", 500, error(100)),
    Row("100/33 no such object", "refused", 400, error(100, 33)),
    Row("100 wrong proof", "stop", 400, error(100, message="Invalid appsecret_proof provided")),
    Row("102 session", "stop", 400, error(102)),
    Row("104 signature", "stop", 400, error(104)),
    Row("190 token", "stop", 401, error(190)),
    *(
        Row(f"190/{sub}", "stop", 400, error(190, sub))
        for sub in (458, 459, 460, 463, 464, 467, 492, 2069032)
    ),
    Row("324 image", "refused", 400, error(324)),
    Row("368 blocked", "stop", 400, error(368, 1390008)),
    Row("506 duplicate", "posted already", 400, error(506)),
    Row("1609005 link", "refused", 500, error(1609005)),
    Row("an unknown code", "refused", 400, error(9007)),
    Row("an unknown code with 500", "in doubt", 500, error(9007)),
    *UNREADABLE,
    Row("an error without a code", "in doubt", 400, {"error": {"message": "?"}}),
    Row("an error in words", "in doubt", 500, {"error": "?"}),
]


@pytest.fixture(scope="module")
def running() -> Iterator[EmulatorThread]:
    """One emulator for all rows: starting it takes longer than most of them."""
    with EmulatorThread(make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: EmulatorThread) -> EmulatorThread:
    """The emulator as new."""
    running.world.reset()
    running.faults.clear()
    return running


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers as it is told."""
    server = ScriptedServer()
    yield server
    server.stop()


def make_adapter(platform: str, base_url: str) -> PlatformAdapter:
    """Make the adapter of a platform, pointed at a server."""
    channel, limit = parse_channel_id(f"{platform}:migrants-day"), timedelta(seconds=5)
    if platform == "x":
        keys = {name: f"throw-away-{name}" for name in XCredentials.__dataclass_fields__}
        return XAdapter(
            channel, XCredentials(**keys), base_url=base_url, request_limit=limit, now=lambda: NOW
        )
    page = FacebookCredentials(page_id="1001", page_token="throw-away-token")  # noqa: S106 - throw-away
    return FacebookAdapter(channel, page, base_url=base_url, request_limit=limit, now=lambda: NOW)


def name_outcome(outcome: Outcome) -> Kind:
    """Say in a word what an outcome means."""
    match outcome:
        case Delivered():
            return "delivered"
        case InDoubt():
            return "in doubt"
        case NotSent():
            return "not sent"
        case Refused(suspends=True):
            return "stop"
        case Refused(for_good=False):
            return "wait"
        case Refused():
            return "posted already" if outcome.probably_posted else "refused"


def publish(platform: str, base_url: str) -> Outcome:
    """Publish a post and say what the adapter makes of the answer."""
    adapter = make_adapter(platform, base_url)
    try:
        return adapter.publish(OutgoingPost(text="Hello"), lambda: None)
    finally:
        adapter.close()


@pytest.mark.parametrize(
    ("platform", "row"),
    [
        *(pytest.param("x", row, id=f"x-{row.name}") for row in X_ROWS),
        *(pytest.param("facebook", row, id=f"facebook-{row.name}") for row in FACEBOOK_ROWS),
    ],
)
def test_every_answer_has_its_outcome(emulator: EmulatorThread, platform: str, row: Row) -> None:
    """One request, one outcome: sent, wait, never, probably there, stop, or nobody knows."""
    is_text = isinstance(row.body, bytes)
    script = {
        "action": "answer",
        "status": row.status,
        "text": row.body.decode() if is_text else json.dumps(row.body),
        "kind": "text/html" if is_text else "application/json",
        "headers": {name.replace("_", "-"): value for name, value in row.headers.items()},
    }
    rules = requests.post(f"{emulator.base_url}/_emulator/faults", json=script, timeout=5)

    outcome = publish(platform, emulator.base_url)

    assert (rules.status_code, row.kind) == (200, name_outcome(outcome))
    assert [request.fault for request in emulator.world.requests()] == ["answer"]
    waits_until = getattr(outcome, "retry_at", None)
    told = None if row.wait_minutes is None else NOW + timedelta(minutes=row.wait_minutes)
    assert told == waits_until


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in coded_rows()])
def test_what_concerns_no_single_post_fails_none(server: ScriptedServer, row: Row) -> None:
    """An upload is refused by the same words: its post waits as well, with its channel or for the day."""
    server.reply(row.body, row.status)
    adapter = make_adapter("x", server.base_url)
    boat = MediaFile(content=b"boat", mime="image/png", kind=MediaKind.IMAGE, alt="", name="boat.png")

    with pytest.raises(PrepareFailed) as caught:
        adapter.prepare(boat)

    adapter.close()
    assert name_outcome(caught.value.outcome) == row.kind


LOST = "Your media IDs are invalid."
LOST_MEDIA = {
    "x-older": (400, {"errors": [{"code": 324, "message": LOST}]}),
    "x-message": (400, {"errors": [{"message": LOST, "parameters": {"media.media_ids": ["5"]}}]}),
    "x-problem": (400, problem(400, "One or more.", "invalid-request", errors=[{"message": LOST}])),
    "x-detail": (400, problem(400, LOST, "invalid-request")),
    "facebook-field": (400, error(100, message="(#100) Param attached_media[0] is not a photo")),
    "facebook-fbid": (400, error(100, 1366046, error_user_msg="media_fbid is unknown")),
    "facebook-id": (400, error(100, 33, message="Object with ID '5' does not exist")),
}


@pytest.mark.parametrize("name", LOST_MEDIA)
def test_an_upload_that_the_platform_lost_is_told_from_other_refusals(
    server: ScriptedServer, name: str
) -> None:
    """So that it can be made anew; the same words about a post without media are about the post."""
    status, body = LOST_MEDIA[name]
    for _ in range(2):
        server.reply(body, status)
    adapter = make_adapter(name.partition("-")[0], server.base_url)

    with_media, without = [
        adapter.publish(OutgoingPost(text="Hello", media_ids=ids), lambda: None) for ids in (("5",), ())
    ]

    adapter.close()
    assert isinstance(with_media, Refused)
    assert (with_media.for_good, with_media.code.endswith(" media gone")) == (True, True)
    assert isinstance(without, Refused)
    assert without.for_good
    assert name.startswith("x") or not without.code.endswith(" media gone")


@pytest.mark.parametrize("platform", list(Platform))
def test_an_answer_without_a_type_is_in_doubt_or_read(server: ScriptedServer, platform: str) -> None:
    """facebook-sdk stumbles over a missing Content-Type; what stands in the body counts all the same."""
    body = b'{"id": "1001_7", "data": {"id": "7"}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
    server.raw(head.encode() + body)
    server.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    outcomes = [publish(platform, server.base_url) for _ in range(2)]

    assert [name_outcome(outcome) for outcome in outcomes] == ["delivered", "in doubt"]


@pytest.mark.parametrize("platform", list(Platform))
def test_only_what_was_never_written_is_certainly_not_sent(platform: str) -> None:
    """Nobody listens: not sent. A connection that ends after the request was read: in doubt."""
    server = ScriptedServer()
    url = server.base_url
    server.drop()

    dropped = publish(platform, url)
    server.stop()
    refused = publish(platform, url)

    assert (name_outcome(dropped), name_outcome(refused)) == ("in doubt", "not sent")
