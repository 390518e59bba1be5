"""Rules about message files: they have a text and no other placeholders, and a message's wordings agree."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.checks.case import CheckHit, captions_of, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.plan.compose import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant

_BRACES = re.compile(r"\{+[^{}\n]*\}*|\}+")


@rule(
    "empty-text",
    Severity.ERROR,
    "Every message, and every part of a thread, has a text.",
    why="A post without words says nothing to people who cannot see its picture, and X refuses an empty one.",
    fix="Write the text below the front matter, or remove the `---` that begins an empty part.",
)
def find_empty_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find variants, or parts of threads, without a text."""
    for variant in case.bank.variants:
        if not variant.parts or not all(part.strip() for part in variant.parts):
            what = "a part of the thread is empty" if len(variant.parts) > 1 else "the message has no text"
            yield CheckHit(variant.place, what, "write the text below the front matter")


@rule(
    "unknown-placeholder",
    Severity.ERROR,
    "What is in braces gets filled in.",
    why="Anything else would be published as it is, braces and all.",
    fix="The only placeholder is {deadline}, in the text of a message; write out everything else.",
)
def find_unknown_placeholders(case: CheckContext) -> Iterator[CheckHit]:
    """Find braces that nothing fills in, wherever they would be published."""
    for variant in case.bank.variants:
        texts = [(part, variant.place, DEADLINE) for part in variant.parts]
        texts += [(variant.link or "", place_of(variant, "link"), "")]
        texts += [(media.alt, place_of(variant, "media"), "") for media in variant.media]
        texts += [(words.text, words.place, "") for words in captions_of(variant)]
        for text, place, known in texts:
            hint = "the only placeholder is {deadline}" if known else "only a message's text has {deadline}"
            for found in _BRACES.findall(text):
                if found != known:
                    yield CheckHit(place, f"nothing fills in {found}", hint)


@rule(
    "deadline-without-expires",
    Severity.ERROR,
    "A text that names its deadline has one.",
    why="{deadline} is the front matter's `expires` in words; without it the braces would be published.",
    fix="Set `expires: 2026-12-18 20:00 America/New_York`, or write the text without {deadline}.",
)
def find_deadlines_without_expires(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts with {deadline} whose front matter sets none."""
    for variant in case.bank.variants:
        if variant.expires_at is None and any(DEADLINE in part for part in variant.parts):
            yield CheckHit(
                variant.place,
                "the text has {deadline}, but the message has none",
                "set “expires: 2026-12-18 20:00 America/New_York” in the front matter",
            )


@rule(
    "variants-differ",
    Severity.WARNING,
    "A message means the same in every language: same deadline, link to the same site.",
    why="A link or deadline that was changed in one language only sends the others to the wrong place.",
    fix="Bring the files in line, or give the one that means something else an id of its own.",
)
def find_differing_variants(case: CheckContext) -> Iterator[CheckHit]:
    """Find plain wordings whose deadline or link's host differs from that of the message's first one."""
    by_message: dict[str, list[Variant]] = defaultdict(list)
    for variant in case.bank.variants:
        if variant.label is None:
            by_message[variant.message_id].append(variant)
    for first, *others in by_message.values():
        for other in others:
            if other.expires_at != first.expires_at:
                yield CheckHit(
                    place_of(other, "expires"),
                    f"its deadline differs from that of {first.name}",
                    "set the same expires",
                )
            if _host(other) != _host(first):
                yield CheckHit(
                    place_of(other, "link"),
                    f"its link differs from that of {first.name}",
                    "link to the same site",
                )


def _host(variant: Variant) -> str | None:
    try:
        return urlsplit(variant.link).hostname if variant.link else None
    except ValueError:
        return variant.link
