"""Ask a person who presses Ctrl-C what becomes of the storm, while it goes on."""

from __future__ import annotations

import os
import sys
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from stormctl.cli.console import tell
from stormctl.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stormctl.domain.report.status import RunnerStatus

READER = "typed line"
"""The thread that waits for what a person types."""

_LONGEST = 1024
"""Bytes of a typed line that are read."""


class TypedLine:
    """One line that a person types, read on a thread: nothing waits for it.

    It is read from the terminal itself: at the end of the process a thread that waits in Python's own reader
    would be a fatal error.
    """

    def __init__(self, read: Callable[[], bytes] = lambda: os.read(sys.stdin.fileno(), _LONGEST)) -> None:
        self._read = read
        self._lines = SimpleQueue[str]()
        self.is_last = False
        """Whether nothing more can be typed: the input has ended."""
        threading.Thread(target=self._wait, name=READER, daemon=True).start()

    def poll(self) -> str | None:
        """Return the line once it is typed, empty at the end of the input; None until then."""
        try:
            return self._lines.get_nowait()
        except Empty:
            return None

    def _wait(self) -> None:
        try:
            typed = self._read()
        except OSError:  # the terminal is gone
            typed = b""
        self.is_last = not typed
        self._lines.put(typed.decode(errors="replace").strip())


class LeaveQuestion:
    """Asks: halt, go on, or leave it to another runner; `poll` tells the answer once there is one.

    Args:
        storm_id: of the storm that runs.
        others: further runners that are alive.
    """

    GO_ON = "go on"
    HALT = "halt"
    LEAVE = "leave"

    def __init__(
        self,
        storm_id: str,
        others: Sequence[RunnerStatus],
        *,
        listen: Callable[[], TypedLine] = TypedLine,
        say: Callable[[str], None] = tell,
    ) -> None:
        self._listen, self._say = listen, say
        self._choices = {"h": self.HALT, "g": self.GO_ON} | ({"l": self.LEAVE} if others else {})
        self._is_asking_why = False
        self.reason = ""
        say(f"\nLeave {storm_id}? It goes on meanwhile.")
        say("  h  halt everything, and leave: nothing is published until stormctl resume")
        say("  g  go on")
        for other in others[:1]:
            place = f"{clean(other.host)} (process {other.pid})"
            say(f"  l  leave it to the {other.kind} on {place}, which is alive")
        say(f"Ctrl-C again leaves{'' if others else ': nothing is published until a runner starts'}.")
        self._line = self._ask()

    def poll(self) -> str | None:
        """Return HALT, with the reason, GO_ON or LEAVE once that is decided; None until then."""
        line = self._line.poll()
        if line is None:
            return None
        if self._line.is_last:  # nobody can answer any more
            return self.GO_ON
        if self._is_asking_why:
            self.reason = clean(line)
            if self.reason:
                return self.HALT
            self._say("Everyone who looks will ask for the reason.")
            self._line = self._listen()
            return None
        choice = self._choices.get(line[:1].lower())
        if choice is None:
            self._say(f"“{clean(line)}” is none of them.")
            self._line = self._ask()
        elif choice == self.HALT:
            self._is_asking_why = True
            self._say("Reason:")
            self._line = self._listen()
        return None if self._is_asking_why else choice

    def _ask(self) -> TypedLine:
        self._say(f"Type {', '.join(self._choices)} and Enter:")
        return self._listen()
