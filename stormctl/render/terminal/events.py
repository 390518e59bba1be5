"""One event, one plain line: for logs, pipes and screens that do not move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.render.words import clean, read_message_id, render_time, shorten_key

if TYPE_CHECKING:
    from datetime import tzinfo

    from stormctl.domain.base.event import StormEvent


_COMMAND_AT_END = re.compile(r"stormctl (?:halt|resume|retract|retry|resolve|cancel|show|status)\b[^()]*$")


def render_event(event: StormEvent, zone: tzinfo, *, is_rehearsal: bool = False) -> str:
    """Write an event as time, channel, what happened, which post, words and address, two blanks apart.

    What the event does not have is left out, and so are words that only repeat the rest of the line. After
    a post stands the command that takes it down: whoever sees a mistake has no time to look for it.

    Args:
        is_rehearsal: whether the commands that the line names must act on the rehearsal.
    """
    kind, name, text = describe_event(event)
    if is_rehearsal and _COMMAND_AT_END.search(text):
        text += " --rehearsal"
    url = event.url or ""
    parts = [
        render_time(event.at, zone, seconds=True),
        event.channel or event.storm_id or "",
        kind,
        name,
        "" if text in {kind, name} else text,
        "" if url in text else url,
        _name_retraction(event, is_rehearsal=is_rehearsal),
    ]
    return "  ".join(clean(part) for part in parts if part)


def describe_event(event: StormEvent) -> tuple[str, str, str]:
    """Return what kind of event it is, which post it is about, and what its words add to that."""
    kind = event.kind.value.replace("_", " ")
    text = clean(event.text)
    if not event.key:
        return kind, "", text
    message_id = read_message_id(event.key)
    text = "" if text == message_id else text.removeprefix(f"{message_id}: ").removeprefix(f"{kind}: ")
    return kind, shorten_key(event.key), text


def _name_retraction(event: StormEvent, *, is_rehearsal: bool) -> str:
    if event.kind is not EventKind.DELIVERED or event.key is None:
        return ""
    return f"(stormctl retract {event.key}{' --rehearsal' if is_rehearsal else ''})"
