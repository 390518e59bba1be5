"""Read an `.env`: who may have written it, and no line of ours left unread."""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.errors import CredentialsError
from stormctl.tracked import find_tracked, read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from dotenv.parser import Binding

LARGEST = 64 * 1024
"""Bytes of an `.env`; a hundred channels need a third of it."""

NEAR = 2
"""Letters in which a name may differ from one of ours and still be taken for it."""

_PREFIX = "STORMCTL"
_OURS = re.compile(r"STORMCTL_[A-Z0-9_]+")
_HINT = "Write NAME=VALUE, a name as .env.example has it, with straight quotes if any, and close every quote."
_ODD_QUOTES = tuple("“”„‟«»‘’‚‛″＂")


@dataclass(frozen=True, slots=True)
class UnusedVariable:
    """A line of `.env` that is read, and has no effect.

    Attributes:
        line: its number, from 1.
        is_repeated: whether a line below sets the same variable to something else; otherwise nothing reads a
            variable of this name from a file.
    """

    line: int
    name: str
    is_repeated: bool


def check_env_file(path: Path) -> bool:
    """Make sure that an `.env` is nobody else's affair; return whether there is one.

    Raises:
        CredentialsError: it is another user's, others may read it, Git tracks it, it is not a regular file or
            too large, or it can't be looked at.
    """
    try:
        _refuse_foreign(path, path.stat())
        read_plain(path, LARGEST)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refuse(path, error) from None
    refuse_tracked(path)
    return True


def refuse_tracked(path: Path) -> None:
    """Make sure that Git does not publish a file; CredentialsError if it tracks it, or that is not known."""
    found = find_tracked(path)
    if found is not None:
        raise CredentialsError(
            f"{path} is tracked by Git: its secrets would be published",
            f"Run: {found.untrack}, add it to .gitignore, and renew every token that was in it.",
        )


def read_env_file(
    path: Path, known: Collection[str], is_channels: Callable[[str], bool]
) -> tuple[dict[str, str], tuple[UnusedVariable, ...]]:
    """Return our variables of an `.env`, and its lines that have no effect.

    Args:
        known: the variables that serve no single channel.
        is_channels: whether a variable is one of some channel's credentials.

    Raises:
        CredentialsError: it can't be trusted (see `check_env_file`) or read, or a line that seems to be ours
            can't: it might be the lock.
    """
    if not check_env_file(path):
        return {}, ()
    try:
        status, data = read_plain(path, LARGEST)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _refuse(path, error) from None
    except UnicodeDecodeError:
        raise CredentialsError(f"{path} is not UTF-8 text", "Save it again as plain UTF-8 text.") from None
    _refuse_foreign(path, status)
    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    unused_variables: list[UnusedVariable] = []
    for binding in parse_stream(io.StringIO(text)):
        written, name, value = binding.original.string, binding.key or "", binding.value
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        problem = _find_problem(binding, known, is_channels)
        if problem:
            raise CredentialsError(f"{path}:{line}: {problem}", _HINT)
        if binding.error or value is None or not _OURS.fullmatch(name):
            continue
        if values.get(name, value).strip() not in {"", value.strip()}:
            unused_variables.append(UnusedVariable(lines[name], name, is_repeated=True))
        elif name not in known and not is_channels(name):
            unused_variables.append(UnusedVariable(line, name, is_repeated=False))
        values[name], lines[name] = value, line
    return values, tuple(unused_variables)


def _find_problem(binding: Binding, known: Collection[str], is_channels: Callable[[str], bool]) -> str:
    """Return why a line of ours, or one that seems to be, can't be used; empty if nothing is wrong."""
    name, value = binding.key or "", binding.value or ""
    is_ours = _OURS.fullmatch(name) is not None
    if binding.error or binding.value is None or not is_ours:
        rest = binding.original.string if binding.error else value
        is_meant = is_ours or any(_is_meant(text, known, is_channels) for text in (name.upper(), rest))
        return "the line can't be read" if is_meant else ""
    if _is_meant(value.partition("\n")[2], known, is_channels):  # a quote that isn't closed has eaten it
        return "the line can't be read"
    if value.strip().startswith(_ODD_QUOTES) or value.strip().endswith(_ODD_QUOTES):
        return "the line can't be read because of its quotes"
    is_read = name in known or is_channels(name)
    if not is_read and any(_is_near(name, other) for other in known):
        return "the line can't be read, and seems to be meant for stormctl"
    return ""


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    """Make sure that an `.env` is ours alone; for root in a person's folder, that person's."""
    if os.name != "posix":
        return
    us = os.geteuid()
    if status.st_uid != us and (us != 0 or status.st_uid != path.parent.stat().st_uid):
        hint = f"Make it yours once you have read it: sudo chown {us} {path}"
        raise CredentialsError(f"{path} belongs to another user, who may change it at any time", hint)
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CredentialsError(f"{path} can be read by others on this machine", f"Run: chmod 600 {path}")


def _refuse(path: Path, error: OSError) -> CredentialsError:
    hint = f"Run: chmod 600 {path}" if isinstance(error, PermissionError) else "It must be a small text file."
    return CredentialsError(f"{path} can't be read: {error.strerror}", hint)


def _is_meant(text: str, known: Collection[str], is_channels: Callable[[str], bool]) -> bool:
    """Whether a text that is not read mentions us, or a name that someone may have taken for one of ours.

    Signs that are invisible are left out; full-width letters are plain ones; any other foreign letter may
    stand for the one that it looks like.
    """
    plain = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Mn"})
    words = re.findall(r"[^\W]+", unicodedata.normalize("NFKC", plain))
    for word in words:
        head, _, rest = word.partition("_")
        if _PREFIX in word or any(_is_near(word, name) for name in known):
            return True
        if is_channels(f"{_PREFIX}_{rest}") and _is_near(head, _PREFIX):
            return True
    return False


def _is_near(word: str, name: str) -> bool:
    """Whether at most `NEAR` letters must be put in, left out or changed to make one of the other.

    A letter of another alphabet may be any letter, at no cost, in a word with enough others.
    """
    if abs(len(word) - len(name)) > NEAR or sum(map(str.isascii, word)) < len(word) // 3:
        return False
    row = list(range(len(name) + 1))
    for i, letter in enumerate(word, 1):
        before, row = row, [i]
        for j, wanted in enumerate(name, 1):
            change = before[j - 1] + (letter != wanted and letter.isascii())
            row.append(min(change, before[j] + 1, row[j - 1] + 1))
    return row[-1] <= NEAR
