"""What would be posted and is no text: front matter that is nearly ours, notes, files of other programs."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import takewhile
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.files.bank.frontmatter import FrontMatterProblem
from stormctl.files.bank.variants import MediaItem, Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_TEXT = "not-text"
IN_TEXT = "front-matter-in-text"
"""Codes of findings; those of a file's top and of YAML are `front-matter`."""

KEYS = frozenset({*Wording.model_fields, *MediaItem.model_fields})
_SURE = frozenset({key for key in KEYS if "_" in key} | {"expires", "hashtags"})
"""Keys that begin no sentence, whatever their case."""

_PLAIN = {"link", "credit"}
"""Keys that also end an ordinary text: “Link: …”, “Credit: …”."""

_OTHERS = (
    "alt_text channel date deadline draft fecha image images imagen etiquetas enlace foto lang lien keywords"
    " partenaire photo picture platform plataforma publish slug status tag tags tema thème title until url"
    " échéance étiquettes"
)
_SYNONYMS = frozenset(_OTHERS.split())
_UNSEEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_EMPTY = " \t\n\r\f\v\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_DASHES = "-‐‑‒–—―−"
_KEY = re.compile(rf"[\s{_UNSEEN}\"'“”‘’]*(?P<key>[^\W\d][\w-]*)[\"'“”‘’]?[ \t]*(?P<sign>[:：=])")
_VALUE = re.compile(r"[ \t]*(?:20\d\d-\d\d-\d\d[ T]\d\d:\d\d|\S+\.(?:png|jpe?g|gif|webp|mp4)[ \t]*$)")
"""What nobody writes for people: a moment in our form, the name of a picture."""

_RULE = re.compile(rf"[ \t]?[{_DASHES}_=*~+][{_DASHES}_=*~+\s]*")
_NEARLY_FENCE = re.compile(rf"[\s\\{_UNSEEN}]*(?=\S*-)[{_DASHES}\\]{{2,}}[\s{_UNSEEN}]*|\+\+\+[ \t]*")
_NAMES = "|".join(sorted(KEYS | _SYNONYMS)).replace("_", "[_-]")
_SUSPECT = re.compile(
    rf"^(?:[^\S\n]|[\\\"'“”‘’{_UNSEEN}])*(?:[{_DASHES}+]{{2}}|(?:{_NAMES})\b)",
    re.MULTILINE | re.IGNORECASE,
)

_TAGS = (
    "article|aside|audio|blockquote|body|button|center|code|d[dlt]|div|embed|figcaption|figure|font|footer|form"
    "|h[1-6]|head|header|hr|html|iframe|img|input|label|li|link|main|meta|nav|object|ol|option|picture|pre|script"
    "|section|select|source|style|svg|table|tbody|td|textarea|tfoot|thead|th|title|tr|ul|video"
)
_HTML = re.compile(rf"(</?(?:{_TAGS})(?:\s+[\w:-]+=[^<>]*)?\s*/?>).*", re.IGNORECASE)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--|^\[(?://|comment)\]:", re.MULTILINE | re.IGNORECASE)
_MARKS = re.compile(r"[<&`]|^\[", re.MULTILINE)
_CODE = re.compile(r"^[ \t>]*```", re.MULTILINE)


def find_other_format(source: str) -> Iterator[FrontMatterProblem]:
    """Find what makes a whole file, or a place of it, the work of another program or a note to oneself."""
    if source.lstrip().startswith("{\\rtf"):
        hint = Phrase("save it again as plain text, with the encoding UTF-8")
        message = Phrase("this is a word processor's document (RTF), not text")
        yield FrontMatterProblem(1, message, hint, code=NOT_TEXT)
        return
    if _PAGE.match(source):
        hint = Phrase("copy the text that a browser shows into a new file, saved as plain text")
        yield FrontMatterProblem(1, Phrase("this is a web page (HTML), not text"), hint, code=NOT_TEXT)
        return
    if not _MARKS.search(source):
        return
    for found in _COMMENT.finditer(source):
        hint = Phrase("remove it to its end, and the message if it is not to be posted")
        yield _at(source, found, Phrase("a comment would be posted like any text"), hint)
    for found in _CODE.finditer(source):
        hint = Phrase("remove each line of ```, and keep what stands between them")
        yield _at(source, found, Phrase("``` marks a code block, and would be posted"), hint)
    for found in _HTML.finditer(source):
        yield _at(
            source,
            found,
            Phrase("{value} is HTML, and would be posted", value=found[1][:40]),
            Phrase("write the text without it"),
        )


def find_open_end(lines: list[str]) -> int | None:
    """Find the line, from 0, that was meant to end front matter: the first rule below lines of keys."""
    is_open = False
    for index, line in enumerate(lines):
        is_value = line.strip() == "-" or line.startswith("  ")
        if not is_value and (_RULE.fullmatch(line) or _NEARLY_FENCE.fullmatch(line)):
            return index if is_open else None
        is_key = _KEY.match(line) is not None
        is_open = is_open or is_key
        if line[:1] not in {" ", "\t", "#", "-", ""} and not is_key:
            break
    return None


def has_key(text: str) -> bool:
    """Whether a line of a text begins with one of our keys."""
    return any(_key_of(line).lower() in KEYS for line in text.split("\n"))


def find_lookalikes(body: str, first_line: int, *, has_front: bool) -> Iterator[FrontMatterProblem]:
    """Find lines of a text that were meant as front matter or as the start of a part.

    Args:
        body: everything below the front matter.
        first_line: the number of its first line in the file.
        has_front: whether there is front matter above it.
    """
    lines = body.split("\n")
    if not has_front and (problem := _find_wrong_top(lines)) is not None:
        yield problem
        return
    if not _SUSPECT.search(body):
        return
    in_block = False
    for index, line in enumerate(lines):
        if _NEARLY_FENCE.fullmatch(line) and line.rstrip(" \t") != "---":
            hint = Phrase(
                "to begin a part or to enclose keys, write --- and nothing else; in the text, write —"
            )
            message = Phrase("{show_line} is not quite ---", show_line=show_line(line))
            yield FrontMatterProblem(first_line + index, message, hint, 1, IN_TEXT)
        is_key = _is_key_line(lines, index)
        if is_key and not in_block:
            hint = Phrase(
                "put it at the top of the file, between two lines of ---; if it belongs to the text, begin"
                " the line with another word"
            )
            message = Phrase(
                "“{key_of}:” is not in the front matter, and would be posted", key_of=_key_of(line)
            )
            column = 1 + line.index(_key_of(line))
            yield FrontMatterProblem(first_line + index, message, hint, column, IN_TEXT)
        in_block = is_key or (in_block and bool(line.strip()))


def _find_wrong_top(lines: list[str]) -> FrontMatterProblem | None:
    """Find front matter at the top of a file whose first line is not exactly ours."""
    top = next((index for index, line in enumerate(lines) if line.strip(_EMPTY)), 0)
    if lines[top].rstrip(" \t") == "---":  # it has text above it, or it would begin front matter
        unseen = next(c for line in lines[:top] for c in line.strip())
        message = Phrase("an invisible character (U+{ord:04X}) stands above the ---", ord=ord(unseen))
        return FrontMatterProblem(top + 1, message, Phrase("remove the lines above the ---"), 1)
    if not (_RULE.fullmatch(lines[top]) or _NEARLY_FENCE.fullmatch(lines[top])):
        return None
    is_dashes = lines[top].strip(_EMPTY)[0] in f"{_DASHES}\\+"
    below = [line for line in lines[top + 1 :] if line.strip()]
    inner = list(takewhile(lambda line: not _RULE.fullmatch(line), below))
    keys = [key.lower() for line in inner if (key := _key_of(line)) and (is_dashes or key == key.lower())]
    if not keys or not _key_of(inner[0]) or not any(map(_is_meant_as_key, keys)):
        return None
    hint = Phrase("write --- and nothing else above and below the lines of “key: value”")
    message = Phrase("{show_line} does not begin front matter", show_line=show_line(lines[top]))
    return FrontMatterProblem(top + 1, message, hint, 1)


def _is_meant_as_key(word: str) -> bool:
    return word in _SYNONYMS or bool(get_close_matches(word[:30], KEYS, cutoff=0.8))


def show_line(line: str) -> str:
    """Write a line in quotes, or name what can't be seen in it."""
    unseen = next((c for c in line if re.match(f"[{_UNSEEN}]", c)), None)
    return (
        f"“{line.rstrip()}”"
        if unseen is None
        else Phrase("--- with an invisible character (U+{number:04X})", number=ord(unseen))
    )


def _key_of(line: str) -> str:
    found = _KEY.match(line)
    return found["key"] if found else ""


def _is_key_line(lines: list[str], index: int) -> bool:
    found = _KEY.match(lines[index])
    if found is None or found["sign"] == "=":
        return False
    key, name = found["key"], found["key"].lower().replace("-", "_")
    if name in _SURE or (name in KEYS and key == key.lower()):
        return True
    if name not in KEYS and name not in _SYNONYMS:
        return False
    if _VALUE.match(lines[index], found.end()):
        return True
    before = lines[index - 1] if index else ""
    if before.strip() and not _RULE.fullmatch(before) and not _key_of(before):
        return False  # a sentence goes on
    return key == key.lower() or (not _key_of(before) and _is_head(lines, index))


def _is_head(lines: list[str], index: int) -> bool:
    """Whether a file or part begins here with a block of keys alone, two of them ours."""
    above = next((line for line in reversed(lines[:index]) if line.strip()), "---")
    block = list(takewhile(lambda line: line.strip() and not _RULE.fullmatch(line), lines[index:]))
    ours = {_key_of(line).lower() for line in block} & KEYS
    has_text = any(line.strip() for line in lines[index + len(block) :])
    return (
        above.rstrip() == "---" and len(ours) > 1 and ours != _PLAIN and has_text and all(map(_key_of, block))
    )


def _at(source: str, found: re.Match[str], message: Phrase, hint: Hint) -> FrontMatterProblem:
    line, column = (
        1 + source.count("\n", 0, found.start()),
        found.start() - source.rfind("\n", 0, found.start()),
    )
    return FrontMatterProblem(line, message, hint, column, NOT_TEXT)
