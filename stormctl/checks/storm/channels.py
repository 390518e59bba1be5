"""Rules about a schedule's channels and pins, and what the bank has for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stormctl.checks.case import CheckContext
    from stormctl.domain.plan.storm import ChannelRule

MOST_NAMED = 3
"""How many messages are named as examples."""


@rule(
    "pin-unknown",
    Severity.ERROR,
    Phrase("A pin names a message of the bank."),
    why=Phrase("A pin is what must go out at its time; a misspelt one would be missing on the day."),
    fix=Phrase("Write the id of a message: its file's name up to the first dot."),
    bad='[[pins]]\nat = 12:00:00\nmessage = "noon-statment"',
    good='[[pins]]\nat = 12:00:00\nmessage = "noon-statement"',
)
def find_unknown_pins(case: CheckContext) -> Iterator[CheckHit]:
    """Find pins whose message the bank doesn't have."""
    known = case.bank.message_ids
    for pin in case.storm.pins if case.storm else ():
        if pin.message not in known:
            near = get_close_matches(pin.message, known, n=1)
            hint = (
                Phrase("did you mean “{near}”?", near=near[0])
                if near
                else Phrase("it must be a message of the bank {name}", name=case.bank.name)
            )
            yield CheckHit(pin.place, Phrase("there is no message “{message}”", message=pin.message), hint)


@rule(
    "pin-without-wording",
    Severity.WARNING,
    Phrase("A pinned message has a wording for every channel."),
    why=Phrase("A channel without one stays silent while the others speak."),
    fix=Phrase("Add a wording in a language of the channel, if it is to take part."),
    bad=Phrase("noon.en.md is pinned, and x:acme takes en and es"),
    good=Phrase("noon.en.md and noon.es.md"),
)
def find_pins_without_wording(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that have no wording of a pinned message."""
    known = set(case.bank.message_ids)
    for pin in case.storm.pins if case.storm else ():
        silent: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for channel, messages in case.wordings:
            is_told = channel.languages and not messages  # of each of its languages
            if pin.message in known and pin.message not in messages and not is_told:
                silent[channel.languages].append(str(channel.id))
        for languages, channels in silent.items():
            takes = ", ".join(languages) or Phrase("any language")
            yield CheckHit(
                pin.place,
                Phrase(
                    "“{message}” has no wording for {channels}",
                    message=pin.message,
                    channels=", ".join(channels),
                ),
                Phrase("they take {languages}", languages=takes)
                if len(channels) > 1
                else Phrase("it takes {languages}", languages=takes),
            )


@rule(
    "selector-matches-nothing",
    Severity.ERROR,
    Phrase("Each selector of a channel finds a message."),
    why=Phrase("One that finds none is misspelt, or its messages were renamed; the channel would miss them."),
    fix=Phrase("Write topic:NAME, or a message id in which * stands for anything."),
    bad='messages = ["topic:dignidad"]',
    good='messages = ["topic:dignity"]',
)
def find_idle_selectors(case: CheckContext) -> Iterator[CheckHit]:
    """Find selectors that no message of the bank answers to."""
    for channel in case.storm.channels if case.storm else ():
        for selector in channel.messages:
            if not case.index.select(selector):
                yield CheckHit(
                    channel.place,
                    Phrase("“{selector}” matches no message", selector=selector),
                    Phrase("write topic:NAME or an id such as dignity-*"),
                )


@rule(
    "language-without-wording",
    Severity.WARNING,
    Phrase("Each language of a channel has a wording."),
    why=Phrase("A language without any is misspelt, or its translations are still missing."),
    fix=Phrase("Add message files in that language, or take it out of the channel's languages."),
    bad=Phrase('languages = ["en", "es"]  # no file ends in .es.md'),
    good='languages = ["en"]',
)
def find_languages_without_wording(case: CheckContext) -> Iterator[CheckHit]:
    """Find languages in which channels have nothing to say."""
    silent: dict[str, list[ChannelRule]] = defaultdict(list)
    for channel, messages in case.wordings:
        spoken = {variant.lang for wordings in messages.values() for variant in wordings}
        for lang in channel.languages:
            if lang not in spoken:
                silent[lang].append(channel)
    for lang, channels in silent.items():
        yield CheckHit(
            channels[0].place,
            Phrase(
                "there is no message in “{lang}” for {channels}",
                lang=lang,
                channels=", ".join(str(channel.id) for channel in channels),
            ),
            Phrase("add files named ID.LANG.md"),
        )


def _gather_languages(hits: Sequence[CheckHit]) -> Iterator[CheckHit]:
    """Tell once a language, or a platform and language, of all messages that nobody would see."""
    alike: dict[Phrase, list[CheckHit]] = defaultdict(list)
    for hit in hits:
        alike[hit.message].append(hit)
    for message, (first, *others) in alike.items():
        if not others:
            yield first
            continue
        values = message.values
        files = [PurePosixPath(hit.place.path).name for hit in (first, *others)]
        named = ", ".join(files[:MOST_NAMED]) + (" …" if len(files) > MOST_NAMED else "")
        yield replace(
            first,
            message=Phrase(
                "{number:,} messages in {language}, and no channel on {platform} takes it, so that nobody"
                " would see them: {files}",
                number=len(files),
                language=values["language"],
                platform=values["platform"],
                files=named,
            )
            if "platform" in values
            else Phrase(
                "{number:,} messages in {language}, and no channel takes it, so that nobody would see them:"
                " {files}",
                number=len(files),
                language=values["language"],
                files=named,
            ),
            others=tuple(hit.place for hit in others),
        )


@rule(
    "language-without-channel",
    Severity.WARNING,
    Phrase("Each language of the bank has a channel."),
    why=Phrase("No one would see such a translation, and its author would not know why."),
    fix=Phrase("Add the language to a channel of the schedule, or correct the language in the file's name."),
    bad=Phrase('open-door.ht.md, and no channel has languages = ["ht"]'),
    good='languages = ["en", "ht"]',
    silenced_by=SilencedBy.WRITER,
    gather=_gather_languages,
)
def find_languages_without_channel(case: CheckContext) -> Iterator[CheckHit]:
    """Find variants whose language no channel of their platform takes, by file."""
    if case.storm is None:
        return
    takers = {(channel.id.platform, channel.languages) for channel in case.storm.channels}
    for variant in case.bank.variants:
        if not any(
            variant.suits(platform) and (not languages or variant.lang in languages)
            for platform, languages in takers
        ):
            language = _name_language(variant.lang)
            platform = next((one for one in Platform if one == variant.label), None)
            yield CheckHit(
                variant.place,
                Phrase(
                    "no channel on {platform} takes {language}, so that nobody would see this",
                    platform=platform.facts.label,
                    language=language,
                )
                if platform
                else Phrase("no channel takes {language}, so that nobody would see this", language=language),
                Phrase("ask staff for such a channel, or correct the file's name")
                if platform
                else Phrase("ask staff to add the language to a channel, or correct the file's name"),
                variant=variant,
            )


@cache
def _name_language(code: str) -> str:
    """Write a language as those who speak it call it, with its code: português (pt-BR)."""
    from babel import Locale, UnknownLocaleError  # only a language that nobody takes needs it

    try:
        name = Locale.parse(code, sep="-").language_name
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else f"“{code}”"
