"""Everything that people are told about their files can be said in Spanish and French."""

from __future__ import annotations

import ast
import re
import string
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

import stormctl
from stormctl.checks.registry import RULES
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.platforms.record import Ceiling
from stormctl.engine.base.campaign import load_bank_alone, load_campaign
from stormctl.files.bank.frontmatter import parse_front_matter
from stormctl.files.bank.lookalikes import show_line
from stormctl.files.toml_lines import explain_toml
from stormctl.render.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

BANKS = Path(__file__).parent / "rules"
ENGLISH = re.compile(r"(?<!\()\b(?:an?|and|any|each|has|is|it|not|of|that|the|to|with)\b")
"""Words of ours; "(it)" behind a language's name is its code."""

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


def fields_of(template: str) -> set[str]:
    """Return the names of what a template is filled in with."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("code", ["es", "fr"])
def test_no_sentence_is_without_translation(code: str) -> None:
    """Each sentence of the code has one in each language, and none is left over."""
    with (TRANSLATIONS / f"{code}.po").open("rb") as opened:
        translated = {str(entry.id): str(entry.string) for entry in read_po(opened) if entry.id}

    assert find_templates() == translated.keys()
    assert [template for template, said in translated.items() if not said.strip()] == []
    assert [t for t, said in translated.items() if fields_of(t) != fields_of(said)] == []


def leaves(text: str) -> Iterator[str]:
    """Give what stands in a sentence as it is, in whatever language it is said."""
    if not isinstance(text, Phrase):
        yield text
        return
    for value in text.values.values():
        yield from leaves(value if isinstance(value, str) else str(value))


@pytest.mark.parametrize(
    "folder",
    sorted(path for path in BANKS.glob("*/bad*") if path.is_dir()),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_english_is_filled_into_a_sentence(folder: Path) -> None:
    """What is filled in comes from the files, or has no English words of ours."""
    schedule = next((folder / "schedules").glob("*.toml"), None)
    campaign = load_campaign(folder, schedule) if schedule else load_bank_alone(folder, "messages/b")
    written = "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()
    )

    filled = {
        leaf for found in campaign.findings for text in (found.message, found.hint) for leaf in leaves(text)
    }

    assert [leaf for leaf in filled if ENGLISH.search(leaf) and leaf not in written] == []


@pytest.mark.parametrize(
    ("text", "spanish", "french"),
    [
        (
            Ceiling(1, timedelta(minutes=15)).said,
            "1 publicación en 15 minutos",
            "1 publication en 15 minutes",
        ),
        (Ceiling(12, timedelta(hours=1)).said, "12 publicaciones en 1 hora", "12 publications en 1 heure"),
        (
            Ceiling(2400, timedelta(hours=24)).said,
            "2,400 publicaciones en 24 horas",
            "2,400 publications en 24 heures",
        ),
        (
            show_line("\u200b---"),
            "--- con un carácter invisible (U+200B)",
            "--- avec un caractère invisible (U+200B)",
        ),
        (
            parse_front_matter("a: &x 1\n").problems[0].message,
            "el ancla &x de YAML no se permite",
            "l'ancre &x de YAML n'est pas permise",
        ),
        (explain_toml("Unclosed array"), "una lista no se cierra con ]", "une liste n'est pas fermée avec ]"),
        (
            explain_toml("Expected ']]' at the end of an array declaration"),
            "el nombre de una tabla no se cierra con ]]",
            "le nom d'une table n'est pas fermé avec ]]",
        ),
        (
            explain_toml("Found invalid character '\\x01'"),
            "un carácter de control",
            "un caractère de contrôle",
        ),
        (RULES["too-long"].bad, "un texto de 292 en X", "un texte de 292 sur X"),
        (
            RULES["pin-without-wording"].good,
            "noon.en.md y noon.es.md",
            "noon.en.md et noon.es.md",
        ),
    ],
)
def test_parts_of_sentences_and_examples_are_translated(text: str, spanish: str, french: str) -> None:
    """Amounts, what can't be seen, and examples that are described are said in both languages."""
    said = [Language(code).say(text) for code in ("es", "fr")]

    assert said == [spanish, french]


def test_new_words_of_the_toml_parser_are_kept() -> None:
    """A problem that Python's parser names in words that we do not know is shown in its own."""
    assert explain_toml("Something new") == "Something new"
