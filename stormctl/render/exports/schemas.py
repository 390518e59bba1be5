"""JSON Schemas of the documents that `--json` prints."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from stormctl.render.exports import delivery_shapes, result_shapes, setup_shapes, shapes

DOCUMENTS: dict[str, Any] = {
    "check": shapes.CheckDocument,
    "text": shapes.TextDocument,
    "plan": shapes.PlanDocument,
    "status": shapes.StatusDocument,
    "find": shapes.FindDocument,
    "show": delivery_shapes.ShowDocument,
    "log": delivery_shapes.LogDocument,
    "report": result_shapes.ReportDocument,
    "rehearse": result_shapes.RehearseDocument,
    "doctor": setup_shapes.DoctorDocument,
    "auth": setup_shapes.AuthDocument,
    "ledger": setup_shapes.LedgerDocument,
}
"""Each document by the name that `stormctl schema` knows it by."""


def document_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a document; a later version may have more keys than it names."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **TypeAdapter(DOCUMENTS[name]).json_schema()}
