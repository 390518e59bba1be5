"""Single values that people write: moments with their zone, days, links, names, hashtags."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.localtime import LocalTimeError, to_utc
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.text.reader import is_hashtag
from stormctl.files.dates import ask_zone, rewrite_day, rewrite_moment
from stormctl.files.nearest import find_nearest

_MOMENT = re.compile(
    r"(?P<day>20\d\d-\d\d-\d\d)[ T](?P<time>\d\d:\d\d(:\d\d)?)"
    r"(?P<offset>Z|[+-]\d\d:\d\d)?(\s+(?P<zone>\S+))?",
    re.ASCII,
)
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SPACE = re.compile(r"\s")
_HOUR = timedelta(hours=1)
_PLACE = Phrase("write the place whose clock is meant, as Continent/City")
_MOMENT_EXAMPLE = Phrase("write it like 2026-12-18 20:00 America/New_York")


class BadValueError(ValueError):
    """A value that cannot be meant, with a hint beside the sentence."""

    def __init__(self, message: Phrase, hint: Hint = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ZonedInstant:
    """A moment as someone wrote it: aware UTC, with the IANA zone in which it was meant."""

    at: datetime
    zone: str


def parse_text(value: Any) -> str:
    """Accept a text as it is.

    Raises:
        BadValueError: if it is a list, a number or anything else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        raise BadValueError(Phrase("must be one text"))
    raise BadValueError(Phrase("must be a text, not {value}", value=value), Phrase("put it in quotes"))


def parse_zone(value: Any) -> str:
    """Accept the name of an IANA time zone: a place such as `America/New_York`, or `UTC`.

    Raises:
        BadValueError: with the nearest name, if there is no such zone or it is an abbreviation.
    """
    name = parse_text(value)
    if name != "UTC" and "/" not in name:
        message = Phrase("“{name}” is not a time zone", name=name)
        raise BadValueError(message, _zone_hint(name, _PLACE))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = Phrase("there is no time zone “{name}”", name=name)
        raise BadValueError(
            message, _zone_hint(name, Phrase("the names are those of the IANA list"))
        ) from None
    return name


def _zone_hint(name: str, otherwise: Phrase) -> Phrase:
    if ask_zone(name) or name.isupper():
        # An abbreviation means several zones, or only half a year.
        return ask_zone(name) or otherwise
    zones = [zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")]
    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(zones)}
    wanted = name.replace(" ", "_")
    nearest = (
        find_nearest(wanted, zones) if "/" in wanted else by_city.get(find_nearest(wanted, by_city) or "")
    )
    return Phrase("did you mean “{nearest}”?", nearest=nearest) if nearest else otherwise


def parse_instant(value: Any) -> ZonedInstant:
    """Read a moment: `2026-12-18 20:00 America/New_York`, or with an offset, `2026-12-18T20:00-05:00`.

    Raises:
        BadValueError: if it is written otherwise, has no zone, or its zone's clocks skip or repeat it.
    """
    return _parse_instant(parse_text(value))


@lru_cache
def _parse_instant(text: str) -> ZonedInstant:
    # Most messages of a bank share a deadline.
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise BadValueError(
            Phrase("“{text}” is not a day, a time and a zone", text=text),
            rewrite_moment(text) or _MOMENT_EXAMPLE,
        )
    try:
        local = datetime.fromisoformat(f"{match['day']}T{match['time']}")
    except ValueError:
        raise BadValueError(
            Phrase("“{text}” is on no calendar or clock", text=text), _MOMENT_EXAMPLE
        ) from None
    if match["zone"] is not None and match["offset"] is None:
        zone = parse_zone(match["zone"])
        try:
            return ZonedInstant(to_utc(local.date(), local.time(), ZoneInfo(zone)), zone)
        except LocalTimeError as problem:
            raise BadValueError(problem.message, problem.hint) from None
    if match["offset"] is None:
        raise BadValueError(
            Phrase("“{text}” has no time zone", text=text), rewrite_moment(text) or _MOMENT_EXAMPLE
        )
    if match["zone"] is not None:
        raise BadValueError(
            Phrase("“{text}” has both an offset and a zone", text=text), Phrase("keep one of them")
        )
    return _with_offset(text, local, match["offset"])


def _with_offset(text: str, local: datetime, offset: str) -> ZonedInstant:
    try:
        aware = datetime.fromisoformat(f"{local.isoformat()}{offset}")
    except ValueError:
        aware = None
    ahead = aware.utcoffset() if aware else None
    if aware is None or ahead is None or ahead % _HOUR or not -12 * _HOUR <= ahead <= 14 * _HOUR:
        message = Phrase("“{text}” has an offset that is not in whole hours", text=text)
        raise BadValueError(message, Phrase("name the place instead, such as Asia/Kolkata"))
    hours = ahead // _HOUR
    # The Etc zones count westwards: UTC-5 is Etc/GMT+5.
    return ZonedInstant(aware.astimezone(UTC), f"Etc/GMT{-hours:+d}" if hours else "UTC")


def parse_day(value: Any) -> date:
    """Read a day such as `2018-12-01`.

    Raises:
        BadValueError: if it is not on the calendar or written otherwise.
    """
    text = parse_text(value)
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise BadValueError(
            Phrase("“{text}” is not a day", text=text),
            rewrite_day(text) or Phrase("write it like 2018-12-01"),
        ) from None


def parse_yes_no(value: Any) -> bool:
    """Read `yes` or `no` (`true` and `false` do too).

    Raises:
        BadValueError: if it is anything else.
    """
    known = {"yes": True, "true": True, "no": False, "false": False}
    text = parse_text(value)
    if text.lower() not in known:
        raise BadValueError(Phrase("“{text}” is neither yes nor no", text=text))
    return known[text.lower()]


def parse_whole_number(value: Any) -> int:
    """Read a whole number of at most four digits, such as a priority.

    Raises:
        BadValueError: if it is anything else.
    """
    text = parse_text(value)
    if not re.fullmatch(r"-?\d{1,4}", text, re.ASCII):
        raise BadValueError(Phrase("“{text}” is not a whole number below 10000", text=text))
    return int(text)


def parse_late(value: Any) -> LatePolicy:
    """Read what to do with a late post: `skip`, `send` or `spread`.

    Raises:
        BadValueError: if it is none of them.
    """
    text = parse_text(value)
    if text not in set(LatePolicy):
        raise BadValueError(Phrase("“{text}” is not a policy: choose skip, send or spread", text=text))
    return LatePolicy(text)


def parse_slug(value: Any) -> str:
    """Read a short name that also serves in commands: small letters, digits, `-` and `_`.

    Raises:
        BadValueError: with a name that would do, if it holds anything else or is longer than 64.
    """
    text = parse_text(value)
    if _SLUG.fullmatch(text):
        return text
    better = make_slug(text)
    message = Phrase(
        "“{text}” is not a name: a name is small letters, digits, “-” and “_”, at most 64", text=text
    )
    raise BadValueError(message, Phrase("write “{better}”", better=better) if better else "")


def make_slug(text: str) -> str:
    """Return the short name that is nearest to a text; empty if none of its characters is allowed."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:64]


def parse_language(value: Any) -> str:
    """Read a language code, and write it as is usual: `en`, `pt-BR`, `zh-hant`.

    Raises:
        BadValueError: if it does not look like one.
    """
    text = parse_text(value)
    match = _LANGUAGE.fullmatch(text)
    if match is None:
        raise BadValueError(Phrase("“{text}” is not a language code such as en, es or pt-BR", text=text))
    region = match[2]
    return match[1].lower() + (region.upper() if len(region) == len("-BR") else region.lower())


def parse_link(value: Any) -> str:
    """Accept an address that begins with `https://` or `http://`.

    Raises:
        BadValueError: if it is no such address.
    """
    text = parse_text(value)
    try:
        parts = urlsplit(text)
        is_link = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_link = False
    if not is_link or _SPACE.search(text):
        message = Phrase("“{text}” is not a link", text=text)
        raise BadValueError(message, Phrase("write the whole address, such as https://example.org/act"))
    return text


def parse_hashtag(value: Any) -> str:
    """Read a hashtag, with or without `#`; it is kept without.

    Raises:
        BadValueError: if platforms would not see it as one tag.
    """
    tag = parse_text(value).strip().removeprefix("#")
    if not is_hashtag(tag):
        message = Phrase("“{tag}” is not a hashtag", tag=tag)
        raise BadValueError(
            message, Phrase("a hashtag is letters and digits without spaces, such as MigrantsDay")
        )
    return tag


def parse_hashtags(value: Any) -> tuple[str, ...]:
    """Read hashtags: a list, or one text with spaces or commas between them; repeats are dropped.

    Raises:
        BadValueError: if one of them is none.
    """
    items = re.split(r"[\s,]+", value.strip(" ,")) if isinstance(value, str) else value
    if not isinstance(items, list):
        raise BadValueError(
            Phrase("must be a list of hashtags"), Phrase("write it like [MigrantsDay, HumanRights]")
        )
    tags: dict[str, str] = {}
    for item in items:
        tag = parse_hashtag(item)
        tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())
