"""Mend files where no person has to decide: markup, the case of tags, front matter."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.errors import UsageError
from stormctl.files.bank.markdown import decode_text
from stormctl.places import hand_over

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.base.finding import Edit

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileFix:
    """A file before and after it is mended.

    Attributes:
        path: relative to the campaign folder.
        number: of edits.
    """

    root: Path
    path: str
    before: bytes
    after: bytes
    number: int

    def show(self) -> str:
        """Return the change as a unified diff."""
        old, new = (decode_text(content).splitlines(keepends=True) for content in (self.before, self.after))
        lines = unified_diff(old, new, f"a/{self.path}", f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def write(self) -> None:
        """Write the file in one step: it is the old or the new one, whole, at any moment.

        Raises:
            UsageError: it has changed since it was read, or it can't be written.
        """
        path = Path(os.path.realpath(self.root / self.path))
        try:
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        except OSError as error:
            raise UsageError(f"{self.path} can't be written: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.after)
                Path(name).chmod(path.stat().st_mode & 0o7777)
                hand_over(file.fileno(), path.parent)
                file.flush()
                os.fsync(file.fileno())
            if path.read_bytes() != self.before:
                raise UsageError(
                    f"{self.path} has changed meanwhile, and was left as it is", "check and mend it once more"
                )
            Path(name).replace(path)
        except OSError as error:
            raise UsageError(f"{self.path} can't be written: {error.strerror}") from None
        finally:
            Path(name).unlink(missing_ok=True)


def plan_fixes(root: Path, edits: Iterable[Edit]) -> list[FileFix]:
    """Work out what files would be after some edits; those that overlap another wait for the next time.

    Raises:
        UsageError: a file can't be read, or does not say any more what was found in it.
    """
    by_path: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        by_path.setdefault(edit.place.path, []).append(edit)
    return [fix for path, some in sorted(by_path.items()) if (fix := _plan_fix(root, path, some)) is not None]


def _plan_fix(root: Path, path: str, edits: list[Edit]) -> FileFix | None:
    try:
        before = (root / path).read_bytes()
        text = decode_text(before)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read: {error}") from None
    lines = text.split("\n")
    starts = [0]
    for row in lines:
        starts.append(starts[-1] + len(row) + 1)
    spans: list[tuple[int, int, str]] = []
    for edit in edits:
        line, column = edit.place.line or 1, edit.place.column or 1
        begin = starts[min(line, len(lines)) - 1] + column - 1
        if text[begin : begin + len(edit.old)] != edit.old:
            raise UsageError(
                f"{path} has changed meanwhile, and was left as it is", "check and mend it once more"
            )
        spans.append((begin, begin + len(edit.old), edit.new))
    pieces: list[str] = []
    position = number = 0
    for begin, end, new in sorted(spans):
        if begin >= position:
            pieces += [text[position:begin], new]
            position = end
            number += 1
    after = "".join([*pieces, text[position:]])
    if after == text:
        return None
    newline = "\r\n" if b"\r\n" in before else "\r" if b"\r" in before else "\n"
    content = after.replace("\n", newline).encode()
    return FileFix(root, path, before, (_MARK if before.startswith(_MARK) else b"") + content, number)
