"""Rules about hashtags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext


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
