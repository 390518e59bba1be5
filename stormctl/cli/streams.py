"""The process's three streams: there from the start, and never the end of a command."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import IO, Any

_NAMES = ("stdin", "stdout", "stderr")


class Outlet(io.RawIOBase):
    """The file of a stream, which may stop taking what is written: from then on that is lost, and no error.

    A reader leaves (`| head -1`), a disk is full, a terminal is closed: none of that may end a storm, nor
    keep a command from finishing what it has begun.

    Args:
        stream: whose file it is; kept, because it would close the file at its end.

    Attributes:
        problem: why it takes nothing any more; None while it does, and where its reader has just left.
    """

    def __init__(self, stream: io.TextIOWrapper, raw: io.FileIO) -> None:
        self._stream = stream
        self._raw = raw
        self._is_gone = False
        self.problem: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of it; say so, too, once the file takes nothing any more."""
        left = memoryview(data).cast("B")
        size = left.nbytes
        try:
            while left and not self._is_gone:
                written = self._raw.write(left)
                if written is None:  # another program has made the terminal non-blocking
                    select.select((), (self._raw,), ())
                else:
                    left = left[written:]
        except OSError as error:
            self._is_gone = True
            self.problem = None if isinstance(error, BrokenPipeError) else error
        return size

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the file's number, by which terminals are known."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._raw.isatty()


def set_up_streams() -> None:
    """Put something in the place of streams that are closed, and outlets under those that are written to.

    A stream that whoever calls `main` has put there is left alone.
    """
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            _open_nothing(number, name)
    for name in _NAMES[1:]:
        stream = getattr(sys, name)
        raw = _find_raw(stream)
        if isinstance(raw, io.FileIO):
            stream.flush()
            setattr(sys, name, _rebuild(stream, Outlet(stream, raw)))


def find_problem() -> OSError | None:
    """Return why standard output lost something; None if it lost nothing, or if its reader had left."""
    raw = _find_raw(sys.stdout)
    return raw.problem if isinstance(raw, Outlet) else None


def _open_nothing(number: int, name: str) -> None:
    """Open a stream on nothing, under its own number: else the next file, such as a ledger, would get it."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, since they come in order
    setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))


def _find_raw(stream: IO[str]) -> object:
    """Return the file under a stream, buffered or not; None under one that has none."""
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


def _rebuild(stream: io.TextIOWrapper, outlet: Outlet) -> io.TextIOWrapper:
    """Return the same stream over an outlet; as unbuffered as it was.

    Letters that its encoding lacks (a terminal of one's own language, `LC_ALL=C`) are written as escapes.
    """
    file: Any = io.BufferedWriter(outlet) if isinstance(stream.buffer, io.BufferedWriter) else outlet
    return io.TextIOWrapper(
        file,
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
