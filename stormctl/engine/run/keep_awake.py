"""Keep a laptop awake while a storm runs, where the system allows it; else know how a person can."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

logger = logging.getLogger(__name__)

SESSION = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP")
"""Variables that a desktop sets on Linux; a server has none of them."""


@contextmanager
def staying_awake(inhibit: Callable[[], AbstractContextManager[bool]] | None = None) -> Iterator[str]:
    """Ask the system not to sleep while idle, and yield one line that says how it went.

    The screen may go dark, and a lid that is closed still sends most laptops to sleep. It never fails:
    whatever goes wrong here, the storm runs.
    """
    with ExitStack() as stack:
        try:
            is_kept = stack.enter_context((inhibit or _inhibit)())
        except Exception:
            logger.debug("the machine can't be kept awake", exc_info=True)
            is_kept = False
        yield "this machine is kept awake while the storm runs" if is_kept else advise()
        try:
            stack.close()
        except Exception:
            # The system ends the request with this process anyway.
            logger.debug("the machine can't be let go to sleep", exc_info=True)


def advise(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> str:
    """Return one line that says how a person keeps this kind of machine awake."""
    if platform == "darwin":
        return "this machine may fall asleep: start the launch with “caffeinate -i” before it"
    if platform == "win32":
        return "this machine may fall asleep: set Settings > System > Power > Sleep to Never for the day"
    if any(environ.get(name) for name in SESSION):
        return "this machine may fall asleep: start the launch with “systemd-inhibit” before it"
    return "no desktop here that could send this machine to sleep"


@contextmanager
def _inhibit() -> Iterator[bool]:
    from wakepy import keep

    with keep.running(on_fail="pass") as mode:
        yield bool(mode.active)
