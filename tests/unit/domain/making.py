"""Small storms, banks and plans for tests: only what a test says differs from the plain case."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from stormctl.domain.bank.message import Bank, Media, MediaKind, Variant
from stormctl.domain.base.finding import Place
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.storm import ChannelRule, Storm, Trust, Window
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Ceiling

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Plan

NEW_YORK = "America/New_York"
DAY = date(2026, 12, 18)
SCHEDULE = Place("schedules/storm.toml", 1)
NO_LIMITS = Limits(spacing=timedelta(), ceilings=())


def make_variant(name: str = "dignity.en", text: str | None = None, **fields: Any) -> Variant:
    """Make a variant from its name; its text says its name unless another is given."""
    message_id, lang, *label = name.split(".")
    fields.setdefault("parts", (f"Words of {name.replace('.', ' ')}." if text is None else text,))
    fields.setdefault("place", Place(f"messages/bank/{name}.md", 5))
    fields.setdefault("consent", True if fields.get("media") else None)
    return Variant(message_id=message_id, lang=lang, label=label[0] if label else None, **fields)


def make_bank(*variants: Variant) -> Bank:
    """Make a bank, ordered by name as loaded ones are."""
    return Bank("bank", tuple(sorted(variants, key=lambda v: v.name)))


def make_rule(channel: str = "x:acme", **fields: Any) -> ChannelRule:
    """Make a channel's rule."""
    return ChannelRule(id=parse_channel_id(channel), place=SCHEDULE, **fields)


def make_window(begin: str = "08:00", end: str = "20:00", **fields: Any) -> Window:
    """Make a window; hourly unless `at` or `cron` is given."""
    if not {"every", "at", "cron"} & set(fields):
        fields["every"] = timedelta(hours=1)
    fields.setdefault("timezone", NEW_YORK)
    from_time, to_time = time.fromisoformat(begin), time.fromisoformat(end)
    return Window(place=SCHEDULE, from_time=from_time, to_time=to_time, **fields)


def make_storm(*channels: ChannelRule, **fields: Any) -> Storm:
    """Make a storm of one day with one window, without limits that matter."""
    plain: dict[str, Any] = {
        "id": "storm",
        "place": SCHEDULE,
        "name": "Storm",
        "first_on": DAY,
        "last_on": DAY,
        "timezone": NEW_YORK,
        "bank": "bank",
        "windows": (make_window(),),
        "limits": NO_LIMITS,
        "trust": Trust(links=("example.org",)),
    }
    return Storm(channels=channels or (make_rule(),), **{**plain, **fields})


def make_media(alt: str = "A paper boat held in two hands", file: str = "images/boat.png") -> Media:
    """Make a picture."""
    return Media(file=file, alt=alt, kind=MediaKind.IMAGE, mime="image/png", digest="0" * 64, size=100)


def at(clock: str, on: date = DAY, zone: str = NEW_YORK) -> datetime:
    """Return the moment at which a zone's clocks show a time such as `12:00`, aware UTC."""
    return datetime.combine(on, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def clock(moment: datetime, zone: str = NEW_YORK) -> str:
    """Return what a zone's clocks show at a moment."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def make_messages(count: int) -> list[Variant]:
    """Make plain messages m00, m01 and so on."""
    return [make_variant(f"m{number:02}.en") for number in range(count)]


def times_of(plan: Plan, channel: str = "x:acme") -> dict[str, str]:
    """Return each wording that a channel posts with its local time."""
    return {
        f"{d.key.message}.{d.key.tail}": clock(d.slot_at) for d in plan.deliveries if d.key.channel == channel
    }


def draw_ceilings(least: int) -> st.SearchStrategy[tuple[Ceiling, ...]]:
    """Draw ceilings of a quarter of an hour, an hour and a day, none of less than so many posts."""
    spans = ((timedelta(minutes=15), 6), (timedelta(hours=1), 12), (timedelta(hours=24), 60))
    return st.tuples(*(st.builds(Ceiling, st.integers(least, most), st.just(span)) for span, most in spans))
