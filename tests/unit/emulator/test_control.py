"""Tests of the interface that rehearsals steer the emulator by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests

    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]


@pytest.fixture
def control(emulator: EmulatorThread, session: requests.Session) -> Ask:
    """Give a caller of /_emulator."""
    return lambda method, path, **options: session.request(
        method, f"{emulator.base_url}/_emulator/{path}", timeout=10, **options
    )


def test_a_rehearsal_sees_every_post_as_it_was_sent(x: Ask, control: Ask) -> None:
    """In order of creation, unaltered, deleted ones marked."""
    first = x("POST", "/2/tweets", json={"text": "one https://example.org/a"}).json()["data"]["id"]
    x("POST", "/2/tweets", json={"text": "two", "reply": {"in_reply_to_tweet_id": first}})
    x("DELETE", f"/2/tweets/{first}")

    posts = control("GET", "posts").json()["posts"]

    assert [post["text"] for post in posts] == ["one https://example.org/a", "two"]
    assert [post["deleted"] for post in posts] == [True, False]
    assert posts[1]["in_reply_to"] == first
    assert posts[1]["channel"] == "x:migrants-day"
    assert posts[1]["media"] == []


def test_the_clock_is_set_and_reset(control: Ask, emulator: EmulatorThread) -> None:
    """Emulated time follows the scale until it is dropped."""
    wall = emulator.world.clock.wall()
    scale = {"anchor_wall": wall, "anchor_at": 1797595200.0, "speed": 1, "fast_until": None}

    during = control("POST", "clock", json=scale).json()
    after = control("DELETE", "clock").json()

    assert during["at"].startswith("2026-12-18T12:00:")
    assert after["at"] == after["wall_at"]


@pytest.mark.parametrize(
    "scale", [{}, [], {"anchor_wall": 0, "anchor_at": 0, "speed": 0}, {"anchor_wall": "x"}, None]
)
def test_what_is_no_clock_is_refused(control: Ask, scale: Any) -> None:
    """Missing keys, a speed of zero, no object."""
    answer = control("POST", "clock", json=scale)

    assert answer.status_code == 400
    assert "not a clock" in answer.json()["error"]


def test_faults_are_scripted_live(control: Ask, x: Ask) -> None:
    """One rule, a list, or a profile; they are seen, and cleared."""
    one = control("POST", "faults", json={"action": "unauthorized"}).json()["rules"]
    refused = x("POST", "/2/tweets", json={"text": "hi"})
    two = control("POST", "faults", json={"rules": [{"action": "empty"}]}).json()["rules"]
    more = control("POST", "faults", json={"profile": "rough"}).json()["rules"]
    none = control("DELETE", "faults").json()["rules"]

    assert refused.status_code == 401
    assert (len(one), len(two), none) == (1, 2, [])
    assert len(more) > 2
    assert control("GET", "faults").json() == {"rules": []}


@pytest.mark.parametrize("body", ["{", '{"action": "explode"}', '{"profile": "terrible"}', '{"rules": 7}'])
def test_wrong_faults_are_refused(control: Ask, body: str) -> None:
    """400 with the reason."""
    answer = control("POST", "faults", data=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_reset_forgets_posts_but_not_accounts(control: Ask, x: Ask) -> None:
    """The same text can be posted again at once."""
    x("POST", "/2/tweets", json={"text": "hi"})

    control("POST", "reset")

    assert control("GET", "posts").json() == {"posts": []}
    assert control("GET", "requests").json() == {"requests": []}
    assert x("POST", "/2/tweets", json={"text": "hi"}).status_code == 201


def test_accounts_come_with_what_a_client_needs(control: Ask) -> None:
    """Credentials, user names, and the user token behind the Pages."""
    accounts = control("GET", "accounts").json()["accounts"]

    assert [a["username"] for a in accounts[:2]] == ["migrants_day", "dia_migrantes"]
    assert "user_token" in accounts[2]
    assert control("GET", "health").json()["ok"] is True


def test_unknown_media_are_not_found(control: Ask) -> None:
    """404 in plain words."""
    assert control("GET", "media/1").status_code == 404


DEEP = "[" * 100_000
CLOCK = {"anchor_wall": 1_797_595_200.0, "anchor_at": 1_797_595_200.0, "speed": 1}


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        *(
            json.dumps({**CLOCK, key: value})
            for key in ("anchor_wall", "anchor_at", "speed", "fast_until")
            for value in (float("nan"), float("inf"), -1e9, 1e300)
        ),
        json.dumps({**CLOCK, "anchor_at": 10**400}),
        json.dumps({**CLOCK, "speed": 1e-400}),
    ],
)
def test_absurd_clocks_are_refused(control: Ask, emulator: EmulatorThread, body: str) -> None:
    """No time of this century, no speed, no number, or nested without end: 400, and the clock goes on."""
    answer = control("POST", "clock", data=body)

    assert answer.status_code == 400
    assert emulator.world.clock.at() == pytest.approx(emulator.world.clock.wall(), abs=60)
    assert control("GET", "health").json()["ok"] is True


def test_a_clock_that_runs_fast_stops_at_the_end_of_the_century(control: Ask) -> None:
    """Whatever comes of a scale can be told as a time."""
    fast = control("POST", "clock", json={"anchor_wall": 0, "anchor_at": 0, "speed": 1_000_000})

    assert fast.status_code == 200
    assert fast.json()["at"].startswith("2100-01-01T00:00:00")


@pytest.mark.parametrize("path", ["clock", "faults", "../2/tweets", "../v26.0/me/feed", "../oauth/authorize"])
def test_deep_json_and_nan_are_refused_everywhere(
    emulator: EmulatorThread, session: requests.Session, path: str
) -> None:
    """No body breaks the emulator."""
    headers = {"Content-Type": "application/json"}
    url = f"{emulator.base_url}/_emulator/{path}".replace("/_emulator/..", "")

    codes = [
        session.post(url, data=body, headers=headers, timeout=10).status_code
        for body in (DEEP, '{"text": NaN}', "{}" * 9, "\xff" * 9)
    ]

    assert all(400 <= code < 500 for code in codes), codes


@pytest.mark.parametrize("wish", ["file", "/dev/zero", "../faults.toml", {"a": 1}, None])
def test_no_file_is_opened_for_who_asks_over_the_network(control: Ask, tmp_path: Path, wish: object) -> None:
    """Profiles have names; a file of faults is for the command line."""
    file = tmp_path / "faults.toml"
    file.write_text('[[rules]]\naction = "unauthorized"\n', encoding="utf-8")

    answer = control("POST", "faults", json={"profile": str(file) if wish == "file" else wish})

    assert answer.status_code == 400
    assert "no fault profile" in answer.json()["error"]
    assert control("GET", "faults").json() == {"rules": []}
