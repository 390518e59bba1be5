"""A storm as it might be, at five past noon: what every view of the render package is shown."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.base.clock import Moment
from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import DeliveryKey, Kind, Plan, PlannedDelivery, Post, State, Unplaced
from stormctl.domain.plan.cost import cost_of, price_of
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.storm import ChannelRule, Storm, Window
from stormctl.domain.plan.summary import ChannelCheck, LaunchSummary
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.halts import HaltView
from stormctl.domain.report.reach import PostReach
from stormctl.domain.report.report import build_report
from stormctl.domain.report.status import ChannelStatus, DeliveryView, LedgerStatus, RunnerStatus, StormStatus
from stormctl.domain.report.tally import ChannelTally, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import RenderableType

    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.report.report import Report

HERE = Place("schedules/imd-2026.toml", 1)


def round_trip(exported: Mapping[str, Any]) -> dict[str, Any]:
    """Write as JSON and read again: only plain types survive that unchanged."""
    read: dict[str, Any] = json.loads(json.dumps(exported))
    assert read == exported
    return read


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of the day, in New York's hours."""
    return datetime(2026, 12, 18, hour, minute, second, tzinfo=UTC) + timedelta(hours=5)


@pytest.fixture
def show() -> Callable[..., str]:
    """Print a renderable to a screen without colour, and return it without blanks at line ends."""

    def _show(renderable: RenderableType, width: int = 100, height: int = 40) -> str:
        stream = io.StringIO()
        console = Console(file=stream, width=width, height=height, color_system=None, legacy_windows=False)
        console.print(renderable)
        return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())

    return _show


@pytest.fixture
def findings() -> list[Finding]:
    """An error with a hint, and a warning without."""
    return [
        Finding(
            severity=Severity.ERROR,
            place=Place("messages/imd-2026/dignity.en.md", 3),
            code="missing-alt",
            message=Phrase("images/boat.png has no alt text"),
            hint=Phrase("say in a sentence what the picture shows: alt: “A paper boat held in two hands”"),
        ),
        Finding(
            severity=Severity.WARNING,
            place=Place("schedules/imd-2026.toml"),
            code="no-slot",
            message=Phrase("2 wordings found no slot"),
        ),
    ]


@pytest.fixture
def storm() -> Storm:
    """Two channels, one day."""
    return Storm(
        id="imd-2026",
        place=HERE,
        name="International Migrants Day 2026",
        first_on=date(2026, 12, 18),
        last_on=date(2026, 12, 18),
        timezone="America/New_York",
        bank="imd-2026",
        channels=(
            ChannelRule(id=parse_channel_id("x:migrants-day"), place=HERE),
            ChannelRule(id=parse_channel_id("facebook:migrants-day"), place=HERE),
        ),
        windows=(
            Window(
                place=HERE,
                from_time=time(8),
                to_time=time(20),
                timezone="America/New_York",
                every=timedelta(minutes=20),
            ),
        ),
        limits=Limits(budget_usd=Decimal(10)),
    )


def plan_delivery(
    channel: str,
    message: str,
    slot_at: datetime,
    text: str,
    *,
    kind: Kind = Kind.SLOT,
    part: int | None = None,
    pictures: int = 0,
) -> PlannedDelivery:
    """Make a planned delivery, in English, with so many pictures."""
    boat = Media(
        file="messages/imd-2026/images/boat.png",
        alt="A paper boat held in two hands",
        kind=MediaKind.IMAGE,
        mime="image/png",
        digest="0" * 64,
        size=2048,
    )
    channel_id = parse_channel_id(channel)
    post = Post(text=text, media=(boat,) * pictures)
    return PlannedDelivery(
        key=DeliveryKey(storm="imd-2026", channel=channel, message=message, tail="en", part=part),
        channel=channel_id,
        post=post,
        slot_at=slot_at,
        storm_on=date(2026, 12, 18),
        kind=kind,
        late=LatePolicy.SKIP,
        grace=timedelta(minutes=15),
        price_usd_micros=price_of(post, channel_id),
    )


@pytest.fixture
def plan() -> Plan:
    """A pin, a reminder, a thread, a link, pictures, spare slots and a wording without one."""
    x, facebook = "x:migrants-day", "facebook:migrants-day"
    noon = "Today at noon we stand still, and then we speak."
    sign = "Three hours left to sign: https://example.org/act #MigrantsDay"
    return Plan(
        storm_id="imd-2026",
        deliveries=(
            plan_delivery(x, "dignity", at(8), "Everyone who moves has rights.\n\n#MigrantsDay", pictures=1),
            plan_delivery(facebook, "dignity", at(8, 7), "Everyone who moves has rights.", pictures=2),
            plan_delivery(x, "story", at(8, 20), "Thirty-six years ago a promise was made.", part=1),
            plan_delivery(x, "story", at(8, 20), "It is still waiting for signatures.", part=2),
            plan_delivery(x, "noon-statement", at(12), noon, kind=Kind.PIN),
            plan_delivery(facebook, "noon-statement", at(12), noon, kind=Kind.PIN),
            plan_delivery(x, "sign-on", at(17), sign, kind=Kind.REMINDER),
        ),
        unplaced=(
            Unplaced(
                "harvest.en", parse_channel_id("x:migrants-day"), Phrase("its deadline is before 08:00")
            ),
        ),
        spare=((parse_channel_id("x:migrants-day"), 31), (parse_channel_id("facebook:migrants-day"), 34)),
    )


@pytest.fixture
def cost(plan: Plan) -> Cost:
    """What the plan costs."""
    return cost_of(plan, readings_a_post=3)


def view_delivery(
    channel: str,
    message: str,
    text: str,
    slot_at: datetime,
    state: State,
    *,
    url: str | None = None,
    why: str = "",
) -> DeliveryView:
    """Make a delivery as people look at it; a delivered one went out three seconds after its slot."""
    is_delivered = state is State.DELIVERED
    return DeliveryView(
        key=f"imd-2026/{channel}/{message}/en",
        storm_id="imd-2026",
        channel=channel,
        message_id=message,
        text=text,
        state=state,
        slot_at=slot_at,
        url=url,
        post_id=url.rpartition("/")[2] if url else None,
        delivered_at=slot_at + timedelta(seconds=3) if is_delivered else None,
        why=why,
        attempts=int(state is not State.PLANNED),
    )


@pytest.fixture
def status() -> StormStatus:
    """A third done, one in doubt, one missed, a channel suspended."""
    x, facebook = "x:migrants-day", "facebook:migrants-day"
    base = "http://127.0.0.1:8123"
    noon = "Today at noon we stand still, and then we speak."
    return StormStatus(
        storm_id="imd-2026",
        name="International Migrants Day 2026",
        timezone="America/New_York",
        counts={State.DELIVERED: 22, State.PLANNED: 40, State.IN_DOUBT: 1, State.MISSED: 1},
        channels=(
            ChannelStatus(
                channel=x,
                account_name="@migrantsday",
                counts={State.DELIVERED: 13, State.PLANNED: 22, State.IN_DOUBT: 1},
                next_at=at(12, 20),
                served=True,
            ),
            ChannelStatus(
                channel=facebook,
                account_name="Migrants Day",
                counts={State.DELIVERED: 9, State.PLANNED: 18, State.MISSED: 1},
                next_at=at(12, 27),
                suspended_why="the token was refused (190)",
            ),
        ),
        upcoming=(
            view_delivery(x, "harvest", "The hands that bring in the harvest.", at(12, 20), State.PLANNED),
            view_delivery(facebook, "harvest", "The hands that bring it in.", at(12, 27), State.PLANNED),
        ),
        recent=(
            view_delivery(
                x, "noon-statement", noon, at(12), State.DELIVERED, url=f"{base}/migrants-day/status/22"
            ),
            view_delivery(facebook, "noon-statement", noon, at(12), State.DELIVERED, url=f"{base}/7_21"),
        ),
        troubled=(
            view_delivery(x, "dignity", "Everyone.", at(11, 40), State.IN_DOUBT, why="no answer within 10 s"),
            view_delivery(facebook, "story", "A promise.", at(9), State.MISSED, why="late by 25 min"),
        ),
        late=0,
        first_slot_at=at(8),
        last_slot_at=at(19, 40),
    )


@pytest.fixture
def halt() -> HaltView:
    """Everything is halted."""
    return HaltView(id=1, scope="all", target=None, reason="checking a rumour", who="lead", at=at(12, 3))


@pytest.fixture
def ledger_status(status: StormStatus) -> LedgerStatus:
    """One runner alive, one gone."""
    moment = Moment(at=at(12, 5), wall_at=at(12, 5))
    runners = tuple(
        RunnerStatus(
            id=f"r{pid}",
            host="desk",
            pid=pid,
            kind=kind,
            started_at=at(7),
            beat_at=beat_at,
            alive=alive,
            version="0.1.0" if alive else "",
        )
        for pid, kind, beat_at, alive in (
            (4711, "launch", at(12, 4, 58), True),
            (4001, "daemon", at(9, 12), False),
        )
    )
    return LedgerStatus(
        ledger="sqlite:///.stormctl/ledger.db", moment=moment, storms=(status,), runners=runners, halts=()
    )


@pytest.fixture
def summary() -> LaunchSummary:
    """Against the emulator, with one channel proved bad and one that is unknown."""
    return LaunchSummary(
        storm_id="imd-2026",
        storm_name="International Migrants Day 2026",
        timezone="America/New_York",
        hosts=(("X", "127.0.0.1:8123"), ("Facebook", "127.0.0.1:8123")),
        is_live=False,
        channels=(
            ChannelCheck(
                channel="x:migrants-day",
                account_name="@migrantsday",
                account_url="http://127.0.0.1:8123/migrantsday",
                unknown=(("the server does not say which permissions the app has", ""),),
            ),
            ChannelCheck(
                channel="facebook:migrants-day",
                account_name=None,
                account_url=None,
                bad=(("this is a user's token", "make a Page token: see docs/operations.md"),),
            ),
        ),
        first_at=at(8),
        last_at=at(19, 40),
        count=63,
        late=2,
        cost_usd_micros=4_315_000,
        budget_usd_micros=10_000_000,
        unplaced=1,
        ledger="sqlite:///.stormctl/ledger.db",
    )


@pytest.fixture
def tally() -> Tally:
    """Every post arrived exactly once."""
    return Tally(
        channels=tuple(
            ChannelTally(
                channel=channel,
                planned=n,
                delivered=n,
                received=n,
                duplicates=0,
                lost=0,
                unexpected=0,
                open=0,
            )
            for channel, n in (("x:migrants-day", 36), ("facebook:migrants-day", 28))
        ),
        differences=(),
        took_s=58.4,
        storm_s=43_200.0,
        report_path=".stormctl/rehearsal/report.html",
    )


def read_post(
    channel: str, number: int, delivered_at: datetime, text: str, values: dict[Metric, int]
) -> PostReach:
    """Make a delivered post, read at 21:30 if it has values."""
    return PostReach(
        key=f"imd-2026/{channel}/message-{number}/en",
        channel=channel,
        message_id=f"message-{number}",
        text=text,
        url=f"http://127.0.0.1:8123/{number}",
        delivered_at=delivered_at,
        values=values,
        read_at=at(21, 30) if values else None,
        reading_times=(at(21, 30),) if values else (),
    )


@pytest.fixture
def posts() -> list[PostReach]:
    """Two posts on X and two on Facebook, one of them unread."""

    def on_x(shown: int, liked: int) -> dict[Metric, int]:
        return {
            Metric.IMPRESSIONS: shown,
            Metric.REACTIONS: liked,
            Metric.REPLIES: 3,
            Metric.SHARES: 5,
            Metric.BOOKMARKS: 2,
        }

    return [
        read_post("x:migrants-day", 1, at(8, 0, 3), "Everyone who moves has rights.", on_x(1200, 40)),
        read_post("x:migrants-day", 2, at(10, 20, 2), "A promise <was> made.", on_x(800, 95)),
        read_post(
            "facebook:migrants-day",
            3,
            at(8, 7, 3),
            "Everyone who moves has rights.",
            {Metric.IMPRESSIONS: 640, Metric.REACH: 510, Metric.REACTIONS: 22, Metric.CLICKS: 9},
        ),
        read_post("facebook:migrants-day", 4, at(9, 7, 1), "Unread.", {}),
    ]


@pytest.fixture
def report(status: StormStatus, posts: list[PostReach]) -> Report:
    """The storm's report at 21:35."""
    return build_report(status, posts, at(21, 35))
