"""Rules about the texts as they would be posted."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, words_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_ALLOWED_CONTROLS = frozenset("\n\r\t")
_DISGUISES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")


@rule(
    "too-long",
    Severity.ERROR,
    "Every post fits its platform.",
    why="X refuses more than 280, counted its way: letters 1, CJK and emoji 2, any link 23. Nothing is cut.",
    fix="Shorten the text, split it into a thread with a line of `---`, or write one for the platform.",
)
def find_long_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find posts that are longer than their platform takes, with their link and before any hashtag."""
    for composed in case.composed:
        facts = composed.rule.id.platform.facts
        limit = facts.max_length
        for number, post in enumerate(composed.posts, start=1):
            length = facts.measure(post.text)
            if length > limit:
                which = f"part {number}" if len(composed.posts) > 1 else "the post"
                yield CheckHit(
                    composed.variant.place,
                    f"{which} is {length - limit} too long for {composed.rule.id}: {length} of {limit}",
                    "shorten it, or split it with a line of ---" if facts.has_threads else "shorten it",
                )


@rule(
    "control-character",
    Severity.ERROR,
    "Texts contain no invisible control characters.",
    why="Characters that reverse the writing direction or control a machine can make a text or link look"
    " like another one; platforms remove or refuse them.",
    fix="Retype the passage; text copied from elsewhere often contains such characters.",
)
def find_control_characters(case: CheckContext) -> Iterator[CheckHit]:
    """Find control characters and overrides of the writing direction."""
    for variant in case.bank.variants:
        found = {
            (words.place, words.what, c)
            for words in words_of(variant)
            for c in words.text
            if _is_forbidden(c)
        }
        for place, what, character in sorted(found):
            name = unicodedata.name(character, "a control character")
            yield CheckHit(place, f"{what} holds U+{ord(character):04X} ({name})", "retype that passage")


@rule(
    "cashtags",
    Severity.ERROR,
    "A post on X holds at most one cashtag.",
    why="X refuses more than one through the API (source: docs.x.com manage posts, 2026-08).",
    fix="Write the others without the dollar sign.",
)
def find_many_cashtags(case: CheckContext) -> Iterator[CheckHit]:
    """Find posts on X with more than one cashtag."""
    for composed in case.composed:
        most = composed.rule.id.platform.facts.max_cashtags
        if most is not None:
            for post in composed.posts:
                tags = read(post.text).cashtags
                if len(tags) > most:
                    written = " ".join(f"${tag.text}" for tag in tags)
                    yield CheckHit(
                        composed.variant.place, f"more cashtags than {most}: {written}", f"keep {most}"
                    )


def _is_forbidden(character: str) -> bool:
    if character in _DISGUISES:
        return True
    return unicodedata.category(character) in {"Cc", "Cs"} and character not in _ALLOWED_CONTROLS
