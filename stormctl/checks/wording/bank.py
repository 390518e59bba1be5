"""Rules about message files: they have a text and no other placeholders, and a message's wordings agree."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.plan.compose import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant

_BRACES = re.compile(r"\{+[^{}\n]*\}*|\}+")


@rule(
    "empty-text",
    Severity.ERROR,
    Phrase("Every message, and every part of a thread, has a text."),
    why=Phrase(
        "A post without words says nothing to people who cannot see its picture, and X refuses an empty one."
    ),
    fix=Phrase("Write the text below the front matter, or remove the `---` that begins an empty part."),
    bad="---\ntopic: hope\n---",
    good="---\ntopic: hope\n---\nEvery crossing begins with hope.",
)
def find_empty_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find variants, or parts of threads, without a text."""
    for variant in case.bank.variants:
        if not variant.parts or not all(part.strip() for part in variant.parts):
            what = (
                Phrase("a part of the thread is empty")
                if len(variant.parts) > 1
                else Phrase("the message has no text")
            )
            yield CheckHit(
                variant.place, what, Phrase("write the text below the front matter"), variant=variant
            )


@rule(
    "unknown-placeholder",
    Severity.ERROR,
    Phrase("What is in braces gets filled in."),
    why=Phrase("Anything else would be published as it is, braces and all."),
    fix=Phrase("The only placeholder is {{deadline}}, in the text of a message; write out everything else."),
    bad="Sign before {date}.",
    good="---\nexpires: 2026-12-17 17:00 America/Los_Angeles\n---\nSign before {deadline}.",
)
def find_unknown_placeholders(case: CheckContext) -> Iterator[CheckHit]:
    """Find braces that nothing fills in, wherever they would be published."""
    for words in case.words:
        if "{" not in words.text and "}" not in words.text:
            continue
        is_text = words.kind == "text"
        hint = (
            Phrase("the only placeholder is {{deadline}}")
            if is_text
            else Phrase("only a message's text has {{deadline}}")
        )
        for found in {found[0]: found for found in reversed([*_BRACES.finditer(words.text)])}.values():
            if not (is_text and found[0] == DEADLINE):
                yield CheckHit(
                    words.at(found.start()),
                    Phrase("nothing fills in {found}", found=found[0]),
                    hint,
                    words.variant,
                )


@rule(
    "deadline-without-expires",
    Severity.ERROR,
    Phrase("A text that names its deadline has one."),
    why=Phrase(
        "{{deadline}} is the front matter's `expires` in words; without it the braces would be published."
    ),
    fix=Phrase("Set `expires: 2026-12-18 20:00 America/New_York`, or write the text without {{deadline}}."),
    bad="Sign before {deadline}.",
    good="---\nexpires: 2026-12-17 17:00 America/Los_Angeles\n---\nSign before {deadline}.",
)
def find_deadlines_without_expires(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts with {deadline} whose front matter sets none."""
    for words in case.words:
        if words.kind == "text" and DEADLINE in words.text and words.variant.expires_at is None:
            yield CheckHit(
                words.at(words.text.index(DEADLINE)),
                Phrase("the text has {{deadline}}, but the message has none"),
                Phrase("set “expires: 2026-12-18 20:00 America/New_York” in the front matter"),
                words.variant,
            )


@rule(
    "variants-differ",
    Severity.WARNING,
    Phrase(
        "A message means the same in every wording: same deadline; in all languages a link to the same site,"
        " and under all labels of a language to the same page."
    ),
    why=Phrase(
        "A link or deadline that was changed in one wording only sends the others to the wrong place."
    ),
    fix=Phrase("Bring the files in line, or give the one that means something else an id of its own."),
    bad=Phrase("sign.en.md has link: https://example.org/sign, sign.es.md has link: https://un.org/firma"),
    good=Phrase("both link to pages of example.org"),
    silenced_by=SilencedBy.WRITER,
)
def find_differing_variants(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings whose deadline or link differs: plain ones across languages, labels within a language."""
    groups: dict[tuple[str, ...], list[Variant]] = defaultdict(list)
    for _, found in groupby(case.bank.variants, key=attrgetter("message_id")):
        wordings = list(found)  # ordered by name: the plain wording comes before its labels
        for variant in wordings if len(wordings) > 1 else ():
            groups[variant.message_id, variant.lang].append(variant)
            if variant.label is None:
                groups[variant.message_id,].append(variant)
    for whole, (first, *others) in groups.items():
        within = len(whole) > 1
        for other in others:
            if other.expires_at != first.expires_at:
                hint = (
                    Phrase("set the same expires, or leave it out here")
                    if within
                    else Phrase("set the same expires")
                )
                yield CheckHit(
                    place_of(other, "expires"),
                    Phrase("its deadline differs from that of {name}", name=first.name),
                    hint,
                    variant=other,
                )
            if _target(other, within=within) != _target(first, within=within) and not _is_left_out(other):
                hint = (
                    Phrase("link to the same page, or leave link out here")
                    if within
                    else Phrase("link to the same site")
                )
                yield CheckHit(
                    place_of(other, "link"),
                    Phrase("its link differs from that of {name}", name=first.name),
                    hint,
                    variant=other,
                )


def _is_left_out(variant: Variant) -> bool:
    """Whether a labelled wording says that it has no link: `link: none`."""
    return bool(variant.label) and variant.link is None and "link" in dict(variant.lines)


def _target(variant: Variant, *, within: bool) -> str | None:
    """Return where its link leads: to which page within a language, to which site across languages."""
    target = _split(variant.link, within=within)
    # Many sites have a host for each language.
    return target if within or target is None else target.removeprefix(f"{variant.lang}.")


@lru_cache(4096)
def _split(link: str | None, *, within: bool) -> str | None:
    try:
        parts = urlsplit(link or "")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return link
    return f"{host}{parts.path if within else ''}" if link else None
