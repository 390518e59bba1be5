"""Rules about what may go out: tags and people whom the schedule trusts, and no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, captions_of, place_of, words_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.private import find_secret
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.base.finding import Place


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


@rule(
    "hashtag-not-trusted",
    Severity.ERROR,
    "Messages use the storm's hashtags, or those that the schedule trusts.",
    why="A misspelt tag is lost to the storm, and an unrelated one drags the campaign into another topic.",
    fix="Use one of the storm's tags, or have staff add it to [trust] hashtags in the schedule.",
)
def find_untrusted_hashtags(case: CheckContext) -> Iterator[CheckHit]:
    """Find hashtags, in front matter and text, that the schedule doesn't name."""
    if case.storm is None:
        return
    trusted = {tag.casefold() for tag in (*case.storm.hashtags, *case.storm.trust.hashtags)}
    known = ", ".join(f"#{tag}" for tag in case.storm.hashtags)
    hint = (
        f"the storm's are {known}; others belong in [trust] hashtags"
        if known
        else "add it to [trust] hashtags"
    )
    for variant in case.bank.variants:
        in_text = [tag.text for part in variant.parts for tag in read(part).hashtags]
        for tags, place in ((variant.hashtags, place_of(variant, "hashtags")), (in_text, variant.place)):
            for tag in tags:
                if tag.casefold() not in trusted:
                    yield CheckHit(place, f"#{tag} is not a hashtag of the storm", hint)


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
