"""Findings with the lines of what is wrong."""

from __future__ import annotations

from pydantic import BaseModel

from stormctl.domain.base.finding import Place
from stormctl.files.validation import STRICT, Notes


class _Inner(BaseModel):
    model_config = STRICT

    size: int = 0


class _Outer(BaseModel):
    model_config = STRICT

    name: str = "nobody"
    items: list[_Inner] = []


def test_a_place_is_that_of_the_nearest_table() -> None:
    """A key without a line of its own is placed at the table around it, or at the file's first line."""
    notes = Notes("a.toml", {("items",): 3, ("items", 1): 5})

    assert notes.place("items", 1, "size") == Place("a.toml", 5)
    assert notes.place("items", 0, "size") == Place("a.toml", 3)
    assert notes.place("name") == Place("a.toml", 1)


def test_a_table_is_typed_or_found_wanting() -> None:
    """A table becomes its model, or None with a finding for each thing that is wrong, at its own place."""
    notes = Notes("a.toml", {("outer", "items", 0): 7})

    good = notes.read(_Outer, {"items": [{"size": 2}]})
    bad = notes.read(_Outer, {"name": 1, "items": [{"sizee": 2}]}, "outer")

    assert good == _Outer(items=[_Inner(size=2)])
    assert bad is None
    assert [(f.place.line, f.code, f.message, f.hint) for f in notes.findings] == [
        (1, "bad-value", "outer.name: must be a text, not 1", ""),
        (7, "unknown-key", "unknown key “sizee” in outer.items[1]", "did you mean “size”?"),
    ]


def test_the_rest_of_a_file_is_read_without_its_wrong_keys() -> None:
    """Keys that are wrong are noted and have their defaults; the others are kept."""
    notes = Notes("a.toml", {})

    rest = notes.read_rest(_Outer, {"name": "somebody", "items": 5, "iitems": []})

    assert rest == _Outer(name="somebody")
    assert [f.code for f in notes.findings] == ["bad-value", "unknown-key"]
