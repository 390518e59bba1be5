"""A runner leaves word of its ledger, and only its word counts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.locks import FileLock
from stormctl.ledger.place.runner_notes import RunnerNote, find_notes, leave_note
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

NOTE = RunnerNote("sqlite:////srv/storm.db", "/srv/camp", "daemon", "north", 4711)
OTHER = RunnerNote("postgresql://storm@db.example.org/storm", "/srv/camp", "launch", "south", 17)

NOW = Moment(NOON, NOON)

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")


def _write(root: Path, name: str, text: str) -> Path:
    folder = root / ".stormctl" / "runners"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_live_runners_word_is_told_from_that_of_one_that_is_gone(tmp_path: Path) -> None:
    """It is live as long as it holds its lock; its word stays until another runner comes."""
    lock = leave_note(tmp_path, "a", NOTE)
    assert lock is not None
    while_it_lives = find_notes(tmp_path)

    lock.release()
    when_it_is_gone = find_notes(tmp_path)
    second = leave_note(tmp_path, "b", OTHER)
    assert second is not None
    with_another = find_notes(tmp_path)
    second.release()

    assert while_it_lives == (NOTE, None)
    assert when_it_is_gone == (None, NOTE)
    assert with_another == (OTHER, None)


@posix_only
@pytest.mark.parametrize("way", ["shared", "foreign", "link", "pipe", "text", "list", "huge", "deep", "odd"])
def test_what_no_runner_of_ours_has_written_counts_for_nothing(tmp_path: Path, way: str) -> None:
    """Others can write it, it is another user's or no plain file, or it says nothing that can be used."""
    text = {
        "text": " daemon",
        "list": " [1]",
        "huge": f" {json.dumps(asdict(NOTE))}{' ' * 5000}",
        "deep": " " + "[" * 4000,
        "odd": " " + json.dumps(asdict(NOTE) | {"host": "a\x1b[2Jb"}),
    }.get(way, f" {json.dumps(asdict(NOTE))}")
    path = _write(tmp_path, "a.where", text)
    match way:
        case "shared":
            path.chmod(0o620)
        case "foreign":
            if os.geteuid() != 0:
                pytest.skip("only root can give a file away")
            os.chown(path, 12_345, 12_345)
        case "link":
            path.rename(tmp_path / "elsewhere")
            path.symlink_to(tmp_path / "elsewhere")
        case "pipe":
            path.unlink()
            os.mkfifo(path, 0o600)
        case _:
            pass

    lock = None if way == "pipe" else FileLock(path)
    found = find_notes(tmp_path)
    if lock is not None:
        lock.release()

    assert found == (None, None)


def test_the_runners_of_a_ledger_leave_its_address_without_its_password(tmp_path: Path) -> None:
    """From their registration on; a ledger that nobody is to find, a rehearsal's, leaves nothing."""
    url = f"sqlite:///{tmp_path / 'far' / 'storm.db'}"
    known = open_ledger(url, root=tmp_path, create=True, is_known=True)
    hidden = open_ledger("sqlite:///near.db", root=tmp_path, create=True)

    hidden.runners.register("launch", "north", 1, NOW)
    runner_id = known.runners.register("daemon", "north", 4711, NOW)
    live, _ = find_notes(tmp_path)
    known.runners.stop(runner_id, NOW)
    _, gone = find_notes(tmp_path)
    known.close()
    hidden.close()

    assert live == gone == RunnerNote(url, str(tmp_path), "daemon", "north", 4711)
