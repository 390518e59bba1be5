"""The words, numbers and colours that every view shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from stormctl.domain.delivery.delivery import State
from stormctl.render.invisible import HIDDEN, STEERING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta, tzinfo

GOOD, BAD, WARN, QUIET, STRONG = "green", "bold red", "yellow", "bright_black", "bold"
"""What colours mean; each is always beside a word that says the same."""

NOT_GIVEN = "–"
"""Stands where a platform gave no value: not the same as 0."""

STATE_WORDS = {
    State.PLANNED: "planned",
    State.CLAIMED: "being sent",
    State.DELIVERED: "delivered",
    State.IN_DOUBT: "in doubt",
    State.FAILED: "failed",
    State.MISSED: "missed",
    State.EXPIRED: "expired",
    State.CANCELLED: "cancelled",
    State.RETRACTED: "retracted",
}

STATE_STYLES = {
    State.PLANNED: "",
    State.CLAIMED: "cyan",
    State.DELIVERED: GOOD,
    State.IN_DOUBT: WARN,
    State.FAILED: BAD,
    State.MISSED: WARN,
    State.EXPIRED: WARN,
    State.CANCELLED: QUIET,
    State.RETRACTED: QUIET,
}


def clean(text: str) -> str:
    """Put text from files and platforms on one line, without what could steer a terminal.

    Control characters (escape sequences begin with one) and those that turn the reading direction become
    spaces, and what has no width goes; joiners stay, because emoji and several scripts need them.
    """
    if not (text.isascii() and text.isprintable()):
        text = HIDDEN.sub("", STEERING.sub(" ", text))
    return " ".join(text.split())


def name_zone(at: datetime) -> str:
    """The zone's abbreviation at a local time; `UTC-03` where the zone has only an offset for a name."""
    name = at.strftime("%Z")
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


def render_time(at: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """Write an instant as `12:00 EST`, or `12:00:03 EST`."""
    local = at.astimezone(zone)
    return f"{local:%H:%M:%S} {name_zone(local)}" if seconds else f"{local:%H:%M} {name_zone(local)}"


def render_day(at: datetime, zone: tzinfo) -> str:
    """Write an instant's date as `Fri 18 Dec 2026`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}"


def render_day_and_time(at: datetime, zone: tzinfo) -> str:
    """Write an instant as `Fri 18 Dec 2026, 12:00 EST`."""
    return f"{render_day(at, zone)}, {render_time(at, zone)}"


def render_number(number: int | None) -> str:
    """Write a number with thousands apart; `–` for one that was not given."""
    return NOT_GIVEN if number is None else f"{number:,}"


def render_span(span: timedelta) -> str:
    """Write a duration to two units: `45 s`, `7 min`, `2 h 5 min`, `3 d 4 h`."""
    seconds = max(int(span.total_seconds()), 0)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((i for i, (n, _) in enumerate(parts) if n), 3)
    # Seconds matter below a minute only.
    last = 3 if first == 3 else min(first + 2, 3)  # noqa: PLR2004 - the place of the seconds
    return " ".join(f"{n} {unit}" for n, unit in parts[first : max(last, first + 1)] if n) or "0 s"


def list_states(counts: Mapping[State, int], states: Iterable[State] = State) -> Text:
    """Write how many deliveries are in each state that has any: `2 failed, 1 in doubt`."""
    parts = [Text(f"{counts[s]:,} {STATE_WORDS[s]}", STATE_STYLES[s]) for s in states if counts.get(s)]
    return Text(", ").join(parts)


def link(url: str, style: str = "") -> Text:
    """Write an address that terminals may open; only web addresses become links."""
    shown = clean(url)
    is_web = shown.startswith(("https://", "http://")) and " " not in shown
    return Text(shown, f"{style} link {shown}".strip() if is_web else style)


def shorten_key(key: str) -> str:
    """Write a delivery key without storm and channel: `noon-statement.en`, `story.en/2`."""
    _, _, message, tail, *part = key.split("/")
    return "/".join([f"{message}.{tail}", *part])


def read_message_id(key: str) -> str:
    """Read the message's id from a delivery key."""
    return key.split("/")[2]


def read_language(key: str) -> str:
    """Read the language from a delivery key."""
    return key.split("/")[3].partition(".")[0]
