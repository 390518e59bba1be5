"""`halt`, `status`, `show` and `resume` need no key: whatever became of `.env`, the runner is reached."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.acceptance.conftest import read_until
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="modes, owners and pipes are POSIX's"),
]


@pytest.fixture
def daemon(stage: Campaign, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon of a storm that begins in an hour, whose ledger lies where only `.env` says."""
    stage.write_hours(starts_in=3600, lasts=6)
    env = stage.root / ".env"
    env.touch(0o600)
    env.write_text(f"STORMCTL_LEDGER_URL=sqlite:///{tmp_path / 'far' / 'storm.db'}\n", encoding="utf-8")
    stage.run("launch", "--yes", "--detach")
    process = stage.start("daemon")
    read_until(process, "served", 2)
    yield process
    process.terminate()
    process.communicate(timeout=50)


WAYS = {
    "readable": "can be read by others",
    "foreign": "belongs to another user",
    "tracked": "is tracked by Git",
    "unknown": "whether Git tracks",
    "pipe": "it is not a regular file",
    "line": "the line can't be read",
    "setting": "STORMCTL_LEASE: ",
    "ledger": "does not name a ledger",
    "gone": "there is no ledger at",
}
"""What may become of an `.env`, and what the warning says of it."""


def _spoil(env: Path, way: str) -> None:
    text = env.read_text(encoding="utf-8")
    match way:
        case "readable":
            env.chmod(0o640)
        case "foreign":
            os.chown(env, 12_345, 12_345)
        case "tracked":
            for arguments in (["init", "--quiet"], ["add", "--force", ".env"]):
                subprocess.run(["git", *arguments], cwd=env.parent, check=True)  # noqa: S607 - of the path
        case "unknown":
            (env.parent / ".git").write_text("gitdir: /nowhere\n", encoding="utf-8")
        case "pipe":
            env.unlink()
            os.mkfifo(env, 0o600)
        case "line":
            env.write_text(f'{text}$env:STORMCTL_LIVE = "0"\n', encoding="utf-8")
        case "setting":
            env.write_text(f"{text}STORMCTL_LEASE=soon\n", encoding="utf-8")
        case "ledger":
            env.write_text("STORMCTL_LEDGER_URL=mysql://h/d\n", encoding="utf-8")
        case _:
            env.unlink()


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_a_daemon_is_halted_whatever_became_of_its_env(
    stage: Campaign, daemon: subprocess.Popen[str], way: str
) -> None:
    """The ledger of the live runner is used, with a warning, and nothing of what was asked for is missing."""
    if way == "foreign" and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    _spoil(stage.root / ".env", way)

    halted = stage.run("halt", "--reason", "the keys are out")
    status = stage.run("status", expect=9)
    shown = stage.run("show", "x:acme/m000.en")
    resumed = stage.run("resume", "--yes")

    assert f"daemon on {os.uname().nodename} (process {daemon.pid}) has seen it" in halted.stdout
    for done in (halted, status, shown, resumed):
        told = " ".join(done.stderr.split())
        assert told.startswith("warning: ")
        assert WAYS[way] in told
        assert f"the ledger of the daemon on {os.uname().nodename}" in told
    assert "the keys are out" in status.stdout
    assert "1 halt lifted" in resumed.stdout


@pytest.mark.long
def test_a_servers_ledger_is_reached_with_its_password(stage: Campaign, postgres: Server) -> None:
    """The runner's note holds none: PGPASSWORD brings it, and without it the process to end is named."""
    stage.write_hours(starts_in=3600, lasts=6)
    env = stage.root / ".env"
    env.touch(0o600)
    with postgres.schema() as schema:
        postgres.execute(f"GRANT ALL ON SCHEMA {schema} TO {LOCKED_USER}")
        login = f"{LOCKED_USER}:{quote(LOCKED_PASSWORD, safe='')}"
        url = f"postgresql://{login}@/postgres?{postgres.url_of(schema).partition('?')[2]}"
        env.write_text(f"STORMCTL_LEDGER_URL='{url}'\n", encoding="utf-8")
        stage.run("launch", "--yes", "--detach")
        daemon = stage.start("daemon")
        read_until(daemon, "served", 2)
        env.chmod(0o640)

        without = stage.run("halt", "--reason", "no key", expect=None)
        halted = stage.run("halt", "--reason", "no key", PGPASSWORD=LOCKED_PASSWORD)
        daemon.terminate()
        daemon.communicate(timeout=50)
        (note,) = (stage.root / ".stormctl" / "runners").glob("*.where")

    assert without.returncode != 0
    told = " ".join(without.stderr.split())
    assert f"set PGPASSWORD, or stop the daemon on {os.uname().nodename} (process {daemon.pid})" in told
    assert f"(process {daemon.pid}) has seen it" in halted.stdout
    assert "geheim" not in note.read_text(encoding="utf-8") + without.stderr + halted.stderr


@pytest.mark.long
def test_without_a_live_runner_the_folders_own_ledger_is_used(stage: Campaign) -> None:
    """With a warning; a name in the process's own environment is the person's word, and wins."""
    stage.write_hours(starts_in=3600, lasts=6)
    stage.run("launch", "--yes", "--detach")
    env = stage.root / ".env"
    env.touch(0o644)
    shutil.copytree(stage.root / ".stormctl", stage.root / "copy")

    here = stage.run("halt", "--reason", "no key", expect=11)
    named = stage.run("status", expect=0, STORMCTL_LEDGER_URL="sqlite:///copy/ledger.db")

    assert "halted everything in sqlite: .stormctl/ledger.db: no key" in here.stdout
    assert "can be read by others" in here.stderr
    assert "continuing with sqlite: copy/ledger.db" in named.stderr


@pytest.mark.long
def test_who_has_a_copy_without_the_ledger_is_told_where_it_is(
    stage: Campaign, daemon: subprocess.Popen[str], tmp_path: Path
) -> None:
    """As far as the copy tells: a clone knows nothing, a copy of the folder knows its last runner."""
    copy, clone = tmp_path / "copy", tmp_path / "clone"
    shutil.copytree(stage.root, copy)
    (copy / ".env").unlink()
    shutil.copytree(stage.root, clone, ignore=shutil.ignore_patterns(".stormctl", ".env"))

    of_copy = stage.run("--dir", str(copy), "halt", "--reason", "stop", expect=10)
    of_clone = stage.run("--dir", str(clone), "halt", "--reason", "stop", expect=10)

    assert f"the daemon on {os.uname().nodename} (process {daemon.pid})" in of_copy.stderr
    assert f"with the ledger sqlite:///{tmp_path / 'far' / 'storm.db'}" in of_copy.stderr
    assert f"run: stormctl --dir {stage.root} halt" in of_copy.stderr
    assert "run stormctl halt in its folder there" in of_clone.stderr
