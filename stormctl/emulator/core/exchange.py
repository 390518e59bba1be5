"""One request on the wire, and the ways in which its answer may end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable
    from uvicorn._types import Scope as UvicornScope

    from stormctl.emulator.core.faults import Call

MAX_BODY_BYTES = 32_000_000
"""Bytes of a request: a photo of Facebook's has ten million, a piece of a video as many."""

CONNECTION = "emulator.connection"
"""The scope's extension that holds the transport, so that a fault can close it without an answer."""


class DroppableProtocol(H11Protocol):
    """uvicorn's protocol, which lends its transport to the app: closing it is the one way not to answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        app = self.app

        async def lend(scope: UvicornScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            if scope["type"] == "http":
                scope["extensions"] = {CONNECTION: {"transport": self.transport}}
            await app(scope, receive, send)

        self.app = lend


async def read_body(receive: Receive) -> bytes | None:
    """Read a request's body, no further than just beyond `MAX_BODY_BYTES`; None if the client left before."""
    body, more = bytearray(), True
    while more and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def replay(body: bytes) -> Receive:
    """Return what gives the app a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@dataclass(slots=True)
class Exchange:
    """One request and its answer as far as they have come.

    Attributes:
        status: of the answer; None as long as there is none.
    """

    call: Call
    request_id: str
    scope: Scope
    receive: Receive
    send: Send
    request_body: bytes = b""
    status: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    answer_body: bytes = b""

    @property
    def is_accepted(self) -> bool:
        """Whether the request was carried out, and not refused."""
        return self.status is not None and self.status < 400  # noqa: PLR2004 - HTTP

    @property
    def is_too_large(self) -> bool:
        """Whether its body has more bytes than any request needs; the rest of it was not read."""
        return len(self.request_body) > MAX_BODY_BYTES

    async def read_request(self) -> bool:
        """Read the whole body, unless it is too large; say whether the client stayed until its end."""
        body = await read_body(self.receive)
        self.request_body = body or b""
        return body is not None

    async def carry_out(self, app: ASGIApp, *, lag_s: float = 0.0, forgets_media: bool = False) -> None:
        """Let the app answer, and keep the answer back."""
        state = {"request_id": self.request_id, "lag_s": lag_s, "forgets_media": forgets_media}
        self.scope["state"] = {**self.scope.get("state", {}), **state}

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = tuple(message.get("headers", ()))
            else:
                self.answer_body += message.get("body", b"")

        await app(self.scope, replay(self.request_body), collect)

    def replace(self, answer: Response) -> None:
        """Put another answer in the place of what there was."""
        self.status, self.answer_body = answer.status_code, bytes(answer.body)
        self.headers = tuple(answer.raw_headers)

    async def answer(self) -> None:
        """Send the answer."""
        headers = [(key, value) for key, value in self.headers if key.lower() != b"content-length"]
        headers.append((b"content-length", str(len(self.answer_body)).encode()))
        await self.send({"type": "http.response.start", "status": self.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": self.answer_body})

    async def answer_late(self, seconds: float) -> None:
        """Send the answer after a while, unless the client hangs up before."""
        if not await self._is_gone_within(seconds):
            await self.answer()

    async def drip(self, seconds: float) -> None:
        """Send the answer byte by byte."""
        headers = list(self.headers)
        await self.send({"type": "http.response.start", "status": self.status, "headers": headers})
        for index in range(len(self.answer_body)):
            if await self._is_gone_within(seconds):
                return
            byte = self.answer_body[index : index + 1]
            await self.send({"type": "http.response.body", "body": byte, "more_body": True})
        await self.send({"type": "http.response.body", "body": b""})

    async def drop(self) -> None:
        """Close the connection without an answer."""
        self.hang_up()
        await self.stay_silent()

    def hang_up(self) -> None:
        """Close the connection, and go on."""
        self.scope["extensions"][CONNECTION]["transport"].close()

    async def stay_silent(self) -> None:
        """Wait for the client to go."""
        while (await self.receive())["type"] != "http.disconnect":
            continue

    async def _is_gone_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    continue
        except TimeoutError:
            return False
        return True
