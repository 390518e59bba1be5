"""Files are looked at without a traceback, on every Python, and what root makes is the folder's owner's."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from stormctl.errors import UsageError
from stormctl.places import find_status, is_file, is_folder, is_there, make_folder, open_or_make, write_text

NEIGHBOUR = 54_321

needs_root = pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives files to other users")


def shut(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody look into a folder, as its owner's system would."""
    real = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if folder in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)


def test_what_stands_at_a_path(tmp_path: Path) -> None:
    """A file, a folder, nothing, below a file, a link in a circle, and a name that none can have."""
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")

    assert is_file(tmp_path / "file")
    assert not is_folder(tmp_path / "file")
    assert is_folder(tmp_path)
    assert not is_file(tmp_path)
    for name in ("nothing", "file/below", "circle", "a\0b"):
        assert not is_there(tmp_path / name)
    assert find_status(tmp_path / "circle", follow=False) is not None


@pytest.mark.parametrize("ask", [is_there, is_file, is_folder])
def test_where_nobody_lets_us_look_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: object
) -> None:
    """`Path.exists` raises there on Python 3.11, and says that nothing is there on 3.14."""
    shut(monkeypatch, tmp_path)

    with pytest.raises(UsageError, match="can't be accessed: Permission denied"):
        ask(tmp_path / "file")  # type: ignore[operator]


def test_a_campaigns_own_folder_is_hidden_from_git(tmp_path: Path) -> None:
    """Also when a folder in it is made; a file that is there already stays as it is."""
    make_folder(tmp_path / ".stormctl" / "backups")
    hidden = tmp_path / ".stormctl" / ".gitignore"
    first = hidden.read_text(encoding="utf-8")
    hidden.write_text("mine\n", encoding="utf-8")

    make_folder(tmp_path / ".stormctl" / "runners")

    assert first == "*\n"
    assert hidden.read_text(encoding="utf-8") == "mine\n"
    assert not list(tmp_path.glob(".gitignore"))


@needs_root
def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    """Folders, files, and what Git is told; a file that was there is nobody's to give away."""
    os.chown(tmp_path, NEIGHBOUR, NEIGHBOUR)
    roots = tmp_path / "roots"
    roots.touch()

    make_folder(tmp_path / ".stormctl" / "backups")
    os.close(open_or_make(tmp_path / ".stormctl" / "x", os.O_RDWR))
    write_text(tmp_path / "report.html", "<html>")
    write_text(roots, "as before")

    owners = {str(path.relative_to(tmp_path)): path.stat().st_uid for path in tmp_path.rglob("*")}
    assert owners.pop("roots") == 0
    assert set(owners.values()) == {NEIGHBOUR}
    assert len(owners) == 5
