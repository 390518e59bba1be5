"""A platform that costs next to nothing: it takes posts, notes when they came, and answers after a while.

    python -m benchmarks.server

Prints its port on loopback and serves until its standard input closes. Both sides of a comparison post to
the same one. It answers like X, rate headers included, since reading those is a part of the work.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
USER = re.compile(rb'oauth_token="(\d+)-')
RATE = "x-rate-limit-limit: 10000\r\nx-rate-limit-remaining: 9999\r\nx-rate-limit-reset: 4102444800\r\n"


@dataclass
class Arrivals:
    """What came, and when (Unix seconds): posts with their bodies, and who asked who they are."""

    delay_s: float = 0.0
    posts: list[tuple[float, bytes]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """One kept-alive connection; a client sends its next request only after the answer to the last."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take a request once it is whole."""
        self._buffer += data
        head_ends = self._buffer.find(END_OF_HEAD)
        if head_ends < 0:
            return
        head = self._buffer[:head_ends]
        length = LENGTH.search(head)
        ends = head_ends + len(END_OF_HEAD) + (int(length[1]) if length else 0)
        if len(self._buffer) < ends:
            return
        body, self._buffer = self._buffer[head_ends + len(END_OF_HEAD) : ends], b""
        self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        arrivals, now = self._arrivals, time.time()  # noqa: TID251 - it measures real time
        method, path, _ = head.split(b" ", 2)
        if (method, path) == (b"POST", b"/2/tweets"):
            arrivals.posts.append((now, body))
            number = len(arrivals.posts)
            data = {"id": str(10**18 + number), "text": "", "edit_history_tweet_ids": []}
            self._answer_later(201, {"data": data})
        elif path.startswith(b"/2/users/me"):
            arrivals.asked_at.append(now)
            user = USER.search(head)
            number = int(user[1]) if user else 0
            data = {"id": str(number), "name": f"Account {number}", "username": f"account{number}"}
            self._answer_later(200, {"data": data})
        elif path == b"/arrivals":
            posts = [(at, json.loads(text)["text"]) for at, text in arrivals.posts]
            self._answer(200, {"posts": posts, "asked_at": arrivals.asked_at})
        elif path == b"/counts":
            self._answer(200, {"posts": len(arrivals.posts), "asked_at": len(arrivals.asked_at)})
        elif path == b"/begin":
            arrivals.posts, arrivals.asked_at, arrivals.delay_s = [], [], 0.0
            self._answer(200, None)
        elif path == b"/delay":
            arrivals.delay_s = float(body)
            self._answer(200, None)
        else:
            self._answer(404, {"title": "Not Found Error"})

    def _answer_later(self, status: int, content: object) -> None:
        if self._arrivals.delay_s:
            asyncio.get_running_loop().call_later(self._arrivals.delay_s, self._answer, status, content)
        else:
            self._answer(status, content)

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        head = (
            f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"{RATE}\r\n"
        )
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(head.encode() + body)


async def serve() -> None:
    """Serve until standard input closes."""
    loop, arrivals = asyncio.get_running_loop(), Arrivals()
    server = await loop.create_server(lambda: Connection(arrivals), LOOPBACK, 0, backlog=256)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
