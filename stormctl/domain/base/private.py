"""What no output repeats: keys and tokens, and what finds or names a person."""

from __future__ import annotations

import re
from functools import cache

BLOT = "•••"

_SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an X access token": r"\b\d{6,20}-[A-Za-z0-9]{30,}\b",
    "an X bearer token": r"A{20,}[A-Za-z0-9%]{20,}",
    "a Facebook token": r"\bEAA[A-Za-z0-9]{30,}",
    "an access key": r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,})",
    "a setting with a secret": r"\bSTORMCTL_[A-Z0-9_]*(?:KEY|SECRET|TOKEN)\s*=\s*\S+",
    "a key": r"(?<![\w/.#@-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d\w*\d\w*\d)[A-Za-z0-9]{32,}(?![\w/])",
}
_IN_ADDRESSES = (
    r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)",  # a user with a password
    # a parameter that says by its name that it is secret
    r"(?<=[?&;#])[\w.-]{0,40}(?i:token|secret|passw|key|sig|auth|code)\w{0,20}=[^\s&#”]+",
)
_DATE = r"\b(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?:[ T]\d{1,2}[.:]\d\d)?(?!\d)"
_WAYS = (
    "street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|place|pl|way|terrace|highway|hwy"
)
_NAMES = r"(?:[^\W\d][\w.'’-]{0,30},?\s)"
_PEOPLE = (
    r"(?<!//)(?<![\w.@+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",  # mail
    r"\b(?i:A)[#\s.-]{0,3}\d{2,3}(?:[\s.-]?\d{3}){2}\b",  # A-number
    r"\b[A-Z]{3}[\s.-]?\d{2}[\s.-]?\d{3}[\s.-]?\d{5}\b",  # number of a case, such as IOE0912345678
    # telephone, and any other number as long
    rf"(?P<kept>{_DATE})|(?<![\w.])[+(]{{0,2}}\d(?:[\s().\-/\u2010-\u2015]{{0,3}}\d){{8,14}}(?!\w)",
    r"(?<![\w.])\d{3}[\s.-]\d{4}(?!\w)",  # telephone without its area
    rf"\b\d{{1,6}}[A-Za-z]?\s{_NAMES}{{1,4}}(?i:{_WAYS})\b",
    rf"\b(?i:calle|avenida|av\.|carrera|plaza|rue)\s{_NAMES}{{1,5}}(?:n[.º°]{{0,2}}\s?|#\s?)?\d{{1,6}}\b",
    rf"\b\d{{1,6}},?\s(?i:rue|boulevard)\s{_NAMES}{{0,4}}[^\W\d]\w{{0,30}}",
)


def find_secret(text: str) -> str | None:
    """Say what kind of secret a text seems to hold; None if it holds none."""
    return next((kind for kind, shape in _compile_secrets() if shape.search(text)), None)


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
def _compile_secrets() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(shape)) for kind, shape in _SECRETS.items())


@cache
def _compile_all() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape) for shape in (*_SECRETS.values(), *_IN_ADDRESSES, *_PEOPLE))
