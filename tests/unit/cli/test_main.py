"""The one error boundary: expected errors are a line, bugs keep their traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stormctl import __version__
from stormctl.cli import main as main_module
from stormctl.cli.command_names import MEANT
from stormctl.cli.main import INTERRUPTED, main
from stormctl.cli.reference import list_commands
from stormctl.cli.scrubbing import Scrubber
from stormctl.domain.base.private import BLOT
from stormctl.engine.base import checking
from stormctl.errors import CredentialsError, ExitCode, StormctlError, TryAgainError

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.checking import CheckReport
    from tests.unit.cli.conftest import CommandLine

BROKEN = """\
import stormctl.files.campaign

stormctl.files.campaign.find_schedules = lambda root: 1 / 0
from stormctl.cli.main import main

raise SystemExit(main(["check"]))
"""


def test_version_is_printed(stormctl: CommandLine) -> None:
    """`--version` names the package's version and nothing else."""
    ended = stormctl("--version")

    assert (ended.code, ended.out, ended.err) == (0, f"stormctl {__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lunch", "stormctl launch: Start the storm for real."),
        ("STOP", "stormctl halt: Stop publishing before the next request."),
        ("start", "stormctl launch: Start the storm for real."),
        ("delete", "stormctl retract: Take posts down from the platform."),
        ("help", "stormctl --help: Show all commands"),
        ("undo", "A halt: stormctl resume."),
        ("xyzzy", "stormctl --help shows all commands."),
        ("x" * 5000, "stormctl --help shows all commands."),
    ],
)
def test_an_unknown_command_names_the_one_that_is_meant(
    stormctl: CommandLine, typed: str, meant: str
) -> None:
    """It ends with exit code 2, and says what to type and what that does."""
    ended = stormctl(typed)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert typed in ended.err
    assert meant in ended.err


def test_a_group_knows_its_own_commands(stormctl: CommandLine) -> None:
    """The nearest of the group is named with its whole path."""
    ended = stormctl("ledger", "backups")

    assert (ended.code, "stormctl ledger backup: Copy" in ended.err) == (ExitCode.USAGE, True)


def test_every_word_leads_to_a_command_that_exists() -> None:
    """What other programs call it is called by one of our names, and no word is a command itself."""
    names = {*list_commands(), "--help", "--version"}

    assert not {meant for meant in MEANT.values() if meant.split(" --")[0].strip() not in names} - {
        "--help",
        "--version",
    }
    assert not set(MEANT) & set(list_commands())


@pytest.mark.parametrize("error", [CredentialsError("no keys", "set them"), TryAgainError("busy", "wait")])
def test_an_expected_error_is_a_line_a_hint_and_a_code(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch, error: StormctlError
) -> None:
    """The boundary prints the error's own words and ends with its own code."""

    def refuse(_root: Path, _names: list[str]) -> CheckReport:
        raise error

    monkeypatch.setattr(checking, "check_paths", refuse)

    ended = stormctl("check")

    assert (ended.code, ended.out) == (error.exit_code, "")
    assert ended.err == f"error: {error.message}\nhint: {error.hint}\n"


def test_an_expected_error_is_scrubbed(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of a library that stand in it may quote anything: the last net hangs here too."""

    def refuse(_root: Path, _names: list[str]) -> CheckReport:
        raise CredentialsError("the server says: no user s3cr3t-word", "Ask for s3cr3t-word.")

    monkeypatch.setattr(main_module, "SCRUBBER", scrubber := Scrubber())
    monkeypatch.setattr(checking, "check_paths", refuse)
    scrubber.learn(["s3cr3t-word"])

    ended = stormctl("check")

    assert ended.err == f"error: the server says: no user {BLOT}\nhint: Ask for {BLOT}.\n"


def test_a_question_that_is_not_answered_is_no_bug(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C or the end of the input at a question: the shell hears of an interruption."""
    stormctl.answer()
    monkeypatch.setenv("STORMCTL_ALERT_URLS", "json://127.0.0.1:9/x")

    ended = stormctl("doctor", "--alert-test")

    assert (ended.code, ended.out.strip()) == (INTERRUPTED, "")


@pytest.mark.usefixtures("stormctl")
def test_a_bug_is_not_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not expected passes the boundary untouched."""
    bug = RuntimeError("an invariant broke")

    def break_it(_root: Path, _names: list[str]) -> CheckReport:
        raise bug

    monkeypatch.setattr(checking, "check_paths", break_it)

    with pytest.raises(RuntimeError) as caught:
        main(["check"])

    assert caught.value is bug


def test_a_bug_in_a_process_keeps_its_traceback(stormctl: CommandLine) -> None:
    """The shell is told 1, and Python's own traceback says where."""
    command = [sys.executable, "-c", BROKEN]

    ended = subprocess.run(command, cwd=stormctl.root, capture_output=True, check=False, encoding="utf-8")

    assert (ended.returncode, ended.stdout) == (ExitCode.BUG, "")
    assert ended.stderr.startswith("Traceback (most recent call last):")
    assert ended.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_the_campaign_can_be_named(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """From elsewhere, `--dir` or STORMCTL_DIR names the campaign folder, and nothing else is looked at."""
    monkeypatch.chdir(stormctl.root.parent)

    without = stormctl("check")
    named = stormctl("--dir", "campaign", "check")
    monkeypatch.setenv("STORMCTL_DIR", str(stormctl.root))
    by_environment = stormctl("check")

    assert [without.code, named.code, by_environment.code] == [2, 0, 0]
    assert "no campaign here" in without.err


@pytest.mark.parametrize("arguments", [["plan"], ["plan", "--json"]], ids=" ".join)
def test_a_reader_who_has_left_is_no_error(stormctl: CommandLine, arguments: list[str]) -> None:
    """`stormctl plan | true` ends with 0 and without a complaint."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "stormctl", *arguments]

    ended = subprocess.run(command, cwd=stormctl.root, stdout=writing, stderr=subprocess.PIPE, check=False)

    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
