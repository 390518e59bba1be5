"""A terminal with a person at it, for commands that ask: a pseudo-terminal, led as a shell leads its own."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import Campaign

SIZE = (40, 120)
"""Rows and columns."""

ENTER, CTRL_C = "\r", "\x03"

HEARD_S = 3
"""Real seconds after which a key was not heard."""

LED = """\
import fcntl, sys, termios
from stormctl.cli.main import main

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(main(sys.argv[1:]))
"""
"""The command, once this terminal is its own: only then do Ctrl-C and hanging up reach it as signals."""


class Terminal:
    """What a person sees and types, while a command runs."""

    def __init__(self, process: subprocess.Popen[bytes], fd: int) -> None:
        self.process = process
        self.seen = ""
        self._fd = fd
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C at a question until the command has heard it.

        A signal that comes when Python is just about to read is heard with the next key only (CPython's
        `input`); people are slower.
        """
        while not self.seen.replace("^C", ""):
            self.type(CTRL_C)
            while not self.seen.replace("^C", "") and select.select([self._fd], [], [], HEARD_S)[0]:
                self._read()

    def read_until(self, word: str) -> str:
        """Wait until a word has come since the last look; return what came up to it."""
        while word not in self.seen:
            if not self._read():
                pytest.fail(f"“{word}” never came:\n{self.seen}")
        before, _, self.seen = self.seen.partition(word)
        return before + word

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._fd)
        self._fd = -1

    def end(self) -> tuple[int, str]:
        """Wait for the command's end; return its exit code, and what came since the last look."""
        while self._fd >= 0 and self._read():
            continue
        return self.process.wait(PATIENCE_S), self.seen

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        if self._fd >= 0:
            self.hang_up()

    def _read(self) -> bool:
        """Read what is there, or comes; whether anything can still come."""
        if not select.select([self._fd], [], [], PATIENCE_S)[0]:
            pytest.fail(f"nothing came any more:\n{self.seen}")
        try:
            data = os.read(self._fd, 4096)
        except OSError:  # Linux's way of saying that nobody holds the other end any more
            return False
        self.seen += self._decoder.decode(data).replace("\r\n", "\n")
        return bool(data)


@contextmanager
def sitting_at(campaign: Campaign, *arguments: str) -> Iterator[Terminal]:
    """Run a command in a terminal of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", LED, *arguments],
        cwd=campaign.root,
        env=campaign._environment({"TERM": "xterm"}),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = Terminal(process, master)
    try:
        yield terminal
    finally:
        terminal.close()
