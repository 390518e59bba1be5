"""One message file: front matter, then the text as it is to be posted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stormctl.domain.base.phrase import Phrase
from stormctl.files.bank.frontmatter import FrontMatter, FrontMatterProblem, parse_front_matter
from stormctl.files.bank.lookalikes import (
    find_lookalikes,
    find_open_end,
    find_other_format,
    has_key,
    show_line,
)

MAX_BYTES = 65_536
"""A message file is at most 64 KiB."""

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A message file, taken apart.

    Attributes:
        front: what stands between the two `---` lines; empty without them.
        parts: the texts between further `---` lines, without blank lines around them.
        starts: where each part starts, as line and column.
    """

    front: FrontMatter
    parts: tuple[str, ...]
    starts: tuple[tuple[int, int], ...]


def parse_document(source: str) -> Document:
    """Take a message file apart; what is wrong with its front matter is in `front.problems`."""
    front, body_at = FrontMatter(), 0
    front.problems += find_other_format(source)
    if front.problems:
        return Document(front, ("",), ((1, 1),))
    first = _FENCE.search(source)
    if first is not None and not source[: first.start()].strip():
        start = source.count("\n", 0, first.end()) + 2
        second = _FENCE.search(source, first.end())
        body_at = second.end() if second else len(source)
        inside = source[first.end() + 1 : second.start() if second else None]
        lines = inside.split("\n")
        end = find_open_end(lines)
        if end is not None:
            message = Phrase("{show_line} does not end the front matter", show_line=show_line(lines[end]))
            front.problems.append(
                FrontMatterProblem(start + end, message, Phrase("write --- and nothing else there"), 1)
            )
        elif second is None:
            front.problems.append(_find_no_end(inside, start - 1))
        else:
            front = parse_front_matter(inside, start)
    line = 1 + source.count("\n", 0, body_at)
    front.problems += find_lookalikes(source[body_at:], line, has_front=body_at > 0)
    return Document(front, *_split_parts(source, body_at))


def _find_no_end(inside: str, line: int) -> FrontMatterProblem:
    hint = Phrase("close it with a line of --- below the last “key: value”")
    if not has_key(inside):
        hint = Phrase("remove this line: without front matter a file begins with its text")
    return FrontMatterProblem(line, Phrase("the front matter that starts here has no end"), hint, 1)


def _split_parts(source: str, start: int) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    fences = [fence.span() for fence in _FENCE.finditer(source, start)]
    starts = [start, *(end for _, end in fences)]
    ends = [*(begin for begin, _ in fences), len(source)]
    for begin, end in zip(starts, ends, strict=True):
        part = source[begin:end]
        text = part.lstrip()
        at = end - len(text)
        places.append((1 + source.count("\n", 0, at), at - source.rfind("\n", 0, at)))
        parts.append(text.rstrip())
    return tuple(parts), tuple(places)


class NotUtf8Error(ValueError):
    """A file in another encoding: the line of the first byte that is wrong."""

    def __init__(self, line: int, message: Phrase) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def decode_text(content: bytes) -> str:
    r"""Decode a file that a person saved: UTF-8, a byte order mark and any line ends; `\n` comes out.

    Raises:
        NotUtf8Error: if it is another encoding.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotUtf8Error(1, Phrase("saved as UTF-16, not as UTF-8"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        message = Phrase(
            "not saved as UTF-8: the byte 0x{content:02x} in line {line} does not belong there",
            content=content[error.start],
            line=line,
        )
        raise NotUtf8Error(line, message) from error
    if "\r" in text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return text
