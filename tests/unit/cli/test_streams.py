"""A stream that takes nothing any more, or was never there, ends no command."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.streams import Outlet
from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from tests.unit.cli.conftest import CommandLine

FULL = Path("/dev/full")
LOST = (
    "error: standard output can't be written: No space left on device\n"
    "hint: The command itself still does its work.\n"
)

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
is_posix = pytest.mark.skipif(
    os.name != "posix", reason="a shell's way to close a stream, and modes of files"
)


def shell(root: Path, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Have a shell run a line in which `stormctl` is this one."""
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("stormctl", f"{sys.executable} -m stormctl", 1)],
        cwd=root,
        env=os.environ | environ,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", ["check", "plan --json", "--help"])
def test_a_full_disk_is_told_and_is_no_bug(stormctl: CommandLine, arguments: str, unbuffered: str) -> None:
    """Whoever redirects into a full disk hears why the file is empty, by the exit code too."""
    ended = shell(stormctl.root, f"stormctl {arguments} > /dev/full", PYTHONUNBUFFERED=unbuffered)

    assert (ended.returncode, ended.stderr) == (ExitCode.USAGE, LOST)


@needs_full
def test_a_command_that_says_more_keeps_its_exit_code(stormctl: CommandLine) -> None:
    """That the campaign has no ledger matters more than that nobody can read it."""
    ended = shell(stormctl.root, "stormctl status > /dev/full 2> /dev/full")

    assert (ended.returncode, ended.stderr) == (ExitCode.MAINTENANCE, "")


@is_posix
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_letters_that_a_terminal_lacks_are_escaped(stormctl: CommandLine, encoding: str) -> None:
    """Whoever looks from an old terminal sees the rest, and no bug."""
    stormctl.write("messages/small/boat.en.md", "Everyone who moves has rights — مهاجر 🕊.\n")

    ended = shell(stormctl.root, "stormctl plan", PYTHONIOENCODING=encoding)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Everyone who moves has rights \\u2014 \\u0645" in ended.stdout
    assert "\\U0001f54a" in ended.stdout


@is_posix
def test_data_for_machines_stays_json_in_any_encoding(stormctl: CommandLine) -> None:
    """A script in a shell without a language reads the very texts."""
    text = "Everyone who moves has rights — é مهاجر 🕊."
    stormctl.write("messages/small/boat.en.md", f"{text}\n")

    ended = shell(stormctl.root, "stormctl plan --json", PYTHONIOENCODING="ascii")

    texts = [delivery["text"] for delivery in json.loads(ended.stdout)["deliveries"]]
    assert any(told.startswith(text) for told in texts)


@is_posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_as_if_nobody_looked(stormctl: CommandLine, closed: str) -> None:
    """Some starters of services close what they don't need."""
    ended = shell(stormctl.root, f"stormctl plan {closed}")

    assert (ended.returncode, ended.stderr) == (0, "")


@is_posix
def test_a_file_never_gets_the_number_of_a_closed_stream(stormctl: CommandLine) -> None:
    """What is printed would else be written into the first file that is opened."""
    script = (
        "import os, sys; from stormctl.cli.streams import set_up_streams; set_up_streams();"
        "raise SystemExit(os.open('schedules', os.O_RDONLY))"
    )

    line = ["/bin/sh", "-c", f'{sys.executable} -c "{script}" <&- >&- 2>&-']

    ended = subprocess.run(line, cwd=stormctl.root, check=False)

    assert ended.returncode > 2


@is_posix
def test_nobody_can_answer_where_the_input_is_closed(stormctl: CommandLine) -> None:
    """A question is refused as it is without a terminal."""
    ended = shell(
        stormctl.root, "stormctl doctor --alert-test <&-", STORMCTL_ALERT_URLS="json://127.0.0.1:9/x"
    )

    assert ended.returncode == ExitCode.USAGE
    assert ended.stderr.startswith("error: can't ask for confirmation: not a terminal\n")


@is_posix
def test_a_reader_who_is_slow_loses_nothing() -> None:
    """A terminal or pipe that another program has made non-blocking is waited for while it is full."""

    class Slow(io.FileIO):
        """Takes nothing at first, then less than it is given."""

        turns = 0

        def write(self, data: Buffer, /) -> int | None:  # type: ignore[override]  # as FileIO does where it would block
            self.turns += 1
            return None if self.turns == 1 else super().write(memoryview(data)[:3])

    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        with io.TextIOWrapper(io.BytesIO()) as stream, Slow(writing, "wb") as raw:
            written = Outlet(stream, raw).write(b"every letter")
        told = pipe.read()

    assert (written, told) == (12, b"every letter")
