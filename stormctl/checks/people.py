"""Rules about the people whom messages name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, captions_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext


@rule(
    "mention-not-trusted",
    Severity.ERROR,
    "Messages mention only accounts that the schedule trusts.",
    why="A mention draws someone into the conversation; X forbids unsolicited ones, and a typo draws in a"
    " stranger (source: X developer guidelines, 2026).",
    fix="Name the account without @, or have staff add it to [trust] mentions in the schedule.",
)
def find_untrusted_mentions(case: CheckContext) -> Iterator[CheckHit]:
    """Find mentions of accounts that are neither trusted nor the storm's own."""
    if case.storm is None:
        return
    own = (rule.id.name for rule in case.storm.channels if rule.id.platform.facts.has_handles)
    trusted = {name.removeprefix("@").casefold() for name in (*case.storm.trust.mentions, *own)}
    for variant in case.bank.variants:
        texts = [*((part, variant.place) for part in variant.parts)]
        texts += [(words.text, words.place) for words in captions_of(variant)]
        found = ((name.text, place) for text, place in texts for name in read(text).mentions)
        for name, place in dict.fromkeys(found):
            if name.casefold() not in trusted:
                yield CheckHit(
                    place, f"@{name} is not a trusted mention", "staff may add it to [trust] mentions"
                )
