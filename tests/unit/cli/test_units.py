"""`daemon --print`: a ready unit for this very installation, and nothing else on standard output."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_a_unit_needs_no_ledger(stormctl: CommandLine) -> None:
    """It can be installed before the first launch; every path in it is absolute."""
    ended = stormctl("daemon", "--print", "systemd")

    assert ended.code == 0
    (start,) = [line for line in ended.out.splitlines() if line.startswith("ExecStart=")]
    program, option, folder, command = shlex.split(start.removeprefix("ExecStart="))
    assert Path(program).is_absolute()
    assert (option, folder, command) == ("--dir", str(stormctl.root), "daemon")
    assert not (stormctl.root / ".stormctl").exists()


def test_a_ledger_and_a_log_elsewhere_may_be_written(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the system stays read-only for the service."""
    env = stormctl.write(
        ".env", "STORMCTL_LEDGER_URL=sqlite:////srv/ledgers/day.db\nSTORMCTL_REQUEST_LIMIT=20s\n"
    )
    env.chmod(0o600)
    monkeypatch.chdir(stormctl.root / "messages")

    ended = stormctl("daemon", "--print", "systemd", "--log-file", "../../logs/storm.jsonl")

    log = stormctl.root / "messages" / ".." / ".." / "logs"
    assert f"ReadWritePaths={stormctl.root} -/srv/ledgers -{log.resolve()}\n" in ended.out
    assert f"daemon --log-file {log.resolve() / 'storm.jsonl'}\n" in ended.out
    assert "TimeoutStopSec=150\n" in ended.out


def test_settings_that_a_service_would_not_see_are_named(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their names alone, and not on standard output."""
    for name in [name for name in os.environ if name.startswith("STORMCTL_REQUIRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORMCTL_X_ACME_ACCESS_TOKEN", "1001-secret-token")

    ended = stormctl("daemon", "--print", "cron")

    assert ended.err == (
        "set only here, and not for cron: STORMCTL_LIVE, STORMCTL_X_ACME_ACCESS_TOKEN; put them into .env\n"
    )
    assert "1001-secret-token" not in ended.out


@pytest.mark.skipif(os.name != "posix", reason="cron is POSIX's")
def test_the_cron_line_runs_a_tick(stormctl: CommandLine) -> None:
    """From any folder and without a PATH; here it stops at the ledger that is not there."""
    ended = stormctl("daemon", "--print", "cron")
    (line,) = [line for line in ended.out.splitlines() if not line.startswith("#")]

    done = subprocess.run(
        ["/bin/sh", "-c", line.removeprefix("* * * * * ")],
        cwd="/",
        env={"STORMCTL_LIVE": "0", "NO_COLOR": "1"},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )

    assert (done.returncode, done.stdout) == (ExitCode.MAINTENANCE, ""), done.stderr
    assert done.stderr.startswith("error: ")


def test_other_formats_are_wrong_use(stormctl: CommandLine) -> None:
    """What can be printed is named."""
    ended = stormctl("daemon", "--print", "launchd")

    assert ended.code == ExitCode.USAGE
    assert "systemd" in ended.err
