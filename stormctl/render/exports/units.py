"""Ready text for those who keep programs running: a systemd unit, and a line for cron."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

WATCHDOG_S = 60
"""Seconds without a sweep after which systemd restarts the daemon: long enough for a server that hangs."""

UPLOAD_FACTOR = 6
"""An upload in flight may take so many times the limit of a publishing request."""

STOP_MARGIN_S = 30
"""Seconds beside the longest request for writing its answer down, and for a slow disk."""

TEMPORARY = tuple(PurePosixPath(name) for name in ("/tmp", "/var/tmp"))  # noqa: S108 - looked for, not used

UNSAFE = "\"'\\"
"""Characters that systemd does not take in a program's own path, quoted or not."""

ENV = "/usr/bin/env"
"""Starts such a program in its own place, under the same process number."""

UNIT = """\
# Written by: stormctl daemon --print systemd
# Put it into /etc/systemd/system/{name}.service, then type:
#   systemctl daemon-reload && systemctl enable --now {name}
# Keys and settings come from the .env file of the campaign folder.
[Unit]
Description=stormctl: publishes what was launched ({name})
# The clock must be right too: posts go out by it.
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target
# It never gives up: a storm has one day.
StartLimitIntervalSec=0

[Service]
# READY comes when the ledger is open and every channel has been asked; a runner that hangs is restarted.
Type=notify
NotifyAccess=main
WatchdogSec={watchdog_s}
User={user}
# Where this machine remembers which ledgers it may publish from.
Environment={state}
ExecStart={command}
Restart=always
RestartSec=5
# 2: an option or a setting is wrong, and only a person can fix it. After 5 (the .env file is refused) and
# 10 (the ledger is missing or under maintenance) it continues by itself as soon as that is fixed.
RestartPreventExitStatus=2
# The request in flight is finished first, an upload too.
KillMode=mixed
TimeoutStopSec={stop_s}
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writable}
{private_tmp}
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"""

PRIVATE_TMP = "PrivateTmp=yes"
SHARED_TMP = "# No PrivateTmp: the campaign itself lies in a temporary folder. Better move it elsewhere."

CRON = """\
# Written by: stormctl daemon --print cron
# Type crontab -e as {user} and add these lines. Ticks may overlap each other and a daemon.
# What a tick prints, cron sends by mail: to the address of a line MAILTO=you@example.org before it.
* * * * * {command}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a service manager must know of this installation; every path is absolute.

    Attributes:
        program: the words that start stormctl.
        root: the campaign folder.
        name: of the service; no two campaigns of a machine have the same.
        user: whose processes they are to be.
        state: the folder in which that user's stormctl remembers ledgers.
        writable: folders beside the campaign's that are written to: of a ledger or a log elsewhere.
        options: of the command.
    """

    program: Sequence[str]
    root: str
    name: str
    user: str
    state: str
    writable: Sequence[str] = ()
    options: Sequence[str] = ()


def render_systemd_unit(installation: Installation, request_limit: timedelta) -> str:
    """Write a unit that runs the daemon (source: systemd.service(5), systemd.exec(5), systemd 257).

    Raises:
        UsageError: a path can't be written in a unit.
    """
    program, *arguments = installation.program
    if any(char in program for char in UNSAFE):
        program, arguments = ENV, [program, *arguments]
    arguments += ["--dir", installation.root, "daemon", *installation.options]
    lies_in_tmp = any(PurePosixPath(installation.root).is_relative_to(folder) for folder in TEMPORARY)
    places = (*installation.writable, installation.state)
    return UNIT.format(
        name=installation.name,
        state=_quote(f"STORMCTL_STATE_DIR={installation.state}"),
        watchdog_s=WATCHDOG_S,
        user=_quote_specifiers(installation.user),
        # systemd takes the program's own path as it stands, and variables only in what follows
        command=" ".join([_quote(program), *(_quote(word).replace("$", "$$") for word in arguments)]),
        stop_s=int(UPLOAD_FACTOR * request_limit.total_seconds()) + STOP_MARGIN_S,
        writable=" ".join([_quote(installation.root), *(_quote(path, before="-") for path in places)]),
        private_tmp=SHARED_TMP if lies_in_tmp else PRIVATE_TMP,
    )


def render_cron_line(installation: Installation) -> str:
    """Write a line of a person's crontab that runs `tick` every minute (source: crontab(5)).

    Raises:
        UsageError: a path can't be written in a crontab.
    """
    words = [*installation.program, "--dir", installation.root, "tick", *installation.options]
    state = f"STORMCTL_STATE_DIR={shlex.quote(_refuse_breaks(installation.state))}"
    # cron ends a command at %, and takes the backslash before it away
    command = f"{state} {shlex.join(_refuse_breaks(word) for word in words)}".replace("%", r"\%")
    return CRON.format(user=installation.user, command=command)


def _quote(word: str, *, before: str = "") -> str:
    """Quote a word by systemd's rules where it needs it: quotes, backslashes and specifiers."""
    _refuse_breaks(word)
    if re.fullmatch(r"[\w@+./:=,-]+", word, re.ASCII):
        return f"{before}{word}"
    escaped = word.replace("\\", r"\\").replace('"', r"\"")
    return _quote_specifiers(f'"{before}{escaped}"')


def _quote_specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _refuse_breaks(word: str) -> str:
    if not word.isprintable():
        raise UsageError(
            f"a name with a line break or another control character can't be used here: {word!r}",
            "Rename the folder.",
        )
    return word
