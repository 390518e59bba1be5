"""What lies in a campaign folder, or in a repository above it, is text: nothing of it is ever run."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts"),
]

MODULES = (
    "stormctl",
    "json",
    "sitecustomize",
    "usercustomize",
    "uvicorn",
    "wakepy",
    "apprise",
    "yaml",
    "runpy",
)
PROGRAMS = ("git", "plasmashell", "caffeinate", "uname", "ps", "ldconfig", "gcc", "python3", "systemd-notify")
COMMANDS = (
    ("check",),
    ("plan",),
    ("auth", "list"),
    ("doctor",),
    ("rehearse", "--speed", "5000"),
    ("launch", "--yes"),
    ("status",),
    ("tick",),
    ("report",),
    ("ledger",),
)


@pytest.mark.long
def test_nothing_in_a_campaign_folder_is_run(stage: Campaign, tmp_path: Path) -> None:
    """Modules under the names of ours and Python's, programs where a careless PATH looks, a repository."""
    ran = tmp_path / "ran"
    for name in MODULES:
        (stage.root / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write({name!r})\n", encoding="utf-8")
    for name in PROGRAMS:
        path = stage.root / name
        path.write_text(f"#!/bin/sh\necho {name} >>{ran}\n", encoding="utf-8")
        path.chmod(0o755)
    for name in ("objects/x", "refs/x"):
        (stage.root / name).mkdir(parents=True)
    (stage.root / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (stage.root / "config").write_text(
        "[core]\nrepositoryformatversion=0\nbare=false\nworktree=.\n"
        f'fsmonitor="echo fsmonitor >>{ran}; false"\n',
        encoding="utf-8",
    )
    (stage.root / ".env").touch(0o600)
    desktop = {"XDG_SESSION_DESKTOP": "KDE", "XDG_CURRENT_DESKTOP": "KDE", "DISPLAY": ":9"}
    environment = (
        stage.environment
        | desktop
        | {
            "PATH": f".:{os.environ['PATH']}:",
            "STORMCTL_LIVE": "0",
            "STORMCTL_ALERT_URLS": f"json://127.0.0.1:{stage.emulator_url.rpartition(':')[2]}/",
        }
    )
    script = Path(sysconfig.get_path("scripts"), "stormctl")

    codes = {
        words: subprocess.run(
            [script, *words], cwd=stage.root, env=environment, capture_output=True, check=False, timeout=100
        ).returncode
        for words in COMMANDS
    }

    assert not ran.exists(), ran.read_text(encoding="utf-8")
    assert codes[("rehearse", "--speed", "5000")] == 0
    assert codes[("launch", "--yes")] == 0
    assert 1 not in codes.values()
