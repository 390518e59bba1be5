"""JSON Schemas of what people write, front matter and schedules, from the models that read them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from stormctl.domain.base.amounts import format_duration
from stormctl.files.bank.variants import NOTHING, Wording
from stormctl.files.schedules.rules import NEEDED
from stormctl.files.schedules.tables import ScheduleFile

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema


class _OfFile(GenerateJsonSchema):
    """As an editor needs it: no value may be null, and defaults are as people write them."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        if default in (None, "", (), [], {}) or isinstance(default, BaseModel):
            return inner
        written = format_duration(default) if isinstance(default, timedelta) else default
        return {**inner, "default": written}

    def field_title_should_be_set(self, schema: Any) -> bool:  # a key says it itself
        del schema
        return False


def schedule_schema() -> dict[str, Any]:
    """Return the JSON Schema of a schedule, as an editor for TOML reads it."""
    schema = _make(ScheduleFile, "A schedule of stormctl", "When, where and how a bank of messages goes out.")
    return schema | {"required": list(NEEDED)}


def message_schema() -> dict[str, Any]:
    """Return the JSON Schema of a message file's front matter, as an editor for YAML reads it."""
    about = "What a message file may say beside its text; every key is optional."
    schema = _make(Wording, "The front matter of a message of stormctl", about)
    for key, spot in schema["properties"].items():
        told = {name: spot.pop(name) for name in ("description", "default") if name in spot}
        schema["properties"][key] = told | {"anyOf": [spot, {"const": NOTHING}]}
    return schema


def _make(model: type[BaseModel], title: str, about: str) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=_OfFile)
    for table in schema.get("$defs", {}).values():
        table.pop("title", None)
    return {"$schema": _OfFile.schema_dialect, **schema, "title": title, "description": about}
