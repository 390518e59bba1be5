"""A plan as the day will be: drawn, in numbers, what is left out and why, its cost, and post by post."""

from __future__ import annotations

from collections import Counter
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.base.amounts import format_usd
from stormctl.domain.base.phrase import Phrase
from stormctl.render.outline import Viewer, by_channel, find_marks, list_entries
from stormctl.render.plan_words import (
    count_languages,
    describe_extras,
    explain_left_out,
    is_over_budget,
    list_marks,
    say_cost,
    say_cost_details,
    say_verdict,
)
from stormctl.render.terminal.grid import Column, Grid, GridSection
from stormctl.render.terminal.plan.days import Days, Look
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, WARN, clean, render_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from rich.console import RenderableType

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.render.outline import Entry, Mark

FIRST_WORDS = 60
"""Characters of captions that a plan shows."""

MOST_MARKS = 6
"""Deadlines and quiet times that are told below the drawing on a screen."""

MOST_POSTS = 1000
"""Posts that are listed; of more, the first and the last of each channel."""


def render_plan(
    plan: Plan,
    storm: Storm,
    cost: Cost,
    viewer: Viewer | None = None,
    look: Look | None = None,
    *,
    errors: int = 0,
    is_over: bool = False,
    remarks: Sequence[Phrase] = (),
) -> RenderableType:
    """Show a plan's verdict, its days, and what is to be known of it.

    Args:
        errors: how many findings stop a launch.
        is_over: whether its day is past.
        remarks: what is to be known besides, a line each.
    """
    viewer, look = viewer or Viewer(storm), look or Look()
    entries = list_entries(plan)
    marks = find_marks(plan, storm, viewer.language)
    verdict = say_verdict(plan, storm, cost, errors, is_over=is_over)
    is_good = plan.deliveries and not errors and not is_over and not is_over_budget(storm, cost)
    parts: list[RenderableType] = [
        Text(viewer.say(verdict), f"bold {GOOD}" if is_good else BAD),
        Text.assemble((clean(storm.name), STRONG), f" ({storm.id})"),
        Text(_describe_span(entries, storm, viewer)),
        *(Text(clean(viewer.say(remark)), WARN if is_over else QUIET) for remark in remarks),
    ]
    parts += Days(storm, entries, marks, viewer, look).draw()
    parts += _list_marks(marks, viewer, look)
    parts += _render_captions(plan, viewer)
    parts += ["", _render_numbers(plan, storm, cost, entries, viewer)]
    parts += _render_left_out(plan, viewer)
    heading = (f"{viewer.say(Phrase('Cost'))} ", STRONG)
    told = "; ".join(map(viewer.say, say_cost(storm, cost)))
    parts += ["", Text.assemble(heading, (told, WARN if is_over_budget(storm, cost) else ""))]
    parts += [Text(viewer.say(line), QUIET) for line in say_cost_details(storm, cost)]
    return Group(*parts)


def list_posts(plan: Plan, storm: Storm, viewer: Viewer, look: Look) -> Iterator[tuple[int, Text]]:
    """List posts, each line with how far it is indented.

    In a window, or of thousands, only the first and last of each channel are listed unless `look` is full.
    """
    entries = list_entries(plan)
    if not entries:
        return
    ends_only = not look.is_full and (look.is_screen or len(plan.deliveries) > MOST_POSTS)
    heading = Phrase("First and last of each channel") if ends_only else Phrase("Every post")
    yield 0, Text(f"\n{viewer.say(heading)}", STRONG)
    channels = by_channel(entries)
    for rule in storm.channels:
        posts = channels.get(rule.id, [])
        if posts:
            yield 0, Text(str(rule.id), STRONG)
        day: date | None = None
        for entry in list(dict.fromkeys((posts[0], posts[-1]))) if ends_only and posts else posts:
            on = entry.at.astimezone(viewer.home).date()
            if on != day and storm.first_on != storm.last_on:
                yield 2, Text(viewer.name_day(on), STRONG)
            day = on
            yield from _list_post(entry, viewer, look)
    if ends_only and len(entries) > len(channels):
        yield 0, Text(viewer.say(Phrase("--full shows every post with its whole text.")), QUIET)


def _list_post(entry: Entry, viewer: Viewer, look: Look) -> Iterator[tuple[int, Text]]:
    extras = ", ".join(map(viewer.say, describe_extras(entry)))
    head = f"{viewer.tell_time(entry.at)}  {entry.name}"
    texts = [delivery.post.text for delivery in entry.parts]
    if not look.is_full:
        words = clean(" ".join(texts))
        yield 2, Text.assemble((head, ""), (f"  {words}", QUIET))
        return
    yield 2, Text.assemble((head, STRONG), (f"  {extras}", QUIET))
    for number, delivery in enumerate(entry.parts, 1):
        if len(entry.parts) > 1:
            said = Phrase("part {part} of {number}", part=number, number=len(entry.parts))
            yield 4, Text(viewer.say(said), QUIET)
        for line in delivery.post.text.splitlines():
            yield 4, Text(clean(line))
        if delivery.post.link:
            yield 4, Text(viewer.say(Phrase("link: {link}", link=delivery.post.link)), QUIET)
        for media in delivery.post.media:
            yield 4, Text(clean(f"{media.file}: “{media.alt}”"), QUIET)


def render_lines(lines: Iterable[tuple[int, Text]], *, cut: bool) -> Iterator[RenderableType]:
    """Lay lines out for a window: those that are too long go on below, or are cut."""
    for indent, text in lines:
        if cut and indent:
            text.no_wrap, text.overflow = True, "ellipsis"
        yield Padding(text, (0, 0, 0, indent), expand=False)


def _describe_span(entries: Sequence[Entry], storm: Storm, viewer: Viewer) -> str:
    if not entries:
        return viewer.say(Phrase("Times in {zone}", zone=storm.timezone))
    first, last = entries[0].at, entries[-1].at
    days = list(dict.fromkeys((viewer.tell_day(first), viewer.tell_day(last))))
    if len(days) == 1:
        return viewer.say(
            Phrase(
                "{day}, {first} to {last}, times in {zone}",
                day=days[0],
                first=viewer.tell_time(first),
                last=viewer.tell_time(last),
                zone=storm.timezone,
            )
        )
    return viewer.say(
        Phrase(
            "{day}, {first} to {last_day}, {last}, times in {zone}",
            day=days[0],
            first=viewer.tell_time(first),
            last_day=days[1],
            last=viewer.tell_time(last),
            zone=storm.timezone,
        )
    )


def _list_marks(marks: Sequence[Mark], viewer: Viewer, look: Look) -> Iterator[RenderableType]:
    """Say when and what the lines across the drawing are."""
    told = list_marks(marks, viewer)
    shown = told[:MOST_MARKS] if look.is_screen and not look.is_full else told
    for line in shown:
        yield Padding(Text(line), (0, 0, 0, 2), expand=False)
    if len(told) > len(shown):
        said = Phrase("and {number:,} more: --full", number=len(told) - len(shown))
        yield Padding(Text(viewer.say(said), QUIET), (0, 0, 0, 2), expand=False)


def _render_captions(plan: Plan, viewer: Viewer) -> Iterator[RenderableType]:
    """Show what people read beneath the videos, each file once: its first words, and how much it is."""
    films = {m.captions: m for d in plan.deliveries for m in d.post.media if m.captions is not None}
    if films:
        yield from ("", Text(viewer.say(Phrase("Captions")), STRONG))
    for file, film in films.items():
        words = shorten(
            clean(" ".join(text for _, text in film.caption_lines)), FIRST_WORDS, placeholder=" …"
        )
        number = len(film.caption_lines)
        lines = Phrase("1 line") if number == 1 else Phrase("{number:,} lines", number=number)
        told = f"{clean(str(file))}: {viewer.say(lines)}, “{words}”"
        yield Padding(Text(told), (0, 0, 0, 2), expand=False)


def _render_numbers(plan: Plan, storm: Storm, cost: Cost, entries: Sequence[Entry], viewer: Viewer) -> Grid:
    spare = dict(plan.spare)
    left = Counter(u.channel for u in plan.unplaced)
    costs = {share.channel: share for share in cost.by_channel}
    channels = by_channel(entries)
    rows = [
        (
            str(rule.id),
            count_languages(channels.get(rule.id, ())),
            render_number(share.posts if (share := costs.get(rule.id)) else 0),
            render_number(spare.get(rule.id, 0)),
            render_number(left[rule.id]),
            format_usd(share.total_usd_micros if share else 0),
        )
        for rule in storm.channels
    ]
    in_all = (
        Text(viewer.say(Phrase("in all")), STRONG),
        count_languages(entries),
        render_number(len(plan.deliveries)),
        render_number(sum(spare.values())),
        render_number(len(plan.unplaced)),
        format_usd(cost.total_usd_micros),
    )
    heads = (Phrase("Posts"), Phrase("Spare"), Phrase("Left out"), Phrase("Cost"))
    fields = (
        Column(viewer.say(Phrase("Channel"))),
        Column(viewer.say(Phrase("Languages")), least=9, wrap=True),
        *(Column(viewer.say(head), "right") for head in heads),
    )
    return Grid(fields, [GridSection(rows), GridSection([in_all])])


def _render_left_out(plan: Plan, viewer: Viewer) -> Iterator[RenderableType]:
    if plan.unplaced:
        yield from ("", Text(viewer.say(Phrase("Left out")), WARN))
    for line in explain_left_out(plan, viewer):
        yield Padding(Text(line), (0, 0, 0, 2), expand=False)
