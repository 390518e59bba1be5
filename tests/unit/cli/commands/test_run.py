"""`daemon --print`: a ready unit for this very installation, and nothing else on standard output."""

from __future__ import annotations

import os
import re
import shlex
import shutil
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
    state = os.environ["STORMCTL_STATE_DIR"]
    assert f"ReadWritePaths={stormctl.root} -/srv/ledgers -{log.resolve()} -{state}\n" in ended.out
    assert f"Environment=STORMCTL_STATE_DIR={state}\n" in ended.out
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

    names = "STORMCTL_LIVE, STORMCTL_X_ACME_ACCESS_TOKEN"
    assert ended.err == f"set only in this shell, not for cron: {names}; put them in .env\n"
    assert "1001-secret-token" not in ended.out


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives the folder to somebody else")
def test_under_sudo_the_unit_is_the_owners(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one whose number has no name; what that user's stormctl remembers lies in no home then."""
    monkeypatch.delenv("STORMCTL_STATE_DIR")
    os.chown(stormctl.root, 54_321, 54_321)

    ended = stormctl("daemon", "--print", "systemd")

    assert "User=54321\n" in ended.out
    assert "Environment=STORMCTL_STATE_DIR=/var/lib/stormctl\n" in ended.out
    assert "you are root, and the campaign folder belongs to 54321" in ended.err


def test_each_campaign_has_a_unit_of_its_own(stormctl: CommandLine) -> None:
    """Two folders of one name on one server; the same folder has the same name each time."""
    shutil.copytree(stormctl.root, stormctl.root.parent / "other" / "campaign")
    printed = [
        stormctl("--dir", str(folder), "daemon", "--print", "systemd").out
        for folder in (stormctl.root, stormctl.root.parent / "other" / "campaign", stormctl.root)
    ]

    names = [re.findall(r"systemctl enable --now (\S+)", unit) for unit in printed]

    assert names[0] == names[2] != names[1]
    assert all(re.fullmatch(r"stormctl-campaign-[0-9a-f]{6}", name) for (name,) in names)
    assert f"/etc/systemd/system/{names[0][0]}.service" in printed[0]


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
