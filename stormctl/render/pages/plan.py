"""A plan as one static page for those who decide: every post as its platform would show it, hour by hour."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.amounts import format_usd
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.text.hosts import find_host
from stormctl.domain.text.reader import read
from stormctl.render.invisible import HIDDEN, STEERING
from stormctl.render.outline import by_channel, find_marks, list_entries, round_down
from stormctl.render.plan_words import (
    count_languages,
    describe_extras,
    describe_mark,
    explain_left_out,
    is_over_budget,
    say_cost,
    say_cost_details,
    say_verdict,
)
from stormctl.render.words import clean, render_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from stormctl.domain.bank.message import Bank
    from stormctl.domain.base.finding import Finding
    from stormctl.domain.delivery.delivery import Plan, Post
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.render.outline import Entry, Mark, Viewer

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "ur", "yi"})
"""Languages whose posts are laid out from the right; what stands in a text turns by itself beyond that."""


@dataclass(frozen=True, slots=True)
class _Card:
    """What stands on the page at a moment: posts with what was found about them, or a mark."""

    at: datetime
    entry: Entry | None = None
    mark: Mark | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of the storm: its place on the page, when it begins, what goes out, and how many posts."""

    name: str
    starts_at: datetime
    cards: tuple[_Card, ...]
    posts: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a text: `link`, `tag`, `mention`, or nothing of the kind."""

    text: str
    kind: str = ""


def render_plan_page(
    plan: Plan,
    storm: Storm,
    bank: Bank,
    cost: Cost,
    viewer: Viewer,
    *,
    findings: Sequence[Finding] = (),
    is_over: bool = False,
    remarks: Sequence[Phrase] = (),
    pictures: Mapping[str, str] | None = None,
) -> str:
    """Render one HTML file: styles and pictures inside, no script, nothing fetched from anywhere.

    Args:
        bank: says in which file each wording stands, so that findings stand beside their posts.
        is_over: whether its day is past.
        remarks: what is to be known besides.
        pictures: small copies as `data:` addresses, by digest; what has none is shown as a box.
    """
    pictures = pictures or {}
    entries = list_entries(plan)
    beside, others = _sort_findings(entries, bank, findings)
    hours = list(_list_hours(entries, find_marks(plan, storm, viewer.language), beside, viewer))
    images = {
        media.digest
        for entry in entries
        for part in entry.parts
        for media in part.post.media
        if media.kind is not MediaKind.VIDEO
    }
    errors = sum(finding.is_error for finding in findings)
    channels = by_channel(entries)
    page = _make_environment(viewer)
    return page.get_template("plan.html.j2").render(
        storm=storm,
        lang=viewer.language.code,
        verdict=say_verdict(plan, storm, cost, errors, is_over=is_over),
        is_good=bool(entries) and not errors and not is_over and not is_over_budget(storm, cost),
        remarks=remarks,
        first=entries[0].at if entries else None,
        last=entries[-1].at if entries else None,
        posts=len(plan.deliveries),
        left=len(plan.unplaced),
        other_zone=viewer.name_zone(entries[0].at) if entries and viewer.differs(entries[0].at) else "",
        total=format_usd(cost.total_usd_micros),
        cost_lines=[*say_cost(storm, cost), *say_cost_details(storm, cost)],
        left_out=list(explain_left_out(plan, viewer)),
        channels=[
            (rule.id, channels.get(rule.id, []), count_languages(channels.get(rule.id, ())))
            for rule in storm.channels
        ],
        days=[(day, list(found)) for day, found in groupby(hours, lambda h: viewer.tell_day(h.starts_at))],
        findings=others,
        pictures=pictures,
        missing=len(images - pictures.keys()),
        kinds=MediaKind,
    )


def _make_environment(viewer: Viewer) -> Environment:
    page = Environment(
        loader=PackageLoader("stormctl.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters.update(
        number=render_number,
        clean=clean,
        say=viewer.say,
        time=viewer.tell_time,
        day=viewer.tell_day,
        mark=lambda mark: describe_mark(mark, viewer),
        pieces=split_text,
        extras=lambda entry: [viewer.say(extra) for extra in describe_extras(entry)],
        host=lambda link: clean(find_host(link) or link),
        card_link=_find_card_link,
    )
    page.globals.update(
        _=lambda template, **values: viewer.say(TEXTS[template] if not values else _fill(template, values)),
        direction=lambda tail: "rtl" if tail.partition(".")[0].partition("-")[0] in RIGHT_TO_LEFT else "auto",
        language_of=lambda tail: tail.partition(".")[0],
    )
    return page


TEXTS = {
    text: text
    for text in (
        Phrase("Plan of a storm"),
        Phrase("Nothing on this page has been published."),
        Phrase("Posts"),
        Phrase("Channels"),
        Phrase("Cost"),
        Phrase("Left out"),
        Phrase("Hours"),
        Phrase("About the files"),
        Phrase("error"),
        Phrase("warning"),
        Phrase("no post"),
        Phrase("video"),
        Phrase("captions"),
        Phrase("no description"),
        Phrase("the page of this link, as it describes itself"),
        Phrase("says that it was made with AI"),
        Phrase("paid partnership"),
        Phrase("our own drawing, not the platform's"),
    )
}
"""What the page says beside the plan's own words."""


def _fill(template: str, values: Mapping[str, object]) -> Phrase:
    made = {
        "missing": lambda: (
            Phrase("1 picture is not shown: its file has changed, or the page would become too large.")
            if values["number"] == 1
            else Phrase(
                "{number:,} pictures are not shown: their files have changed, or the page would become too"
                " large.",
                number=values["number"],
            )
        ),
        "times": lambda: Phrase("Times in {zone}; in brackets those of {other}.", **values),
        "home times": lambda: Phrase("Times in {zone}.", zone=values["zone"]),
        "replies": lambda: Phrase("who may reply: {who}", who=values["who"]),
        "part": lambda: Phrase("part {part} of {number}", part=values["part"], number=values["number"]),
    }
    return made[template]()


def _sort_findings(
    entries: Sequence[Entry], bank: Bank, findings: Sequence[Finding]
) -> tuple[dict[str, tuple[Finding, ...]], list[Finding]]:
    """Sort findings to the wordings in whose file, or row of a spreadsheet, they stand; and the others."""
    places = {variant.name: variant.place for variant in bank.variants}
    in_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        in_file[finding.place.path].append(finding)
    beside: dict[str, tuple[Finding, ...]] = {}
    for name in dict.fromkeys(entry.name for entry in entries):
        place = places.get(name)
        if place is not None:
            is_sheet = place.path.lower().endswith(".csv")
            beside[name] = tuple(
                finding
                for finding in in_file.get(place.path, ())
                if not is_sheet or finding.place.line == place.line
            )
    told = {id(finding) for found in beside.values() for finding in found}
    return beside, [finding for finding in findings if id(finding) not in told]


def _list_hours(
    entries: Sequence[Entry],
    marks: Sequence[Mark],
    beside: Mapping[str, tuple[Finding, ...]],
    viewer: Viewer,
) -> Iterator[_Hour]:
    cards = [_Card(entry.at, entry, findings=beside.get(entry.name, ())) for entry in entries]
    cards += [_Card(mark.at, mark=mark) for mark in marks]
    order = {id(card): place for place, card in enumerate(cards)}
    cards.sort(key=lambda card: (card.at, card.mark is None, order[id(card)]))
    groups = groupby(cards, key=lambda card: round_down(card.at, viewer.home))
    for starts_at, group in groups:
        found = tuple(group)
        posts = sum(len(card.entry.parts) for card in found if card.entry is not None)
        yield _Hour(f"h{starts_at:%Y%m%d%H%M}", starts_at, found, posts)


def split_text(text: str) -> list[_Piece]:
    """Split a text into links, tags, names and what stands between them, invisible characters left out."""
    reading = read(text)
    spans = [(s.start, s.end, "link") for s in reading.all_links]
    spans += [(s.start, s.end, "tag") for s in (*reading.hashtags, *reading.cashtags)]
    spans += [(s.start, s.end, "mention") for s in reading.mentions]
    pieces, position = [], 0
    for start, end, kind in sorted(spans):
        if start >= position:
            pieces += [_Piece(_hide(text[position:start])), _Piece(_hide(text[start:end]), kind)]
            position = end
    return [piece for piece in (*pieces, _Piece(_hide(text[position:]))) if piece.text]


def _hide(text: str) -> str:
    return "\n".join(HIDDEN.sub("", STEERING.sub(" ", line)) for line in text.splitlines()) + (
        "\n" if text.endswith("\n") else ""
    )


def _find_card_link(post: Post) -> str:
    """Return the link that a platform draws a card for: the field's, or the first in a text without media."""
    if post.link is not None:
        return clean(post.link)
    links = read(post.text).links
    return clean(links[0].text) if links and not post.media else ""
