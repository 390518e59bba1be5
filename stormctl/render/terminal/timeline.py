"""A plan as the day will be: what goes out where and when, what was left over, and what it costs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.amounts import count, format_usd
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.cost import has_link
from stormctl.render.language import Language
from stormctl.render.terminal.grid import Column, Grid, GridSection
from stormctl.render.words import (
    GOOD,
    QUIET,
    STRONG,
    WARN,
    clean,
    render_day,
    render_number,
    render_time,
    shorten_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from rich.console import RenderableType

    from stormctl.domain.delivery.delivery import DeliveryKey, Plan, PlannedDelivery, Unplaced
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.render.terminal.grid import Cell

KIND_STYLES = {Kind.PIN: "bold", Kind.REMINDER: "cyan", Kind.POST: "bold", Kind.SLOT: ""}

FIRST_WORDS = 60
"""Characters of captions that a plan shows."""

MEDIA_WORDS = {MediaKind.IMAGE: "picture", MediaKind.GIF: "GIF", MediaKind.VIDEO: "video"}


def render_plan(plan: Plan, storm: Storm, cost: Cost, language: Language | None = None) -> RenderableType:
    """Show a plan channel by channel in the storm's zone, then counts, what found no slot, and the cost."""
    zone = ZoneInfo(storm.timezone)
    parts: list[RenderableType] = [_render_title(plan, storm, zone)]
    thread_sizes = Counter(_name_thread(d.key) for d in plan.deliveries)
    by_channel: dict[ChannelId, list[PlannedDelivery]] = defaultdict(list)
    for delivery in plan.deliveries:
        by_channel[delivery.channel].append(delivery)
    for rule in storm.channels:
        deliveries = by_channel[rule.id]
        if deliveries:
            heading = Text.assemble((str(rule.id), STRONG), (f"  {count(len(deliveries), 'post')}", QUIET))
            parts += ["", heading, _render_day_of(deliveries, thread_sizes, zone)]
    parts += _render_captions(plan)
    parts += ["", Text("In numbers", STRONG), _render_numbers(plan, storm, cost)]
    if plan.unplaced:
        parts += ["", *_render_unplaced(plan.unplaced, language or Language())]
    parts += ["", _render_cost(storm, cost)]
    return Group(*parts)


def _render_title(plan: Plan, storm: Storm, zone: ZoneInfo) -> Text:
    title = Text.assemble((clean(storm.name), STRONG), f" ({storm.id})\n")
    if not plan.deliveries:
        return title.append("Nothing is planned.", WARN)
    first, last = plan.deliveries[0].slot_at, plan.deliveries[-1].slot_at
    days = list(dict.fromkeys(render_day(at, zone) for at in (first, last)))
    span = f"{render_time(first, zone)} to {render_time(last, zone)}, times in {storm.timezone}"
    return title.append(f"{' to '.join(days)}, {span}")


def _render_day_of(
    deliveries: Iterable[PlannedDelivery], thread_sizes: Counter[DeliveryKey], zone: tzinfo
) -> Grid:
    days: dict[str, list[tuple[Cell, ...]]] = {}
    for delivery in deliveries:
        row = (
            render_time(delivery.slot_at, zone),
            Text(delivery.kind.value, KIND_STYLES[delivery.kind]),
            shorten_key(str(delivery.key)),
            _describe_extras(delivery, thread_sizes),
            Text(clean(delivery.post.text), QUIET),
        )
        days.setdefault(render_day(delivery.slot_at, zone), []).append(row)
    fields = (
        Column("Time"),
        Column("Kind"),
        Column("Message", least=14),
        Column("With", least=4),
        Column("Text", least=12),
    )
    sections = [GridSection(rows, day if len(days) > 1 else "") for day, rows in days.items()]
    return Grid(fields, sections, indent=2)


def _name_thread(key: DeliveryKey) -> DeliveryKey:
    return replace(key, part=None)


def _describe_extras(delivery: PlannedDelivery, thread_sizes: Counter[DeliveryKey]) -> str:
    """Name what a post carries beside its text: its place in a thread, link, pictures."""
    extras = []
    if delivery.key.part is not None:
        extras.append(f"part {delivery.key.part} of {thread_sizes[_name_thread(delivery.key)]}")
    if has_link(delivery.post):
        extras.append("link")
    kinds = Counter(MEDIA_WORDS[m.kind] for m in delivery.post.media)
    extras += [word if number == 1 else f"{number} {word}s" for word, number in kinds.items()]
    return ", ".join(extras)


def _render_captions(plan: Plan) -> Iterator[RenderableType]:
    """Show what people read beneath the videos, each file once: its first words, and how much it is."""
    films = {m.captions: m for d in plan.deliveries for m in d.post.media if m.captions is not None}
    if films:
        yield from ("", Text("Captions", STRONG))
    for file, film in films.items():
        words = shorten(
            clean(" ".join(text for _, text in film.caption_lines)), FIRST_WORDS, placeholder=" …"
        )
        told = f"{clean(str(file))}: {count(len(film.caption_lines), 'line')}, “{words}”"
        yield Padding(Text(told), (0, 0, 0, 2), expand=False)


def _render_numbers(plan: Plan, storm: Storm, cost: Cost) -> Grid:
    kinds = Counter((d.channel, d.kind) for d in plan.deliveries)
    spare = dict(plan.spare)
    unplaced = Counter(u.channel for u in plan.unplaced)
    costs = {c.channel: c for c in cost.by_channel}

    def row(channel: ChannelId) -> list[Cell]:
        share = costs.get(channel)
        numbers = [
            share.posts if share else 0,
            kinds[channel, Kind.PIN],
            kinds[channel, Kind.REMINDER],
            spare.get(channel, 0),
            unplaced[channel],
        ]
        return [
            str(channel),
            *map(render_number, numbers),
            format_usd(share.total_usd_micros if share else 0),
        ]

    in_all: list[Cell] = [
        Text("in all", STRONG),
        render_number(len(plan.deliveries)),
        render_number(sum(n for (_, kind), n in kinds.items() if kind is Kind.PIN)),
        render_number(sum(n for (_, kind), n in kinds.items() if kind is Kind.REMINDER)),
        render_number(sum(spare.values())),
        render_number(len(plan.unplaced)),
        format_usd(cost.total_usd_micros),
    ]
    heads = ("Posts", "Pins", "Reminders", "Spare", "No slot", "Cost")
    fields = (Column("Channel"), *(Column(head, "right") for head in heads))
    return Grid(
        fields, [GridSection([row(rule.id) for rule in storm.channels]), GridSection([in_all])], indent=2
    )


def _render_unplaced(unplaced: Iterable[Unplaced], language: Language) -> Iterator[RenderableType]:
    yield Text("Without a slot", WARN)
    for left in unplaced:
        yield Padding(
            Text(f"{left.variant} on {left.channel}: {clean(language.say(left.reason))}"),
            (0, 0, 0, 2),
            expand=False,
        )


def _render_cost(storm: Storm, cost: Cost) -> Text:
    shares = ", ".join(
        f"{format_usd(micros)} for {purpose}"
        for purpose, micros in (
            ("publishing", cost.publish_usd_micros),
            ("alt texts", cost.alt_text_usd_micros),
            ("readings", cost.readings_usd_micros),
            ("account lookups", cost.lookups_usd_micros),
        )
        if micros
    )
    text = Text.assemble(
        ("Cost ", STRONG), format_usd(cost.total_usd_micros), f": {shares}" if shares else ""
    )
    budget_micros = storm.limits.budget_usd_micros
    if budget_micros is not None:
        fits = cost.total_usd_micros <= budget_micros
        word = ("within the budget of ", GOOD) if fits else ("OVER the budget of ", WARN)
        text.append("; ").append(*word).append(format_usd(budget_micros))
    if links := cost.describe_links():
        text.append(f"\n{links}")
    if storm.link_tags:
        tags = "&".join(f"{name}={value}" for name, value in storm.link_tags)
        text.append(f"\nLinks to trusted hosts get {clean(tags)}")
    if unproved := cost.describe_unproved():
        text.append(f"\nAt most, not proved: {'; '.join(unproved)}", QUIET)
    for prices in cost.prices:
        text.append(f"\nPrices: {prices.source}, {prices.as_of}", QUIET)
    return text
