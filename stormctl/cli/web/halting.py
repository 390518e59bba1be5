"""One page with one button, under a secret path, for whoever is at the march with a telephone: halt.

Whoever knows the address may halt, and can do nothing else. Nobody is told apart by where they come from:
behind a tunnel everyone comes from this machine.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from stormctl.cli.web.serving import HEADERS, POLICY
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.operate.halting import wait_for_runners
from stormctl.engine.operate.standing import find_practice_hosts
from stormctl.errors import StormctlError
from stormctl.render.language import choose_accepted
from stormctl.render.pages.halt import WHO, HaltPage, Wish, render_halt_page
from stormctl.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import tzinfo

    from starlette.requests import Request
    from starlette.responses import Response

    from stormctl.cli.acting import OpenLedger

SECRET_BYTES = 32
"""Of the path: 256 bits, which nobody guesses."""

PATIENCE = timedelta(seconds=5)
"""How long it waits for every live runner to have seen the halt."""

CONFIRM_S = 600.0
"""Real seconds in which a halt that was asked for can be confirmed."""

REASON_CHARS = 300
BODY_BYTES = 16_384

ADMITTED = (60, 60.0)
"""How many requests to the right address are answered in so many seconds."""

STRANGERS = (30, 60.0)
"""The same for wrong addresses, apart: strangers can't keep anybody from halting."""

HALTS = (6, 60.0)
"""How many halts are written in so many seconds."""

NOTED_EVERY = (1, 600.0)
"""How often it is written down, and alerted, that somebody opened the page, or was refused there."""


class Limit:
    """At most so many times in so many real seconds."""

    def __init__(self, count: int, seconds: float, steady_s: Callable[[], float]) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=count)
        self._steady_s = steady_s
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Count one more if there is room for it."""
        with self._lock:
            now = self._steady_s()
            if len(self._times) == self._times.maxlen and now - self._times[0] < self._seconds:
                return False
            self._times.append(now)
            return True


@dataclass
class HaltDesk:
    """What the page does: remembers what was asked for until it is confirmed, halts once, writes it down.

    Args:
        alerting: has people told of what was done, within a `with`.
        tell: told a line of each use, for the terminal; the address is never in it.
        zone: in which times are told.
    """

    opened: OpenLedger
    alerting: Callable[[], AbstractContextManager[None]]
    tell: Callable[[str], None]
    zone: tzinfo
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES), repr=False)

    def __post_init__(self) -> None:
        """Begin without anything asked for."""
        steady_s = self.opened.clock.steady_s
        self.is_practice = bool(find_practice_hosts(self.opened.ledger))
        self.token = secrets.token_urlsafe(16)
        self.admitted, self.strangers = Limit(*ADMITTED, steady_s), Limit(*STRANGERS, steady_s)
        self._halts, self._opened = Limit(*HALTS, steady_s), Limit(*NOTED_EVERY, steady_s)
        self._refused = Limit(*NOTED_EVERY, steady_s)
        self._asked: dict[str, tuple[Wish, float]] = {}
        self._lock = threading.Lock()
        self._has_news = threading.Event()

    def knows(self, path: str) -> bool:
        """Whether a path is the secret one; it takes the same time whatever is wrong with it."""
        return hmac.compare_digest(path.encode(), self.secret.encode())

    def list_channels(self) -> list[str]:
        """Return the channels that can be halted."""
        return sorted(self.opened.ledger.halts.find_names("channel"))

    def show(self, problem: str = "", wish: Wish | None = None) -> HaltPage:
        """Return the first page; that it was opened is written down now and then."""
        if not problem and self._opened.admits():
            self.note("the halt page was opened")
        return HaltPage(
            channels=tuple(self.list_channels()),
            halts=self.opened.ledger.halts.active(),
            token=self.token,
            problem=problem,
            wish=wish,
        )

    def ask(self, form: Mapping[str, str]) -> HaltPage:
        """Take a wish to halt, and ask whether it is meant."""
        reason = clean(form.get("reason", ""))[:REASON_CHARS]
        channel = form.get("channel", "")
        wish = Wish(channel or None, reason)
        if not hmac.compare_digest(form.get("token", "").encode(), self.token.encode()):
            return self.refuse("token")
        if channel and channel not in self.list_channels():
            return self.show("channel")
        if not reason:
            return self.show("reason", wish)
        confirmation = secrets.token_urlsafe(16)
        with self._lock:
            self._forget_old()
            self._asked[confirmation] = (wish, self.opened.clock.steady_s())
        return HaltPage(wish=wish, confirmation=confirmation)

    def confirm(self, form: Mapping[str, str]) -> HaltPage:
        """Halt what was asked for, once, if it is confirmed a second time by a tick."""
        confirmation = form.get("confirmation", "")
        with self._lock:
            self._forget_old()
            asked = self._asked.get(confirmation)
        if asked is None:
            return self.refuse("expired")
        wish, _ = asked
        if form.get("sure") != "yes":
            return HaltPage(wish=wish, confirmation=confirmation, problem="sure")
        if not self._halts.admits():
            return self.refuse("often")
        with self._lock:
            if self._asked.pop(confirmation, None) is None:  # the same button, pressed twice
                return self.show("expired")
        return self._halt(wish)

    def refuse(self, problem: str) -> HaltPage:
        """Return the first page with the reason; it is written down now and then."""
        if self._refused.admits():
            self.note("the halt page refused somebody who knows its address")
        return self.show(problem)

    def note(self, text: str) -> None:
        """Write a use down in the ledger's history, whence it is alerted, and say it on the terminal."""
        moment = self.opened.clock.moment()
        what = "if it was none of you: end stormctl status --web; its next start has another address"
        event = StormEvent(kind=EventKind.WARNING, at=moment.at, text=f"{text}; {what}")
        self.opened.ledger.history.append(event, moment)
        self._has_news.set()
        self.tell(text)

    def tell_people(self) -> None:
        """Have people told of what was written down since the last time."""
        if self._has_news.is_set():
            self._has_news.clear()
            with self.alerting():
                pass

    def _halt(self, wish: Wish) -> HaltPage:
        ledger, clock = self.opened.ledger, self.opened.clock
        scope = "all" if wish.channel is None else "channel"
        ledger.halts.halt(scope, wish.channel, wish.reason, str(WHO), clock.moment())
        self._has_news.set()
        self.tell(f"HALTED {wish.channel or 'everything'} by {WHO}: {wish.reason}")
        heard = wait_for_runners(ledger, clock, self.opened.durations, PATIENCE)
        return HaltPage(
            wish=wish,
            is_done=True,
            seen=tuple(f"{r.kind} · {r.host}" for r in heard.acknowledged),
            unseen=tuple(f"{r.kind} · {r.host}" for r in heard.silent),
            in_flight=heard.in_flight,
            halts=ledger.halts.active(),
        )

    def _forget_old(self) -> None:
        now = self.opened.clock.steady_s()
        self._asked = {key: value for key, value in self._asked.items() if now - value[1] < CONFIRM_S}


def make_halt_app(desk: HaltDesk) -> Starlette:
    """Return the app: the secret path alone; anything else is not there."""

    async def answer(request: Request) -> Response:
        if not desk.knows(request.path_params["path"]):
            return _refuse("not found", 404 if desk.strangers.admits() else 429)
        if not desk.admitted.admits():
            return _refuse("too many requests: wait a minute, or call whoever is at the machine", 429)
        form = await _read_form(request) if request.method == "POST" else {}
        if form is None:
            return _refuse("too long", 413)
        try:
            page = await run_in_threadpool(_turn, desk, request.method, form)
        except StormctlError as error:  # nothing is halted, and whoever is there must know at once
            return _refuse(f"NOT HALTED: {error.message}", 503)
        language = choose_accepted(request.headers.get("accept-language", ""))
        policy = f"{POLICY}; form-action 'self'"
        return HTMLResponse(
            render_halt_page(
                page, language, desk.zone, is_practice=desk.is_practice, option=desk.opened.option
            ),
            status_code=429 if page.problem == "often" else 200,
            headers={**HEADERS, "Content-Language": language.code, "Content-Security-Policy": policy},
            background=BackgroundTask(desk.tell_people),  # a slow address keeps nobody in suspense
        )

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "HEAD", "POST"])])


def _turn(desk: HaltDesk, method: str, form: Mapping[str, str]) -> HaltPage:
    if method != "POST":
        return desk.show()
    return desk.confirm(form) if "confirmation" in form else desk.ask(form)


async def _read_form(request: Request) -> dict[str, str] | None:
    """Read the fields of a form, each once; None if it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
    return {name: values[0] for name, values in fields.items()}


def _refuse(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, HEADERS)
