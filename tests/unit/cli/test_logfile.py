"""The log file takes whole lines, follows rotation, and never stops a storm."""

from __future__ import annotations

import errno
import json
import logging
import os
from typing import TYPE_CHECKING, Any

import pytest
import typer

from stormctl.cli.logfile import LineFile, Log, logging_to
from stormctl.cli.scrubbing import Scrubber
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.base.private import BLOT
from stormctl.errors import UsageError
from tests.fakes import NOON, Events

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows lets nobody rename an open file")


def read(path: Path) -> list[dict[str, Any]]:
    """Read every line of a log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@POSIX
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask says."""
    file = LineFile(tmp_path / "log", lambda _line: None)

    file.write("one")
    file.close()

    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_lines_are_added_to_what_is_there(tmp_path: Path) -> None:
    """A second start, or another process, goes on in the same file."""
    for line in ("one", "two"):
        file = LineFile(tmp_path / "log", lambda _line: None)
        file.write(line)
        file.close()

    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


@POSIX
@pytest.mark.parametrize("way", ["renamed", "removed"])
def test_a_rotated_file_is_opened_anew(tmp_path: Path, way: str) -> None:
    """A rotation moves it away; the next line begins a new one."""
    path = tmp_path / "log"
    file = LineFile(path, lambda _line: None)
    file.write("one")
    if way == "renamed":
        path.rename(tmp_path / "log.1")
    else:
        path.unlink()

    file.write("two")
    file.close()

    assert path.read_bytes() == b"two\n"


def test_what_cannot_be_written_is_told_once_until_it_can(tmp_path: Path) -> None:
    """The folder is gone, comes back, and is gone again: two complaints, and no exception."""
    told: list[str] = []
    path = tmp_path / "logs" / "log"
    file = LineFile(path, told.append)

    file.write("lost")
    file.write("lost too")
    path.parent.mkdir()
    file.write("kept")
    file.close()

    assert [line.partition(":")[0] for line in told] == [f"the log {path} can't be written"]
    assert path.read_bytes() == b"kept\n"


@POSIX
def test_after_a_torn_line_the_next_one_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in mid-line spoils that line alone."""
    told: list[str] = []
    real = os.write
    file = LineFile(tmp_path / "log", told.append)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: real(fd, data[:3]))
        file.write("abcdef")
    with monkeypatch.context() as patch:

        def refuse(_fd: int, _data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(os, "write", refuse)
        file.write("lost")

    file.write("whole")
    file.close()

    assert len(told) == 1
    assert (tmp_path / "log").read_bytes() == b"abc\nwhole\n"


def test_events_reach_the_view_and_the_file_without_secrets(tmp_path: Path) -> None:
    """The last net hangs under both."""
    scrubber, view = Scrubber(), Events()
    scrubber.learn(["the-secret-token"])
    log = Log(view, tmp_path / "log", scrubber)

    log(StormEvent(kind=EventKind.WARNING, at=NOON, text="refused: the-secret-token"))
    log.close()

    (line,) = read(tmp_path / "log")
    assert view.texts(EventKind.WARNING) == [f"refused: {BLOT}"]
    assert line["text"] == f"refused: {BLOT}"


def test_without_a_file_events_reach_the_view(tmp_path: Path) -> None:
    """Nothing is written anywhere."""
    view = Events()
    with logging_to(None, view) as log:
        log(StormEvent(kind=EventKind.WARNING, at=NOON, text="hm"))

    assert view.texts(EventKind.WARNING) == ["hm"]
    assert list(tmp_path.iterdir()) == []


def test_pythons_log_and_bugs_are_in_the_file(tmp_path: Path) -> None:
    """A library's warning, a bug that was caught, and the one that ended the command."""
    path = tmp_path / "log"

    def work() -> None:
        logging.getLogger("some.library").warning("look %s", "here")
        try:
            json.loads("[")
        except json.JSONDecodeError:
            logging.getLogger("stormctl.engine.run.lanes").exception("a bug while working")
        raise RuntimeError("the end")

    with pytest.raises(RuntimeError), logging_to(path, Events()):
        work()

    warning, bug, end = read(path)
    assert (warning["level"], warning["source"], warning["text"]) == ("warning", "some.library", "look here")
    assert "JSONDecodeError: " in bug["traceback"]
    assert (end["level"], end["text"]) == ("critical", "the end")
    assert "RuntimeError: the end" in end["traceback"]


def test_an_expected_end_is_a_line_without_a_traceback(tmp_path: Path) -> None:
    """And an exit code is no event at all."""
    path = tmp_path / "log"
    for error in (UsageError("not so"), typer.Exit(7)):
        with pytest.raises(type(error)), logging_to(path, Events()):
            raise error

    (line,) = read(path)
    assert (line["level"], line["text"], "traceback" in line) == ("error", "not so", False)


def test_a_record_that_cannot_be_formatted_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library's mistake in its own log line is not the storm's."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger = logging.getLogger("some.library")
    monkeypatch.setattr(logger, "propagate", False)
    with logging_to(tmp_path / "log", Events()) as log:
        monkeypatch.setattr(logger, "handlers", logging.getLogger().handlers[-1:])
        logger.warning("%d", "no number")
        log(StormEvent(kind=EventKind.WARNING, at=NOON, text="on we go"))

    assert [line["text"] for line in read(tmp_path / "log")] == ["on we go"]
