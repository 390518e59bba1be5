"""The names of a bank's files: which wording one holds, what was meant by others, what is no message."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.platforms.facts import Platform
from stormctl.files.dates import join
from stormctl.files.nearest import find_nearest, fold
from stormctl.files.values import BadValueError, make_slug, parse_language, parse_slug

_QUIET = re.compile(
    r"\..*|~\$.*|.*~|#.*#|.*\.(bak|swp|swo|tmp|orig)|thumbs\.db|desktop\.ini|icon\r?|readme(\.[^.]*){0,2}",
    re.IGNORECASE | re.DOTALL,
)
"""Locks, backups, and what systems leave in folders."""

_CODE = re.compile(r"[a-z]{2}([-_].+)?", re.ASCII | re.IGNORECASE)
_COPY = re.compile(
    r"(copy|copia|copie) (of|de) .+|.+? ([-–—] )?\(?(copy|c[oó]pia|copie|kopie)\)?( ?\(?\d+\)?)?|.+?\(\d+\)",
    re.IGNORECASE,
)
_TEXTS = frozenset({".txt", ".text", ".markdown", ".mdown", ".mkd", ".md"})
_DOCUMENTS = frozenset({".docx", ".doc", ".rtf", ".odt", ".pages", ".html", ".htm", ".pdf"})
_SWITCH = {"twitter": Platform.X, "tweet": Platform.X, "tw": Platform.X, "fb": Platform.FACEBOOK}
_ELSEWHERE = frozenset(
    {"instagram", "insta", "ig", "threads", "bluesky", "bsky", "mastodon", "linkedin", "tiktok"}
    | {"whatsapp", "telegram", "youtube"}
)


@dataclass(frozen=True, slots=True)
class WordingName:
    """Which wording of which message it is."""

    message_id: str
    lang: str
    label: str | None


def is_quiet(name: str) -> bool:
    """Whether a file is a hidden one, a README, a lock, a backup or the system's: no word about it."""
    return name.startswith("README") or _QUIET.fullmatch(name) is not None


def find_lost_wording(name: str) -> Hint:
    """Return what to do about a file that would be a message if it had the right ending; empty if none."""
    stem, endings = name, set[str]()
    while (split := os.path.splitext(stem))[1].lower() in _TEXTS | _DOCUMENTS:  # noqa: PTH122 - only a name
        stem = split[0]
        endings.add(split[1].lower())
    for candidate in [stem] if endings else [os.path.splitext(name)[0], name]:  # noqa: PTH122
        try:
            found = parse_wording_name(candidate)
        except BadValueError:
            continue
        if endings & _DOCUMENTS:
            return Phrase("open it, save it as plain text (UTF-8), and name that {name}.md", name=candidate)
        if endings or _is_language(found.lang):
            return Phrase("name it {name}.md", name=candidate)
    return ""


def parse_wording_name(stem: str) -> WordingName:
    """Read `<id>.<lang>` or `<id>.<lang>.<label>`, as message files are named.

    Raises:
        BadValueError: with a name that would do, or a question, if it is none.
    """
    if (" " in stem or ")" in stem) and _COPY.fullmatch(stem):
        message = Phrase("file name: “{stem}” looks like a copy", stem=stem)
        raise BadValueError(
            message, Phrase("remove it, or name it ID.LANG.LABEL.md if it is another wording")
        )
    message_id, *rest = stem.split(".")
    try:
        parse_slug(message_id)
        for label in rest[1:]:
            parse_slug(label)
    except BadValueError as problem:
        better = ".".join([make_slug(message_id), *rest[:1], *map(make_slug, rest[1:])])
        hint = (
            Phrase("name it {name}.md", name=better)
            if all(better.split("."))
            else Phrase("write it without accents, like open-door")
        )
        raise BadValueError(Phrase("file name: {message}", message=problem.message), hint) from None
    if not rest:
        message = Phrase("file name: the language is missing")
        raise BadValueError(message, _ask_language(message_id))
    _refuse_swapped(message_id, *rest)
    try:
        lang = parse_language(rest[0])
    except BadValueError as problem:
        raise BadValueError(
            Phrase("file name: {message}", message=problem.message), _find_language(message_id, *rest)
        ) from None
    if len(rest) > 2:  # noqa: PLR2004 - the language and one label
        message = Phrase("file name: it has more than an id, a language and one label")
        names = join([f"{message_id}.{rest[0]}.{label}.md" for label in rest[1:]])
        raise BadValueError(message, Phrase("choose one: {names}", names=names))
    if rest[1:]:
        _check_label(f"{message_id}.{rest[0]}", rest[1])
    return WordingName(message_id, lang, rest[1] if rest[1:] else None)


def _refuse_swapped(message_id: str, second: str, *labels: str) -> None:
    """Refuse a language before the id, and a platform in the language's place."""
    if _is_language(message_id) and not _is_language(second):
        message = Phrase(
            "file name: “{message_id}” is a language, and stands where the id should", message_id=message_id
        )
        raise BadValueError(
            message, Phrase("name it {name}.md", name=".".join([make_slug(second), message_id, *labels]))
        )
    if second in _SWITCH or second in _ELSEWHERE:
        message = Phrase(
            "file name: “{second}” is not a language code such as en, es or pt-BR", second=second
        )
        raise BadValueError(message, _find_language(message_id, second, *labels))


def _ask_language(message_id: str) -> Phrase:
    """Find the language at the end of an id, as in `sign-on-es`; ask for one where there is none."""
    match = re.fullmatch(r"(.+)[-_]([a-z]{2})", message_id)
    if match and _is_language(match[2]):
        return Phrase("name it {id}.{lang}.md, if “{lang}” is its language", id=match[1], lang=match[2])
    return Phrase("name it {id}.en.md, if it is in English", id=message_id)


def _find_language(message_id: str, wrong: str, *labels: str) -> Phrase:
    """Say what to write for something in the language's place that is none."""
    code = _languages().get(fold(wrong)) or wrong.replace("_", "-")
    try:
        parse_language(code)
    except BadValueError:
        pass
    else:
        if code not in _SWITCH and code not in _ELSEWHERE:
            return Phrase("name it {name}.md", name=".".join([message_id, code, *labels]))
    label = _platform_of(wrong) or make_slug(wrong)
    if labels and _is_language(labels[0]):
        name = f"{message_id}.{labels[0]}.{label}.md"
        return Phrase("the language comes first: {name}", name=name)
    name = f"{message_id}.en.{label}.md"
    return Phrase("the language comes first: {name}, if it is in English", name=name)


def _check_label(stem: str, label: str) -> None:
    """Refuse a label that seems to keep a wording for a platform, and would let it out on every one."""
    if label in set(Platform):
        return
    meant = _platform_of(label)
    if meant:
        message = Phrase(
            "file name: “{label}” is not how {label2} is named here", label=label, label2=meant.label
        )
        raise BadValueError(message, Phrase("name it {stem}.{meant}.md", stem=stem, meant=meant))
    words = re.split(r"[-_]", label)
    if _ELSEWHERE & set(words):
        message = Phrase(
            "file name: “{label}” names another platform, and the wording would go out on ours", label=label
        )
        raise BadValueError(message, Phrase("remove it, or give it a label that names no platform"))
    meant = next((platform for word in words if (platform := _platform_of(word))), None)
    if meant:
        message = Phrase(
            "file name: “{label}” does not keep the wording for {label2}", label=label, label2=meant.label
        )
        other = "-".join(word for word in words if not _platform_of(word)) or "again"
        hint = Phrase(
            "name it {stem}.{meant}.md, for {label} alone, or {stem}.{other}.md, for every platform",
            stem=stem,
            meant=meant,
            label=meant.label,
            other=other,
        )
        raise BadValueError(message, hint)


@lru_cache
def _platform_of(word: str) -> Platform | None:
    """Return the platform that a word names, or nearly names."""
    known = {platform.value: platform for platform in Platform} | _SWITCH
    nearest = word if word in known else find_nearest(word, known, cutoff=0.8)
    return known[nearest] if nearest else None


def _is_language(code: str) -> bool:
    """Whether it is a two-letter code that Unicode's data know, perhaps with a region."""
    return _CODE.fullmatch(code) is not None and (code[:2].lower() in _languages().values())


@lru_cache
def _languages() -> dict[str, str]:
    """Return the codes of languages by their names in English, Spanish, French and the language itself."""
    from babel import Locale, UnknownLocaleError  # only names with mistakes need it

    names: dict[str, str] = {}
    for lang in ("en", "es", "fr"):
        found = Locale(lang).languages
        names |= {fold(name): code for code, name in found.items() if len(code) == len("en")}
    for code in sorted(set(names.values())):
        try:
            names.setdefault(fold(Locale(code).get_language_name(code) or code), code)
        except UnknownLocaleError:
            continue
    return names | {"castellano": "es", "castilian": "es", "eng": "en", "esp": "es", "spa": "es", "fra": "fr"}
