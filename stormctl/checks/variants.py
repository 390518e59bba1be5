"""Rules about the wordings of one message beside each other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant


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
