"""What is written: texts, tags, links, pictures, translations."""

from __future__ import annotations

from stormctl.checks.wording import (
    access,
    bank,
    characters,
    drafts,
    encoding,
    figures,
    links,
    markup,
    safety,
    similarity,
    tags,
    text,
    translations,
)

__all__ = [
    "access",
    "bank",
    "characters",
    "drafts",
    "encoding",
    "figures",
    "links",
    "markup",
    "safety",
    "similarity",
    "tags",
    "text",
    "translations",
]
