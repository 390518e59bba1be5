"""Write `docs/cli.md` and `docs/schedules.md`: `python -m stormctl.cli.reference [--check]`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import typer.main

from stormctl.cli.main import app, main
from stormctl.errors import PRECEDENCE, ExitCode
from stormctl.files.schemas import SCHEDULE_KEYS, TABLES, schedule_schema

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


SCHEDULES_HEAD = """\
# Every key of a schedule

For staff. This page is generated from the models that read schedules, by `python -m stormctl.cli.reference`;
a test compares the two. `stormctl schema schedule` prints the same as JSON Schema, for editors: Taplo and
others read it, once it is in a file, from a comment on the first line, `#:schema FILE`.

A schedule is a TOML file in `schedules/`; its name without `.toml` is the storm's id. The smallest one:

```toml
name = "A day of messages"
date = 2026-12-18
timezone = "America/New_York"
bank = "imd-2026"

[[channels]]
id = "x:acme"

[[windows]]
from = 08:00:00
to = 20:00:00
every = "20m"
```

Times have seconds and no quotes, durations have quotes: `90s`, `20m`, `2h30m`, `7d`, `3y`. A table in two
brackets, such as `[[windows]]`, may be there several times. What volunteers write is on
[their page](messages.md).
"""

SEVERAL = ("channels", "windows", "quiet", "pins", "asks", "resources", "events")
"""Tables that may be there several times."""


def render_schedules() -> str:
    """Return the page of a schedule's keys: each with its meaning, default and an example."""
    schema = schedule_schema()
    parts = [SCHEDULES_HEAD]
    for name, keys in SCHEDULE_KEYS.items():
        title = f"`[[{name}]]`" if name in SEVERAL else f"`[{name}]`" if name else "At the top"
        title = title.replace("[silence]", "[silence.CODE]")
        rows = [
            f"| `{key}` | {meaning} | {_default(schema, name, key)} | {_example(schema, name, key)} |"
            for key, meaning in keys.items()
        ]
        parts.append(
            "\n".join(
                [f"## {title}\n", "| key | meaning | default | example |", "|---|---|---|---|", *rows, ""]
            )
        )
    return "\n".join(parts)


def _spot(schema: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    table = schema if not name else schema["$defs"].get(TABLES.get(name, ""), {})
    found: dict[str, Any] = table.get("properties", {}).get(key, {})
    return found


def _default(schema: dict[str, Any], name: str, key: str) -> str:
    default = _spot(schema, name, key).get("default")
    return "" if default in (None, [], {}) else f"`{json.dumps(default)}`"


def _example(schema: dict[str, Any], name: str, key: str) -> str:
    if (name, key) in EXAMPLES:
        return f"`{EXAMPLES[name, key]}`"
    spot = _spot(schema, name, key)
    while "anyOf" in spot or "items" in spot:
        inner = spot["items"] if "items" in spot else spot["anyOf"][0]
        if "items" in spot and inner.get("examples"):
            return f"`{key} = [{json.dumps(inner['examples'][0])}]`"
        spot = inner
    examples = spot.get("examples") or spot.get("enum")
    return f"`{key} = {json.dumps(examples[0])}`" if examples else ""


EXAMPLES = {
    ("", "name"): 'name = "International Migrants Day 2026"',
    ("", "date"): "date = 2026-12-18",
    ("", "bank"): 'bank = "imd-2026"',
    ("channels", "partner"): 'partner = "north-coalition"',
    ("windows", "jitter"): 'jitter = "4m"',
    ("facts", "max_age"): 'max_age = "3y"',
    ("limits", "spacing"): 'spacing = "5m"',
    ("limits", "same_message_apart"): 'same_message_apart = "30m"',
    ("late", "grace"): 'grace = "15m"',
    ("reminders", "before"): 'before = ["24h", "3h"]',
    ("", "seed"): "seed = 1990",
    ("", "approval"): "approval = 2",
    ("channels", "messages"): 'messages = ["topic:sign-on", "dignity-*"]',
    ("channels", "verified"): "verified = true",
    ("windows", "from"): "from = 08:00:00",
    ("windows", "to"): "to = 20:00:00",
    ("windows", "at"): "at = [12:00:00, 18:30:00]",
    ("windows", "weekdays"): 'weekdays = ["mon", "fri"]',
    ("quiet", "from"): "from = 12:00:00",
    ("quiet", "to"): "to = 12:10:00",
    ("pins", "at"): "at = 12:00:00",
    ("limits", "per_15min"): "per_15min = 6",
    ("limits", "per_day"): "per_day = 60",
    ("limits", "budget_usd"): "budget_usd = 10.0",
    ("trust", "scheduling"): "scheduling = true",
    ("silence", "CODE"): 'dignity = "the hotline\'s own number"',
    ("asks", "title"): 'title = { en = "Sign on" }',
    ("resources", "title"): 'title = { en = "Flyer" }',
    ("resources", "file"): 'file = "flyers/flyer.en.pdf"',
    ("events", "title"): 'title = { en = "Vigil" }',
    ("events", "place"): 'place = "in front of the city hall"',
}


def write_pages(*, only_check: bool) -> None:
    """Write the generated pages, or end the process if one is not as it would be written."""
    folder = Path(__file__).parents[2] / "docs"
    for name, page in (("cli.md", render_reference()), ("schedules.md", render_schedules())):
        path = folder / name
        if not only_check:
            path.write_text(page, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != page:
            sys.exit(f"docs/{name} is not what would be generated: run just docs")


if __name__ == "__main__":
    write_pages(only_check="--check" in sys.argv)
