"""A ledger that somebody else brings: by a pull request, as a copy, with triggers, by another user's hand."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S, QUICK, read_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow


NEIGHBOUR = 54_321
"""The number of a user without a name, which owns what is given to it."""

needs_root = pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives files to other users")


def git(folder: Path, *words: str) -> str:
    """Run Git as whoever it may be; return what it prints."""
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    command = ["git", "-C", str(folder), *names, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ledger_of(campaign: Campaign) -> Path:
    """Return the file that a campaign's ledger is."""
    return campaign.root / ".stormctl" / "ledger.db"


@pytest.fixture(autouse=True)
def quick(stage: Campaign) -> None:
    """Settle doubts in seconds."""
    stage.environment |= QUICK


@pytest.fixture
def foreign(stage: Campaign) -> Path:
    """A ledger that another machine has made, with posts that nobody here has approved and that are due."""
    other = replace(stage, root=stage.root.parent / "elsewhere")
    other.root.mkdir()
    other.write_messages(2)
    for file in (other.root / "messages" / "small").iterdir():
        file.write_text(f"Nobody has approved this, {file.name.split('.')[0]}.\n", encoding="utf-8")
    other.write_hours()
    other.run("launch", "--yes", "--detach", STORMCTL_STATE_DIR=str(stage.root.parent / "their-state"))
    return ledger_of(other)


def tick(campaign: Campaign, expect: int) -> str:
    """Tick as often as a post needs at most; return what the last one said."""
    done = [campaign.run("tick", expect=None) for _ in range(3)]
    assert {one.returncode for one in done} == {expect}, done
    return done[-1].stderr


def test_a_ledger_that_a_pull_request_brings_publishes_nothing(stage: Campaign, foreign: Path) -> None:
    """Tracked by Git, with a folder of its own: neither tick, daemon nor launch touches it."""
    git(stage.root, "init")
    (stage.root / ".stormctl").mkdir()
    shutil.copy(foreign, ledger_of(stage))
    git(stage.root, "add", "-f", ".stormctl/ledger.db")

    said = tick(stage, 10)
    daemon = stage.run("daemon", expect=10).stderr
    launch = stage.run("launch", "--yes", expect=10).stderr

    assert stage.received() == {}
    assert all("is tracked by Git" in words for words in (said, daemon, launch))
    assert f"git -C {stage.root} rm --cached .stormctl/ledger.db" in said


def test_a_ledger_from_elsewhere_posts_once_somebody_has_said_yes(stage: Campaign, foreign: Path) -> None:
    """It shows what it would post first; a script must name the very ledger; reading it needs no word."""
    (stage.root / ".stormctl").mkdir()
    shutil.copy(foreign, ledger_of(stage))

    said = tick(stage, 10)
    seen = stage.run("status", expect=None).stdout
    halted = stage.run("halt", "--reason", "whose is it?", expect=None).stdout
    stage.run("resume", "--late", "send", "--yes", expect=None)
    unsaid = stage.run("ledger", "accept", expect=2)
    wrong = stage.run("ledger", "accept", "--yes", "0" * 32, expect=2)
    before = stage.received()
    name = re.search(r"--yes ([0-9a-f]{32})", unsaid.stderr)
    assert name is not None
    accepted = stage.run("ledger", "accept", "--yes", name[1])
    daemon = stage.start("daemon")
    read_until(daemon, " delivered ", 2)
    daemon.terminate()
    daemon.communicate(timeout=PATIENCE_S)

    assert "stormctl ledger accept" in said
    assert "A small storm" in seen
    assert "halted" in halted
    assert "Nobody has approved this, m000." in unsaid.stderr
    assert "is not the id of the ledger" in wrong.stderr
    assert before == {}
    assert "accepted" in accepted.stdout
    assert any("Nobody has approved this" in text for _, text in stage.received())


def test_git_neither_takes_nor_publishes_a_ledger(stage: Campaign) -> None:
    """`git stash -u` leaves it where it is, and `git add -A` leaves it out."""
    stage.run("launch", "--yes", "--detach")
    git(stage.root, "init")
    git(stage.root, "add", "-A")
    git(stage.root, "commit", "-m", "All of it")
    (stage.root / "note.txt").touch()

    git(stage.root, "stash", "-u")

    assert ".stormctl" not in git(stage.root, "ls-files")
    assert not (stage.root / "note.txt").exists()
    stage.run("status", expect=None)
    assert ledger_of(stage).exists()


def test_a_backup_with_a_trigger_posts_what_was_written(stage: Campaign) -> None:
    """Its rows are poured into tables of our own; what else it brought stays behind."""
    stage.run("launch", "--yes", "--detach")
    stage.run("ledger", "backup", "noon.db")
    with closing(sqlite3.connect(stage.root / "noon.db", isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER evil AFTER UPDATE OF state ON deliveries WHEN NEW.state = 'claimed' "
            "BEGIN UPDATE deliveries SET post = replace(post, 'rights', 'no rights') WHERE key = NEW.key; END"
        )
        connection.execute("CREATE VIEW more AS SELECT 1")

    stage.run("ledger", "restore", "noon.db", "--yes")
    stage.run("launch", "--yes", "--plain", expect=None)

    with closing(sqlite3.connect(ledger_of(stage))) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert not {"evil", "more"} & names
    assert stage.received()
    assert not [text for _, text in stage.received() if "no rights" in text]


def test_a_ledger_with_a_trigger_publishes_nothing(stage: Campaign) -> None:
    """Whoever could write it once has left something behind; doctor names it too."""
    stage.run("launch", "--yes", "--detach")
    with closing(sqlite3.connect(ledger_of(stage), isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER evil AFTER UPDATE OF state ON deliveries WHEN NEW.state = 'claimed' "
            "BEGIN UPDATE deliveries SET post = replace(post, 'rights', 'no rights') WHERE key = NEW.key; END"
        )

    said = tick(stage, 10)

    assert stage.received() == {}
    assert "trigger evil" in said
    assert "trigger evil" in stage.run("doctor", expect=None).stdout


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_ledger_that_others_may_write_is_tightened_with_a_word(stage: Campaign) -> None:
    """Files and folder of our own; doctor looks before, and the daemon mends it."""
    stage.run("launch", "--yes", "--detach")
    ledger_of(stage).chmod(0o666)
    ledger_of(stage).parent.chmod(0o777)

    looked = stage.run("doctor", expect=None).stdout
    said = stage.run("tick", expect=None).stderr

    assert "others may write" in looked
    assert said.count("others could write") == 2
    assert ledger_of(stage).stat().st_mode & 0o777 == 0o644
    assert ledger_of(stage).parent.stat().st_mode & 0o777 == 0o755


@needs_root
def test_another_users_ledger_publishes_nothing(stage: Campaign) -> None:
    """It belongs to a neighbour, in a folder that is ours: the command that mends it is named."""
    stage.run("launch", "--yes", "--detach")
    os.chown(ledger_of(stage), NEIGHBOUR, NEIGHBOUR)

    said = tick(stage, 10)

    assert stage.received() == {}
    assert "belongs to" in said
    assert f"chown root {ledger_of(stage)}" in said


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
@pytest.mark.parametrize("part", [".stormctl", ".stormctl/ledger.db"])
def test_a_ledger_behind_a_link_publishes_nothing(stage: Campaign, part: str) -> None:
    """A link may lead anywhere tomorrow; the real place can be named."""
    stage.run("launch", "--yes", "--detach")
    real = stage.root.parent / "real"
    (stage.root / part).rename(real)
    (stage.root / part).symlink_to(real)

    said = tick(stage, 10)

    assert stage.received() == {}
    assert "is a link" in said


@needs_root
def test_root_leaves_nothing_that_the_owner_cannot_use(stage: Campaign) -> None:
    """A backup by root is warned of, and the owner's next one is made as ever."""
    stage.run("launch", "--yes", "--detach")
    for path in (stage.root, *stage.root.rglob("*")):
        os.chown(path, NEIGHBOUR, NEIGHBOUR)

    by_root = stage.run("ledger", "backup")

    owners = {path.stat().st_uid for path in (stage.root, *stage.root.rglob("*"))}
    assert owners == {NEIGHBOUR}
    assert "you are root, and the campaign folder" in by_root.stderr
