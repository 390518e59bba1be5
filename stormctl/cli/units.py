"""`daemon --print`: what this installation must tell systemd or cron."""

from __future__ import annotations

import getpass
import os
import sys
import sysconfig
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.cli.context import Context
    from stormctl.render.units import Installation


class Unit(StrEnum):
    """What is printed, and for whom."""

    SYSTEMD = "systemd"
    CRON = "cron"


def print_unit(scene: Context, unit: Unit, log_file: Path | None) -> None:
    """Print a ready unit on standard output, and warn of settings that a service would not see."""
    from stormctl.cli.console import tell
    from stormctl.render.units import render_cron_line, render_systemd_unit

    installation = describe_installation(scene, log_file)
    if unit is Unit.SYSTEMD:
        text = render_systemd_unit(installation, scene.durations.request_limit)
    else:
        text = render_cron_line(installation)
    sys.stdout.write(text)
    if names := find_unseen(os.environ):
        tell(f"set only here, and not for {unit.value}: {', '.join(names)}; put them into .env")


def describe_installation(scene: Context, log_file: Path | None) -> Installation:
    """Gather what a service manager must know: this very program, the campaign folder, who we are."""
    from stormctl.render.units import Installation

    log = log_file.resolve() if log_file is not None else None
    kind, _, path = scene.ledger_url.partition(":///")
    places = [scene.root / path] if kind == "sqlite" else []
    places += [log] if log is not None else []
    writable = dict.fromkeys(str(p.parent) for p in places if not p.is_relative_to(scene.root))
    return Installation(
        program=_find_program(),
        root=str(scene.root),
        user=getpass.getuser(),
        writable=tuple(writable),
        options=("--log-file", str(log)) if log is not None else (),
    )


def find_unseen(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the settings that stand in our environment, which a service does not inherit."""
    named_by_option = "STORMCTL_DIR"
    return sorted(n for n in environ if n.startswith("STORMCTL_") and n != named_by_option)


def _find_program() -> tuple[str, ...]:
    """Return the words that start this very installation from any folder, without a PATH."""
    script = Path(sysconfig.get_path("scripts"), "stormctl")
    if script.is_file():
        return (str(script),)
    return (sys.executable, "-P", "-m", "stormctl")  # -P: the current folder is no place for our modules
