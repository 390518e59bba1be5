"""`schema`: what files and documents are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.cli.reference import get_command, list_commands
from stormctl.errors import ExitCode
from stormctl.render.exports.schemas import DOCUMENTS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_what_there_is_is_listed(stormctl: CommandLine) -> None:
    """Without a name: front matter, schedules, and every document that a command prints for machines."""
    ended = stormctl("schema")

    assert ended.out.split() == ["message", "schedule", *DOCUMENTS]
    assert ended.code == 0


def test_every_document_has_a_schema() -> None:
    """Whatever command has `--json`, its document is among them."""
    commands = [name for name in list_commands() if "as_json" in {p.name for p in get_command(name).params}]
    names = {name.partition(" ")[0] for name in commands}

    assert names <= set(DOCUMENTS)
    assert set(DOCUMENTS) - names == {"text", "find"}


@pytest.mark.parametrize("name", ["message", "schedule", *DOCUMENTS])
def test_each_is_a_json_schema(stormctl: CommandLine, name: str) -> None:
    """It says its dialect, and names keys; documents may grow, files may not."""
    ended = stormctl("schema", name)

    assert ended.json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert ended.json["properties"]
    assert ("additionalProperties" in ended.json) == (name in {"message", "schedule"})


def test_another_name_is_refused(stormctl: CommandLine) -> None:
    """The nearest one is offered."""
    ended = stormctl("schema", "mesage")

    assert (ended.code, ended.err) == (
        ExitCode.USAGE,
        "error: there is no schema “mesage”\nhint: did you mean “message”?\n",
    )
