"""What `tomllib` does not tell of a TOML file: the line of each key, and in our words what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.files.validation import Lines, Step

_TOKEN = re.compile(
    r"""
    \"{3} (?: \\. | [^\\] )*? \"{3}  # texts over several lines
    | '{3} .*? '{3}
    | " (?: \\. | [^"\\\n] )* "     # texts on one line
    | ' [^'\n]* '
    | \# [^\n]*
    | [\[\]{}\n]
    """,
    re.DOTALL | re.VERBOSE,
)
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def index_lines(source: str) -> Lines:
    """Find the line of each key and table header in a TOML document that `tomllib` accepts.

    Paths are those of the parsed document: `("windows", 1, "every")`. Keys inside inline tables and
    lists have no line of their own.
    """
    lines: Lines = {}
    counts: dict[tuple[Step, ...], int] = {}
    table: tuple[Step, ...] = ()
    for line, statement in _statements(source):
        if statement.startswith("[["):
            path = _resolve(_read_keys(statement[2:]), counts)
            counts[path] = counts.get(path, -1) + 1
            table = (*path, counts[path])
            lines.setdefault(path, line)
            lines[table] = line
        elif statement.startswith("["):
            table = _resolve(_read_keys(statement[1:]), counts, inside=True)
            lines.setdefault(table, line)
        else:
            path = table
            for key in _read_keys(statement):
                path = (*path, key)
                lines.setdefault(path, line)
    return lines


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """Yield each header and key with its line; values over several lines stay in one piece."""
    start = depth = 0
    line = 1
    for token in _TOKEN.finditer(f"{source}\n"):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth == 0:
                text = source[start : token.start()].strip()
                if text and not text.startswith("#"):
                    yield line, text
                line += source.count("\n", start, token.end())
                start = token.end()


def _read_keys(text: str) -> tuple[str, ...]:
    """Read a dotted key, up to the `=` or `]` behind it."""
    keys: list[str] = []
    position = 0
    while (match := _KEY.match(text, position)) is not None:
        keys.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    return tuple(keys)


def _resolve(
    keys: tuple[str, ...], counts: dict[tuple[Step, ...], int], *, inside: bool = False
) -> tuple[Step, ...]:
    """Put the number of the latest table into a path through lists of tables."""
    path: tuple[Step, ...] = ()
    for index, key in enumerate(keys):
        path = (*path, key)
        if path in counts and (inside or index < len(keys) - 1):
            path = (*path, counts[path])
    return path


_OPEN = Phrase("the quotation mark that opens here is not closed")
_TWICE = Phrase("this key or table is there already")
_NO_PAIR = Phrase("here must be a key, then = and a value")
_BACKSLASH = Phrase("a backslash in double quotes has a meaning of its own")

_SAID = {
    "character '\\n'": _OPEN,
    "Unterminated string": _OPEN,
    "character '": Phrase("a control character"),
    "Expected newline": Phrase("something stands behind the value"),
    "Invalid value": Phrase("here must be a value; texts stand in quotation marks"),
    "Invalid date": Phrase("this is on no calendar or clock"),
    "Cannot ": _TWICE,
    "Duplicate": _TWICE,
    "behind this key": _TWICE,
    "Unclosed array": Phrase("a list is not closed with ]"),
    "Unclosed inline": Phrase("a table is not closed with }}"),
    "Expected ']'": Phrase("the name of a table is not closed with ]"),
    "Expected ']]'": Phrase("the name of a table is not closed with ]]"),
    "Expected '='": _NO_PAIR,
    "Invalid statement": _NO_PAIR,
    "Invalid initial": _NO_PAIR,
    "Unescaped": _BACKSLASH,
    "Escaped": _BACKSLASH,
    "Invalid hex": _BACKSLASH,
}
"""What we say of the parser's problems, by words of its own (`tomllib`); the first that fits."""


def explain_toml(error: str) -> Phrase:
    """Say what is wrong; in the parser's own words where it has new ones."""
    return next((said for words, said in _SAID.items() if words in error), Phrase("{text}", text=error))
