"""Dates and times in a person's own form, rewritten in ours for a hint: in each way they may be meant."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.files.nearest import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 80
"""Characters of a date that somebody wrote; of more no sense is made."""

_ABBREVIATIONS = {
    "PST PDT PT": "America/Los_Angeles America/Tijuana Asia/Manila",
    "MST MDT MT": "America/Denver America/Phoenix",
    "CST CDT CT": "America/Chicago America/Mexico_City America/Havana Asia/Shanghai",
    "EST EDT ET": "America/New_York America/Panama",
    "AST ADT": "America/Puerto_Rico America/Halifax Asia/Riyadh",
    "GMT WET WEST": "Europe/London Europe/Lisbon Africa/Accra",
    "BST": "Europe/London Asia/Dhaka",
    "IST": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "CET CEST MEZ MESZ": "Europe/Madrid Europe/Paris Europe/Berlin",
    "EET EEST": "Europe/Athens Europe/Kyiv Africa/Cairo",
}
_ZONES = {word: tuple(zones.split()) for words, zones in _ABBREVIATIONS.items() for word in words.split()}
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?!\d)", re.ASCII)
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?\s+(?:de |of )?([^\W\d]+)\.?,?\s+(?:de |del )?(\d{4})\b"
)
_MONTH_FIRST = re.compile(r"\b([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_TIME = re.compile(
    r"(?<![\d:+-])(?P<hour>\d{1,2})(?:[:.hH](?P<minute>\d\d)(?::\d\d)?)?"
    r"\s*(?:(?P<half>[ap])\.?\s?m\b\.?|(?P<hours>h\b|hrs?\b|hours\b|horas\b|heures\b))?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z_+-]+)+|\bUTC\b|\b[A-Z]{2,5}\b")


def find_zones(abbreviation: str) -> tuple[str, ...]:
    """Return places whose clocks an abbreviation may mean; none if it is not known."""
    return _ZONES.get(abbreviation.upper(), ())


def ask_zone(abbreviation: str) -> Hint:
    """Ask which of an abbreviation's places is meant; empty if it is not known."""
    zones = find_zones(abbreviation)
    return Phrase("it may be several: write {choices}", choices=join(zones)) if zones else ""


def rewrite_day(text: str) -> Hint:
    """Return a hint with a day in our form, in each way it may be meant; empty if it is none."""
    return _ask([day.isoformat() for day, _ in _find_days(text)] if len(text) <= MAX_LENGTH else [])


def rewrite_moment(text: str) -> Hint:
    """Return a hint with a moment in our form, in each way it may be meant; empty if it is none.

    What is missing, or may be several things, is asked for.
    """
    days = list(_find_days(text)) if len(text) <= MAX_LENGTH else []
    if not days:
        return ""
    begin, end = days[0][1]
    rest = f"{text[:begin]} {text[end:]}"
    times, without = _find_times(rest)
    found = _ZONE.search(without)
    zone = _find_city(without) or (found[0] if found else "")
    is_whole = zone == "UTC" or ("/" in zone and _is_zone(zone))
    if not times:
        choices = join([f"{day} HH:MM Continent/City" for day, _ in days])
        return Phrase("add the time and the place: {choices}", choices=choices)
    moments = [f"{day} {at:%H:%M}" for day, _ in days for at in times]
    if is_whole:
        return _ask([f"{moment} {zone}" for moment in moments])
    places = (
        join(find_zones(zone))
        if find_zones(zone)
        else Phrase("the place whose clock is meant, as Continent/City")
    )
    return Phrase("write {moments}, then {places}", moments=join(moments), places=places)


def join(choices: list[str] | tuple[str, ...]) -> str:
    """Write choices as a sentence does: “a, b or c”."""
    *others, last = choices
    return Phrase("{others} or {last}", others=", ".join(others), last=last) if others else last


def _ask(readings: list[str]) -> Hint:
    if len(readings) > 1:
        return Phrase("it may be several: write {choices}", choices=join(readings))
    return Phrase("write {choice}", choice=readings[0]) if readings else ""


def _find_days(text: str) -> Iterator[tuple[date, tuple[int, int]]]:
    """Find what day a text names, in each way it may be read, with its place in the text."""
    readings: list[tuple[int, int, int]] = []
    if match := _NUMBERS.search(text):
        first, second, third = int(match[1]), int(match[3]), int(match[4])
        if len(match[1]) == len("2026"):
            readings = [(first, second, third)]
        elif len(match[4]) in {2, 4}:
            year = third if third > 99 else 2000 + third  # noqa: PLR2004 - two digits of a year
            readings = [(year, second, first), (year, first, second)]
    elif (match := _DAY_FIRST.search(text)) and fold(match[2]) in _months():
        readings = [(int(match[3]), _months()[fold(match[2])], int(match[1]))]
    elif (match := _MONTH_FIRST.search(text)) and fold(match[1]) in _months():
        readings = [(int(match[3]), _months()[fold(match[1])], int(match[2]))]
    for year, month, day in dict.fromkeys(readings):
        with suppress(ValueError):
            if match is not None:
                yield date(year, month, day), match.span()


def _find_times(text: str) -> tuple[list[time], str]:
    """Find what time a text names, in each way it may be read, and the text without it."""
    for match in _TIME.finditer(text):
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        half = (match["half"] or "").lower()
        if not (match["minute"] or half or match["hours"]):
            continue
        hours = [hour]
        if half:
            hours = [hour % 12 + (12 if half == "p" else 0)]
        elif hour in range(1, 12) and len(match["hour"]) == 1 and "h" not in match[0].lower():
            hours = [hour, hour + 12]  # “5:00” is said of both
        with suppress(ValueError):
            return [time(hour, minute) for hour in hours], text[: match.start()] + text[match.end() :]
    if noon := re.search(r"\b(noon|midday|mediod[ií]a|midi)\b", text, re.IGNORECASE):
        return [time(12)], text[: noon.start()] + text[noon.end() :]
    return [], text


def _find_city(text: str) -> str:
    """Return the zone of a city at the end of a text, such as “New York”; empty if there is none."""
    if "/" in text:
        return ""
    known = [zone for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/")]
    cities = {fold(zone.rpartition("/")[2]): zone for zone in known}
    words = text.split()
    ends = [fold("".join(words[-number:])) for number in (1, 2, 3)]
    return next((cities[end] for end in ends if end in cities), "")


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


@lru_cache
def _months() -> dict[str, int]:
    """Return the months by their names in English, Spanish and French, whole and short."""
    from babel import Locale  # only a mistake needs it

    names = [Locale(lang).months["format"] for lang in ("en", "es", "fr")]
    tables = [months[width] for months in names for width in ("wide", "abbreviated")]
    found = {fold(name): number for table in tables for number, name in table.items()}
    return found | {"set": 9, "setiembre": 9}
