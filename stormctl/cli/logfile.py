"""What happens, as it is told: to the screen, and with `--log-file` to a file of JSON lines."""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from stormctl.cli.scrubbing import SCRUBBER
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.base.clocks import read_wall_clock
from stormctl.errors import StormctlError
from stormctl.places import open_or_make
from stormctl.render.exports.log_lines import Origin, render_event_line, render_record_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stormctl.cli.scrubbing import Scrubber
    from stormctl.domain.base.event import Listener

OWNER_ONLY = 0o600


class LineFile:
    """A file that whole lines are appended to, by several processes at once if need be.

    Each line is one write to a file opened for appending, so that lines of several processes do not mix. A
    file that was renamed or removed (rotation) is opened again under its name. Where writing fails (disk
    full, folder gone) the line is lost, and that is reported once until it works again.
    """

    def __init__(self, path: Path, complain: Callable[[str], None]) -> None:
        self._path = path
        self._complain = complain
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._is_torn = False
        self._has_failed = False

    def write(self, line: str) -> None:
        """Append a line; never raises for what the system does."""
        with self._lock:
            try:
                self._append(line)
            except OSError as error:
                problem: OSError | None = error
            else:
                problem = None
            is_news = problem is not None and not self._has_failed
            self._has_failed = problem is not None
        if problem is not None and is_news:
            self._complain(
                f"the log {self._path} can't be written: {problem.strerror}; the storm continues without it"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None

    def _append(self, line: str) -> None:
        fd = self._open()
        start = "\n" if self._is_torn else ""  # the disk was full in the middle of the line before
        data = f"{start}{line}\n".encode(errors="backslashreplace")
        self._is_torn = os.write(fd, data) != len(data)
        if self._is_torn:
            raise OSError(0, "only part of a line could be written")

    def _open(self) -> int:
        """Return the file that has the name now: the one that is open, or a new one."""
        if self._fd is not None and not self._is_rotated(self._fd):
            return self._fd
        if self._fd is not None:
            os.close(self._fd)
            self._fd, self._is_torn = None, False
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = open_or_make(self._path, flags, OWNER_ONLY)
        return self._fd

    def _is_rotated(self, fd: int) -> bool:
        if os.name != "posix":
            return False  # Windows lets nobody rename a file that is open
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return True
        held = os.fstat(fd)
        return (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino)


class Log:
    """A listener that passes events on to the view, and writes them to the log file if there is one."""

    def __init__(self, view: Listener, path: Path | None, scrubber: Scrubber = SCRUBBER) -> None:
        self._view = view
        self._scrubber = scrubber
        self._file = LineFile(path, self._complain) if path is not None else None
        self._host, self._pid = socket.gethostname(), os.getpid()
        self.runner_id: str | None = None

    def __call__(self, event: StormEvent) -> None:
        """Take note of an event."""
        scrub = self._scrubber.scrub
        clean = replace(event, text=scrub(event.text), url=scrub(event.url) if event.url else event.url)
        self._view(clean)
        if self._file is not None:
            self._file.write(render_event_line(clean, read_wall_clock(), self._origin()))

    def record(self, record: logging.LogRecord) -> None:
        """Write down what was told to Python's log; the terminal has it already."""
        error = record.exc_info[1] if record.exc_info else None
        self._write(record.getMessage(), record.levelname, record.name, error)

    def end(self, error: Exception) -> None:
        """Write down what ended the command: an expected error, or a bug with its traceback."""
        if isinstance(error, StormctlError):
            self._write(error.message, "ERROR", "stormctl", None)
        else:
            self._write(str(error), "CRITICAL", "stormctl", error)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, text: str, level: str, source: str, error: BaseException | None) -> None:
        if self._file is None:
            return
        scrub = self._scrubber.scrub
        told = scrub("".join(traceback.format_exception(error))) if error is not None else None
        self._file.write(
            render_record_line(
                scrub(text), level.lower(), read_wall_clock(), self._origin(), source=source, traceback=told
            )
        )

    def _origin(self) -> Origin:
        return Origin(host=self._host, pid=self._pid, runner=self.runner_id)

    def _complain(self, text: str) -> None:
        self._view(StormEvent(kind=EventKind.WARNING, at=read_wall_clock(), text=text))


class _Records(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one on."""
        try:
            self._log.record(record)
        except Exception:  # noqa: BLE001 - a record that can't be formatted must not end a storm
            self.handleError(record)


@contextmanager
def logging_to(path: Path | None, view: Listener) -> Iterator[Log]:
    """Pass everything that happens on to the view, and to the log file where one is asked for."""
    log = Log(view, path.absolute() if path is not None else None)
    records = _Records(log)
    logging.getLogger().addHandler(records)
    try:
        yield log
    except (typer.Exit, typer.Abort):
        raise  # typer's way of ending a command
    except Exception as error:
        log.end(error)
        raise
    finally:
        logging.getLogger().removeHandler(records)
        log.close()
