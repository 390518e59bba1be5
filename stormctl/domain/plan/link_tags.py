"""Tags that staff add to links, so that the campaign's own pages can count what the storm brought."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from stormctl.domain.text.hosts import find_host, is_under, plain_host
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId

PLACEHOLDERS: Mapping[str, Callable[[ChannelId, str, Storm], str]] = {
    "platform": lambda channel, _language, _storm: channel.platform.value,
    "channel": lambda channel, _language, _storm: channel.name,
    "language": lambda _channel, language, _storm: language,
    "storm": lambda _channel, _language, storm: storm.id,
}
"""What may stand in braces in a tag's value: the platform (`x`), the channel's name without it, the wording's
language, the schedule's name."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class LinkTagger:
    """Adds a storm's tags to its trusted links, as one channel posts them in one language."""

    def __init__(self, storm: Storm, channel: ChannelId, language: str) -> None:
        self._trusted = [plain_host(host) for host in storm.trust.links] if storm.link_tags else []
        self._tags = {
            name: PLACEHOLDER.sub(lambda found: PLACEHOLDERS[found[1]](channel, language, storm), value)
            for name, value in storm.link_tags
        }

    def tag_text(self, text: str) -> str:
        """Tag every trusted link in a text that platforms make one of; all else stays as it is."""
        for link in reversed(read(text).links if self._trusted else ()):
            text = f"{text[: link.start]}{self.tag(link.text)}{text[link.end :]}"
        return text

    def tag(self, link: str) -> str:
        """Add the tags to a link's query, before its fragment; a key that it has already is left alone."""
        if not is_under(find_host(link), self._trusted):
            return link
        address, hash_sign, fragment = link.partition("#")
        address, _, query = address.partition("?")
        pieces = [piece for piece in query.split("&") if piece]
        present = {unquote_plus(piece.partition("=")[0]) for piece in pieces}
        pieces += [f"{_encode(k)}={_encode(v)}" for k, v in self._tags.items() if k not in present]
        if not pieces:
            return link
        slash = "" if "/" in address.rpartition("://")[2] else "/"
        return f"{address}{slash}?{'&'.join(pieces)}{hash_sign}{fragment}"


def without_tags(text: str, names: Collection[str]) -> str:
    """Return a text without tags of these names: two that differ only in them are the same to people."""
    for name in names:
        text = re.sub(rf"(?<=[?&]){re.escape(_encode(name))}=[^\s&#]*&?", "", text)
    return re.sub(r"[?&]+(?=[#\s]|\Z)", "", text) if names else text


def _encode(text: str) -> str:
    """Write a key or value so that no platform ends the link within it."""
    encoded = quote(text, safe="").replace("~", "%7E")
    return f"{encoded[:-1]}%2E" if encoded.endswith(".") else encoded
