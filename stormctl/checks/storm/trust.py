"""Rules about what may go out: tags and people whom the schedule trusts, and no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.private import find_secret
from stormctl.domain.base.rules import SilencedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext


@rule(
    "mention-not-trusted",
    Severity.ERROR,
    Phrase("Messages mention only accounts that the schedule trusts."),
    why=Phrase(
        "A mention draws someone into the conversation; X forbids unsolicited ones, and a typo draws in a"
        " stranger (source: X developer guidelines, 2026)."
    ),
    fix=Phrase("Name the account without @, or have staff add it to [trust] mentions in the schedule."),
    bad="Thank you @stranger.",
    good="Thank you, all of you.",
    silenced_by=SilencedBy.STAFF,
)
def find_untrusted_mentions(case: CheckContext) -> Iterator[CheckHit]:
    """Find mentions of accounts that are neither trusted nor the storm's own."""
    if case.storm is None:
        return
    own = (rule.id.name for rule in case.storm.channels if rule.id.platform.facts.has_handles)
    trusted = {name.removeprefix("@").casefold() for name in (*case.storm.trust.mentions, *own)}
    met: set[tuple[str, str]] = set()
    for words in case.words:
        if words.kind in {"text", "caption"} and ("@" in words.text or "＠" in words.text):
            for name in words.reading.mentions:
                key = words.variant.name, name.text.casefold()
                if key[1] not in trusted and key not in met:
                    met.add(key)
                    yield CheckHit(
                        words.at(name.start),
                        Phrase("@{name} is not a trusted mention", name=name.text),
                        Phrase("staff may add it to [trust] mentions"),
                        words.variant,
                        wanted=("mentions", f"@{name.text}"),
                    )


@rule(
    "hashtag-not-trusted",
    Severity.ERROR,
    Phrase("Messages use the storm's hashtags, or those that the schedule trusts."),
    why=Phrase(
        "A misspelt tag is lost to the storm, and an unrelated one drags the campaign into another topic."
    ),
    fix=Phrase("Use one of the storm's tags, or have staff add it to [trust] hashtags in the schedule."),
    bad="Sign the letter. #MigrantDay",
    good="Sign the letter. #MigrantsDay",
    silenced_by=SilencedBy.STAFF,
)
def find_untrusted_hashtags(case: CheckContext) -> Iterator[CheckHit]:
    """Find hashtags, in front matter and text, that the schedule doesn't name."""
    if case.storm is None:
        return
    trusted = {tag.casefold() for tag in (*case.storm.hashtags, *case.storm.trust.hashtags)}
    known = ", ".join(f"#{tag}" for tag in case.storm.hashtags)
    hint = (
        Phrase("the storm's are {known}; others belong in [trust] hashtags", known=known)
        if known
        else Phrase("add it to [trust] hashtags")
    )
    met: set[tuple[str, str]] = set()
    for words in case.words:
        tags = [(words.text, 0)] if words.kind == "tag" else []
        if words.kind == "text":
            tags = [(tag.text, tag.start) for tag in words.reading.hashtags]
        for tag, start in tags:
            key = words.variant.name, tag.casefold()
            if key[1] not in trusted and key not in met:
                met.add(key)
                yield CheckHit(
                    words.at(start),
                    Phrase("#{tag} is not a hashtag of the storm", tag=tag),
                    hint,
                    words.variant,
                    wanted=("hashtags", tag),
                )


@rule(
    "secret-in-text",
    Severity.ERROR,
    Phrase("No text contains anything that looks like a key or token."),
    why=Phrase(
        "What is posted cannot be taken back, and a published token lets anyone post as the campaign."
    ),
    fix=Phrase("Remove it, and have the token replaced at once: it is in the file's history now."),
    bad=Phrase("token: EAAB… (200 letters and digits)"),
    good="Ask staff for access.",
    silenced_by=SilencedBy.STAFF,
)
def find_secrets(case: CheckContext) -> Iterator[CheckHit]:
    """Find what looks like a key or token in all that goes out, without repeating it."""
    for words in case.words:
        found = find_secret(words.text)
        if found is not None:
            kind, start = found
            message = Phrase("{what} contains what looks like {kind}", what=words.what, kind=kind)
            yield CheckHit(words.at(start), message, Phrase("remove it, and have it replaced"), words.variant)
