"""The emulator as a server: the app, a blocking run, and a thread for tests."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stormctl.emulator.control import control_routes
from stormctl.emulator.core.accounts import AccountSpec, make_accounts, short_user_token, x_user_token
from stormctl.emulator.core.clock import EmulatorClock
from stormctl.emulator.core.exchange import DroppableProtocol
from stormctl.emulator.core.faults import Faults
from stormctl.emulator.core.pages import page_routes, show_post
from stormctl.emulator.core.world import World
from stormctl.emulator.facebook.api import answer_graph
from stormctl.emulator.middleware import EmulatorMiddleware
from stormctl.emulator.x.answers import unknown_path
from stormctl.emulator.x.api import render, x_routes
from stormctl.emulator.x.signin import x_signin_routes
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from starlette.requests import Request

__all__ = ["AccountSpec", "EmulatorThread", "create_app", "make_accounts", "open_socket", "run", "serve"]

BACKLOG = 128
STOPPING_S = 2
"""How long requests in progress may hold up the end, in real seconds."""


def create_app(
    accounts: Sequence[AccountSpec],
    *,
    seed: int = 0,
    faults: Faults | None = None,
    clock: EmulatorClock | None = None,
) -> Starlette:
    """Return the emulator of both platforms as an ASGI app; its `state.world` holds what exists."""
    world = World(accounts, seed=seed, clock=clock or EmulatorClock())
    faults = faults if faults is not None else Faults(seed=seed)

    async def other(request: Request) -> Response:
        """Answer the Graph API, whose paths are any; the pages of its posts; and unknown paths."""
        request_id = request.scope.get("state", {}).get("request_id")
        if request_id and request.url.path.startswith("/2/"):
            return render(unknown_path().answer, request_id)
        if request_id:
            return await answer_graph(world, request)
        post_id = request.path_params["path"]
        if "_" in post_id and "/" not in post_id:
            return show_post(world, "facebook", post_id)
        return PlainTextResponse("not found", 404)

    routes = [
        *control_routes(world, faults),
        *x_routes(world),
        *x_signin_routes(world),
        *page_routes(world),
        Route("/{path:path}", other, methods=["GET", "POST", "DELETE"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(EmulatorMiddleware, world=world, faults=faults)])
    app.state.world = world
    app.state.faults = faults
    return app


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket on a loopback address; port 0 takes a free one.

    Raises:
        UsageError: if the host is not loopback, or the port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise UsageError(f"the emulator listens on loopback only, not on {host}", "Use 127.0.0.1.")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # the protocol by its number: with 0 asyncio leaves Nagle's algorithm on, and answers come 40 ms late
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere the option would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        message = f"port {port} is taken on {host}, or can't be opened ({error.strerror})"
        raise UsageError(message, "Choose another with --port, or 0 for a free one.") from error
    return listener


def serve(app: Starlette, listener: socket.socket) -> uvicorn.Server:
    """Return a quiet uvicorn server for the app; run it with `run(sockets=[listener])`."""
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="error",
        timeout_graceful_shutdown=STOPPING_S,
        server_header=False,
    )
    listener.setblocking(False)
    return uvicorn.Server(config)


def run(
    accounts: Sequence[AccountSpec],
    *,
    host: str = "127.0.0.1",
    port: int,
    seed: int,
    faults: Faults,
    announce: Callable[[str], None],
    env: Path | None = None,
) -> None:
    """Serve until interrupted; `announce` is told, line by line, where and with which credentials.

    Args:
        env: a new file that is given these lines instead, and of which `announce` is told.

    Raises:
        UsageError: if the host is not loopback, the port is taken, or the file can't be made.
    """
    with open_socket(host, port) as listener:
        lines = describe(accounts, base_url(listener))
        if env is not None:
            write_env(env, lines)
            lines = [lines[0], f"# What a client needs: {env}"]
        for line in lines:
            announce(line)
        server = serve(create_app(accounts, seed=seed, faults=faults), listener)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            server.run(sockets=[listener])


def base_url(listener: socket.socket) -> str:
    """Return the address under which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def describe(accounts: Sequence[AccountSpec], url: str) -> list[str]:
    """Return what a client needs, as the lines of an `.env` file."""
    lines = [
        f"# The timelines: {url}/",
        "STORMCTL_LIVE=0",
        f"STORMCTL_X_BASE_URL={url}",
        f"STORMCTL_FACEBOOK_BASE_URL={url}",
    ]
    for account in accounts:
        lines.append(f"# {account.channel}: {account.display_name}")
        name = "".join(char if char.isalnum() else "_" for char in account.name).upper()
        prefix = f"STORMCTL_{account.platform.upper()}_{name}"
        lines += [f"{prefix}_{key}={value}" for key, value in account.credentials.items()]
        if account.platform == "x":
            token = x_user_token(account.credentials["ACCESS_TOKEN"])
            lines.append(f"# For clients that don't sign, such as curl: Authorization: Bearer {token}")
    apps = {
        (a.credentials["APP_ID"], a.credentials["APP_SECRET"]): None for a in accounts if a.platform != "x"
    }
    lines += [f"# For stormctl auth facebook, a user token: {short_user_token(*app)}" for app in apps]
    return lines


def write_env(path: Path, lines: Sequence[str]) -> None:
    """Write an `.env`, for its owner only and never over something that is there.

    Raises:
        UsageError: if it can't be made.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        message = f"{path} already exists, and is left as it is"
        raise UsageError(message, "Name a new file, or remove that one.") from None
    except OSError as error:
        message = f"{path} can't be written: {error.strerror}"
        raise UsageError(message, "Name a file in a folder that is yours.") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write("".join(f"{line}\n" for line in lines))


class EmulatorThread:
    """The emulator in a thread of this process: `with EmulatorThread(accounts) as emulator: …`.

    Raises:
        UsageError: from the constructor, if the port is taken; port 0 takes a free one.

    Attributes:
        base_url: of both platforms.
        world: what exists on them.
        faults: to script what goes wrong.
    """

    def __init__(
        self,
        accounts: Sequence[AccountSpec],
        *,
        seed: int = 0,
        faults: Faults | None = None,
        clock: EmulatorClock | None = None,
        port: int = 0,
    ) -> None:
        app = create_app(accounts, seed=seed, faults=faults, clock=clock)
        self.world: World = app.state.world
        self.faults: Faults = app.state.faults
        self._listener = open_socket("127.0.0.1", port)
        self.base_url = base_url(self._listener)
        self._server = serve(app, self._listener)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="emulator", daemon=True
        )

    def start(self) -> Self:
        """Start serving; the port is open already, so that early requests wait."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and wait for the end."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
