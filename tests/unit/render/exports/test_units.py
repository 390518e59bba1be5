"""Units and cron lines survive every path that a folder may have."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.errors import UsageError
from stormctl.render.exports.units import Installation, render_cron_line, render_systemd_unit

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = timedelta(seconds=10)
ODD = '/srv/a "b" 100% $HOME \\x it\'s/campaign'

PEOPLE = {"name": "stormctl-campaign-1a2b3c", "user": "storm", "state": "/home/storm/.local/state/stormctl"}


def make(root: str, **fields: Any) -> Installation:
    """Describe an installation."""
    usual: dict[str, Any] = {"program": ("/opt/venv/bin/stormctl",), **PEOPLE}
    return Installation(root=root, **usual | fields)


def read_service(unit: str) -> configparser.SectionProxy:
    """Read the unit's own section."""
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    parser.read_string(unit)
    assert parser.sections() == ["Unit", "Service", "Install"]
    return parser["Service"]


def split_as_systemd(line: str) -> list[str]:
    """Split a command as systemd does, for paths of this test: quotes, specifiers, variables."""
    words = shlex.shlex(line, posix=True, punctuation_chars=False)
    words.quotes, words.commenters, words.whitespace_split = '"', "", True
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


def test_a_unit_runs_the_daemon_and_watches_it() -> None:
    """Notified, watched, restarted, given time to finish, and kept from the rest of the system."""
    service = read_service(render_systemd_unit(make("/srv/campaign"), LIMIT))

    assert service["ExecStart"] == "/opt/venv/bin/stormctl --dir /srv/campaign daemon"
    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == ("notify", "main", "60")
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", "2")
    assert (service["User"], service["UMask"]) == ("storm", "0077")
    assert service["TimeoutStopSec"] == "90"
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == (
        "strict",
        f"/srv/campaign -{PEOPLE['state']}",
    )
    assert service["Environment"] == f"STORMCTL_STATE_DIR={PEOPLE['state']}"
    assert service["PrivateTmp"] == service["NoNewPrivileges"] == "yes"


def test_odd_paths_are_written_by_systemds_rules() -> None:
    """Spaces, quotes, backslashes, specifiers and variables mean themselves."""
    installation = make(ODD, options=("--log-file", "/var/log/a b.jsonl"), writable=("/var/log",))

    service = read_service(render_systemd_unit(installation, LIMIT))

    assert split_as_systemd(service["ExecStart"])[1:] == [
        "--dir", ODD, "daemon", "--log-file", "/var/log/a b.jsonl"
    ]  # fmt: skip
    assert service["ReadWritePaths"].endswith(f" -/var/log -{PEOPLE['state']}")


def test_a_campaign_in_a_temporary_folder_keeps_it() -> None:
    """With a temporary folder of its own the daemon would see an empty one."""
    unit = render_systemd_unit(make("/tmp/practice"), LIMIT)  # noqa: S108 - a name

    assert "PrivateTmp" not in read_service(unit)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["plain", "100% a $HOME", 'with "quotes" and it\'s'])
def test_systemd_accepts_the_unit(tmp_path: Path, name: str) -> None:
    """The check of systemd itself finds nothing to say."""
    folder = tmp_path / name
    folder.mkdir()
    program = folder / "stormctl"
    program.touch(mode=0o755)
    path = tmp_path / "stormctl-test.service"
    installation = Installation(program=(str(program),), root=str(folder), **PEOPLE | {"user": "root"})
    path.write_text(render_systemd_unit(installation, LIMIT), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],  # noqa: S607 - wherever it is installed
        capture_output=True,
        check=False,
        encoding="utf-8",
    )

    assert (done.returncode, [line for line in done.stderr.splitlines() if str(path) in line]) == (0, [])


@pytest.mark.skipif(os.name != "posix", reason="cron is POSIX's")
def test_the_cron_line_starts_the_program_from_anywhere(tmp_path: Path) -> None:
    """Run by sh as cron does, without a PATH: every word arrives as it is."""
    folder = tmp_path / 'it\'s 100% "odd" $HOME'
    folder.mkdir()
    shown = ("-c", "import json, sys; print(json.dumps(sys.argv[1:]))")
    text = render_cron_line(
        Installation(
            program=(sys.executable, *shown), root=str(folder), **PEOPLE, options=("--log-file", "a b")
        )
    )
    (line,) = [line for line in text.splitlines() if not line.startswith("#")]

    command = line.removeprefix("* * * * * ").replace(r"\%", "%")
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"PATH": ""}, capture_output=True, check=True, cwd="/"
    )

    assert "%" not in line.replace(r"\%", "")
    expected = f'["--dir", {folder!s}'
    assert done.stdout.decode().replace("\\", "").replace('"', "").startswith(expected.replace('"', ""))
    assert done.stdout.decode().endswith('"tick", "--log-file", "a b"]\n')


@pytest.mark.parametrize("render", [lambda i: render_systemd_unit(i, LIMIT), render_cron_line])
def test_a_line_break_in_a_path_is_refused(render: object) -> None:
    """It would begin another line of the unit."""
    assert callable(render)
    with pytest.raises(UsageError, match="line break"):
        render(make("/srv/a\nb"))
