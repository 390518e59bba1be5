"""The shapes of documents about what came of a storm: report and rehearsal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from stormctl.domain.platforms.facts import Platform
from stormctl.domain.report.report import Step
from stormctl.render.exports.shapes import (
    BudgetShape,
    Counts,
    Instant,
    StormName,
    VersionedDocument,
)


class TotalShape(TypedDict):
    """A sum, and of how many posts."""

    value: int
    posts: int


class ReachShape(TypedDict):
    """Reach a post: never a sum, since the same people may be in several."""

    median: int
    highest: int
    posts: int


class PeriodShape(TypedDict):
    """What the posts of an hour or a day got."""

    starts_at: Instant
    posts: int
    impressions: int | None
    engagement: int | None


class FiguresShape(TypedDict):
    """What posts got; null where a platform gave nothing."""

    posts: int
    unread: int
    early: Annotated[int, Field(description="read within an hour of going out: their figures don't count")]
    totals: dict[str, TotalShape | None]
    engagement: TotalShape | None
    reach_per_post: ReachShape | None
    oldest_read_at: Instant | None
    newest_read_at: Instant | None
    periods: list[PeriodShape]


class ChannelFigures(FiguresShape):
    """What the posts of a channel got."""

    channel: str
    account_name: str | None
    counts: Counts


class BestPost(TypedDict):
    """A post that did well."""

    key: str
    channel: str
    message_id: str
    text: str
    url: str
    delivered_at: Instant
    read_at: Instant | None
    engagement: int | None
    values: dict[str, int | None]


class PlatformFigures(FiguresShape):
    """What the posts on a platform got, and the best of them."""

    platform: Platform
    best: list[BestPost]


class MissedReadingShape(TypedDict):
    """Posts that were not read when they reached an age."""

    age_hours: int
    posts: int
    due_at: Instant | None
    is_lost: Annotated[bool, Field(description="whether a later reading has to take its place")]


class ReportDocument(VersionedDocument):
    """`stormctl report --json`: what a storm brought."""

    storm: StormName
    made_at: Instant
    practice_hosts: list[str]
    first_slot_at: Instant | None
    last_slot_at: Instant | None
    planned: int
    delivered: int
    unread: int
    early: Annotated[int, Field(description="posts that were read within an hour of going out")]
    missed_readings: list[MissedReadingShape]
    counts: Counts
    budget: BudgetShape | None
    step: Annotated[Step, Field(description="the length of the periods")]
    channels: list[ChannelFigures]
    platforms: list[PlatformFigures]
    legend: Annotated[
        dict[str, dict[str, str | None]], Field(description="what each metric is, and is called")
    ]


class TallyChannel(TypedDict):
    """What a rehearsed channel received."""

    channel: str
    planned: int
    delivered: int
    received: int
    duplicates: int
    lost: int
    unexpected: int
    open: int
    clean: bool


class RehearseDocument(VersionedDocument):
    """`stormctl rehearse --json`: whether everything arrived exactly once."""

    clean: bool
    channels: list[TallyChannel]
    differences: list[str]
    took_s: float
    storm_s: float
    report_path: str
