"""Everything that people are told about their files can be said in Spanish and French."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import stormctl
from stormctl.render.language import fields_of

PACKAGE = Path(stormctl.__file__).parent
TRANSLATIONS = PACKAGE / "render" / "translations"


def find_templates() -> set[str]:
    """Find every template in the code that has words of its own."""
    calls = (
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Phrase"
    )
    found = {node.args[0].value for node in calls if node.args and isinstance(node.args[0], ast.Constant)}
    return {template for template in map(str, found) if has_words(template)}


def has_words(template: str) -> bool:
    """Whether more than what is filled in stands in a template."""
    import string

    return any(any(map(str.isalpha, text)) for text, *_ in string.Formatter().parse(template))


@pytest.mark.parametrize("code", ["es", "fr"])
def test_no_sentence_is_without_translation(code: str) -> None:
    """Each sentence of the code has one in each language, and none is left over."""
    with (TRANSLATIONS / f"{code}.po").open("rb") as opened:
        translated = {str(entry.id): str(entry.string) for entry in read_po(opened) if entry.id}

    assert find_templates() == translated.keys()
    assert [template for template, said in translated.items() if not said.strip()] == []
    assert [t for t, said in translated.items() if fields_of(t) != fields_of(said)] == []
