"""The page for the big screen, on loopback: the first answer is complete, and events keep it fresh."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from stormctl.cli.web.serving import HEADERS, POLICY
from stormctl.emulator.middleware import is_loopback
from stormctl.engine.operate.moderation import list_published, shrink_pictures
from stormctl.engine.operate.standing import find_practice_hosts
from stormctl.errors import StormctlError
from stormctl.render.pages import day, moderators
from stormctl.render.pages.day import Day, render_day_page, render_day_parts
from stormctl.render.pages.moderators import render_moderators_page
from stormctl.render.pages.templates import hash_script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import tzinfo

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stormctl.cli.acting import OpenLedger
    from stormctl.domain.report.reach import PostReach

EVERY_S = 1.0
"""Real seconds between two looks at the ledger, while somebody looks at the page."""

BEAT_EVERY = 5
"""After how many looks without news a sign of life is sent: the page counts on one within 12 s."""

MOST_LOOKERS = 32
"""Pages that are kept fresh at a time."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is shown, and in which zone.

    Attributes:
        storm_id: the only storm to show; None shows all.
        viewer: the zone of this machine.
    """

    opened: OpenLedger
    storm_id: str | None
    viewer: tzinfo


class DayReader:
    """Reads the ledger for all who look, in one thread and at most once a second."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="day")
        self._changes: object = None
        self._reach: dict[str, list[PostReach]] = {}
        self._thumbnails: dict[str, str] = {}
        self._day: Day | None = None
        self._task: asyncio.Future[Day] | None = None

    async def read(self) -> Day:
        """Return how things stand; those who ask at the same time share one reading."""
        if self._task is None or self._task.done():
            loop = asyncio.get_running_loop()
            self._task = loop.run_in_executor(self._thread, self.look)
        return await asyncio.shield(self._task)

    async def read_moderators_page(self) -> str:
        """Return the page of what is out."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._render_moderators)

    def look(self) -> Day:
        """Read once; where the ledger can't be read, what was read last with the reason.

        Raises:
            StormctlError: it could never be read.
        """
        try:
            self._day = self._read()
        except StormctlError as error:
            if self._day is None:
                raise
            return replace(self._day, trouble=error.message)
        return self._day

    def _read(self) -> Day:
        opened = self._outlook.opened
        ledger, changes = opened.ledger, opened.ledger.changes()
        if changes != self._changes:
            self._reach = {s: ledger.metrics.newest(s) for s in ledger.history.storms()}
            self._changes = changes
        return Day(
            status=ledger.overview.status(
                opened.clock.moment(),
                storm_id=self._outlook.storm_id,
                runner_timeout=opened.durations.runner_timeout,
            ),
            reach=self._reach,
            hosts=tuple(sorted(set(ledger.bound_hosts().values()))),
            practice_hosts=tuple(find_practice_hosts(ledger)),
            viewer=self._outlook.viewer,
            option=opened.option,
        )

    def _render_moderators(self) -> str:
        now, opened = self.look(), self._outlook.opened
        storm = next(iter(now.storms), None)
        if storm is None:
            return ""
        posts = list_published(opened.ledger, storm)
        return render_moderators_page(
            storm,
            posts,
            now.status.moment.at,
            thumbnails=shrink_pictures(opened.ledger, posts, self._thumbnails),
            practice_hosts=now.practice_hosts,
            renewal="The page renews itself every minute.",
        )


class OwnNamesOnly:
    """Refuses whoever calls this machine by a name that is not its own.

    It may be a stranger's that was made to lead here (DNS rebinding), so that their page could read ours.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a stranger's name, as RFC 9110 (15.5.20) has it for a misdirected request."""
        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if [is_loopback(host) for host in hosts] != [True]:
            refusal = PlainTextResponse("this page is for this machine: http://127.0.0.1", 421, HEADERS)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Events:
    """Keeps open pages fresh: what changed, and now and then that we are still here.

    Args:
        is_ending: whether events must end, because the server does.
    """

    def __init__(self, reader: DayReader, is_ending: Callable[[], bool]) -> None:
        self._reader = reader
        self._is_ending = is_ending
        self._lookers = 0

    async def answer(self, request: Request) -> Response:
        """Begin to tell, unless too many look already."""
        if request.method == "HEAD":
            return Response(None, 200, HEADERS, "text/event-stream")
        if self._lookers >= MOST_LOOKERS:
            return PlainTextResponse("too many pages are open", 503, HEADERS)
        return StreamingResponse(self._tell(), headers=HEADERS, media_type="text/event-stream")

    async def _tell(self) -> AsyncIterator[str]:
        """Tell until the page is closed; the ledger's troubles are news too."""
        shown, silent = "", 0
        self._lookers += 1
        try:
            while not self._is_ending():
                parts = render_day_parts(await self._reader.read())
                silent += 1
                if parts != shown:
                    shown, silent = parts, 0
                    yield f"event: day\ndata: {json.dumps(parts)}\n\n"
                elif silent >= BEAT_EVERY:
                    silent = 0
                    yield "event: beat\ndata: 1\n\n"
                await asyncio.sleep(EVERY_S)
        except StormctlError:  # it could never be read: the page says so when it is loaded
            return
        finally:
            self._lookers -= 1


def make_day_app(reader: DayReader, is_ending: Callable[[], bool]) -> Starlette:
    """Return the app: the page, its events and the moderators' page."""

    def answer(text: str, script: str) -> Response:
        policy = f"{POLICY}; script-src '{hash_script(script)}'; connect-src 'self'; form-action 'none'"
        return HTMLResponse(text, headers={**HEADERS, "Content-Security-Policy": policy})

    async def show_day(_: Request) -> Response:
        return answer(render_day_page(await reader.read()), day.SCRIPT)

    async def show_posts(_: Request) -> Response:
        text = await reader.read_moderators_page() or "No storm is enrolled."
        return answer(text, moderators.SCRIPT)

    async def explain(_: Request, error: Exception) -> Response:
        return PlainTextResponse(str(error), 503, HEADERS)

    return Starlette(
        routes=[
            Route("/", show_day),
            Route("/events", Events(reader, is_ending).answer),
            Route("/moderators", show_posts),
        ],
        middleware=[Middleware(OwnNamesOnly)],
        exception_handlers={StormctlError: explain},
    )
