"""The page of the command line is what the help says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stormctl.cli.reference import MEANINGS, get_command, list_commands, render_reference, render_schedules
from stormctl.errors import ExitCode

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_page_is_what_the_help_says() -> None:
    """docs/cli.md was made from this very help; `just docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == render_reference()


def test_page_of_schedules_is_what_the_models_say() -> None:
    """docs/schedules.md was made from these very models."""
    page = PAGE.with_name("schedules.md")

    assert page.read_text(encoding="utf-8") == render_schedules()


def test_page_is_the_same_in_any_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width of whoever makes the page doesn't change it, and is left as it was."""
    monkeypatch.setenv("COLUMNS", "44")

    assert PAGE.read_text(encoding="utf-8") == render_reference()


def test_module_compares_the_page() -> None:
    """`python -m stormctl.cli.reference --check` ends well while the two agree."""
    command = [sys.executable, "-m", "stormctl.cli.reference", "--check"]

    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("name", list_commands())
def test_every_command_and_option_has_help(name: str) -> None:
    """Nothing can be typed that the help leaves unexplained."""
    command = get_command(name)

    assert command.help
    assert not [option.name for option in command.params if not getattr(option, "help", "")]


def test_every_exit_code_has_a_meaning() -> None:
    """The table of exit codes is complete."""
    assert set(ExitCode) == set(MEANINGS)
