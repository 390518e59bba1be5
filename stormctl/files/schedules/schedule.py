"""A schedule file made a storm, with everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from stormctl.domain.base.finding import Finding, Place, Severity, sort_findings
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.plan import storm as domain
from stormctl.domain.plan.occupancy import make_limits
from stormctl.errors import UsageError
from stormctl.files.bank.markdown import NotUtf8Error, decode_text
from stormctl.files.schedules import tables
from stormctl.files.schedules.rules import Schedule, check_bank, check_schedule, check_surroundings
from stormctl.files.schedules.values import WEEKDAYS
from stormctl.files.toml_lines import explain_toml, index_lines
from stormctl.files.validation import Notes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T", bound=BaseModel)

MAX_BYTES = 256 * 1024
"""Bytes of a schedule; that of a storm of a week has some thousand."""

MAX_LINE = 4_000
"""Characters of a line: what reads a key of thousands of steps takes the square of their number."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SHORT_TIME = re.compile(r"\b\d\d:\d\d\b(?!:)")


def load_storm(root: Path, path: Path) -> tuple[domain.Storm | None, list[Finding]]:
    """Load a schedule file; the storm is None where what is wrong leaves it without a meaning.

    A resource's file that is missing, and channels whose secrets would collide, are findings beside a storm.

    Raises:
        UsageError: if the file can't be opened.
    """
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            hint = Phrase("a schedule names channels, windows and days; messages go in a bank")
            return None, [
                _refuse(
                    Place(shown, 1),
                    "schedule-syntax",
                    Phrase("it is bigger than {number} KiB", number=MAX_BYTES // 1024),
                    hint,
                )
            ]
        source = decode_text(content)
    except OSError as error:
        raise UsageError(f"{shown} can't be read: {error.strerror}") from error
    except NotUtf8Error as problem:
        return None, [
            _refuse(Place(shown, problem.line), "not-utf8", problem.message, Phrase("save it again as UTF-8"))
        ]
    too_long = next((n for n, line in enumerate(source.split("\n"), 1) if len(line) > MAX_LINE), None)
    if too_long is not None:
        message = Phrase("a line of more than {max_line} characters is not read", max_line=MAX_LINE)
        return None, [_refuse(Place(shown, too_long), "schedule-syntax", message, Phrase("break it up"))]
    try:
        raw = tomllib.loads(source, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return None, [_explain_syntax(shown, source, str(error))]
    except (RecursionError, ValueError, ArithmeticError):  # nested a thousand times, or a number as long
        message = Phrase("not readable as TOML: it holds a number or a nesting that is too long")
        return None, [_refuse(Place(shown, 1), "schedule-syntax", message, "")]
    notes = Notes(shown, index_lines(source))
    schedule = _read_schedule(notes, raw)
    check_schedule(notes, path.stem, raw, schedule)
    check_bank(notes, root, schedule)
    storm = _build_storm(notes, path.stem, schedule)
    check_surroundings(notes, root, schedule)
    return storm, sort_findings(notes.findings)


def _refuse(place: Place, code: str, message: Phrase, hint: Hint) -> Finding:
    return Finding(severity=Severity.ERROR, place=place, code=code, message=message, hint=hint)


def _explain_syntax(path: str, source: str, error: str) -> Finding:
    lines = source.split("\n")
    at = _AT.search(error)
    line, column = (int(at[1]), int(at[2])) if at is not None and at[1] else (len(lines), None)
    text = lines[line - 1]
    hint: Hint = ""
    if _SHORT_TIME.search(text):
        hint = Phrase("a time needs seconds: 08:00:00")
    elif set(text) & set("“”„«»‘’"):
        hint = Phrase('use straight quotes: "')
    return _refuse(
        Place(path, line, column),
        "schedule-syntax",
        Phrase("not readable as TOML: {problem}", problem=explain_toml(_AT.sub("", error))),
        hint,
    )


def _read_schedule(notes: Notes, raw: Mapping[str, object]) -> Schedule:
    head = notes.read_rest(tables.ScheduleFile, raw)

    def read_all(model: type[T], key: str, items: list[object]) -> dict[int, T]:
        read = {index: notes.read(model, item, key, index) for index, item in enumerate(items)}
        return {index: table for index, table in read.items() if table is not None}

    return Schedule(
        head=head,
        channels=read_all(tables.ChannelTable, "channels", head.channels),
        windows=read_all(tables.WindowTable, "windows", head.windows),
        quiet=read_all(tables.QuietTable, "quiet", head.quiet),
        pins=read_all(tables.PinTable, "pins", head.pins),
        asks=read_all(tables.AskTable, "asks", head.asks),
        resources=read_all(tables.ResourceTable, "resources", head.resources),
        events=read_all(tables.EventTable, "events", head.events),
    )


def _build_storm(notes: Notes, storm_id: str, schedule: Schedule) -> domain.Storm | None:
    head = schedule.head
    if notes.findings or not (head.date and head.name and head.timezone and head.bank):
        return None
    return domain.Storm(
        id=storm_id,
        place=notes.place(),
        date_place=notes.place("date"),
        name=head.name,
        first_on=head.date.first_on,
        last_on=head.date.last_on,
        timezone=head.timezone,
        bank=head.bank,
        channels=tuple(_build_channel(notes, index, table) for index, table in schedule.channels.items()),
        windows=tuple(
            _build_window(notes, index, table, head.timezone) for index, table in schedule.windows.items()
        ),
        hashtags=tuple(head.hashtags),
        seed=head.seed,
        approval=head.approval,
        quiet=tuple(
            domain.Quiet(place=notes.place("quiet", index), from_time=table.from_time, to_time=table.to_time)
            for index, table in schedule.quiet.items()
        ),
        pins=tuple(
            domain.Pin(place=notes.place("pins", index), at=table.at, message=table.message)
            for index, table in schedule.pins.items()
        ),
        reminders=tuple(head.reminders.before),
        limits=make_limits(**head.limits.model_dump(exclude_none=True, exclude_unset=True)),
        late=domain.Late(policy=head.late.policy, grace=head.late.grace),
        trust=_build_trust(head.trust),
        link_tags=tuple(head.link_tags.items()),
        facts_max_age=head.facts.max_age,
        asks=tuple(_build_ask(table) for table in schedule.asks.values()),
        resources=tuple(
            domain.Resource(title=table.title, file=table.file, lang=table.lang)
            for table in schedule.resources.values()
        ),
        events=tuple(
            domain.CampaignEvent(title=table.title, at=table.at.at, place=table.place)
            for table in schedule.events.values()
        ),
        silence=tuple(
            domain.SilenceRule(
                place=notes.place("silence", code, message), code=code, message=message, reason=reason
            )
            for code, reasons in head.silence.items()
            for message, reason in reasons.items()
        ),
    )


def _build_channel(notes: Notes, index: int, table: tables.ChannelTable) -> domain.ChannelRule:
    return domain.ChannelRule(
        id=table.id,
        place=notes.place("channels", index),
        languages=tuple(table.languages),
        partner=table.partner,
        messages=tuple(table.messages),
        verified=table.verified,
        reply_settings=table.reply_settings,
    )


def _build_window(notes: Notes, index: int, table: tables.WindowTable, zone: str) -> domain.Window:
    return domain.Window(
        place=notes.place("windows", index),
        from_time=table.from_time,
        to_time=table.to_time,
        timezone=table.timezone or zone,
        every=table.every,
        at=tuple(table.at or ()),
        cron=table.cron,
        weekdays=frozenset(WEEKDAYS.index(day) for day in table.weekdays),
        jitter=table.jitter,
        channels=tuple(table.channels),
    )


def _build_trust(table: tables.TrustTable) -> domain.Trust:
    return domain.Trust(
        links=tuple(table.links),
        mentions=tuple(table.mentions),
        hashtags=tuple(table.hashtags),
        scheduling=table.scheduling,
    )


def _build_ask(table: tables.AskTable) -> domain.Ask:
    return domain.Ask(
        title=table.title,
        individual=table.individual,
        organization=table.organization,
        deadline=table.deadline.at if table.deadline is not None else None,
    )
