"""Front matter: YAML whose scalars stay text, so that `no`, `08:00` and dates mean what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import yaml

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.files.bank.yaml_problems import explain, is_indented_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.files.validation import Lines, Step

Value = str | list["Value"] | dict[str, "Value"]

_MAX_DEPTH = 5
_PROSE = frozenset({"alt", "credit"})
"""Keys whose value is a sentence, in which even `# ` is meant."""

_COMMENT = re.compile(r"(?<!\S)#")
_LOST = re.compile(r"(?<!\S)#(?=\S)")
"""What begins a comment for YAML, and how people write a tag or a number."""
_HASHTAGS = re.compile(r"^hashtags[ \t]*:.*(?:\n(?:[ \t]|-[ \t]|\]).*)*", re.MULTILINE)
_SIGN = re.compile(r"(?<=[\s\[,])#+(?=[^\s#\],])")
_Loader: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Without libyaml the same events come from PyYAML's own, slower parser."""


@dataclass(frozen=True, slots=True)
class FrontMatterProblem:
    """Something wrong with a line of front matter, or with one that was meant as such.

    Attributes:
        column: where in the line it is, if that is known.
        code: of its finding.
    """

    line: int
    message: Phrase
    hint: Hint = ""
    column: int | None = None
    code: str = "front-matter"


@dataclass(slots=True)
class FrontMatter:
    """What the front matter says: texts, lists and tables of texts.

    Attributes:
        lines: the line of each key in the file, and of each table in a list.
        columns: where in their lines they start.
        spots: where each text of it starts in the file, as line and column, behind a quotation mark.
        problems: what YAML or we refuse, in the order of the lines.
    """

    values: dict[str, Value] = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)
    columns: Lines = field(default_factory=dict)
    spots: dict[tuple[Step, ...], tuple[int, int]] = field(default_factory=dict)
    problems: list[FrontMatterProblem] = field(default_factory=list)


def parse_front_matter(source: str, first_line: int = 1) -> FrontMatter:
    """Parse the lines between the two `---`.

    Aliases, anchors, tags and repeated keys are refused: nothing in a volunteer's file may grow or
    turn into anything but text. Nor may anything be lost: keys without a value are refused, and what
    YAML takes for a comment, unless `# ` begins it.

    Args:
        source: the lines, without the `---`.
        first_line: the number that the first of them has in its file.
    """
    plain = _HASHTAGS.sub(_leave_out_signs, source) if "#" in source else source
    parser = _Parser(plain, first_line)
    try:
        parser.parse()
    except yaml.MarkedYAMLError as error:
        # What is not closed is to be fixed where it was opened.
        opened = any(word in (error.context or "") for word in ("flow", "quoted", "simple key"))
        mark = error.context_mark if opened else error.problem_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        while line and "flow" in (error.context or "") and not {*"[{"} & {*parser.line_at(line)}:
            line -= 1
            column = max(map(parser.line_at(line).rfind, "[{"))
        if is_indented_key(error, shown := parser.line_at(line)):  # YAML points at its colon
            column = len(shown) - len(shown.lstrip())
        parser.note(line, *explain(error, parser.line_at(line)), column)
    except yaml.reader.ReaderError as error:
        before = source.partition(chr(error.character))[0]
        message = Phrase(
            "an invisible control character (U+{character:04X}) stands in this line",
            character=error.character,
        )
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        parser.note(line, message, Phrase("write the line anew"), column)
    except _UnreadableError as error:
        parser.note(error.line, error.message, error.hint, error.column)
    else:
        parser.refuse_lost_words()
    return parser.result


def _leave_out_signs(block: re.Match[str]) -> str:
    """Write the value of `hashtags` without `#`, which YAML takes for a comment."""
    return "\n".join(
        # A line that begins with # outside brackets is a note, and so is what follows the list.
        line if line.lstrip().startswith("#") and "[" not in block[0] else _unsign(line)
        for line in block[0].split("\n")
    )


def _unsign(line: str) -> str:
    inside, end, note = line.rpartition("]")
    return f"{_SIGN.sub(_blank, inside)}{end}{note}" if end else _SIGN.sub(_blank, line)


def _blank(signs: re.Match[str]) -> str:
    return " " * len(signs[0])


class _UnreadableError(Exception):
    def __init__(self, event: yaml.Event, message: Phrase, hint: Hint = "") -> None:
        super().__init__(message)
        self.line, self.column = _start_of(event)
        self.message = message
        self.hint = hint


def _start_of(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line, mark.column) if mark is not None else (0, 0)


class _Parser:
    """Build texts, lists and tables from YAML's events, which still know lines, tags and anchors."""

    def __init__(self, source: str, first_line: int) -> None:
        self.result = FrontMatter()
        self._may_lose = _COMMENT.search(source) is not None
        self._lines = re.split("[\n\x85\u2028\u2029]", source)  # as YAML counts
        self._first_line = first_line
        self._scalars: list[tuple[int, int, int, int, bool]] = []
        self._source = source

    def line_at(self, index: int) -> str:
        """Return a line of the source; the last one where YAML points behind it."""
        return self._lines[min(index, len(self._lines) - 1)]

    def note(self, line: int, message: Phrase, hint: Hint, column: int) -> None:
        """Note a problem at a line and column counted from 0."""
        self.result.problems.append(FrontMatterProblem(self._first_line + line, message, hint, column + 1))

    def parse(self) -> None:
        """Read the one document that there may be."""
        # Every event is there until the stream's end, after which nothing is read.
        self._next = cast("Callable[[], yaml.Event]", _Loader(self._source).get_event)
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return
        event = self._next()
        if not isinstance(event, yaml.MappingStartEvent):
            message = Phrase("front matter is made of “key: value” lines, and this is not one")
            raise _UnreadableError(
                event, message, Phrase("remove the line of --- above it if it belongs to the text")
            )
        self._refuse_magic(event)
        self.result.values = self._read_table((), event)
        while not isinstance(self._next(), yaml.StreamEndEvent):
            pass

    def refuse_lost_words(self) -> None:
        """Note what YAML takes for a comment, unless it is plainly one."""
        if not self._may_lose:
            return
        lines, prose = [list(line) for line in self._lines], set[int]()
        for top, left, bottom, right, is_prose in self._scalars:
            for number in range(top, min(bottom + 1, len(lines))):
                start = left if number == top else 0
                stop = right if number == bottom else len(lines[number])
                lines[number][start:stop] = "x" * (stop - start)
            if is_prose:
                prose.add(bottom)
        for number, line in enumerate(map("".join, lines)):
            comment = (_COMMENT if number in prose else _LOST).search(line)
            if comment is None:
                continue
            before = self._lines[number][: comment.start()].rstrip()
            found = self._lines[number][comment.start() :].rstrip()
            where = Phrase("the whole value")
            if not before:
                where = Phrase("a tag, behind “- ” in a list,")
            elif before.endswith(("]", "}")):
                where = Phrase("it, inside the brackets,")
            hint = Phrase(
                "put {where} in double quotes; for a note, write “# ” on a line of its own", where=where
            )
            message = Phrase("YAML leaves out “{found}” as a comment", found=found)
            self.note(number, message, hint, comment.start())
        self.result.problems.sort(key=lambda problem: problem.line)

    def _read_table(self, path: tuple[Step, ...], start: yaml.MappingStartEvent) -> dict[str, Value]:
        table: dict[str, Value] = {}
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _UnreadableError(key, Phrase("a key must be one word"))
            self._refuse_magic(key)
            self._remember(key)
            name = str(key.value)
            line, column = _start_of(key)
            event = self._next()
            value = self._read_value(event, (*path, name))
            if name in table:
                message = Phrase("“{name}” is written twice", name=name)
                self.note(line, message, Phrase("keep one of them"), column)
            elif value:
                table[name] = value
                self._place((*path, name), key)
            elif isinstance(event, yaml.ScalarEvent) and event.style in {None, ""}:
                self._note_empty(name, line, column, in_braces=bool(start.flow_style))
        return table

    def _read_value(self, event: yaml.Event, path: tuple[Step, ...]) -> Value:
        self._refuse_magic(event)
        if isinstance(event, yaml.ScalarEvent):
            self._remember(event, is_prose=path[-1] in _PROSE and bool(event.value) and not event.style)
            if event.start_mark is not None:
                column = event.start_mark.column + (2 if event.style in {"'", '"'} else 1)
                self.result.spots.setdefault(path, (self._first_line + event.start_mark.line, column))
            return str(event.value)
        if isinstance(event, yaml.AliasEvent):
            return ""
        if len(path) >= _MAX_DEPTH:
            raise _UnreadableError(event, Phrase("lists and tables are nested too deeply"))
        if isinstance(event, yaml.MappingStartEvent):
            return self._read_table(path, event)
        items: list[Value] = []
        while not isinstance(item := self._next(), yaml.SequenceEndEvent):
            if isinstance(item, yaml.MappingStartEvent):
                self._place((*path, len(items)), item)
            items.append(self._read_value(item, (*path, len(items))))
        return items

    def _place(self, path: tuple[Step, ...], start: yaml.Event) -> None:
        line, column = _start_of(start)
        self.result.lines[path] = self._first_line + line
        self.result.columns[path] = column + 1

    def _remember(self, scalar: yaml.ScalarEvent, *, is_prose: bool = False) -> None:
        begin, end = scalar.start_mark, scalar.end_mark
        if self._may_lose and begin is not None and end is not None:
            self._scalars.append((begin.line, begin.column, end.line, end.column, is_prose))

    def _note_empty(self, name: str, line: int, column: int, *, in_braces: bool) -> None:
        if in_braces:
            message = Phrase(
                "“{name}” has no value: between braces a comma ends what stands before it", name=name
            )
            hint = Phrase("put the whole text that has the comma in double quotes")
            self.note(line, message, hint, column)
        elif not _LOST.search(self.line_at(line)):
            message = Phrase("“{name}” has no value", name=name)
            self.note(line, message, Phrase("write one, or remove the line"), column)

    def _refuse_magic(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._note_magic(event, Phrase("the YAML alias *{name} is not allowed", name=event.anchor))
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor is not None:
                self._note_magic(event, Phrase("the YAML anchor &{name} is not allowed", name=event.anchor))
            if event.tag is not None:
                self._note_magic(event, Phrase("the YAML tag {name} is not allowed", name=event.tag))

    def _note_magic(self, event: yaml.Event, message: Phrase) -> None:
        line, column = _start_of(event)
        self.note(line, message, Phrase("put text that begins like this in double quotes"), column)
