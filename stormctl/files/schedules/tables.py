"""What a schedule file may hold: every table with its keys, typed by pydantic."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, WithJsonSchema, create_model

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.amounts import parse_duration
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.occupancy import CEILING_KEYS
from stormctl.domain.platforms.channel import ChannelId, parse_channel_id
from stormctl.files.validation import STRICT
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


def _shape(*examples: str) -> WithJsonSchema:
    """Say to JSON Schema that a value is a text, with examples: the parsers say more."""
    return WithJsonSchema({"type": "string"} | ({"examples": list(examples)} if examples else {}))


_LATE = WithJsonSchema({"type": "string", "enum": [policy.value for policy in LatePolicy]})

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


def _parse_days(value: Any) -> Any:
    # A datetime is a date to Python; a storm's day has no time.
    if type(value) is date:
        return {"from": value, "to": value}
    if not isinstance(value, dict):
        message = Phrase("“{value}” is not a day", value=value)
        raise BadValueError(message, Phrase("write 2026-12-18, or {{ from = 2026-12-01, to = 2026-12-18 }}"))
    return value


def _parse_cron(value: Any) -> str:
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    text = parse_text(value)
    try:
        if len(text.split()) != 5:  # noqa: PLR2004 - cron has five fields; the library also takes seconds
            message = Phrase("“{text}” does not have cron's five fields", text=text)
            raise BadValueError(message, Phrase("minute, hour, day, month, weekday: 0 9-17/2 * * 1-5"))
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        message = Phrase("“{text}” is not a cron expression: {error}", text=text, error=error)
        raise BadValueError(message, Phrase("minute, hour, day, month, weekday: 0 9-17/2 * * 1-5")) from None
    return text


Duration = Annotated[timedelta, PlainValidator(_parse_duration), _shape("20m", "2h30m", "7d")]
Positive = Annotated[timedelta, PlainValidator(_parse_positive), _shape("20m", "2h30m", "7d")]
Channel = Annotated[ChannelId, PlainValidator(_parse_channel), _shape("x:acme", "facebook:acme")]
Hashtag = Annotated[str, PlainValidator(parse_hashtag), _shape("MigrantsDay")]
Instant = Annotated[
    ZonedInstant, PlainValidator(parse_instant), _shape("2026-12-17 17:00 America/Los_Angeles")
]
Language = Annotated[str, PlainValidator(parse_language), _shape("en", "pt-BR")]
Link = Annotated[str, PlainValidator(parse_link), _shape("https://example.org/act")]
Slug = Annotated[str, PlainValidator(parse_slug), _shape("noon-statement")]
Text = Annotated[str, PlainValidator(_parse_some_text), _shape()]
Zone = Annotated[str, PlainValidator(parse_zone), _shape("America/New_York")]
Title = Annotated[dict[Language, Text], Field(min_length=1)]


class DaysTable(BaseModel, **STRICT):
    """`date`: one day, or from the first to the last."""

    first_on: date = Field(alias="from")
    last_on: date = Field(alias="to")


class ChannelTable(BaseModel, **STRICT):
    """`[[channels]]`."""

    id: Channel
    languages: list[Language] = []
    partner: Slug | None = None
    messages: list[Text] = []
    verified: bool = False


class WindowTable(BaseModel, **STRICT):
    """`[[windows]]`."""

    from_time: time = Field(alias="from")
    to_time: time = Field(alias="to")
    every: Positive | None = None
    at: Annotated[list[time], Field(min_length=1)] | None = None
    cron: Annotated[str, PlainValidator(_parse_cron), _shape("0 9-17/2 * * 1-5")] | None = None
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = []
    jitter: Duration = timedelta()
    channels: list[Channel] = []
    timezone: Zone | None = None


class QuietTable(BaseModel, **STRICT):
    """`[[quiet]]`."""

    from_time: time = Field(alias="from")
    to_time: time = Field(alias="to")


class PinTable(BaseModel, **STRICT):
    """`[[pins]]`."""

    at: time
    message: Slug


class RemindersTable(BaseModel, **STRICT):
    """`[reminders]`."""

    before: list[Positive] = []


_COUNT: Any = (Annotated[int, Field(ge=1)] | None, None)
_Ceilings: Any = create_model("_Ceilings", __config__=STRICT, **dict.fromkeys(CEILING_KEYS, _COUNT))


class LimitsTable(_Ceilings):
    """`[limits]`: what is not given has the default of `domain.plan.occupancy.Limits`."""

    spacing: Duration | None = None
    same_message_apart: Duration | None = None
    budget_usd: (
        Annotated[Decimal, PlainValidator(_parse_money), WithJsonSchema({"type": "number", "minimum": 0})]
        | None
    ) = None


class LateTable(BaseModel, **STRICT):
    """`[late]`."""

    policy: Annotated[LatePolicy, PlainValidator(parse_late), _LATE] | None = None
    grace: Duration | None = None


class TrustTable(BaseModel, **STRICT):
    """`[trust]`."""

    links: list[Annotated[str, PlainValidator(_parse_host), _shape("un.org")]] = []
    mentions: list[Annotated[str, PlainValidator(_parse_mention), _shape("@UNmigration")]] = []
    hashtags: list[Hashtag] = []
    scheduling: bool = False


class FactsTable(BaseModel, **STRICT):
    """`[facts]`."""

    max_age: Positive | None = None


class AskTable(BaseModel, **STRICT):
    """`[[asks]]`."""

    title: Title
    individual: Link | None = None
    organization: Link | None = None
    deadline: Instant | None = None


class ResourceTable(BaseModel, **STRICT):
    """`[[resources]]`."""

    title: Title
    file: Text
    lang: Language | None = None


class EventTable(BaseModel, **STRICT):
    """`[[events]]`."""

    title: Title
    at: Instant
    place: Text | None = None


class ScheduleFile(BaseModel, **STRICT):
    """A whole schedule; the entries of its lists of tables are typed one by one afterwards.

    Every key has a default, so that a file can be read without the keys that are wrong.
    """

    name: Text | None = None
    date: Annotated[DaysTable | None, BeforeValidator(_parse_days)] = None
    timezone: Zone | None = None
    bank: Slug | None = None
    hashtags: list[Hashtag] = []
    seed: int = 0
    approval: Annotated[int, Field(ge=0)] = 0
    channels: list[Any] = []
    windows: list[Any] = []
    quiet: list[Any] = []
    pins: list[Any] = []
    reminders: RemindersTable = RemindersTable()
    limits: LimitsTable = LimitsTable()
    late: LateTable = LateTable()
    trust: TrustTable = TrustTable()
    facts: FactsTable = FactsTable()
    asks: list[Any] = []
    resources: list[Any] = []
    events: list[Any] = []
    silence: dict[Slug, dict[Text, Text]] = {}
