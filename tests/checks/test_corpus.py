"""On texts of real shapes the rules say what they should, and cry no wolf."""

from __future__ import annotations

from pathlib import Path

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.bank.message import Bank, Variant
from stormctl.domain.base.finding import Place

CORPUS = (Path(__file__).parent / "corpus.txt").read_text(encoding="utf-8")
ENTRIES = [entry.partition("\n") for entry in CORPUS.split("\n=== ")[1:]]


def read_entry(head: str, text: str, number: int = 0) -> tuple[Variant, list[str]]:
    """Make a wording of an entry, and return what must be found in it."""
    lang, *codes = head.split()
    parts = tuple(part.strip() for part in text.split("\n---\n"))
    path = f"messages/corpus/m{number}.{lang}.md"
    variant = Variant(message_id=f"m{number}", lang=lang, label=None, parts=parts, place=Place(path, 1))
    return variant, sorted(codes)


@pytest.mark.parametrize(("head", "text"), [(head, text) for head, _, text in ENTRIES])
def test_a_text_is_found_to_be_what_it_is(head: str, text: str) -> None:
    """The rules that must speak do, each once a place, and no other."""
    variant, expected = read_entry(head, text)

    findings = run_checks(None, Bank("corpus", (variant,)), None).findings

    assert sorted(finding.code for finding in findings) == expected


def test_a_bank_of_them_all_has_no_other_findings() -> None:
    """Beside each other they are as they are alone: nothing is nearly the same, or missing."""
    made = [read_entry(head, text, number) for number, (head, _, text) in enumerate(ENTRIES)]
    bank = Bank("corpus", tuple(variant for variant, _ in made))

    findings = run_checks(None, bank, None).findings

    assert sorted(finding.code for finding in findings) == sorted(code for _, codes in made for code in codes)
