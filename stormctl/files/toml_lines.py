"""The line of each key in a TOML file, which `tomllib` does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
