"""JSON Schemas of what people write, front matter and schedules, from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.plan.occupancy import CEILING_KEYS, Limits
from stormctl.domain.plan.storm import Late
from stormctl.files.bank.variants import MediaItem, Wording
from stormctl.files.schedules import tables

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schedule: type[BaseModel] = create_model(
    "Schedule",
    __base__=tables.ScheduleFile,
    channels=(list[tables.ChannelTable], []),
    windows=(list[tables.WindowTable], []),
    quiet=(list[tables.QuietTable], []),
    pins=(list[tables.PinTable], []),
    asks=(list[tables.AskTable], []),
    resources=(list[tables.ResourceTable], []),
    events=(list[tables.EventTable], []),
)
"""A whole schedule, with the lists of tables that are read one by one."""

SCHEDULE_KEYS = {
    "": {
        "name": "what people call the storm; required",
        "date": "its day, or { from = …, to = … } for several; required",
        "timezone": "the zone that its times are meant in; required",
        "bank": "the folder of messages/ that it publishes; required",
        "hashtags": "tags that every post gets at its end, while they fit",
        "seed": "another number shuffles the plan anew; the same number always gives the same plan",
        "approval": "how many people must have approved a post before it goes out",
    },
    "channels": {
        "id": "the account: x:NAME, or facebook:NAME for a Page; required",
        "languages": "the wordings' languages that it posts, the first one preferred; all if empty",
        "partner": "the organisation whose messages it posts too (`partner` in message files)",
        "messages": "only these messages: ids in which * stands for anything, or topic:NAME",
        "verified": "whether X has verified the account, which may then post more",
    },
    "windows": {
        "from": "when posting begins, on each day of the storm; required",
        "to": "when it ends; before `from` means on the next morning; required",
        "every": "a slot each so often; one of every, at and cron is required",
        "at": "slots at these times",
        "cron": "slots by a cron expression: minute, hour, day, month, weekday",
        "weekdays": "only on these days: mon, tue, wed, thu, fri, sat, sun",
        "jitter": "each slot is moved by up to so much, so that posts don't look mechanical",
        "channels": "only these channels; all of the storm if empty",
        "timezone": "the zone of its times, if it is not the storm's",
    },
    "quiet": {
        "from": "when silence begins: nothing is published, whatever the plan says; required",
        "to": "when it ends; required",
    },
    "pins": {
        "at": "the exact time; required",
        "message": "the id of the message that goes out then on every channel; required",
    },
    "reminders": {"before": "how long before a message's deadline its further wordings go out"},
    "limits": {
        "per_15min": "posts of a channel in any 15 minutes; a thread's parts count each",
        "per_day": "posts of a channel in any 24 hours",
        "spacing": "the least time between two posts of a channel",
        "same_message_apart": "the least time between two channels that post the same message",
        "budget_usd": "dollars that the storm may cost; publishing stops when they are spent",
    },
    "late": {
        "policy": "what becomes of a post whose slot has passed by more than the grace: skip, send or spread",
        "grace": "how late a post may be",
    },
    "trust": {
        "links": "hosts that messages may link to; un.org covers www.un.org",
        "mentions": "accounts that messages may mention",
        "hashtags": "tags that messages may use beside the storm's",
        "scheduling": "whether message files may set priority, not_before, late and reply_settings",
    },
    "facts": {"max_age": "figures (`as_of` in message files) that are older get a warning"},
    "silence": {
        "CODE": "a rule of `stormctl check`, as a table of its own: [silence.CODE] with"
        ' "MESSAGE-ID" = "the reason" for each message in which its findings are accepted',
    },
    "asks": {
        "title": "what people are asked for, by language: { en = …, es = … }; required",
        "individual": "the page where a person takes part",
        "organization": "the page where an organisation takes part",
        "deadline": "until when",
    },
    "resources": {
        "title": "what it is, by language; required",
        "file": "a file of the campaign folder, such as a flyer; required",
        "lang": "the language that it is in",
    },
    "events": {
        "title": "what happens, by language; required",
        "at": "when; required",
        "place": "where",
    },
}
"""What each key of a schedule means, by table."""

MESSAGE_KEYS = {
    "hashtags": "tags for this message, with or without #",
    "link": "one address, from a host that the schedule trusts",
    "media": "one to four pictures, each with its description, or one GIF, or one video",
    "expires": "not after this time",
    "not_before": "not before this time; only if the schedule trusts the bank with it",
    "late": "what to do if its slot has passed; only if the schedule trusts the bank with it",
    "topic": "a word in small letters that groups messages",
    "partner": "the organisation whose channels carry it",
    "priority": "a whole number, more goes first; only if the schedule trusts the bank with it",
    "consent": "whether the people in the picture agreed: yes or no",
    "credit": "who made the picture",
    "as_of": "the date of the figures in the text",
    "reply_settings": "who may answer on X; only if the schedule trusts the bank with it",
    "silence": "rules of `stormctl check` that are not to speak here, each with its reason",
    "made_with_ai": "whether a machine made the picture or video: yes or no",
    "paid_partnership": "whether someone paid for it: yes or no",
}
MEDIA_KEYS = {
    "file": "the file, from the bank's folder",
    "alt": "what people who can't see it are told",
    "captions": "the captions file of a video, with its language in its name",
}


def schedule_schema() -> dict[str, Any]:
    """Return the JSON Schema of a schedule, as an editor for TOML reads it."""
    schema = Schedule.model_json_schema(by_alias=True)
    usual = Limits()
    counts = {ceiling.period: ceiling.count for ceiling in usual.ceilings}
    defaults: dict[str, dict[str, Any]] = {
        "limits": {key: counts[period] for key, period in CEILING_KEYS.items() if period in counts}
        | {
            "spacing": format_duration(usual.spacing),
            "same_message_apart": format_duration(usual.same_message_apart),
        },
        "late": {"policy": Late().policy.value, "grace": format_duration(Late().grace)},
        "windows": {"jitter": "0s"},
    }
    for name, keys in SCHEDULE_KEYS.items():
        if name == "silence":
            schema["properties"][name]["description"] = keys["CODE"]
            continue
        table = schema if not name else schema["$defs"][TABLES[name]]
        for key, meaning in keys.items():
            spot = table["properties"][key]
            spot["description"] = meaning
            if key in defaults.get(name, {}):
                spot["default"] = defaults[name][key]
    return (
        {"$schema": DIALECT, "title": "A schedule of stormctl"} | schema | {"title": "A schedule of stormctl"}
    )


TABLES = {
    "channels": "ChannelTable",
    "windows": "WindowTable",
    "quiet": "QuietTable",
    "pins": "PinTable",
    "reminders": "RemindersTable",
    "limits": "LimitsTable",
    "late": "LateTable",
    "trust": "TrustTable",
    "facts": "FactsTable",
    "asks": "AskTable",
    "resources": "ResourceTable",
    "events": "EventTable",
}


def message_schema() -> dict[str, Any]:
    """Return the JSON Schema of a message file's front matter, as an editor for YAML reads it."""
    yes_no = {"enum": ["yes", "no", True, False]}
    text: dict[str, Any] = {"type": "string"}
    item = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {key: text | {"description": MEDIA_KEYS[key]} for key in MediaItem.model_fields},
    }
    one_or_more: dict[str, Any] = {"anyOf": [text, {"type": "array", "items": text}]}
    shapes: dict[str, dict[str, Any]] = {
        "hashtags": one_or_more,
        "media": {"anyOf": [text, item, {"type": "array", "items": {"anyOf": [text, item]}, "maxItems": 4}]},
        "late": {"enum": ["skip", "send", "spread"]},
        "priority": {"type": "integer"},
        "consent": yes_no,
        "made_with_ai": yes_no,
        "paid_partnership": yes_no,
        "reply_settings": {"enum": ["following", "mentionedUsers", "subscribers", "verified"]},
        "silence": {"type": "object", "additionalProperties": text},
    }
    return {
        "$schema": DIALECT,
        "title": "The front matter of a message of stormctl",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: shapes.get(key, text) | {"description": MESSAGE_KEYS[key]} for key in Wording.model_fields
        },
    }
