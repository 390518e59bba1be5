"""What every request to the emulator passes: loopback only, a log of requests, faults on the wire."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from stormctl.emulator.core.accounts import x_user_token
from stormctl.emulator.core.exchange import MAX_BODY_BYTES, Exchange, read_body, replay
from stormctl.emulator.core.faults import Action
from stormctl.emulator.core.operations import identify
from stormctl.emulator.core.records import LoggedRequest
from stormctl.emulator.refusals import find_earlier, give_receipt, refuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from stormctl.emulator.core.faults import FaultRule, Faults
    from stormctl.emulator.core.world import World

    Ending = Callable[[], Awaitable[None]]

NAMED_SECRETS = re.compile(
    r"((?:access_token|oauth_token_secret|input_token|client_secret|fb_exchange_token|appsecret_proof)\"?[=:]\s*\"?)[^&\"\s]+"
)
EXCERPT = 2_000
"""How much of a body the log keeps, in characters."""

CARRIED_OUT_FIRST = {
    Action.DROP_AFTER,
    Action.ERROR_AFTER,
    Action.SLOW,
    Action.DRIP,
    Action.EMPTY,
    Action.TRUNCATED,
    Action.LAG,
    Action.MEDIA_EXPIRED,
}
"""What answers by itself, before anything goes wrong."""

LOOK_S = 0.02
"""How often a late acceptance looks at the clock, in real seconds: a test may have moved it."""


class EmulatorMiddleware:
    """ASGI middleware around the emulator's app."""

    def __init__(self, app: ASGIApp, world: World, faults: Faults) -> None:
        self._app = app
        self._world = world
        self._faults = faults
        known = {
            value
            for account in world.accounts
            for key, value in account.credentials.items()
            if key not in {"PAGE_ID", "APP_ID"}
        }
        known |= {x_user_token(a.credentials["ACCESS_TOKEN"]) for a in world.accounts if a.platform == "x"}
        self._secrets = re.compile("|".join(map(re.escape, sorted(known))) or r"(?!)")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or play a fault on it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if not is_loopback(headers.get("host", "")) or not is_loopback_origin(headers.get("origin")):
            refusal = PlainTextResponse("The emulator answers on loopback only.\n", 421)
            await refusal(scope, receive, send)
            return
        call = identify(self._world, scope, headers)
        if call is None:
            body = await read_body(receive)
            if body is not None:
                answer = _refuse_size() if len(body) > MAX_BODY_BYTES else self._app
                await answer(scope, replay(body), send)
            return
        number = self._world.next_request_number()
        identity = f"{self._world.seed}/{number}/{self._world.clock.wall()}"
        request_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
        exchange = Exchange(call, request_id, scope, receive, send)
        rule = self._faults.pick(call)
        end = await self._play(exchange, rule)
        # Recorded before the client hears anything, so that whoever has an answer finds it in the log.
        self._record(number, exchange, rule)
        await end()

    async def _play(self, exchange: Exchange, rule: FaultRule | None) -> Ending:
        """Carry a request out as far as its fault allows; return what is left to do on the wire."""
        dropped = rule is not None and rule.action is Action.DROP_BEFORE
        if dropped or not await exchange.read_request():
            return exchange.drop
        if exchange.is_too_large or rule is None:
            await exchange.carry_out(_refuse_size() if exchange.is_too_large else self._app)
            return exchange.answer
        if rule.action is Action.LATE_ACCEPT:
            return await self._accept_late(exchange, rule)
        if rule.action is Action.WRONG_RECEIPT:
            return await self._mistake(exchange, rule)
        if rule.action in CARRIED_OUT_FIRST or (rule.action is Action.DUPLICATE_FIRST and rule.stands):
            lag_s = rule.seconds if rule.action is Action.LAG else 0.0
            forgets_media = rule.action is Action.MEDIA_EXPIRED
            await exchange.carry_out(self._app, lag_s=lag_s, forgets_media=forgets_media)
            return self._spoil(exchange, rule)
        exchange.replace(refuse(self._world, rule, exchange.call, exchange.request_id))
        return exchange.answer

    async def _accept_late(self, exchange: Exchange, rule: FaultRule) -> Ending:
        """Accept a request after a while; only where its answer is given does anyone wait for that."""
        due_wall = self._world.clock.wall() + rule.seconds

        async def accept() -> None:
            while self._world.clock.wall() < due_wall:  # noqa: ASYNC110 - a clock rings for nobody
                await asyncio.sleep(LOOK_S)
            await exchange.carry_out(self._app)

        async def end() -> None:
            if rule.ending == "hang_up":
                exchange.hang_up()
            await accept()
            await exchange.stay_silent()

        if rule.ending != "answer":
            return end
        await accept()
        return exchange.answer

    async def _mistake(self, exchange: Exchange, rule: FaultRule) -> Ending:
        """Answer with the receipt of the account's post before, if there is one and this one is accepted."""
        earlier = find_earlier(self._world, exchange.call)
        if rule.stands or earlier is None:
            await exchange.carry_out(self._app)
        if earlier is not None and (exchange.is_accepted or not rule.stands):
            exchange.replace(give_receipt(earlier, exchange.request_id))
        return exchange.answer

    def _spoil(self, exchange: Exchange, rule: FaultRule) -> Ending:
        """Return how the answer to a request that was carried out ends."""
        match rule.action:
            case Action.DROP_AFTER:
                exchange.status = None
                return exchange.drop
            case Action.SLOW:
                return partial(exchange.answer_late, rule.seconds)
            case Action.DRIP:
                return partial(exchange.drip, rule.seconds)
            case Action.DUPLICATE_FIRST if not exchange.is_accepted:
                pass
            case Action.ERROR_AFTER | Action.DUPLICATE_FIRST:
                exchange.replace(refuse(self._world, rule, exchange.call, exchange.request_id))
            case Action.EMPTY:
                exchange.status, exchange.answer_body = 200, b""
            case Action.TRUNCATED:
                exchange.answer_body = exchange.answer_body[: len(exchange.answer_body) // 2]
            case _:  # what was carried out is the answer
                pass
        return exchange.answer

    def _record(self, number: int, exchange: Exchange, rule: FaultRule | None) -> None:
        scope = exchange.scope
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        self._world.record_request(
            LoggedRequest(
                number=number,
                at=self._world.clock.at(),
                method=scope["method"],
                target=self._mask(target),
                operation=exchange.call.operation,
                channel=exchange.call.channel,
                request_id=exchange.request_id,
                status=exchange.status,
                fault=str(rule.action) if rule else "",
                request_body=self._excerpt(exchange.request_body),
                answer_body=self._excerpt(exchange.answer_body),
            )
        )

    def _excerpt(self, body: bytes) -> str:
        return self._mask(body[:EXCERPT].decode(errors="replace"))

    def _mask(self, text: str) -> str:
        """Hide the accounts' secrets wherever they are, and whatever else calls itself a token."""
        return self._secrets.sub("…", NAMED_SECRETS.sub(r"\1…", text))


def _refuse_size() -> PlainTextResponse:
    """Return the answer to a body that was not read to its end: the connection can't be used again."""
    return PlainTextResponse("The body is too large.\n", 413, {"connection": "close"})


def is_loopback(host: str) -> bool:
    """Say whether a Host header names this machine: names that merely resolve to it don't count."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if not re.fullmatch(rf"(\[{re.escape(name)}\]|{re.escape(name)})(:[0-9]*)?", host.lower()):
            return False  # something stands beside the brackets, or before an @
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_loopback_origin(origin: str | None) -> bool:
    """Say whether a browser's request comes from a page of this machine, or not from a page at all."""
    return origin is None or is_loopback(urlsplit(origin).netloc)
