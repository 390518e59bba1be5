"""Write `docs/cli.md` from the help: `python -m stormctl.cli.reference [--check]`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import typer.main

from stormctl.cli.main import app, main
from stormctl.errors import PRECEDENCE, ExitCode

WIDTH = "92"
"""Columns that the help is laid out in, whatever the terminal."""

MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.BUG: "a bug; its traceback is on standard error",
    ExitCode.USAGE: "the command is wrong or impossible as given, or its output could not be written",
    ExitCode.FINDINGS: "files break a rule that stops the command",
    ExitCode.NOT_APPROVED: "posts have not been approved",
    ExitCode.CREDENTIALS: "credentials are missing, wrong, or must not be sent to the configured host",
    ExitCode.BUDGET: "the budget or a quota is spent",
    ExitCode.INCOMPLETE: "some deliveries did not happen, or could not be called off or taken down",
    ExitCode.IN_DOUBT: "deliveries are in doubt, and a person must look",
    ExitCode.HALTED: "publishing is halted",
    ExitCode.MAINTENANCE: "the ledger is missing, of another version, or bound to other hosts",
    ExitCode.NO_RUNNER: "deliveries are due and no runner is alive, or a halt was not acknowledged",
    ExitCode.TRY_AGAIN: "try again later; the next `tick` may settle it",
}

HEAD = """\
# The command line

This page is generated from the commands' help by `python -m stormctl.cli.reference`; a test compares the two.

Data goes to standard output, everything else to standard error. `--json` prints a document with a
`schema_version`. Colours and the live view are only used on a terminal; `NO_COLOR` turns colours off.
"""


def render_reference() -> str:
    """Return the page: each command's help, and the exit codes."""
    pages = [HEAD, _section("stormctl", [])]
    pages += [_section(f"stormctl {name}", name.split()) for name in list_commands()]
    rows = "\n".join(f"| {code.value} | {MEANINGS[code]} |" for code in ExitCode)
    order = ", ".join(str(code.value) for code in PRECEDENCE)
    pages.append(
        f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n\n"
        f"Where several apply, the first of: {order}.\n"
        "Ctrl-C at a question ends a command with 130, as in shells.\n"
    )
    return "\n".join(pages)


def list_commands() -> list[str]:
    """Return every command's name in the order of the help; those of a group behind it: `ledger backup`."""
    return _list_names(typer.main.get_group(app))


def get_command(name: str) -> Any:
    """Get a command by its name."""
    command: Any = typer.main.get_group(app)
    for word in name.split():
        command = command.commands[word]
    return command


def _list_names(group: Any) -> list[str]:
    names = []
    for name, command in group.commands.items():
        names.append(name)
        if hasattr(command, "commands"):
            names += [f"{name} {below}" for below in _list_names(command)]
    return names


def _section(title: str, arguments: list[str]) -> str:
    printed = io.StringIO()
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDTH
    try:
        with contextlib.redirect_stdout(printed):
            main([*arguments, "--help"])
    finally:
        if width is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = width
    text = "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())
    return f"## `{title}`\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    if "--check" not in sys.argv:
        page.write_text(render_reference(), encoding="utf-8")
    elif page.read_text(encoding="utf-8") != render_reference():
        sys.exit("docs/cli.md does not match the help: run just docs")
