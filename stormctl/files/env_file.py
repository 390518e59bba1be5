"""Write credentials into a campaign's `.env`: in place, whole or not at all, for its owner's eyes only."""

from __future__ import annotations

import io
import os
import re
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform
from stormctl.env_reading import check_env_file, refuse_tracked
from stormctl.errors import CredentialsError, UsageError
from stormctl.places import hand_over, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dotenv.parser import Binding

_PLAIN = re.compile(r"[A-Za-z0-9_./:+~@%|-][A-Za-z0-9_./:+~@%|=-]*")
"""Values that need no quotes."""

_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_ASSIGNMENT = re.compile(
    r"(?P<head>\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=\#\s]+))"
    r"(?:[^\S\r\n]*="
    r"(?:(?=[^\S\r\n]+\#)"  # no value but a comment
    rf"|[^\S\r\n]*(?:{_QUOTED})(?=[^\S\r\n]*(?:[\#\r\n]|\Z))"
    r"|[^\S\r\n]*(?:(?!\s+\#)[^\r\n])*?(?=\s|\Z)))?"
    r"(?P<tail>[^\S\r\n]*(?:\#[^\r\n]*)?(?:\r\n|\n|\r)?)",
    re.DOTALL,
)
"""A line that sets a variable, as python-dotenv 1.2 reads it."""

_FIELDS = "|".join(sorted({field.name for platform in Platform for field in platform.facts.fields}))


def find_target(path: Path) -> Path:
    """Return the file that an `.env` is: the one that a link leads to, or the path itself.

    Raises:
        CredentialsError: it can't be rewritten: others may read it, Git tracks it, it is no file, or its
            folder is not ours to write.
    """
    try:
        target = path.resolve(strict=True) if path.is_symlink() else path
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 raise the latter for links that lead in a circle
        raise CredentialsError(f"{path} is a link that leads nowhere", "Remove it, or fix it.") from None
    for place in dict.fromkeys((path, target)):
        if not check_env_file(place):
            refuse_tracked(place)  # deleted here perhaps, but still in Git
    if not os.access(target.parent, os.W_OK):
        raise CredentialsError(f"can't write beside {target}", "Its folder must be writable for you.")
    return target


def write_values(path: Path, values: Mapping[str, str]) -> None:
    """Set variables in an `.env`, which is made if there is none.

    Comments, order, line ends and all other lines stay as they are. The file is readable for its owner only,
    from its first byte on, and is replaced in one step that outlives a power failure.

    Raises:
        CredentialsError: it can't be rewritten, see `find_target`, or was changed by somebody else meanwhile.
        UsageError: a value holds what no credential holds.
    """
    target = find_target(path)
    try:
        before = target.read_bytes() if is_there(target) else None
        text = (before or b"").decode()
        content = set_values(text, values)
        with _making(target) as part:
            part.write_bytes(content.encode())
            _flush(part)
            if before != (target.read_bytes() if is_there(target) else None):
                raise CredentialsError(
                    f"{path} was changed in the meantime: nothing was written", "Try again."
                )
            part.replace(target)
        _flush(target.parent)
    except UnicodeDecodeError:
        raise CredentialsError(f"{path} is not UTF-8 text", "Save it again as plain UTF-8 text.") from None
    except OSError as error:
        raise CredentialsError(f"{path} can't be written: {error.strerror}", "Nothing was changed.") from None


def set_values(text: str, values: Mapping[str, str]) -> str:
    """Return an `.env`'s text with variables set.

    A line that sets one is rewritten where it stands; an empty sample line (`#NAME=`) is filled in; what has
    no line is added below its nearest relatives, or at the end.

    Raises:
        CredentialsError: the text is not such that this is safe.
        UsageError: a value holds what no credential holds.
    """
    for name, value in values.items():
        if not value.isprintable() or not value:
            raise UsageError(f"the value for {name} is empty, or contains a line break or similar")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    plain = text.removeprefix(mark)
    end = (re.search(r"\r\n|\n|\r", plain) or ["\n"])[0]
    bindings = _parse(plain)
    pieces = [binding.original.string for binding in bindings]
    for name, value in values.items():
        _set(pieces, bindings, name, quote(value), end)
    result = "".join(pieces)
    if _read(result) != {**_read(plain), **values}:
        raise CredentialsError(
            ".env is written in a way that can't be changed safely: nothing was written",
            "Fix its quotes, or add the variables by hand.",
        )
    return mark + result


def quote(value: str) -> str:
    """Return a value as it stands in an `.env`, in quotes where it needs them."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _set(pieces: list[str], bindings: list[Binding], name: str, quoted: str, end: str) -> None:
    """Put one variable into the pieces, each of which is the text of a binding."""
    places = [i for i, binding in enumerate(bindings) if binding.key == name and not binding.error]
    for i in places:
        found = _ASSIGNMENT.fullmatch(pieces[i])
        if found is not None:
            gap = " " if found["tail"].startswith("#") else ""
            pieces[i] = f"{found['head']}={quoted}{gap}{found['tail']}"
    if places:
        return
    sample = re.compile(
        rf"^[^\S\r\n]*\#[^\S\r\n]*{re.escape(name)}[^\S\r\n]*=[^\S\r\n]*(?=[\r\n]|\Z)", re.MULTILINE
    )
    for i, binding in enumerate(bindings):
        if binding.key is None and not binding.error and sample.search(pieces[i]):
            pieces[i] = sample.sub(lambda _: f"{name}={quoted}", pieces[i], count=1)
            return
    at = _find_relative(pieces, name)
    at = len(pieces) - 1 if at is None else at
    line = f"{name}={quoted}{end}"
    if at >= 0 and pieces[at] and not pieces[at].endswith(("\n", "\r")):
        pieces[at] += end
    pieces.insert(at + 1, line)
    bindings[at + 1 : at + 1] = _parse(line)


def _find_relative(pieces: list[str], name: str) -> int | None:
    """Return the last piece with a credential of the same channel, set or sample; None if there is none."""
    family = re.escape(re.sub(rf"(?:{_FIELDS})\Z", "", name))
    form = rf"^[^\S\r\n]*(?:\#[^\S\r\n]*|export[^\S\r\n]+)?{family}(?:{_FIELDS})[^\S\r\n]*="
    relative = re.compile(form, re.MULTILINE)
    found = [i for i, piece in enumerate(pieces) if relative.search(piece)]
    return found[-1] if found else None


def _parse(text: str) -> list[Binding]:
    from dotenv.parser import parse_stream

    return list(parse_stream(io.StringIO(text)))


def _read(text: str) -> dict[str, str | None]:
    return {binding.key: binding.value for binding in _parse(text) if binding.key is not None}


@contextmanager
def _making(target: Path) -> Iterator[Path]:
    """Make an empty file beside another one, for that one's owner only; what is not used is removed."""
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        try:
            if os.name == "posix" and is_there(target):
                was, is_now = target.stat(), os.fstat(handle)
                if (was.st_uid, was.st_gid) != (is_now.st_uid, is_now.st_gid):
                    os.fchown(handle, was.st_uid, was.st_gid)  # under sudo the file stays its owner's
            else:
                hand_over(handle, target.parent)
        finally:
            os.close(handle)
        yield part
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have a file, or a folder where the system has such a thing, on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
