"""A schedule file as an object: when, where and within which limits a bank is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.plan.occupancy import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, time

    from stormctl.domain.base.finding import Place
    from stormctl.domain.platforms.channel import ChannelId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """What a storm publishes on one channel.

    Attributes:
        languages: language codes; empty means every language.
        partner: only messages of this partner, or of none; None means messages of no partner.
        messages: selectors, `topic:NAME`, a shell pattern of message ids or of wordings; empty means all.
        verified: whether X's ceilings for verified accounts apply.
        reply_settings: who may reply where a message does not say it; None for everyone.
    """

    id: ChannelId
    place: Place
    languages: tuple[str, ...] = ()
    partner: str | None = None
    messages: tuple[str, ...] = ()
    verified: bool = False
    reply_settings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of each day in which posting is allowed, with the rhythm of its slots.

    Exactly one of `every`, `at` and `cron` is set. `to_time` <= `from_time` ends on the next day.
    `weekdays` counts Monday as 0; empty means every day. Times are local to `timezone` (IANA).
    """

    place: Place
    from_time: time
    to_time: time
    timezone: str
    every: timedelta | None = None
    at: tuple[time, ...] = ()
    cron: str | None = None
    weekdays: frozenset[int] = frozenset()
    jitter: timedelta = timedelta()
    channels: tuple[ChannelId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A silence on each day of the storm, in the storm's zone, enforced at send time."""

    place: Place
    from_time: time
    to_time: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A message that goes out at one time on every channel that has a wording of it."""

    place: Place
    at: time
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The storm's policy for deliveries whose slot has passed."""

    policy: LatePolicy = LatePolicy.SKIP
    grace: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What volunteers' files may contain beside the storm's own.

    Attributes:
        links: hosts, matched on a dot boundary.
        mentions: accounts, with `@`.
        hashtags: without `#`.
        scheduling: whether bank files may set priority, not_before, late and reply_settings.
    """

    links: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    scheduling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Something that the campaign wants people to do, for the supporters' page."""

    title: Mapping[str, str]
    individual: str | None = None
    organization: str | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something to use, such as a flyer."""

    title: Mapping[str, str]
    file: str
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEvent:
    """Something to attend."""

    title: Mapping[str, str]
    at: datetime
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRule:
    """A rule of the checks that staff silence for one message, with the reason."""

    place: Place
    code: str
    message: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """The carrying out of one schedule file; its id is the file's stem.

    Attributes:
        date_place: where its days are written.
        link_tags: keys and values that are added to the query of trusted links, with placeholders in braces.
    """

    id: str
    place: Place
    name: str
    first_on: date
    last_on: date
    timezone: str
    bank: str
    channels: tuple[ChannelRule, ...]
    windows: tuple[Window, ...]
    hashtags: tuple[str, ...] = ()
    seed: int = 0
    approval: int = 0
    quiet: tuple[Quiet, ...] = ()
    pins: tuple[Pin, ...] = ()
    reminders: tuple[timedelta, ...] = ()
    limits: Limits = field(default_factory=Limits)
    late: Late = field(default_factory=Late)
    trust: Trust = field(default_factory=Trust)
    link_tags: tuple[tuple[str, str], ...] = ()
    facts_max_age: timedelta | None = None
    asks: tuple[Ask, ...] = ()
    resources: tuple[Resource, ...] = ()
    events: tuple[CampaignEvent, ...] = ()
    silence: tuple[SilenceRule, ...] = ()
    date_place: Place | None = None

    def rule_of(self, channel: ChannelId) -> ChannelRule:
        """Get the channel's rule; KeyError if the storm does not use it."""
        for rule in self.channels:
            if rule.id == channel:
                return rule
        raise KeyError(str(channel))
