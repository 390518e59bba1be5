"""Answers that are built to exhaust whoever reads them, and what of an answer is kept."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from stormctl.domain.delivery.delivery import InDoubt
from stormctl.engine.alerts.alert_addresses import Sender, open_addresses
from stormctl.engine.alerts.pinging import get_status
from stormctl.platforms.facebook import reads as graph_reads
from stormctl.platforms.http.answers import PlatformAnswer, Silence, read_id, read_text
from stormctl.platforms.http.transport import Transport
from stormctl.platforms.x.reads import parse_post
from stormctl.platforms.x.signin import _read_words
from stormctl.settings import Settings
from tests.bounded import run_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.platforms.scripted import ScriptedServer

SDK_ORIGIN = "https://sdk.example.org"
LIMIT = timedelta(seconds=8)
SHOULD_USE_MB = 150
"""A few times the 4 MB of an answer, as bytes, as text and as JSON, and the libraries."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PIECE = b"[[" * 50_000


def pieces_of(kind: str) -> Iterator[bytes]:
    """Give an answer, some of them without an end."""
    if kind in {"plain", "chunks"}:
        yield HEAD + (b"\r\n" if kind == "plain" else b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            yield PIECE if kind == "plain" else b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    packer = zlib.compressobj(wbits=31)
    plain = [b'{"ok": true}'] if kind in {"packed", "deep"} else [bytes(1_000_000)] * 400
    packed = b"".join([*map(packer.compress, plain), packer.flush()])
    coding = {"bomb": b"gzip", "packed": b"gzip", "bombs": b"gzip, gzip"}.get(kind, b"identity")
    body = b"[" * 3_900_000 if kind == "deep" else packed
    yield HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body)) + body


@contextlib.contextmanager
def answering(kind: str) -> Iterator[tuple[str, list[str]]]:
    """Run a server that gives everybody such an answer; tell its port and how connections ended."""
    ends: list[str] = []
    ended = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            conn, _ = listener.accept()
            with conn:
                conn.recv(65_536)
                try:
                    for piece in pieces_of(kind):
                        conn.sendall(piece)
                    ends.append("orderly" if not conn.recv(1) else "more")
                except ConnectionError:
                    ends.append("aborted")
        ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield str(listener.getsockname()[1]), ends
        ended.wait(10)


def publish(kind: str) -> list[Any]:
    """Make a publishing request, in a process of its own; return what came of it."""
    with answering(kind) as (port, ends):
        transport = Transport(SDK_ORIGIN, f"http://127.0.0.1:{port}", LIMIT)
        came = transport.perform(
            lambda: transport.session.post(f"{SDK_ORIGIN}/2/tweets", json={"text": "hi"}),
            before_send=lambda: None,
        )
        transport.close()
    if isinstance(came, Silence):
        return [type(came.outcome).__name__, came.reason, *ends]
    return [came.status, came.body]


def alert(kind: str) -> list[str]:
    """Send an alert, in a process of its own; return who took it."""
    with answering(kind) as (port, _):
        addresses = open_addresses(Settings(alert_urls=SecretStr(f"json://127.0.0.1:{port}/"), live=False))
        return sorted(Sender(addresses.usable).send("title", "text", heard=(), limit_s=15.0))


def ping(kind: str) -> int:
    """Send a sign of life, in a process of its own; return the status."""
    with answering(kind) as (port, _):
        return get_status(f"http://127.0.0.1:{port}/", LIMIT)


@pytest.mark.parametrize("kind", ["plain", "chunks", "bomb"])
def test_an_answer_without_an_end_is_in_doubt_and_aborted(kind: str) -> None:
    """However it is sent: four million bytes are read, packed or not, and the connection is no more used."""
    outcome, reason, *ends = run_bounded(
        "tests.unit.platforms.http.test_answers:publish", kind, memory_mb=SHOULD_USE_MB
    )

    assert (outcome, reason) == (InDoubt.__name__, "the answer is larger than 4 MB")
    assert ends == ["aborted"] or kind == "bomb"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("packed", [200, {"ok": True}]),
        ("deep", [200, None]),
        ("bombs", ["InDoubt", "the answer is larger than 4 MB"]),
    ],
)
def test_a_packed_or_deep_answer_is_read_within_the_same_bounds(kind: str, expected: list[Any]) -> None:
    """A server may pack unasked, once and no more; what nests without end is no JSON."""
    came = run_bounded("tests.unit.platforms.http.test_answers:publish", kind, memory_mb=SHOULD_USE_MB)

    assert came[:2] == expected


@pytest.mark.parametrize("kind", ["plain", "chunks", "bomb"])
def test_those_who_take_alerts_are_not_believed_without_end_either(kind: str) -> None:
    """An address that answers so took no alert; a monitor's answer is not read at all."""
    assert run_bounded("tests.unit.platforms.http.test_answers:alert", kind, memory_mb=SHOULD_USE_MB) == []
    assert run_bounded("tests.unit.platforms.http.test_answers:ping", kind, memory_mb=SHOULD_USE_MB) == 200


def test_no_answer_is_asked_to_be_packed(server: ScriptedServer) -> None:
    """Whatever an SDK's session would ask for."""
    server.reply({"ok": True})
    transport = Transport(SDK_ORIGIN, server.base_url, LIMIT)

    transport.perform(lambda: transport.session.get(f"{SDK_ORIGIN}/2/users/me"))
    transport.close()

    assert server.requests[0].headers["accept-encoding"] == "identity"


def url_of(post_id: str) -> str:
    """Return a post's address."""
    return f"https://x.com/acme/status/{post_id}"


def link(url: str, expanded: str) -> dict[str, str]:
    """Return a link of a post's entities."""
    return {"url": url, "expanded_url": expanded}


@pytest.mark.parametrize(
    "links",
    [
        [link("", "https://example.org/" + "a" * 3000)],
        [link("a", "a" * 4000)],
        [link(f"https://t.co/{n}", f"https://t.co/{n + 1} " * 200) for n in range(40)],
        [link("https://t.co/0", "https://example.org/" + "a" * 3_000_000)],
    ],
    ids=["empty", "a letter", "each the next", "long"],
)
def test_no_link_multiplies_a_text(links: list[dict[str, str]]) -> None:
    """An address is written out once, within the length of any post, and what it became is none again."""
    raw = {"id": "1", "text": "a https://t.co/0 " * 300, "entities": {"urls": links}}

    post = parse_post(raw, url_of)

    assert post is not None
    assert len(post.text) <= 65_536
    assert post.text.startswith("a https://")


def test_ids_and_texts_of_platforms_are_bounded() -> None:
    """An id that nobody could show or store is none, and a text ends where no platform goes on."""
    huge = {"id": "1" * 3_000_000, "text": "a" * 3_000_000, "message": "a" * 3_000_000}

    posts = [parse_post({**huge, "id": 7}, url_of), graph_reads.parse_post({**huge, "id": "7_8"}, url_of)]

    assert [post is not None and len(post.text) for post in posts] == [65_536, 65_536]
    assert parse_post(huge, url_of) is graph_reads.parse_post(huge, url_of) is None
    values: list[object] = ["7", 7, "1" * 501, True, None, [], "7\n"]
    assert [read_id(value) for value in values] == ["7", "7", *[None] * 5]
    assert (read_text({"a": 1}), read_text(None)) == ("", "")
    assert PlatformAnswer(200, {}, {"id": "1" * 501}).id_at("id") is None


def test_an_address_that_is_none_is_left_out() -> None:
    """Facebook's words about a link may be anything."""
    attachment = {"data": [{"url": "http://[", "media_type": "link"}]}

    post = graph_reads.parse_post(
        {"id": "1_2", "permalink_url": "http://[", "attachments": attachment}, url_of
    )

    assert post is not None
    assert (post.url, post.link) == (url_of("1_2"), None)


def test_a_refusal_that_nests_without_end_is_shown_as_words() -> None:
    """No answer breaks signing in."""
    assert len(_read_words("[" * 100_000)) == 300
    assert _read_words(json.dumps({"errors": [{"message": "no"}]})) == "no"
