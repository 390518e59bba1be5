"""What a machine remembers of ledgers lies outside of every campaign, and nothing in one can add to it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode, LedgerError, UsageError
from stormctl.ledger.place import memory as memories
from stormctl.ledger.place.memory import FALLBACK, Memory, find_state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

ID, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2

on_linux = pytest.mark.skipif(os.uname().sysname != "Linux" if os.name == "posix" else True, reason="Linux")


def set_environment(patch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    """Have these variables and no others of those that say where state lies."""
    for name in ("STORMCTL_STATE_DIR", "XDG_STATE_HOME", "HOME"):
        patch.delenv(name, raising=False)
    for name, value in values.items():
        patch.setenv(name, value)


@on_linux
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"STORMCTL_STATE_DIR": "/srv/state", "XDG_STATE_HOME": "/x", "HOME": "/"}, Path("/srv/state")),
        ({"XDG_STATE_HOME": "/x/state", "HOME": "/nowhere"}, Path("/x/state/stormctl")),
    ],
)
def test_folder_is_the_named_one_or_the_users_own(
    values: dict[str, str], expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable first, then the system's own for such things."""
    set_environment(monkeypatch, values)

    assert find_state_folder() == expected


@on_linux
def test_the_users_home_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As HOME names it, if it is the user's own."""
    set_environment(monkeypatch, {"HOME": str(tmp_path)})

    assert find_state_folder() == tmp_path / ".local" / "state" / "stormctl"


@on_linux
@pytest.mark.parametrize("home", [None, "", "nowhere", "/nowhere", "/proc/1/root"])
def test_a_missing_home_is_looked_up(
    home: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the password database, as under a service manager that sets no HOME."""
    import pwd

    set_environment(monkeypatch, {} if home is None else {"HOME": home})
    entry = list(pwd.getpwuid(os.getuid()))
    entry[5] = str(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd(entry))

    assert find_state_folder() == tmp_path / ".local" / "state" / "stormctl"


@on_linux
def test_a_user_without_a_home_has_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of services and containers often have none; a number without a name, too."""
    import pwd

    def find_nobody(_uid: int) -> None:
        raise KeyError

    set_environment(monkeypatch, {"HOME": "/nowhere"})
    monkeypatch.setattr(pwd, "getpwuid", find_nobody)

    assert find_state_folder() == FALLBACK


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives folders to other users")
def test_the_home_of_another_user_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Under sudo HOME may be that of whoever has typed it: root leaves nothing there."""
    os.chown(tmp_path, 54_321, 54_321)
    set_environment(monkeypatch, {"HOME": str(tmp_path)})

    assert not find_state_folder().is_relative_to(tmp_path)


def test_a_relative_folder_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be another one in every folder in which a command is typed."""
    monkeypatch.setenv("STORMCTL_STATE_DIR", "state")

    with pytest.raises(UsageError, match="STORMCTL_STATE_DIR is not an absolute path: state"):
        find_state_folder()


def test_a_file_is_known_by_id_and_inode(tmp_path: Path) -> None:
    """Neither the same ledger in another file, nor another ledger in the same file."""
    memory = Memory(tmp_path / "state")
    file = tmp_path / "ledger.db"
    file.touch()

    name = memory.name(file)

    inode = file.stat().st_ino
    assert memory.knows(name, inode)
    assert not memory.knows(name, inode + 1)
    assert not memory.knows(OTHER, inode)
    assert not memory.knows(None, inode)


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a\0b", "x" * 5000, ""])
def test_an_id_is_never_a_path(tmp_path: Path, name: str) -> None:
    """A ledger may say anything of itself: what is kept of it stays in the folder."""
    memory = Memory(tmp_path / "state")

    memory.keep(memories.LedgerFingerprint(name, 3, None))

    assert memory.load(name) == memories.LedgerFingerprint(name, 3, None)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "state" / "ledgers"]


def test_a_folder_that_cannot_be_written_names_its_variable(tmp_path: Path) -> None:
    """It is the ledger's affair: exit code 10."""
    (tmp_path / "state").touch()

    with pytest.raises(LedgerError, match="can't remember its ledgers") as caught:
        Memory(tmp_path / "state").remember(memories.LedgerFingerprint(ID, 1, 2))

    assert caught.value.exit_code == ExitCode.MAINTENANCE
    assert "STORMCTL_STATE_DIR" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_folder_that_others_write_is_no_memory(tmp_path: Path) -> None:
    """A neighbour could write there what this machine has made."""
    memory = Memory(tmp_path / "state")
    memory.remember(memories.LedgerFingerprint(ID, 1, 2))
    memory.folder.chmod(0o777)

    with pytest.raises(LedgerError, match="can be written by others"):
        memory.knows(ID, 2)


class TestTakingOver:
    """What the version before kept beside the runners' locks."""

    @pytest.fixture
    def fingerprint_check(self, tmp_path: Path) -> Path:
        """A witness of the file with the inode 7."""
        path = tmp_path / "campaign" / "runners" / f"{ID}.witness"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"ledger_id": ID, "pulse": 12, "inode": 7}), encoding="utf-8")
        return path

    def test_it_is_taken_over_once(self, fingerprint_check: Path, tmp_path: Path) -> None:
        """With the pulse that was seen; the old file is removed."""
        memory = Memory(tmp_path / "state")

        memory.take_over(ID, fingerprint_check.parent, 7)

        assert memory.load(ID) == memories.LedgerFingerprint(ID, 12, 7)
        assert memory.knows(ID, 7)
        assert not fingerprint_check.exists()

    def test_that_of_another_file_is_none(self, fingerprint_check: Path, tmp_path: Path) -> None:
        """A folder that was copied brings its witness along."""
        memory = Memory(tmp_path / "state")

        memory.take_over(ID, fingerprint_check.parent, 8)

        assert memory.load(ID) is None

    def test_what_is_remembered_is_not_replaced(self, fingerprint_check: Path, tmp_path: Path) -> None:
        """The campaign folder has no say once the machine has seen the ledger."""
        memory = Memory(tmp_path / "state")
        memory.remember(memories.LedgerFingerprint(ID, 90, 8))

        memory.take_over(ID, fingerprint_check.parent, 7)

        assert memory.load(ID) == memories.LedgerFingerprint(ID, 90, 8)

    def test_one_that_git_tracks_is_none(self, fingerprint_check: Path, tmp_path: Path) -> None:
        """A pull request has brought it."""
        for words in (("init",), ("add", "-f", ".")):
            command = ["git", "-C", str(tmp_path / "campaign"), *words]
            subprocess.run(command, check=True, capture_output=True)
        memory = Memory(tmp_path / "state")

        memory.take_over(ID, fingerprint_check.parent, 7)

        assert memory.load(ID) is None

    @pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives files to other users")
    def test_one_of_another_user_is_none(self, fingerprint_check: Path, tmp_path: Path) -> None:
        """Whoever wrote it may have looked the inode up."""
        os.chown(fingerprint_check, 54_321, 54_321)
        memory = Memory(tmp_path / "state")

        memory.take_over(ID, fingerprint_check.parent, 7)

        assert memory.load(ID) is None
