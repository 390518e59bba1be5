"""The glossary holds the words of the project."""

from __future__ import annotations

import re
from pathlib import Path

from stormctl.domain.platforms.channel import Platform

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"^\*\*(?P<word>[^*]+)\*\*: (?P<meaning>.+)$", re.MULTILINE)
ENTRIES = [
    (match["word"], match["meaning"])
    for match in ENTRY.finditer((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
]
WORDS = [
    "ask", "attempt", "bank", "channel", "claim", "delivery", "emulator", "engagement", "enrol", "event",
    "expired", "finding", "halt", "hashtag", "impressions", "in doubt", "lease", "ledger", "message",
    "missed", "partner", "plan", "platform", "post", "reach", "receipt", "reconcile", "refusal",
    "rehearsal", "resolve", "resource", "runner", "slot", "storm", "variant", "window",
]  # fmt: skip


def test_every_word_is_explained() -> None:
    """Every word that the design names is in the glossary."""
    explained = {word for word, _ in ENTRIES}

    assert [word for word in WORDS if word not in explained] == []


def test_words_of_our_own_are_few() -> None:
    """There are some fifty words to learn; beyond sixty, an ordinary word has to do."""
    assert len(ENTRIES) <= 60


def test_words_are_in_alphabetical_order() -> None:
    """The words stand in alphabetical order, each once."""
    words = [word for word, _ in ENTRIES]

    assert sorted(set(words)) == words


def test_meanings_are_short_sentences() -> None:
    """A meaning is a few whole sentences on one line."""
    long_or_broken = [
        word for word, meaning in ENTRIES if len(meaning) > 300 or not meaning.endswith((".", ")"))
    ]

    assert long_or_broken == []


def test_platform_names_are_those_of_the_code() -> None:
    """The glossary names just the platforms that the code knows."""
    meaning = dict(ENTRIES)["platform"]

    assert " or ".join(platform.label for platform in Platform) + "." == meaning
