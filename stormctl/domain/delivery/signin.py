"""Who a channel's credentials belong to, what is missing of them, and the Pages to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.domain.platforms.facebook import PUBLISH_TASK

if TYPE_CHECKING:
    from stormctl.domain.platforms.channel import ChannelId


def sign_in_command(channel: ChannelId) -> str:
    """Return what to type to sign a channel in, once or again."""
    return f"stormctl auth {channel.platform.value} {channel.name}"


class Source(StrEnum):
    """Where the value of a variable comes from."""

    ENVIRONMENT = "environment"
    FILE = ".env"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a channel, without its value.

    Attributes:
        name: the one that is set; where none is, the one that is named after the channel.
        field: what it means to the platform: the end of its name.
        source: None where it is not set.
        is_optional: whether the channel can post without it.
    """

    name: str
    field: str
    source: Source | None
    is_optional: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the channel can't post because this is not set."""
        return self.source is None and not self.is_optional


@dataclass(frozen=True, slots=True)
class Owner:
    """The account or Page behind credentials: its id, its real name, the address of its page if known."""

    id: str
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ManagedPage:
    """A Page that someone may choose for a channel.

    Attributes:
        tasks: what that person may do there, in Facebook's words.
    """

    id: str
    name: str
    tasks: tuple[str, ...]

    @property
    def can_publish(self) -> bool:
        """Whether the person may post in the Page's name."""
        return PUBLISH_TASK in self.tasks


class CredentialsKnowledge(StrEnum):
    """Who told whose credentials they are."""

    PLATFORM = "platform"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccess:
    """What is known of a channel's credentials, without any of them.

    Attributes:
        owner: None if it is not known.
        known_from: who told.
        problems: what is proved wrong, one line each.
        remarks: what could not be found out, one line each.
        hint: what to do first; empty where it can post.
    """

    channel: str
    variables: tuple[Variable, ...]
    owner: Owner | None = None
    known_from: CredentialsKnowledge | None = None
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    hint: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the variables without which the channel can't post."""
        return tuple(variable.name for variable in self.variables if variable.is_missing)

    @property
    def is_bad(self) -> bool:
        """Whether the channel certainly can't post with what there is."""
        return bool(self.missing or self.problems)
