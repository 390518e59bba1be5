"""Single values of a schedule: how each is read, and what editors are told of it."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.amounts import parse_duration
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.link_tags import PLACEHOLDER, PLACEHOLDERS
from stormctl.domain.platforms.channel import ChannelId, parse_channel_id
from stormctl.files.nearest import suggest
from stormctl.files.validation import tell
from stormctl.files.values import (
    BadValueError,
    ZonedInstant,
    parse_hashtag,
    parse_instant,
    parse_language,
    parse_late,
    parse_link,
    parse_slug,
    parse_text,
    parse_zone,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", re.ASCII)
_MENTION = re.compile(r"@\w{1,50}", re.ASCII)


def _parse_duration(value: Any) -> timedelta:
    return parse_duration(parse_text(value))


def _parse_positive(value: Any) -> timedelta:
    duration = _parse_duration(value)
    if not duration:
        raise BadValueError(Phrase("“{value}” must be longer than 0s", value=value))
    return duration


def _parse_channel(value: Any) -> ChannelId:
    return parse_channel_id(parse_text(value))


def _parse_host(value: Any) -> str:
    text = parse_text(value).lower()
    if not _HOST.fullmatch(text):
        message = Phrase("“{value}” is not a host name", value=value)
        raise BadValueError(message, Phrase("write it without https:// and without a path, such as un.org"))
    return text


def _parse_mention(value: Any) -> str:
    text = parse_text(value)
    if not _MENTION.fullmatch(text):
        raise BadValueError(
            Phrase("“{text}” is not a mention", text=text),
            Phrase("write it with the @, such as @UNmigration"),
        )
    return text


def _parse_money(value: Any) -> Decimal:
    # A bool is an int to Python.
    number = Decimal(value) if type(value) in {int, Decimal} else Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise BadValueError(Phrase("must be a number of dollars such as 10.0, not {value}", value=value))
    return number


def _parse_some_text(value: Any) -> str:
    text = parse_text(value).strip()
    if not text:
        raise BadValueError(Phrase("must not be empty"))
    return text


_TAG_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
MAX_TAG_CHARS = 100
"""Characters of a tag's value: addresses stay short enough for every platform."""


def _parse_tag_name(value: Any) -> str:
    text = parse_text(value)
    if not _TAG_NAME.fullmatch(text):
        raise BadValueError(
            Phrase("“{text}” is not a link tag", text=text),
            Phrase("letters, digits, “-” and “_”, such as utm_source"),
        )
    return text


def _parse_tag_value(value: Any) -> str:
    text = _parse_some_text(value)
    if len(text) > MAX_TAG_CHARS:
        raise BadValueError(Phrase("is longer than {number} characters", number=MAX_TAG_CHARS))
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            message = Phrase("nothing is known to fill in for “{name}”", name=f"{{{name}}}")
            raise BadValueError(message, suggest(name, PLACEHOLDERS))
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise BadValueError(
            Phrase("a brace is open or closed alone in “{text}”", text=text),
            Phrase("braces stand around {known}", known=known),
        )
    return text


_CRON_FIELDS = {
    "minute": Phrase("the first of the five fields is the minute: 0 to 59"),
    "hour": Phrase("the second of the five fields is the hour: 0 to 23"),
    "day-of-month": Phrase(
        "the third of the five fields is the day of the month: 1 to 31, or L for the last"
    ),
    "month": Phrase("the fourth of the five fields is the month: 1 to 12, or JAN to DEC"),
    "day-of-week": Phrase(
        "the last of the five fields is the weekday: 0 to 7 (0 and 7 are Sunday), or SUN to SAT"
    ),
}
"""What each field may be, by the name that the library gives it in its message."""


def _parse_cron(value: Any) -> str:
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    text = parse_text(value)
    if len(text.split()) != len(_CRON_FIELDS):  # the library also takes seconds
        message = Phrase("“{text}” does not have cron's five fields", text=text)
        raise BadValueError(message, Phrase("minute, hour, day, month, weekday: 0 9-17/2 * * 1-5"))
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        message = Phrase("“{field}” can't stand there in “{text}”", field=_get_field(text, name), text=text)
        raise BadValueError(message, _CRON_FIELDS[name]) from None
    return text


def _get_field(text: str, name: str) -> str:
    return text.split()[list(_CRON_FIELDS).index(name)]


Day = Annotated[date, tell(title="day", format="date")]
# Taplo has the format `time` of JSON Schema, which wants an offset: a time of TOML would be none.
ClockTime = Annotated[time, tell("08:00:00", title="time", pattern=r"^\d\d:\d\d:\d\d")]
Duration = Annotated[timedelta, PlainValidator(_parse_duration), tell("20m", title="duration")]
Positive = Annotated[timedelta, PlainValidator(_parse_positive), tell("20m", title="duration")]
Money = Annotated[
    Decimal, PlainValidator(_parse_money), tell(10.0, title="dollars", type="number", minimum=0)
]
TagName = Annotated[str, PlainValidator(_parse_tag_name), tell("utm_source", title="link tag")]
TagValue = Annotated[
    str,
    PlainValidator(_parse_tag_value),
    tell(
        "{platform}",
        title="text",
        description="what the tag of this name (or any other) says; {platform} is x or facebook, {channel} "
        "its name without that, {language} the wording's, {storm} the schedule's name",
        maxLength=MAX_TAG_CHARS,
    ),
]
Cron = Annotated[str, PlainValidator(_parse_cron), tell("0 9-17/2 * * 1-5", title="cron expression")]
Late = Annotated[
    LatePolicy, PlainValidator(parse_late), tell("skip", enum=[policy.value for policy in LatePolicy])
]
Weekday = Annotated[
    Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    tell("mon", title="weekday", enum=list(WEEKDAYS)),
]
ReplySettings = Literal["following", "mentionedUsers", "subscribers", "verified"]
Channel = Annotated[
    ChannelId, PlainValidator(_parse_channel), tell("x:acme", "facebook:acme", title="channel")
]
Hashtag = Annotated[str, PlainValidator(parse_hashtag), tell("MigrantsDay", title="hashtag")]
Host = Annotated[str, PlainValidator(_parse_host), tell("un.org", title="host")]
Instant = Annotated[
    ZonedInstant,
    PlainValidator(parse_instant),
    tell("2026-12-17 17:00 America/Los_Angeles", title="day, time and zone"),
]
Language = Annotated[str, PlainValidator(parse_language), tell("en", "pt-BR", title="language code")]
Link = Annotated[str, PlainValidator(parse_link), tell("https://example.org/act", title="address")]
Mention = Annotated[str, PlainValidator(_parse_mention), tell("@UNmigration", title="mention")]
Slug = Annotated[str, PlainValidator(parse_slug), tell("noon-statement", title="short name")]
Text = Annotated[str, PlainValidator(_parse_some_text), tell(title="text")]
Zone = Annotated[str, PlainValidator(parse_zone), tell("America/New_York", title="time zone")]
Title = Annotated[dict[Language, Text], Field(min_length=1, title="texts by language")]
