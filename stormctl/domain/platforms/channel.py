"""Platforms and the accounts or Pages that we may post to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.platforms.facts import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChannelId", "Platform", "find_host", "parse_channel_id", "parse_place"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class ChannelId:
    """One account or Page: `x:acme`, `facebook:acme`."""

    platform: Platform
    name: str

    def __str__(self) -> str:
        return f"{self.platform.value}:{self.name}"

    @property
    def env_name(self) -> str:
        """The name as it appears in environment variables: capitals, `_` for every other character."""
        return re.sub(r"[^A-Z0-9]", "_", self.name.upper())


def parse_channel_id(text: str) -> ChannelId:
    """Read `platform:name`.

    Raises:
        ValueError: with a sentence fit for a finding, if it is not of that form.
    """
    platform, colon, name = text.partition(":")
    *others, last = (f"{p.value}:NAME" for p in Platform)
    known = Phrase("{others} or {last}", others=", ".join(others), last=last)
    if not colon or platform not in {p.value for p in Platform}:
        raise ValueError(Phrase("“{text}” is not a channel: write {known}", text=text, known=known))
    if not _NAME.fullmatch(name):
        raise ValueError(
            Phrase("“{text}” is not a channel: a name is letters, digits, “-”, “_” or “.”", text=text)
        )
    return ChannelId(Platform(platform), name)


def parse_place(text: str) -> ChannelId | Platform:
    """Read what a host serves: `platform:name`, or a platform; ValueError if it is neither."""
    return parse_channel_id(text) if ":" in text else Platform(text)


def find_host(hosts: Mapping[str, str], place: str) -> str | None:
    """Return where a channel or platform is: a channel's own host, or the one that its platform's share."""
    return hosts.get(place, hosts.get(place.partition(":")[0]))
