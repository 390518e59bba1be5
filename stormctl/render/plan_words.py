"""What is said of a plan in sentences, the same on the terminal and on the page."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.amounts import count_posts, format_usd
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.cost import has_link
from stormctl.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.render.outline import Entry, Mark, Viewer

KINDS = {
    Kind.POST: Phrase("at once"),
    Kind.PIN: Phrase("fixed time"),
    Kind.REMINDER: Phrase("reminder"),
    Kind.SLOT: Phrase("slot"),
}

MOST_NAMES = 3
"""Wordings that are named where several are left out for one reason."""


def list_marks(marks: Sequence[Mark], viewer: Viewer) -> list[str]:
    """Say what each mark is, with its day where there are several; what is quiet on many days, once."""
    days = {mark.at.astimezone(viewer.home).date() for mark in marks}
    alike: dict[object, list[Mark]] = defaultdict(list)
    for mark in marks:
        alike[_read_clock(mark, viewer) if mark.end_at else mark].append(mark)
    told = []
    for first, *others in alike.values():
        if others:
            said = Phrase(
                "on {number:,} days, {mark}", number=len(others) + 1, mark=describe_mark(first, viewer)
            )
            told.append(viewer.say(said))
        else:
            day = f"{viewer.tell_day(first.at)}, " if len(days) > 1 else ""
            told.append(f"{day}{describe_mark(first, viewer)}")
    return told


def _read_clock(mark: Mark, viewer: Viewer) -> tuple[str, ...]:
    """Return what the storm's clocks show at both ends of a quiet time."""
    ends = (mark.at, mark.end_at or mark.at)
    return tuple(f"{at.astimezone(viewer.home):%H:%M}" for at in ends)


def describe_mark(mark: Mark, viewer: Viewer) -> str:
    """Say what a mark is: `20:00 EST (Sat 02:00 CET): deadline of sign-on`."""
    if mark.end_at is not None:
        span = f"{viewer.tell_time(mark.at)} – {viewer.tell_time(mark.end_at)}"
        return viewer.say(Phrase("{span}: quiet, nothing goes out", span=span))
    names = ", ".join(mark.names[:MOST_NAMES])
    rest = len(mark.names) - MOST_NAMES
    if rest > 0:
        names = viewer.language.say(Phrase("{names} and {number:,} more", names=names, number=rest))
    return viewer.say(Phrase("{at}: deadline of {names}", at=viewer.tell_time(mark.at), names=names))


def say_verdict(plan: Plan, storm: Storm, cost: Cost, errors: int, *, is_over: bool = False) -> Phrase:
    """Say in one sentence how things stand: what is planned, and whether it could be launched."""
    if not plan.deliveries:
        posts = Phrase("nothing is planned")
    else:
        channels = len({delivery.channel for delivery in plan.deliveries})
        posts = (
            Phrase("{posts} on 1 channel", posts=count_posts(len(plan.deliveries)))
            if channels == 1
            else Phrase(
                "{posts} on {number:,} channels", posts=count_posts(len(plan.deliveries)), number=channels
            )
        )
    if errors:
        state = (
            Phrase("1 error stops a launch")
            if errors == 1
            else Phrase("{number:,} errors stop a launch", number=errors)
        )
    elif is_over:
        state = Phrase("its day is past")
    elif is_over_budget(storm, cost):
        state = Phrase("the budget is too small")
    elif plan.deliveries:
        state = Phrase("nothing stops a launch")
    else:
        state = Phrase("nothing to launch")
    left = Phrase("; {number:,} left out", number=len(plan.unplaced)) if plan.unplaced else ""
    return Phrase("{posts}; {state}{left}", posts=posts, state=state, left=left)


def is_over_budget(storm: Storm, cost: Cost) -> bool:
    """Whether the plan costs more than the storm may spend."""
    budget_micros = storm.limits.budget_usd_micros
    return budget_micros is not None and cost.total_usd_micros > budget_micros


def say_cost(storm: Storm, cost: Cost) -> Iterator[Phrase]:
    """Say what the plan costs and for what, and what the budget says to it."""
    purposes = (
        (Phrase("posts"), cost.publish_usd_micros),
        (Phrase("alt texts"), cost.alt_text_usd_micros),
        (Phrase("readings"), cost.readings_usd_micros),
        (Phrase("account lookups"), cost.lookups_usd_micros),
    )
    shares = [
        Phrase("{amount} for {purpose}", amount=format_usd(micros), purpose=purpose)
        for purpose, micros in purposes
        if micros
    ]
    total = format_usd(cost.total_usd_micros)
    yield (
        Phrase("{total}: {shares}", total=total, shares=_join(shares))
        if shares
        else Phrase("{total}", total=total)
    )
    budget_micros = storm.limits.budget_usd_micros
    if budget_micros is not None:
        budget = format_usd(budget_micros)
        yield (
            Phrase("OVER the budget of {budget}", budget=budget)
            if is_over_budget(storm, cost)
            else Phrase("within the budget of {budget}", budget=budget)
        )


def say_cost_details(storm: Storm, cost: Cost) -> Iterator[Phrase]:
    """Say what the links cost and what is added to them, what is not proved, and whose prices these are."""
    if links := cost.describe_links():
        yield links
    if storm.link_tags:
        tags = "&".join(f"{name}={clean(value)}" for name, value in storm.link_tags)
        yield Phrase("Links to trusted hosts get {tags}", tags=tags)
    for reason in cost.describe_unproved():
        yield Phrase("At most, not proved: {reason}", reason=reason)
    for prices in cost.prices:
        yield Phrase("Prices: {source}, {day}", source=prices.source, day=prices.as_of)


def _join(phrases: Sequence[Phrase]) -> str:
    """Put phrases into one that can still be translated."""
    joined: str = ""
    for phrase in phrases:
        joined = Phrase("{before}, {last}", before=joined, last=phrase) if joined else phrase
    return joined


def count_languages(entries: Iterable[Entry]) -> str:
    """Count a channel's wordings by language, the most first: `es 12, en 3`; threads count once."""
    languages = Counter(entry.first.key.tail.partition(".")[0] for entry in entries)
    return ", ".join(f"{lang} {number:,}" for lang, number in languages.most_common())


def explain_left_out(plan: Plan, viewer: Viewer) -> Iterator[str]:
    """Say for each channel what was left out and why, what has one reason together."""
    found = sorted(plan.unplaced, key=lambda left: (str(left.channel), str(left.reason)))
    for (channel, reason), group in groupby(found, key=lambda left: (left.channel, left.reason)):
        names = [left.variant for left in group]
        shown = ", ".join(names[:MOST_NAMES])
        if len(names) > MOST_NAMES:
            more = Phrase("{names} and {number:,} more", names=shown, number=len(names) - MOST_NAMES)
            shown = viewer.language.say(more)
        yield clean(f"{channel}: {viewer.say(reason)} ({shown})")


def describe_extras(entry: Entry) -> Iterator[Phrase]:
    """Name what an entry is and carries beside its text: kind, topic, thread, link, media."""
    yield KINDS[entry.first.kind]
    if entry.first.topic:
        yield Phrase("{topic}", topic=entry.first.topic)
    if len(entry.parts) > 1:
        yield Phrase("thread of {number}", number=len(entry.parts))
    if any(has_link(delivery.post) for delivery in entry.parts):
        yield Phrase("link")
    kinds = Counter(media.kind for delivery in entry.parts for media in delivery.post.media)
    for kind, number in kinds.items():
        yield _count_media(kind, number)


def _count_media(kind: MediaKind, number: int) -> Phrase:
    if kind is MediaKind.IMAGE:
        return Phrase("picture") if number == 1 else Phrase("{number} pictures", number=number)
    if kind is MediaKind.GIF:
        return Phrase("GIF") if number == 1 else Phrase("{number} GIFs", number=number)
    return Phrase("video") if number == 1 else Phrase("{number} videos", number=number)
