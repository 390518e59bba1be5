"""Deadlines written for readers of a language, in the deadline's own zone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

    from babel import Locale

_VOWELS = frozenset("aeiouhéèêôîâ")


@lru_cache(maxsize=4096)
def render_deadline(at: datetime, zone: str, lang: str) -> str:
    """Return a deadline in words, such as `Friday, December 18, 8 PM EST`.

    English, Spanish and French have a form of their own; every other language that Unicode's CLDR knows
    gets its full date, its short time and the zone's city; one that it doesn't know gets figures.

    Args:
        at: aware.
        zone: IANA name of the zone in which the deadline was set.
        lang: language code, such as `fr` or `pt-BR`.
    """
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    local = at.astimezone(ZoneInfo(zone))
    try:
        locale = Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        return f"{local:%Y-%m-%d %H:%M} {zone}"
    match str(locale):
        case "en":
            day = format_date(local, "EEEE, MMMM d", locale)
            return f"{day}, {_english_time(local)} {_english_zone(local, locale)}"
        case "es":
            day = format_date(local, "EEEE d 'de' MMMM", locale)
            return f"{day}, {local:%H:%M} {_spanish_zone(local, locale)}"
        case "fr":
            day = format_date(local, "EEEE d MMMM", locale)
            return f"{day}, {_french_time(local)} {_french_zone(local, locale)}"
        case _:
            return _any_language(local, locale)


def _english_time(local: datetime) -> str:
    half = "AM" if local.hour < 12 else "PM"  # noqa: PLR2004 - noon
    hour = local.hour % 12 or 12
    return f"{hour}:{local:%M} {half}" if local.minute else f"{hour} {half}"


def _french_time(local: datetime) -> str:
    # French sets a no-break space around the h.
    return f"{local.hour}\u00a0h\u00a0{local:%M}" if local.minute else f"{local.hour}\u00a0h"


def _english_zone(local: datetime, locale: Locale) -> str:
    from babel.dates import get_timezone_name

    name = get_timezone_name(local, "short", locale=locale)
    if name.isalpha():
        return name
    city = _city(local, locale)
    return f"{city} time" if city else _offset(local)


def _spanish_zone(local: datetime, locale: Locale) -> str:
    city = _city(local, locale)
    return f"(hora de {city})" if city else _offset(local)


def _french_zone(local: datetime, locale: Locale) -> str:
    city = _city(local, locale)
    if not city:
        return _offset(local)
    of = "d’" if city[0].casefold() in _VOWELS else "de "
    return f"(heure {of}{city})"


def _any_language(local: datetime, locale: Locale) -> str:
    from babel.dates import format_date, format_time

    time = format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
    # CLDR's narrow no-break space weighs double on X.
    time = time.replace("\u202f", "\u00a0")
    return f"{format_date(local, 'full', locale)}, {time} ({_city(local, locale) or _offset(local)})"


def _city(local: datetime, locale: Locale) -> str:
    """Return the name of the zone's city; empty for UTC and other zones without a place."""
    from babel.dates import get_timezone_location

    zone = local.tzinfo
    if not isinstance(zone, ZoneInfo) or "/" not in zone.key or zone.key.startswith("Etc/"):
        return ""
    return str(get_timezone_location(zone, locale=locale, return_city=True))


def _offset(local: datetime) -> str:
    """Return the distance from UTC as people write it: `UTC`, `UTC−5`, `UTC+5:30`."""
    minutes = int((local.utcoffset() or local - local).total_seconds()) // 60
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"
