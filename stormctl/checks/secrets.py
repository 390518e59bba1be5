"""Rules that keep secrets out of what is published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.checks.case import Hit
from stormctl.checks.registry import rule
from stormctl.domain.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import Case

_SHAPES = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an X access token", re.compile(r"\b\d{6,20}-[A-Za-z0-9]{30,}\b")),
    ("an X bearer token", re.compile(r"A{20,}[A-Za-z0-9%]{20,}")),
    ("a Facebook token", re.compile(r"\bEAA[A-Za-z0-9]{30,}")),
    (
        "an access key",
        re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,})"),
    ),
    ("a setting with a secret", re.compile(r"\bSTORMCTL_[A-Z0-9_]*(?:KEY|SECRET|TOKEN)\s*=\s*\S+")),
    (
        "a key",
        re.compile(r"(?<![\w/.#@-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d\w*\d\w*\d)[A-Za-z0-9]{32,}(?![\w/])"),
    ),
)


@rule(
    "secret-in-text",
    Severity.ERROR,
    "No text holds anything that looks like a key or token.",
    why="What is posted cannot be called back, and a published token lets anybody post as the campaign.",
    mend="Remove it, and have the token replaced at once: it is in the file's history now.",
)
def find_secrets(case: Case) -> Iterator[Hit]:
    """Find what looks like a key or token in texts and descriptions, without repeating it."""
    for variant in case.bank.variants:
        texts = [*variant.parts, *(media.alt for media in variant.media), variant.link or ""]
        for name, shape in _SHAPES:
            if any(shape.search(text) for text in texts):
                yield Hit(
                    variant.place,
                    f"the message holds what looks like {name}",
                    "remove it, and have it replaced",
                )
                break
