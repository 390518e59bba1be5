"""Whatever a test lets a command print for machines is held against the schema of the document."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

import jsonschema_rs

from stormctl.render.exports.schemas import document_schema

if TYPE_CHECKING:
    from collections.abc import Sequence


def hold_against_schema(arguments: Sequence[str], printed: str) -> None:
    """Make sure that a command printed what its document's schema says, and no key more."""
    if "--json" in arguments and printed.startswith("{"):
        _make_validator(_find_name(arguments)).validate(json.loads(printed))


def _find_name(arguments: Sequence[str]) -> str:
    if "--find" in arguments:
        return "find"
    words = [word for word in arguments if word in NAMES]
    return "text" if words[0] == "check" and "-" in arguments else words[0]


NAMES = ("check", "plan", "status", "log", "show", "report", "rehearse", "doctor", "auth", "ledger")
"""The commands that print a document, which has their name."""


@lru_cache
def _make_validator(name: str) -> jsonschema_rs.Validator:
    schema = document_schema(name)
    for table in (schema, *schema["$defs"].values()):
        if "properties" in table:
            table["additionalProperties"] = False
    return jsonschema_rs.validator_for(schema, validate_formats=True)
