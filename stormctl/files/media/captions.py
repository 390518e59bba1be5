"""Captions of a video: SubRip or WebVTT, rewritten as the SubRip that both platforms take."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.text.spans import find_long_run
from stormctl.files.media.problems import BadMediaError
from stormctl.files.values import BadValueError, parse_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_CHARS = 65_536
"""More than two minutes of speech have."""

MAX_CAPTIONS_BYTES = 512 * 1024
"""Bytes of a captions file (source: X media, subtitles: 512 KB); two minutes of speech have some thousand."""

_WEB = ("WEBVTT", "NOTE", "STYLE", "REGION")
"""What begins a block of WebVTT that is no caption."""

SUFFIXES = frozenset({".srt", ".vtt"})

ENTITY = re.compile(
    r"&(?:#\d+|#x[\da-f]+|amp|lt|gt|nbsp|quot|apos|hellip|[mn]dash|[lr][sd]quo|ntilde|ccedil"
    r"|[aeiou](?:acute|grave|circ|uml)|i(?:excl|quest));",
    re.IGNORECASE,
)
"""A character as HTML writes it, which platforms would show as it is written."""


_ARROW = "-->"
_TIMING = re.compile(
    r"(?P<begin>(?:\d{1,4}:)?\d{2}:\d{2}[.,]\d{3})\s*-->\s*(?P<end>(?:\d{1,4}:)?\d{2}:\d{2}[.,]\d{3})(?:\s.*)?"
)
_TWO_TIMES = re.compile(r"\d+:\d\d\D.*\d:\d\d")
_TAG = re.compile(r"</?(?:[a-z][^<>]*|\d\d:[\d:.]+)>", re.IGNORECASE)
_TIMING_HINT = Phrase("write it like 00:00:01,000 --> 00:00:04,000, in a line of its own below an empty one")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words and when they are shown, in milliseconds from the beginning.

    Attributes:
        line: where in the file its words begin, from 1.
    """

    begin_ms: int
    end_ms: int
    text: str
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class CaptionsFile:
    """A captions file as it goes out, SubRip in UTF-8, and its words by line of the file, from 1."""

    content: bytes
    lines: tuple[tuple[int, str], ...]


def parse_caption_name(file: str) -> str:
    """Read the language of a captions file from its name: `boat.en.srt`.

    Raises:
        BadMediaError: the name says none, or is not that of a captions file.
    """
    stem, _, suffix = file.rpartition("/")[2].rpartition(".")
    name, _, lang = stem.rpartition(".")
    if f".{suffix.lower()}" not in SUFFIXES:
        message = Phrase("“{file}” is not a captions file", file=file)
        raise BadMediaError("bad-captions", message, Phrase("captions are SubRip (.srt) or WebVTT (.vtt)"))
    try:
        return parse_language(lang if name else "")
    except BadValueError:
        message = Phrase("the name “{file}” does not say the language of the captions", file=file)
        raise BadMediaError(
            "bad-captions",
            message,
            Phrase("name it {value}.en.{suffix}, if they are in English", value=name or stem, suffix=suffix),
        ) from None


def read_captions(file: str, path: Path) -> CaptionsFile:
    """Read a captions file; the same file always gives the same bytes.

    Args:
        file: as the message names it, for the finding.

    Raises:
        BadMediaError: it is no captions file, too big, or not UTF-8.
        OSError: it can't be read.
    """
    with path.open("rb") as opened:
        content = opened.read(MAX_CAPTIONS_BYTES + 1)
    if len(content) > MAX_CAPTIONS_BYTES:
        message = Phrase(
            "“{file}” has {number:.0f} KiB; X takes {number2}",
            file=file,
            number=path.stat().st_size / 1024,
            number2=MAX_CAPTIONS_BYTES // 1024,
        )
        raise BadMediaError("bad-captions", message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadMediaError(
            "bad-captions", Phrase("“{file}” is not UTF-8", file=file), Phrase("save it with that encoding")
        ) from None
    if len(text) > MAX_CHARS or find_long_run(text):  # before it is parsed
        message = Phrase(
            "“{file}” holds more than two minutes of speech, or text that is not words", file=file
        )
        raise BadMediaError("bad-captions", message, Phrase("keep to what is said; put spaces between words"))
    cues, problems = parse_cues(text)
    if problems and _ARROW in text:
        message = Phrase("“{file}” has lines that would be lost or shown as they are written", file=file)
        raise BadMediaError("bad-captions", message, lines=tuple(problems))
    if not cues:
        message = Phrase("“{file}” contains no readable captions", file=file)
        hint = Phrase("each caption is a line such as 00:00:01,000 --> 00:00:04,000 and its words below")
        raise BadMediaError("bad-captions", message, hint)
    words = (enumerate(cue.text.split("\n"), cue.line) for cue in cues)
    return CaptionsFile(render_srt(cues).encode(), tuple(line for cue in words for line in cue))


def parse_cues(text: str) -> tuple[tuple[Cue, ...], list[tuple[int, Phrase, Hint]]]:
    """Read SubRip or WebVTT: titles, notes, styles and numbers are left out, and nothing else.

    Returns:
        The cues, and what can't be one or be shown: line, message and hint of each.
    """
    cues: list[Cue] = []
    problems: list[tuple[int, Phrase, Hint]] = []
    block: list[str] = []
    is_web = text.lstrip("\ufeff").startswith("WEBVTT")
    for number, line in enumerate([*re.split(r"\r\n?|\n", text), ""], 1):
        if line.strip():
            block.append(line.strip())
            continue
        first = number - len(block)
        cue = _parse_block(block, first_line=first)
        if cue is not None:
            cues.append(cue)
            problems += _find_wrong_words(cue)
        problems += _find_lost_lines(block, first, is_web=is_web)
        block = []
    return tuple(cues), problems


def _find_lost_lines(block: list[str], first: int, *, is_web: bool) -> Iterator[tuple[int, Phrase, Hint]]:
    """Find what a block says that no cue would: all without a time, and what stands above one."""
    at = next((index for index, line in enumerate(block[:2]) if _TIMING.fullmatch(line)), None)
    for index, line in enumerate(block):
        if index != at and ((_ARROW in line and ":" in line) or (at is None and _TWO_TIMES.match(line))):
            yield first + index, Phrase("“{line}” is not the time of a caption", line=line), _TIMING_HINT
            return
    above = block[: len(block) if at is None else at]
    if is_web and (at is not None or block[:1] == [] or block[0].startswith(_WEB)):
        return
    for index, line in enumerate(above):
        if not line.isdecimal():
            hint = Phrase(
                "remove the empty line above if it belongs to the caption before, or give it a time"
            )
            yield first + index, Phrase("“{line}” has no time, and would not be shown", line=line), hint


def _find_wrong_words(cue: Cue) -> Iterator[tuple[int, Phrase, Hint]]:
    if not cue.begin_ms < cue.end_ms:
        yield cue.line - 1, Phrase("the caption ends before it begins"), Phrase("change one of its times")
    for number, line in enumerate(cue.text.split("\n"), cue.line):
        for tag in _TAG.findall(line):
            name = tag[2:].strip("> ")
            hint = (
                Phrase("leave out the tag; write “{name}: ” if it matters", name=name)
                if tag.startswith("<v ")
                else Phrase("leave out the tag")
            )
            yield number, Phrase("{sign} would be shown as it is written", sign=tag), hint
        for sign in ENTITY.findall(line):
            hint = Phrase("write “{sign}”", sign=html.unescape(sign))
            yield number, Phrase("{sign} would be shown as it is written", sign=sign), hint


def render_srt(cues: tuple[Cue, ...]) -> str:
    """Write cues as SubRip."""
    return "\n".join(
        f"{number}\n{_render_time(cue.begin_ms)} --> {_render_time(cue.end_ms)}\n{cue.text}\n"
        for number, cue in enumerate(cues, 1)
    )


def _parse_block(lines: list[str], first_line: int) -> Cue | None:
    for index, line in enumerate(lines[:2]):
        timing = _TIMING.fullmatch(line)
        words = lines[index + 1 :]
        if timing is not None and words:
            begin_ms, end_ms = _parse_time(timing["begin"]), _parse_time(timing["end"])
            return Cue(begin_ms, end_ms, "\n".join(words), first_line + index + 1)
    return None


def _parse_time(text: str) -> int:
    *hours, minutes, rest = re.split(r":", text)
    seconds, _, milliseconds = rest.replace(",", ".").partition(".")
    whole = (int(hours[0]) if hours else 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + int(milliseconds)


def _render_time(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02},{milliseconds:03}"
