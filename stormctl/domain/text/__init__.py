"""A text as the platforms read it: its length, links, tags and names, each with its place."""

from __future__ import annotations

from stormctl.domain.text.reader import TextReading, read
from stormctl.domain.text.spans import TextSpan

__all__ = ["TextReading", "TextSpan", "read"]
