"""The operating system's lock: free as soon as its process is gone."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from stormctl.ledger.place.locks import FileLock, is_free

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from stormctl.ledger.place.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_held_until_released(tmp_path: Path) -> None:
    """Even for the process that holds it, the lock is not free."""
    path = tmp_path / "a.lock"
    lock = FileLock(path)
    held = is_free(path)

    lock.release()

    assert (held, is_free(path), is_free(path)) == (False, True, True)


def test_second_holder_is_refused(tmp_path: Path) -> None:
    """Two can't hold it, and the refused one doesn't take it away."""
    path = tmp_path / "a.lock"
    lock = FileLock(path)

    with pytest.raises(BlockingIOError, match="locked by another process"):
        FileLock(path)

    assert not is_free(path)
    lock.release()


def test_missing_file_proves_nothing(tmp_path: Path) -> None:
    """A lock file that somebody removed doesn't declare its runner dead."""
    assert not is_free(tmp_path / "a.lock")


def test_killed_process_frees_it(tmp_path: Path) -> None:
    """SIGKILL leaves the file and frees the lock."""
    path = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        held = is_free(path)

        process.kill()
        process.wait()

    assert (held, is_free(path)) == (False, True)


def test_a_lock_that_is_closed_to_us_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another person's runner is not taken for dead because nobody lets us look."""
    path = tmp_path / "a.lock"
    FileLock(path).release()

    def refuse(*_arguments: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)

    assert not is_free(path)
