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
_DATE = r"\b(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?:[ T]\d{1,2}[.:]\d\d)?(?!\d)"
_WAYS = (
    "street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|place|pl|way|terrace|highway|hwy"
)
_NAMES = r"(?:[^\W\d][\w.'’-]{0,30},?\s)"
_MAIL = r"(?<!//)(?<![\w.@+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
_A_NUMBER = r"\b(?i:A)[#\s.-]{0,3}\d{2,3}(?:[\s.-]?\d{3}){2}\b"
_CASE_NUMBER = r"\b[A-Z]{3}[\s.-]?\d{2}[\s.-]?\d{3}[\s.-]?\d{5}\b"  # such as IOE0912345678
_PEOPLE = (
    _MAIL,
    _A_NUMBER,
    _CASE_NUMBER,
    # telephone, and any other number as long
    rf"(?P<kept>{_DATE})|(?<![\w.])[+(]{{0,2}}\d(?:[\s().\-/\u2010-\u2015]{{0,3}}\d){{8,14}}(?!\w)",
    r"(?<![\w.])\d{3}[\s.-]\d{4}(?!\w)",  # telephone without its area
    rf"\b\d{{1,6}}[A-Za-z]?\s{_NAMES}{{1,4}}(?i:{_WAYS})\b",
    rf"\b(?i:calle|avenida|av\.|carrera|plaza|rue)\s{_NAMES}{{1,5}}(?:n[.º°]{{0,2}}\s?|#\s?)?\d{{1,6}}\b",
    rf"\b\d{{1,6}},?\s(?i:rue|boulevard)\s{_NAMES}{{0,4}}[^\W\d]\w{{0,30}}",
)
_UPPER = r"[A-ZÁÉÍÓÚÑÀÈÊÇ]"
_NAME = rf"{_UPPER}[\w.'’-]{{0,30}}"
_HOUSE = r"(?:n[.º°]{0,2}\s?|#\s?)?\d{1,5}\b(?!\s(?:de|a[nñ]os|personas|mil)\b)"
_CALLE, _RUE = r"(?i:calle|avenida|av\.|carrera)", "(?:rue|boulevard|bd|chemin|impasse|all[ée]e)"
_TITLED = "|".join(word.title() for word in _WAYS.split("|"))
_ADDRESSES = (
    rf"\b\d{{1,5}}[A-Za-z]?\s(?:{_NAME}\s){{1,3}}(?:{_TITLED})\b\.?",
    rf"\b{_CALLE}\s(?:(?:de|del|la|las|los|el)\s){{0,2}}{_NAME}(?:\s{_NAME}){{0,3}},?\s{_HOUSE}",
    rf"\b\d{{1,4}}(?:\s(?:bis|ter))?,?\s{_RUE}\s(?:de\s|du\s|des\s|la\s|l['’])*{_UPPER}\w{{1,30}}",
)
"""Addresses as they are surely meant: with a house number, and names in capitals."""

_MAYBE_STREET = re.compile(rf"\s(?:{_TITLED})\b|(?:[Cc]alle|[Aa]venida|[Aa]v\.|[Cc]arrera)\s|{_RUE}\s")
_PERSONAL = {
    "mail-address": (_MAIL,),
    "case-number": (_A_NUMBER, _CASE_NUMBER),
    "street-address": _ADDRESSES,
}


def find_personal(text: str, kind: str) -> list[tuple[int, int]]:
    """Return where personal values stand in a text.

    Args:
        kind: `mail-address`, `case-number` or `street-address`.
    """
    if kind == "street-address" and not _MAYBE_STREET.search(text):
        return []
    return sorted(match.span() for shape in _compile_personal()[kind] for match in shape.finditer(text))


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
    return tuple(re.compile(shape) for shape in (*_SECRETS.values(), *_IN_ADDRESSES, *_PEOPLE))


@cache
def _compile_personal() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {kind: tuple(map(re.compile, shapes)) for kind, shapes in _PERSONAL.items()}
