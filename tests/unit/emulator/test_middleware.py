"""Tests of the emulator's door: loopback only, the log, faults as a client's socket meets them."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from stormctl.emulator.core.faults import parse_rules
from stormctl.emulator.middleware import is_loopback, is_loopback_origin
from stormctl.emulator.server import EmulatorThread, create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec

    Ask = Callable[..., requests.Response]

POST: dict[str, Any] = {"json": {"text": "Dignity for all"}}


def script(emulator: EmulatorThread, action: str, **options: Any) -> None:
    """Put one fault in force."""
    emulator.faults.add(parse_rules([{"action": action, **options}]))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("127.8.9.1", True),
        ("", False),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8080", False),
        ("10.0.0.1", False),
        ("[::1].evil.example", False),
        ("evil.example[::1]", False),
        ("evil@127.0.0.1", False),
        ("[", False),
    ],
)
def test_only_loopback_names_are_loopback(host: str, expected: bool) -> None:
    """A name that merely resolves to this machine is not one."""
    assert expected is is_loopback(host)


def test_pages_of_other_sites_are_shut_out(emulator: EmulatorThread, session: requests.Session) -> None:
    """Neither a foreign Host header nor a browser on another site's page gets anywhere."""
    url = f"{emulator.base_url}/_emulator/reset"

    by_host = session.get(f"{emulator.base_url}/", headers={"Host": "evil.example"}, timeout=10)
    by_origin = session.post(url, headers={"Origin": "https://evil.example"}, timeout=10)
    own = session.post(url, headers={"Origin": emulator.base_url}, timeout=10)

    assert [answer.status_code for answer in (by_host, by_origin, own)] == [421, 421, 200]
    assert is_loopback_origin(None)


def test_every_request_is_logged_without_secrets(
    x: Ask, graph: Ask, emulator: EmulatorThread, accounts: dict[str, AccountSpec]
) -> None:
    """Method, channel, operation, status and bodies are kept; tokens are not."""
    page = accounts["facebook:migrants-day"]
    png = {"source": b"\x89PNG\r\n\x1a\n"}
    x("POST", "/2/tweets", **POST)
    graph("GET", "/me", values={"input_token": "EAAunknown"})
    graph("POST", f"/{page.id}/photos", files=png)

    photo, me, post = emulator.world.requests()
    logged = repr((photo, me, post))

    assert (post.method, post.channel, post.operation, post.status) == (
        "POST",
        "x:migrants-day",
        "create_post",
        201,
    )
    assert "Dignity for all" in post.request_body
    assert (photo.operation, me.operation) == ("upload", "read_me")
    assert page.credentials["PAGE_TOKEN"] not in logged
    assert "EAAunknown" not in logged


def test_a_graph_error_of_the_service_is_code_2(
    graph: Ask, emulator: EmulatorThread, accounts: dict[str, AccountSpec]
) -> None:
    """Facebook's JSON 500 is a transient OAuthException."""
    script(emulator, "error_after", platform="facebook", status=500, body="json")

    answer = graph("POST", f"/{accounts['facebook:migrants-day'].id}/feed", values={"message": "hi"})

    assert answer.status_code == 500
    assert (answer.json()["error"]["code"], answer.json()["error"]["is_transient"]) == (2, True)


def test_short_delays_end_in_the_whole_answer(x: Ask, emulator: EmulatorThread) -> None:
    """Slow, late and dripping answers are complete if the client waits."""
    for number, action in enumerate(("slow", "late_accept", "drip"), start=1):
        script(emulator, action, seconds=0.0, ending="answer", nth=[number])

    answers = [x("POST", "/2/tweets", json={"text": f"post {n}"}) for n in range(3)]

    assert all(answer.json()["data"]["id"] for answer in answers)
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [request.fault for request in emulator.world.requests()] == ["drip", "late_accept", "slow"]


def test_a_client_that_goes_in_the_middle_of_its_request_posts_nothing(
    accounts: dict[str, AccountSpec],
) -> None:
    """Half a body is not carried out."""
    page = accounts["facebook:migrants-day"]
    body = f"access_token={page.credentials['PAGE_TOKEN']}&message=half"
    kind = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 999\r\n\r\n"

    with EmulatorThread([page]) as emulator:
        host, port = urlsplit(emulator.base_url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            head = f"POST /v26.0/{page.id}/feed HTTP/1.1\r\nHost: {host}\r\n"
            connection.sendall(f"{head}{kind}{body}".encode())
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(100)

    assert answer == b""
    assert emulator.world.posts() == []
    assert [request.status for request in emulator.world.requests()] == [None]


def test_the_door_lets_other_protocols_through(accounts: dict[str, AccountSpec]) -> None:
    """A server that speaks ASGI's lifespan may serve the app too."""
    app = create_app(list(accounts.values()))
    messages: list[Any] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("action", "status", "word"),
    [
        ("rate_limited", 429, "Too Many Requests"),
        ("day_limited", 429, "Too Many Requests"),
        ("unauthorized", 401, "Unauthorized"),
        ("credits_depleted", 402, "credits depleted"),
        ("reply_refused", 403, "mentioned or are the author"),
        ("forbidden", 403, "client-not-enrolled"),
    ],
)
def test_x_refuses_in_its_own_words(
    x: Ask, emulator: EmulatorThread, action: str, status: int, word: str
) -> None:
    """Each scripted refusal has X's status and body, and nothing was posted."""
    script(emulator, action)

    answer = x("POST", "/2/tweets", **POST)

    assert status == answer.status_code
    assert word in answer.text
    assert emulator.world.posts() == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"action": "rate_limited"}, (80001, None)),
        ({"action": "rate_limited", "reset": "none"}, (80001, None)),
        ({"action": "unauthorized", "subcode": 460}, (190, 460)),
        ({"action": "unauthorized"}, (190, None)),
        ({"action": "blocked"}, (368, 1390008)),
        ({"action": "forbidden"}, (200, None)),
    ],
)
def test_facebook_refuses_in_its_own_codes(
    graph: Ask, emulator: EmulatorThread, rule: dict[str, Any], expected: tuple[int, int | None]
) -> None:
    """Each scripted refusal has Graph's code, and nothing was posted."""
    script(emulator, **rule)

    page = next(account for account in emulator.world.accounts if account.channel == "facebook:migrants-day")
    error = graph("POST", f"/{page.id}/feed", values={"message": "hi"}).json()["error"]

    assert (error["code"], error.get("error_subcode")) == expected
    assert emulator.world.posts() == []


def test_a_rate_limit_says_when_it_ends_or_not(x: Ask, emulator: EmulatorThread) -> None:
    """The reset lies ahead, is missing, or has passed; a day's limit hides behind a good plain window."""
    now = emulator.world.clock.at()
    for number, reset in enumerate(("future", "none", "past"), start=1):
        script(emulator, "rate_limited", reset=reset, nth=[number])
    script(emulator, "day_limited", nth=[4])
    script(emulator, "rate_limited", reset_s=20, nth=[5])

    ahead, missing, past, day, soon = (x("POST", "/2/tweets", **POST).headers for _ in range(5))

    assert int(ahead["x-rate-limit-reset"]) > now + 800
    assert now < int(soon["x-rate-limit-reset"]) < now + 100
    assert "x-rate-limit-reset" not in missing
    assert int(past["x-rate-limit-reset"]) < now
    assert (day["x-rate-limit-remaining"], day["x-user-limit-24hour-remaining"]) == ("60", "0")


def test_a_redirect_leads_elsewhere(x: Ask, emulator: EmulatorThread) -> None:
    """307 without having posted."""
    script(emulator, "redirect")

    answer = x("POST", "/2/tweets", **POST, allow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/elsewhere")
