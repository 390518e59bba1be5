"""What people look at before they act: one delivery, lists of some, and what resuming would set off."""

from __future__ import annotations

import shlex
from datetime import UTC
from textwrap import shorten
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import Delivered, InDoubt, State
from stormctl.render.terminal.grid import make_facts
from stormctl.render.terminal.notices import describe_halt, render_notice
from stormctl.render.terminal.status import render_upcoming
from stormctl.render.words import (
    NOT_GIVEN,
    QUIET,
    STATE_STYLES,
    STATE_WORDS,
    STRONG,
    WARN,
    clean,
    link,
    render_day_and_time,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from rich.console import RenderableType

    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Outcome, Post
    from stormctl.domain.report.halts import HaltView, LateOutcome, Resumption
    from stormctl.domain.report.status import AttemptView, DeliveryDetails, DeliveryView

_INDENT = (0, 0, 0, 4)
_FIRST_WORDS = 72
"""Characters of a text where its first words are enough to know it by."""

_OUTCOMES = {
    "delivered": "delivered",
    "not_sent": "certainly not sent",
    "refused": "refused",
    "in_doubt": "in doubt",
}
_SETTLED = {"delivered": "it was found on the account", "not_there": "it is not on the account"}


def render_details(details: DeliveryDetails, name: str, *, rehearsal: bool = False) -> RenderableType:
    """Show a delivery: its post, how it stands, every attempt, its history, and what to type next.

    Args:
        name: the shortest words that mean it, for the commands to type.
        rehearsal: whether these commands must act on the rehearsal.
    """
    view, zone = details.view, ZoneInfo(details.timezone)
    parts: list[RenderableType] = [
        Text.assemble((STATE_WORDS[view.state], STATE_STYLES[view.state]), ": ", (view.key, STRONG)),
        Padding(Text("\n".join(clean(line) for line in view.text.splitlines())), (1, 4), expand=False),
        _render_facts(details, zone),
    ]
    if details.attempts:
        parts += ["", Text("Attempts", STRONG), *_render_attempts(details.attempts, zone)]
    if details.events:
        parts += ["", Text("History", STRONG), _render_history(details.events, view.message_id, zone)]
    remedies = list(_name_remedies(view.state, shlex.quote(name) + (" --rehearsal" if rehearsal else "")))
    if remedies:
        parts += ["", *(Text(line, QUIET) for line in remedies)]
    return Group(*parts)


def render_found(
    text: str, views: Sequence[DeliveryView], zones: Mapping[str, str], names: Mapping[str, str]
) -> RenderableType:
    """Show the live and coming posts that contain a text: key, time, words, address.

    Args:
        zones: each storm's time zone.
        names: by key, the shortest words that mean it.
    """
    if not views:
        return Text(f"no published or coming post contains “{clean(text)}”")
    live = sum(view.state is State.DELIVERED for view in views)
    head = f"{count(len(views), 'post contains', 'posts contain')} “{clean(text)}”, {live:,} of them live"
    return Group(render_posts(views, zones, names, is_whole=True), Text(head, STRONG))


def render_posts(
    views: Sequence[DeliveryView], zones: Mapping[str, str], names: Mapping[str, str], *, is_whole: bool
) -> RenderableType:
    """Show posts with their state, the words that mean them, time, text and address.

    Args:
        zones: each storm's time zone.
        names: by key, the shortest words that mean it.
        is_whole: whether all of each text is shown, or its first words.
    """
    return Group(
        *(
            _render_post(view, names[view.key], ZoneInfo(zones[view.storm_id]), is_whole=is_whole)
            for view in views
        )
    )


def render_removal(view: DeliveryView, outcome: Outcome) -> RenderableType:
    """Say whether a post is gone, and if not, why and what to do."""
    place = f"{view.key}  {clean(view.url or '')}".rstrip()
    match outcome:
        case Delivered():
            return Text(f"taken down  {place}")
        case InDoubt():
            return Text(f"NOT SURE  {place}: {clean(outcome.reason)}: look, or run the same command again")
        case _:
            return Text(f"STILL THERE  {place}: {clean(outcome.reason)}")


def render_resumption(resumption: Resumption) -> RenderableType:
    """Show what resuming would set off: the halts that it lifts, what is late, and what comes next."""
    zone = ZoneInfo(resumption.storms[0].timezone) if resumption.storms else UTC
    parts: list[RenderableType] = [render_notice(describe_halt(halt, zone)) for halt in resumption.halts]
    if resumption.releases is not None:
        parts.append(Text(f"The channel was held: {clean(resumption.releases)}", WARN))
    for storm in resumption.storms:
        late = Text(f"; {storm.late:,} late", WARN) if storm.late else Text("; nothing is late")
        parts.append(Text.assemble((clean(storm.name), STRONG), f": {storm.to_come:,} to come", late))
        parts.append(render_upcoming(storm.upcoming, {}, resumption.at, ZoneInfo(storm.timezone)))
    if not resumption.storms:
        parts.append(Text("Nothing of it is planned."))
    return Group(*parts)


def render_halts(halts: Sequence[HaltView]) -> RenderableType:
    """List halts, each with a number, what it covers, since when, by whom and why."""
    return Group(*(Text(f"{n}  {describe_halt(halt, None)}") for n, halt in enumerate(halts, 1)))


def render_choices(outcomes: Mapping[LatePolicy | None, LateOutcome]) -> RenderableType:
    """Say in a line each what would become of what is late; None is each post's own policy."""
    return Group(
        *(
            Text(f"{policy.value if policy else 'Enter':<7} {', '.join(_describe_outcome(outcome))}")
            for policy, outcome in outcomes.items()
        )
    )


def _describe_outcome(outcome: LateOutcome) -> Iterator[str]:
    if outcome.sent:
        yield f"{count(outcome.sent, 'goes', 'go')} out as soon as the limits allow"
    if outcome.moved:
        yield f"{count(outcome.moved, 'moves', 'move')} to a free time"
    if outcome.missed:
        yield f"{count(outcome.missed, 'is', 'are')} missed"
    if outcome.expired:
        yield f"{count(outcome.expired, 'is', 'are')} past the deadline"


def _render_post(view: DeliveryView, name: str, zone: tzinfo, *, is_whole: bool) -> Group:
    at = view.delivered_at or view.slot_at
    state = Text(STATE_WORDS[view.state], STATE_STYLES[view.state])
    on = "" if view.channel in name else f"  {view.channel}"
    head = Text.assemble(state, f"  {name}{on}  {render_day_and_time(at, zone)}")
    words = clean(view.text) if is_whole else shorten(clean(view.text), _FIRST_WORDS, placeholder=" …")
    lines = [Padding(Text(words), _INDENT, expand=False)]
    if view.url and view.state is State.DELIVERED:
        lines.append(Padding(link(view.url), _INDENT, expand=False))
    return Group(head, *lines)


def _render_facts(details: DeliveryDetails, zone: tzinfo) -> Table:
    view, post = details.view, details.post
    facts = make_facts()
    state = Text(STATE_WORDS[view.state], STATE_STYLES[view.state])
    facts.add_row("State", state.append(f": {clean(view.why)}", "") if view.why else state)
    if view.url:
        facts.add_row("Address", link(view.url))
    facts.add_row("Slot", f"{render_day_and_time(view.slot_at, zone)} ({details.kind.value})")
    for name, at in _list_times(details):
        facts.add_row(name, render_day_and_time(at, zone))
    facts.add_row("Storm", f"{clean(details.storm_name)} ({view.storm_id})")
    if details.topic:
        facts.add_row("Topic", clean(details.topic))
    if post.link:
        facts.add_row("Link", link(post.link))
    for name, value in _list_media(post):
        facts.add_row(name, value)
    return facts


def _list_times(details: DeliveryDetails) -> Iterator[tuple[str, datetime]]:
    view = details.view
    if view.delivered_at:
        yield "Delivered", view.delivered_at
    if details.not_before:
        yield "Not before", details.not_before
    if view.expires_at:
        yield "Deadline", view.expires_at
    if view.state is State.PLANNED and view.retry_at:
        yield "Again from", view.retry_at
    if view.state is State.PLANNED and details.give_up_at:
        yield "Spread after" if details.is_spread else "Missed after", details.give_up_at
    if details.spread_from:
        yield "First slot", details.spread_from


def _list_media(post: Post) -> Iterator[tuple[str, Text]]:
    for media in post.media:
        alt = Text(f"“{clean(media.alt)}”") if media.alt else Text("without a description", WARN)
        yield media.kind.value.capitalize(), Text.assemble(f"{clean(media.file)}: ", alt)


def _render_attempts(attempts: Sequence[AttemptView], zone: tzinfo) -> Iterator[RenderableType]:
    for attempt in attempts:
        sent = (
            f"sent {render_time(attempt.sending_at, zone, seconds=True)}"
            if attempt.sending_at
            else "not sent"
        )
        outcome = _OUTCOMES.get(attempt.outcome or "", "under way")
        code = f" ({clean(attempt.code)})" if attempt.code else ""
        claimed = render_time(attempt.claimed_at, zone, seconds=True)
        yield Text(f"{attempt.id}  {claimed}  {sent}: {outcome}{code}")
        words = [clean(attempt.why), _SETTLED.get(attempt.settled or "", "")]
        words = [word for word in words if word]
        if words:
            yield Padding(Text("; ".join(words), QUIET), _INDENT, expand=False)
        if attempt.url:
            yield Padding(link(attempt.url), _INDENT, expand=False)


def _render_history(events: Sequence[StormEvent], message_id: str, zone: tzinfo) -> Table:
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_column(no_wrap=True)
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for event in events:
        text = "" if event.text == message_id else event.text.removeprefix(f"{message_id}: ")
        kind = event.kind.value.replace("_", " ")
        lines.add_row(render_time(event.at, zone, seconds=True), kind, clean(text) or NOT_GIVEN)
    return lines


def _name_remedies(state: State, key: str) -> Iterator[str]:
    """Say what a person can type next."""
    match state:
        case State.PLANNED:
            yield f"To call it off: stormctl cancel {key}"
        case State.IN_DOUBT:
            yield "Look at the account yourself."
            yield f"It is there: stormctl resolve {key} --posted URL"
            yield f"It is not: stormctl resolve {key} --not-posted"
        case State.FAILED | State.MISSED | State.CANCELLED | State.RETRACTED:
            yield f"To send it after all: stormctl retry {key}"
        case State.DELIVERED:
            yield f"To take it down: stormctl retract {key}"
        case _:
            pass  # being sent, or past its deadline: nothing to type
