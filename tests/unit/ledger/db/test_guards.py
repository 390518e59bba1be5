"""A ledger's file is posted from only if nobody else could have written it."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import pytest

from stormctl.errors import CredentialsError, ExitCode, LedgerError
from stormctl.ledger.db.guards import find_faults, secure
from stormctl.ledger.db.stores import FileStore, find_store
from stormctl.ledger.ledger import open_ledger

NEIGHBOUR = 54_321
URL = "sqlite:///.stormctl/ledger.db"

on_posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners of POSIX")
needs_root = pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives files to other users")


def make_store(root: Path, url: str = URL) -> FileStore:
    """Make a ledger, and return where it lies."""
    root.mkdir(exist_ok=True)
    open_ledger(url, root=root, create=True).close()
    store = find_store(url, root)
    assert isinstance(store, FileStore)
    return store


def track(root: Path, *names: str) -> None:
    """Have Git track files, whatever it is told to ignore."""
    for words in (("init",), ("add", "-f", *names)):
        command = ["git", "-C", str(root), *words]
        subprocess.run(command, check=True, capture_output=True)


def test_a_ledger_of_our_own_has_no_faults(tmp_path: Path) -> None:
    """As it is made; in a repository that tracks everything else, too."""
    store = make_store(tmp_path)
    (tmp_path / "note.txt").touch()
    track(tmp_path, "note.txt")

    faults = list(find_faults(store))

    assert faults == []


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db-journal"])
@pytest.mark.parametrize("url", [URL, "sqlite:///ledger.db"])
def test_what_git_tracks_is_refused(tmp_path: Path, url: str, name: str) -> None:
    """The file, or one beside it that SQLite would read into it, in whichever folder it lies."""
    store = make_store(tmp_path, url)
    file = store.path.with_name(name)
    file.touch()
    track(tmp_path, str(file))
    file.unlink()  # Git brings it back with the next pull

    with pytest.raises(LedgerError, match=f"{name} is tracked by Git") as caught:
        secure(store)

    assert caught.value.exit_code == ExitCode.MAINTENANCE
    assert f"git -C {tmp_path} rm --cached" in caught.value.hint


def test_anything_tracked_beside_it_is_refused_in_its_own_folder(tmp_path: Path) -> None:
    """A campaign's own folder is nobody's to fill; the campaign folder itself is full of tracked files."""
    store = make_store(tmp_path)
    fingerprint_check = store.path.parent / "runners" / "x.witness"
    fingerprint_check.parent.mkdir()
    fingerprint_check.touch()
    track(tmp_path, str(fingerprint_check))

    with pytest.raises(LedgerError, match=r"x\.witness is tracked by Git"):
        secure(store)


def test_a_repository_that_cannot_be_read_is_a_refusal(tmp_path: Path) -> None:
    """About Git, and not about the ledger: exit code 5."""
    store = make_store(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_bytes(b"DIRC" + bytes(40))

    with pytest.raises(CredentialsError, match="can't be found out"):
        secure(store)


@on_posix
@pytest.mark.parametrize(("name", "mode"), [("ledger.db", 0o620), ("ledger.db-wal", 0o602), (".", 0o770)])
def test_what_others_may_write_is_tightened(
    tmp_path: Path, name: str, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It is ours: with a word, and only their right to write is taken."""
    store = make_store(tmp_path)
    place = store.path.parent / name
    place.touch()
    place.chmod(mode)
    (fault,) = find_faults(store)

    with caplog.at_level(logging.WARNING):
        secure(store)

    assert "others may write" in fault.message
    assert place.stat().st_mode & 0o777 == mode & 0o755
    assert caplog.text.count("others could write") == 1
    assert list(find_faults(store)) == []


@on_posix
def test_a_folder_for_all_is_not_tightened(tmp_path: Path) -> None:
    """A folder such as /tmp is everybody's, root's hands or not; the ledger needs one of its own."""
    shared = tmp_path / "shared"
    shared.mkdir()
    store = make_store(tmp_path, f"sqlite:///{shared}/ledger.db")
    shared.chmod(0o1777)

    with pytest.raises(LedgerError, match="put something next to the ledger") as caught:
        secure(store)

    assert "a folder of its own" in caught.value.hint
    assert shared.stat().st_mode & 0o7777 == 0o1777


@needs_root
@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal", "."])
def test_what_belongs_to_another_user_is_refused(tmp_path: Path, name: str) -> None:
    """With the command that mends it; its mode is not asked."""
    store = make_store(tmp_path)
    place = store.path.parent / name
    place.touch()
    os.chown(place, NEIGHBOUR, NEIGHBOUR)

    with pytest.raises(LedgerError, match="belongs to 54321") as caught:
        secure(store)

    assert f"sudo chown root {Path(os.path.normpath(place))}" in caught.value.hint


@needs_root
def test_root_goes_on_in_the_folder_of_its_owner(tmp_path: Path) -> None:
    """What root makes in somebody's campaign folder is that person's, and root may go on with it."""
    root = tmp_path / "campaign"
    root.mkdir()
    os.chown(root, NEIGHBOUR, NEIGHBOUR)
    store = make_store(root)

    secure(store)

    owners = {path.stat().st_uid for path in root.rglob("*")}
    assert owners == {NEIGHBOUR}


@on_posix
@pytest.mark.parametrize("name", [".stormctl", ".stormctl/ledger.db", ".stormctl/ledger.db-wal"])
def test_a_link_is_refused(tmp_path: Path, name: str) -> None:
    """Even one that leads to a file of our own: tomorrow it may lead to another."""
    store = make_store(tmp_path)
    real = tmp_path / "real"
    (tmp_path / name).touch()
    (tmp_path / name).rename(real)
    (tmp_path / name).symlink_to(real)

    with pytest.raises(LedgerError, match="is a link") as caught:
        secure(store)

    assert "STORMCTL_LEDGER_URL=sqlite:///" in caught.value.hint


@pytest.mark.parametrize("create", [False, True])
def test_a_ledger_that_was_not_made_here_is_not_published_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, create: bool
) -> None:
    """A launch would create one where there is none, and does not take this one for it."""
    made = make_store(tmp_path)
    monkeypatch.setenv("STORMCTL_STATE_DIR", str(tmp_path / "another-machine"))

    with pytest.raises(LedgerError, match="was not made on this machine by this user") as caught:
        open_ledger(URL, root=tmp_path, create=create, publishing=True)

    open_ledger(URL, root=tmp_path).close()  # looking and halting ask for nothing
    assert "stormctl ledger accept" in caught.value.hint
    assert made.path.exists()


def test_an_empty_file_becomes_a_ledger_of_our_own(tmp_path: Path) -> None:
    """What a launch that was killed in its first instant has left."""
    (tmp_path / ".stormctl").mkdir(mode=0o700)
    (tmp_path / ".stormctl" / "ledger.db").touch(mode=0o600)

    open_ledger(URL, root=tmp_path, create=True, publishing=True).close()

    open_ledger(URL, root=tmp_path, publishing=True).close()


def test_a_state_folder_that_cannot_be_written_lets_nothing_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that nobody will know again is none; the variable is named."""
    (tmp_path / "state").touch()
    monkeypatch.setenv("STORMCTL_STATE_DIR", str(tmp_path / "state"))

    with pytest.raises(LedgerError, match="can't remember its ledgers") as caught:
        open_ledger(URL, root=tmp_path, create=True, publishing=True)

    assert "STORMCTL_STATE_DIR" in caught.value.hint
