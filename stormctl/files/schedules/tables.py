"""What a schedule file may hold: every table with its keys, what they mean, and what holds without them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, create_model

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan import storm
from stormctl.domain.plan.occupancy import CEILING_KEYS, Limits
from stormctl.files.schedules import values as of
from stormctl.files.validation import STRICT, tell
from stormctl.files.values import BadValueError

_USUAL = Limits()
_LATE = storm.Late()


def _parse_days(value: Any) -> Any:
    # A datetime is a date to Python; a storm's day has no time.
    if type(value) is date:
        return {"from": value, "to": value}
    if not isinstance(value, dict):
        message = Phrase("“{value}” is not a day", value=value)
        raise BadValueError(message, Phrase("write 2026-12-18, or {{ from = 2026-12-01, to = 2026-12-18 }}"))
    return value


class DaysTable(BaseModel, **STRICT):
    """`date`: from the first day to the last."""

    first_on: of.Day = Field(alias="from", description="the first day")
    last_on: of.Day = Field(alias="to", description="the last day")


class ChannelTable(BaseModel, **STRICT):
    """An account that the storm publishes on."""

    id: of.Channel = Field(description="the account: x:NAME, or facebook:NAME for a Page")
    languages: list[of.Language] = Field(
        [], description="the wordings' languages that it posts, the first one preferred; all if empty"
    )
    partner: of.Slug | None = Field(
        None,
        description="the organisation whose messages it posts too (`partner` in message files)",
        examples=["north-coalition"],
    )
    messages: list[of.Text] = Field(
        [],
        description="only these messages: ids in which * stands for anything, topic:NAME, or single wordings"
        " as ID.LANG or ID.LANG.LABEL, which this channel gets before others; all if empty",
        examples=[["topic:sign-on", "dignity-*", "*.en.north"]],
    )
    verified: bool = Field(
        False, description="whether X has verified the account, which may then post more", examples=[True]
    )
    reply_settings: of.ReplySettings | None = Field(
        None,
        description="who may reply on X where a message does not say it; everyone if it is not set",
        examples=["mentionedUsers"],
    )


class WindowTable(BaseModel, **STRICT):
    """A part of each day in which posts go out, with the rhythm of its slots: one of every, at and cron."""

    from_time: of.ClockTime = Field(alias="from", description="when posting begins, on each day of the storm")
    to_time: of.ClockTime = Field(
        alias="to",
        description="when it ends; before `from` means on the next morning",
        examples=["20:00:00"],
    )
    every: of.Positive | None = Field(
        None, description="a slot each so often; one of every, at and cron is required"
    )
    at: Annotated[list[of.ClockTime], Field(min_length=1)] | None = Field(
        None, description="slots at these times", examples=[["12:00:00", "18:30:00"]]
    )
    cron: of.Cron | None = Field(
        None, description="slots by a cron expression: minute, hour, day, month, weekday"
    )
    weekdays: list[of.Weekday] = Field(
        [],
        description="only on these days: mon, tue, wed, thu, fri, sat, sun; all if empty",
        examples=[["mon", "fri"]],
    )
    jitter: of.Duration = Field(
        timedelta(),
        description="each slot is moved by up to so much, so that posts don't look mechanical",
        examples=["4m"],
    )
    channels: list[of.Channel] = Field([], description="only these channels; all of the storm if empty")
    timezone: of.Zone | None = Field(None, description="the zone of its times, if it is not the storm's")


class QuietTable(BaseModel, **STRICT):
    """A time of each day in which nothing is published, whatever the plan says."""

    from_time: of.ClockTime = Field(alias="from", description="when silence begins", examples=["12:00:00"])
    to_time: of.ClockTime = Field(
        alias="to",
        description="when it ends; before `from` means on the next morning",
        examples=["12:10:00"],
    )


class PinTable(BaseModel, **STRICT):
    """A message that goes out at one exact time on every channel that has a wording of it."""

    at: of.ClockTime = Field(description="the exact time", examples=["12:00:00"])
    message: of.Slug = Field(description="the id of the message")


class RemindersTable(BaseModel, **STRICT):
    """Wordings that are kept for the last hours before a message's deadline."""

    before: list[of.Positive] = Field(
        [],
        description="how long before a message's deadline its further wordings go out",
        examples=[["24h", "3h"]],
    )


def _explain_ceiling(period: timedelta) -> str:
    hours, rest = divmod(period, timedelta(hours=1))
    length = f"{period // timedelta(minutes=1)} minutes" if rest else f"{hours} hours"
    return f"posts of a channel in any {length}; a thread's parts count each"


_COUNTS = {ceiling.period: ceiling.count for ceiling in _USUAL.ceilings}
_KEYS: dict[str, Any] = {
    key: (
        Annotated[int, Field(ge=1)] | None,
        Field(
            _COUNTS.get(period),
            description=_explain_ceiling(period),
            examples=[_COUNTS.get(period, 0) + 1],
        ),
    )
    for key, period in CEILING_KEYS.items()
}
_Ceilings: Any = create_model("_Ceilings", __config__=STRICT, **_KEYS)


class LimitsTable(_Ceilings):
    """What the storm allows itself, whatever the plan says."""

    spacing: of.Duration = Field(
        _USUAL.spacing, description="the least time between two posts of a channel", examples=["10m"]
    )
    same_message_apart: of.Duration = Field(
        _USUAL.same_message_apart,
        description="the least time between two channels that post the same message",
        examples=["30m"],
    )
    budget_usd: of.Money | None = Field(
        _USUAL.budget_usd,
        description="dollars that the storm may cost; publishing stops when they are spent",
    )


class LateTable(BaseModel, **STRICT):
    """What becomes of posts whose slot has passed."""

    policy: of.Late = Field(
        _LATE.policy,
        description="what becomes of a post that is later than the grace: "
        "skip drops it, send sends one after the other, spread moves it to a free time of its window",
        examples=["spread"],
    )
    grace: of.Duration = Field(_LATE.grace, description="how late a post may be", examples=["20m"])


class TrustTable(BaseModel, **STRICT):
    """What message files may contain beside what the storm has itself."""

    links: list[of.Host] = Field([], description="hosts that messages may link to; un.org covers www.un.org")
    mentions: list[of.Mention] = Field([], description="accounts that messages may mention")
    hashtags: list[of.Hashtag] = Field([], description="tags that messages may use beside the storm's")
    scheduling: bool = Field(
        False,
        description="whether message files may set priority, not_before, late and reply_settings",
        examples=[True],
    )


class FactsTable(BaseModel, **STRICT):
    """Figures in texts."""

    max_age: of.Positive | None = Field(
        None,
        description="figures (`as_of` in message files) that are older get a warning",
        examples=["3y"],
    )


class AskTable(BaseModel, **STRICT):
    """Something that people are asked to do, for the supporters' page."""

    title: of.Title = Field(
        description="what people are asked for, by language", examples=[{"en": "Sign on", "es": "Firma"}]
    )
    individual: of.Link | None = Field(None, description="the page where a person takes part")
    organization: of.Link | None = Field(None, description="the page where an organisation takes part")
    deadline: of.Instant | None = Field(None, description="until when")


class ResourceTable(BaseModel, **STRICT):
    """Something to use, such as a flyer, for the supporters' page."""

    title: of.Title = Field(description="what it is, by language", examples=[{"en": "Flyer"}])
    file: of.Text = Field(
        description="a file of the campaign folder, such as a flyer", examples=["flyers/flyer.en.pdf"]
    )
    lang: of.Language | None = Field(None, description="the language that it is in")


class EventTable(BaseModel, **STRICT):
    """Something to attend, for the supporters' page."""

    title: of.Title = Field(description="what happens, by language", examples=[{"en": "Vigil"}])
    at: of.Instant = Field(description="when")
    place: of.Text | None = Field(None, description="where", examples=["in front of the city hall"])


_Reason = Annotated[
    of.Text,
    tell(
        "the hotline's own number",
        title="text",
        description="why the findings of the rule CODE are accepted in the message MESSAGE-ID",
    ),
]


def _later(table: type[BaseModel]) -> PlainValidator:
    """Leave an entry as it is: it is typed by itself, so that what is wrong with it spoils no other."""
    return PlainValidator(lambda entry: entry, json_schema_input_type=table)


class ScheduleFile(BaseModel, **STRICT):
    """A whole schedule; the entries of its lists of tables are typed one by one afterwards.

    Every key has a default, so that a file can be read without the keys that are wrong.
    """

    name: of.Text | None = Field(
        None, description="what people call the storm", examples=["International Migrants Day 2026"]
    )
    date: Annotated[
        DaysTable | None, BeforeValidator(_parse_days, json_schema_input_type=of.Day | DaysTable)
    ] = Field(
        None,
        description="its day, or { from = …, to = … } for several",
        examples=["2026-12-18"],
    )
    timezone: of.Zone | None = Field(None, description="the zone that its times are meant in")
    bank: of.Slug | None = Field(
        None, description="the folder of messages/ that it publishes", examples=["imd-2026"]
    )
    hashtags: list[of.Hashtag] = Field([], description="tags that every post gets at its end, while they fit")
    seed: int = Field(
        0,
        description="another number shuffles the plan anew; the same number always gives the same plan",
        examples=[1990],
    )
    approval: Annotated[int, Field(ge=0)] = Field(
        0, description="how many people must have approved a post before it goes out", examples=[2]
    )
    channels: list[Annotated[Any, _later(ChannelTable)]] = []
    windows: list[Annotated[Any, _later(WindowTable)]] = []
    quiet: list[Annotated[Any, _later(QuietTable)]] = []
    pins: list[Annotated[Any, _later(PinTable)]] = []
    reminders: RemindersTable = RemindersTable()
    limits: LimitsTable = LimitsTable()
    late: LateTable = LateTable()
    trust: TrustTable = TrustTable()
    link_tags: dict[of.TagName, of.TagValue] = Field(
        {},
        description="A tag that links to hosts in [trust] links get, so that your own page can count where "
        "people come from. Any name may stand there, and one that a link has already is left alone.",
        examples=[{"utm_source": "{platform}", "utm_campaign": "{storm}"}],
    )
    facts: FactsTable = FactsTable()
    silence: dict[of.Slug, dict[of.Text, _Reason]] = Field(
        {}, description="A rule of `stormctl check`, CODE, that is not to speak of some messages."
    )
    asks: list[Annotated[Any, _later(AskTable)]] = []
    resources: list[Annotated[Any, _later(ResourceTable)]] = []
    events: list[Annotated[Any, _later(EventTable)]] = []
