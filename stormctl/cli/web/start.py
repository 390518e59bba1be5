"""`status --web`: the day on the big screen, and a page that halts for whoever is at the march."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.console import show_link, tell
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from stormctl.cli.acting import OpenLedger

PORT = 8790
"""Of the page; the halt page has the next one."""

LAST_PORT = 65_535

WebOption = Annotated[
    bool, typer.Option("--web", help="Show it as a page on this machine, kept fresh until Ctrl-C.")
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=0,
        max=LAST_PORT - 1,
        help=f"With --web: its port, by default {PORT}; 0 takes a free one. The halt page has the next.",
        show_default=False,
    ),
]
HaltAddressOption = Annotated[
    bool,
    typer.Option("--halt-address", help="With --web: also serve, at a secret address, a page that halts."),
]
HostOption = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="With --halt-address: serve the halt page, and it alone, at this address of the machine.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What `status` was asked to serve."""

    web: bool
    port: int | None
    halt_address: bool
    host: str | None

    def check(self, *, is_printing: bool) -> None:
        """Raise UsageError for an option that has no effect without another, or beside it.

        Args:
            is_printing: whether something else was asked for, to be printed.
        """
        if self.web and is_printing:
            raise UsageError("--web serves a page, and prints nothing", "Leave --json and --find out.")
        if not self.web and (self.port is not None or self.halt_address or self.host is not None):
            raise UsageError("--port, --host and --halt-address go with --web", "Add --web.")
        if self.host is not None and not self.halt_address:
            raise UsageError(
                "--host is for the halt page alone: the other page stays on this machine",
                "Add --halt-address. To see the page elsewhere: ssh -L 8790:127.0.0.1:8790 MACHINE",
            )


def serve_web(
    opened: OpenLedger,
    storm_id: str | None,
    options: WebOptions,
    alerting: Callable[[], AbstractContextManager[None]],
) -> None:
    """Serve the page, and the halt page where it is asked for, until Ctrl-C.

    Raises:
        UsageError: a port is taken, or the host is none of this machine's.
    """
    from stormctl.cli.watching import viewer_zone
    from stormctl.cli.web.day import DayReader, Outlook, make_day_app
    from stormctl.cli.web.halting import HaltDesk, make_halt_app
    from stormctl.cli.web.serving import LOOPBACK, Servers, name_address, open_listener

    port = PORT if options.port is None else options.port
    listener = open_listener(LOOPBACK, port)
    ending: list[Servers] = []
    reader = DayReader(Outlook(opened, storm_id, viewer_zone()))
    apps = [(make_day_app(reader, lambda: any(one.is_ending for one in ending)), listener)]
    if options.halt_address:
        host = options.host or LOOPBACK
        desk = HaltDesk(opened, alerting, tell, viewer_zone())
        SCRUBBER.learn([desk.secret])
        try:
            apps.append((make_halt_app(desk), open_listener(host, port + 1 if port else 0)))
        except UsageError:
            listener.close()
            raise
    tell("Until Ctrl-C. The page, for this machine alone:")
    show_link(name_address(listener))
    if options.halt_address:
        tell(_explain_halt_page(host))
        shown = socket.gethostname() if host in {"0.0.0.0", "::"} else None  # noqa: S104 - compared, not bound
        show_link(f"{name_address(apps[1][1], shown)}{desk.secret}")
    ending.append(Servers(apps))
    ending[0].run()


def _explain_halt_page(host: str) -> str:
    lines = ["The halt page. Whoever has this address can halt; it ends with this command:"]
    if host in {"127.0.0.1", "::1", "localhost"}:
        lines[:0] = ["A tunnel or proxy with HTTPS brings it to a telephone: put its name before the path."]
    else:
        lines[:0] = ["Without HTTPS, whoever reads along reads the address: use a tunnel or a proxy."]
    return "\n".join(lines)
