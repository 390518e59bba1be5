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
from stormctl.files.schemas import schedule_schema

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
a test compares the two. What volunteers write is on [their page](messages.md).

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

Days and times have no quotes, and times have seconds. Durations have quotes: `90s`, `20m`, `2h30m`, `7d`,
`3y`. A table in two brackets, such as `[[windows]]`, may be there several times.

## In an editor

`stormctl schema schedule` prints the same as JSON Schema. Editors with [Taplo](https://taplo.tamasfe.dev)
(Even Better TOML in VS Code) explain keys and mark mistakes with it while you write. Save it once, beside
the schedules:

```sh
stormctl schema schedule > schedules/schedule.schema.json
```

Then begin each schedule with this line:

```toml
#:schema ./schedule.schema.json
```

JSON has no days and times, so Taplo takes those of TOML for texts and can't see that `"08:00:00"` should
have no quotes. `stormctl check` can, and knows more rules than a schema can say.
"""


def render_schedules() -> str:
    """Return the page of a schedule's keys: each with its meaning, its value, default and an example."""
    schema = schedule_schema()
    tables = {key: spot for key, spot in schema["properties"].items() if _find_table(schema, spot)}
    plain = {key: spot for key, spot in schema["properties"].items() if key not in tables}
    pages = [SCHEDULES_HEAD, _keys("At the top", schema | {"properties": plain, "description": ""})]
    for key, spot in tables.items():
        title = f"[[{key}]]" if "items" in spot else f"[{key}]"
        if _is_nested(spot):
            title = f"[{key}.CODE]"
        pages.append(_keys(f"`{title}`", _find_table(schema, spot)))
    return "\n".join(pages)


def _find_table(schema: dict[str, Any], spot: dict[str, Any]) -> dict[str, Any]:
    """Return what a key's table holds; nothing if its value is no table, or may be another one."""
    inner = spot.get("items", spot)
    if "$ref" in inner:
        table: dict[str, Any] = schema["$defs"][inner["$ref"].rpartition("/")[2]]
        return table
    if inner.get("additionalProperties"):
        value = inner["additionalProperties"]
        keys = {'"MESSAGE-ID"': value["additionalProperties"]} if _is_nested(spot) else {"utm_source": value}
        return {"description": spot["description"], "properties": keys}
    return {}


def _is_nested(spot: dict[str, Any]) -> bool:
    """Whether a key's table holds tables, each under a name of its own."""
    return "additionalProperties" in spot.get("additionalProperties", {})


def _keys(title: str, table: dict[str, Any]) -> str:
    rows = [
        f"| `{key}` | {spot['description']} | {_value(spot)} | {_default(table, key)} "
        f"| `{key} = {_example(spot)}` |"
        for key, spot in table["properties"].items()
    ]
    head = ["| key | meaning | value | default | example |", "|---|---|---|---|---|"]
    about = [table["description"], ""] if table["description"] else []
    return "\n".join([f"## {title}", "", *about, *head, *rows, ""])


def _value(spot: dict[str, Any]) -> str:
    if "anyOf" in spot:
        return " or ".join(_value(one) for one in spot["anyOf"])
    if "items" in spot:
        return f"list of {_value(spot['items'])}s"
    if "enum" in spot and "title" not in spot:
        return ", ".join(f"`{one}`" for one in spot["enum"])
    least = f", {spot['minimum']} or more" if "minimum" in spot else ""
    return str(spot.get("title") or VALUES[spot.get("type", "object")]) + least


VALUES = {"boolean": "`true` or `false`", "integer": "whole number", "object": "table", "string": "text"}
"""The types of JSON Schema, as people call them."""


def _default(table: dict[str, Any], key: str) -> str:
    spot = table["properties"][key]
    if key in table.get("required", ()):
        return "required"
    return f"`{_write(spot, spot['default'])}`" if "default" in spot else ""


def _example(spot: dict[str, Any]) -> str:
    if "examples" not in spot and "items" in spot:
        return f"[{_example(spot['items'])}]"
    return _write(spot, spot["examples"][0])


def _write(spot: dict[str, Any], value: object) -> str:
    """Write a value as in TOML."""
    match value:
        case list():
            return f"[{', '.join(_write(spot['items'], item) for item in value)}]"
        case dict():
            pairs = ", ".join(f"{key} = {_write({}, item)}" for key, item in value.items())
            return f"{{ {pairs} }}"
        case str() if {"day", "time"} & {one.get("title") for one in (spot, *spot.get("anyOf", ()))}:
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


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
