"""Rules that keep secrets out of what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, words_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.private import find_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.base.finding import Place


@rule(
    "secret-in-text",
    Severity.ERROR,
    "No text contains anything that looks like a key or token.",
    why="What is posted cannot be taken back, and a published token lets anyone post as the campaign.",
    fix="Remove it, and have the token replaced at once: it is in the file's history now.",
)
def find_secrets(case: CheckContext) -> Iterator[CheckHit]:
    """Find what looks like a key or token in all that goes out, without repeating it."""
    for variant in case.bank.variants:
        met: set[Place] = set()
        for words in words_of(variant):
            kind = find_secret(words.text)
            if kind is not None and words.place not in met:
                met.add(words.place)
                message = f"{words.what} contains what looks like {kind}"
                yield CheckHit(words.place, message, "remove it, and have it replaced")
