"""Processes of stormctl that start warm: forked from one that has imported everything.

A cold start takes most of a second of the processor, and the runbook has hundreds of them. What a warm one
does is the same from `main` on, in a process of its own that can be stopped and killed like any other.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from datetime import timedelta
from multiprocessing.reduction import DupFd
from subprocess import CompletedProcess, TimeoutExpired
from typing import TYPE_CHECKING, Any

from stormctl.domain.platforms.channel import Platform
from tests.acceptance.conftest import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

UNWELL = "tests.acceptance.unwell"
"""Instead of `stormctl`: the same on a machine that is unwell."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.acceptance.warmed"])


class WarmProcess:
    """A running command, as `subprocess.Popen` would show it.

    Attributes:
        stdout: what it prints, on either stream.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        files: tuple[int, int] | None = None,
    ) -> None:
        read, write = os.pipe()
        outputs = files or (write, write)
        self._process = CONTEXT.Process(
            target=carry_out, args=(list(arguments), str(cwd), dict(env), *map(DupFd, outputs))
        )
        self._process.start()
        os.close(write)
        self.stdout = os.fdopen(read, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            self._process.terminate()

    def wait(self, timeout: float) -> int:
        """Wait for its end; TimeoutExpired if it does not come."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutExpired("stormctl", timeout)
        return self._process.exitcode

    def communicate(self, timeout: float = PATIENCE_S) -> tuple[str, None]:
        """Wait for its end, and return the rest of what it printed."""
        with self.stdout:
            output = self.stdout.read()
        self.wait(timeout)
        return output, None


def run_warm(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> CompletedProcess[str]:
    """Run a command to its end, as `subprocess.run` does."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = WarmProcess(arguments, cwd=cwd, env=env, files=(out.fileno(), err.fileno()))
        process.stdout.close()
        code = process.wait(timeout)
        for file in (out, err):
            file.seek(0)
        return CompletedProcess(list(arguments), code, out.read(), err.read())


def carry_out(arguments: list[str], cwd: str, env: dict[str, str], out: Any, err: Any) -> None:
    """Be the command: in the process that was forked for it."""
    for number, shared in ((1, out), (2, err)):
        os.dup2(shared.detach(), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    module, *rest = arguments
    if module == UNWELL:
        from tests.acceptance.unwell import fall_ill

        fall_ill()
    from stormctl.cli.main import main

    if "STORMCTL_SETTLING" in env:  # as `HASTY` does
        for platform in Platform:
            object.__setattr__(platform.facts, "settling", timedelta())
    try:
        code = main(rest)
    except Exception as bug:  # noqa: BLE001 - Python itself would show it, and end with this code
        sys.excepthook(type(bug), bug, bug.__traceback__)
        code = 1
    sys.exit(code)
