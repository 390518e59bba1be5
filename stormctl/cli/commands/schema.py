"""`schema`: what files and documents are made of, for editors and programs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stormctl.cli.console import show_lines
from stormctl.errors import UsageError


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="message, schedule, or the name of a --json document; without one, what there is.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of front matter, of schedules, or of a --json document."""
    from stormctl.files.nearest import suggest
    from stormctl.files.schemas import message_schema, schedule_schema
    from stormctl.render.exports.schemas import DOCUMENTS, document_schema

    files = {"message": message_schema, "schedule": schedule_schema}
    if name is None:
        show_lines([*files, *DOCUMENTS])
        return
    if name in files:
        found = files[name]()
    elif name in DOCUMENTS:
        found = document_schema(name)
    else:
        raise UsageError(f"there is no schema “{name}”", suggest(name, [*files, *DOCUMENTS]))
    show_lines([json.dumps(found, ensure_ascii=False, indent=2)])
