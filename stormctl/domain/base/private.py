"""What no output repeats: keys and tokens, and what finds or names a person."""

from __future__ import annotations

import re
from functools import cache

from stormctl.domain.base.phrase import Phrase

BLOT = "•••"

_SECRETS = {
    Phrase("a private key"): r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    Phrase("an X access token"): r"\b\d{6,20}-[A-Za-z0-9]{30,}\b",
    Phrase("an X bearer token"): r"A{20,}[A-Za-z0-9%]{20,}",
    Phrase("a Facebook token"): r"\bEAA[A-Za-z0-9]{30,}",
    Phrase(
        "an access key"
    ): r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,})",
    Phrase("a setting with a secret"): r"\bSTORMCTL_[A-Z0-9_]*(?:KEY|SECRET|TOKEN)\s*=\s*\S+",
    Phrase("a key"): r"(?<![\w/.#@=&?-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d\w*\d\w*\d)[A-Za-z0-9]{32,}(?![\w/])",
}
_MAYBE_SECRET = re.compile(r"[A-Za-z0-9%_-]{14}|PRIVATE KEY|STORMCTL_")
"""What every one of them holds."""

_IN_ADDRESSES = (
    r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)",  # a user with a password
    # a parameter that says by its name that it is secret
    r"(?<=[?&;#])[\w.-]{0,40}(?i:token|secret|passw|key|sig|auth|code)\w{0,20}=[^\s&#”]+",
)


def find_secret(text: str) -> tuple[Phrase, int] | None:
    """Say what kind of secret a text seems to hold, and where it starts; None if it holds none."""
    if not _MAYBE_SECRET.search(text):
        return None
    for kind, shape in _compile_secrets():
        found = shape.search(text)
        if found is not None:
            return kind, found.start()
    return None


def blot(text: str) -> str:
    """Return a text without what looks like a secret, or like a number or address of a person.

    It rather redacts too much: a finding also says file, line and rule, where the value stands.
    """
    for shape in _compile_all():
        text = shape.sub(_blot, text)
    return text


def _blot(found: re.Match[str]) -> str:
    """Redact a value; a date is none, whatever it looks like."""
    return found.groupdict().get("kept") or BLOT


@cache
def _compile_secrets() -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(shape)) for kind, shape in _SECRETS.items())


@cache
def _compile_all() -> tuple[re.Pattern[str], ...]:
    from stormctl.domain.text.people import LOOSE  # most commands have nothing to redact

    return tuple(re.compile(shape) for shape in (*_SECRETS.values(), *_IN_ADDRESSES, *LOOSE))
