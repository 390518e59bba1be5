"""All message files of a bank, and everything that is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import Bank
from stormctl.domain.base.finding import Finding, Place, Severity, sort_findings
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.text.spans import MAX_RUN, find_long_run
from stormctl.errors import UsageError
from stormctl.files.bank.markdown import MAX_BYTES, NotUtf8Error, decode_text, parse_document
from stormctl.files.bank.names import find_lost_wording, is_quiet, parse_wording_name
from stormctl.files.bank.variants import build_variant, inherit
from stormctl.files.campaign import MESSAGES
from stormctl.files.media.media import MEDIA_SUFFIXES, MediaShelf
from stormctl.files.nearest import suggest
from stormctl.files.validation import Notes
from stormctl.files.values import BadValueError
from stormctl.places import is_folder

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant
    from stormctl.files.bank.names import WordingName


def find_bank_names(root: Path) -> tuple[str, ...]:
    """Find the campaign's banks: the folders under `messages/`; UsageError if nobody lets us look."""
    folder = root / MESSAGES
    if not is_folder(folder):
        return ()
    try:
        return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    except PermissionError as error:
        raise UsageError(f"{MESSAGES}/ can't be read: {error.strerror}") from None


def load_bank(root: Path, name: str, *, remember: bool = False) -> tuple[Bank, list[Finding]]:
    """Load every message file of a bank; what can't be understood becomes findings and is left out.

    Args:
        remember: whether what was examined of its pictures is written down in `.stormctl/`.

    Raises:
        UsageError: if there is no such folder, or it can't be read.
    """
    names = find_bank_names(root)
    if name not in names:
        raise UsageError(f"there is no bank “{name}”: no folder {MESSAGES}/{name}/", suggest(name, names))
    return load_bank_folder(root, f"{MESSAGES}/{name}", remember=remember)


def load_bank_folder(root: Path, folder: str, *, remember: bool = False) -> tuple[Bank, list[Finding]]:
    """Load a bank wherever it lies.

    Args:
        root: what paths in findings are relative to.
        folder: the bank's path under it.
        remember: as for `load_bank`.

    Raises:
        UsageError: if it can't be read.
    """
    reader = _BankReader(root, folder)
    reader.read_folder()
    if remember:
        reader.shelf.save()
    read = reader.variants
    plain = {(v.message_id, v.lang): v for v in read.values() if v.label is None}
    heirs = [inherit(v, plain.get((v.message_id, v.lang), v)) if v.label else v for v in read.values()]
    if not read and not any(finding.is_error for finding in reader.findings):
        reader.note_empty()
    variants = sorted(heirs, key=lambda variant: variant.name)
    return Bank(PurePosixPath(folder).name, tuple(variants)), sort_findings(reader.findings)


class _BankReader:
    def __init__(self, root: Path, folder: str) -> None:
        self.variants: dict[str, Variant] = {}
        self.findings: list[Finding] = []
        self._folder = folder
        self._path = root / folder
        self._inside = f"{self._path.resolve()}{os.sep}"
        self.shelf = MediaShelf(root, folder)

    def read_folder(self) -> None:
        """Look at every file of the folder, in the order of their names."""
        try:
            with os.scandir(self._path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except PermissionError as error:
            raise UsageError(f"{self._folder}/ can't be read: {error.strerror}") from None
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - a Path for each file costs more than it
            suffix = suffix.lower()
            if suffix in MEDIA_SUFFIXES or is_quiet(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                self._look_for_strays(Path(entry.path))
            elif suffix == ".md":
                self._read_entry(entry, stem)
            else:
                self._refuse_other(entry.name, suffix)

    def note_empty(self) -> None:
        """Note that there is nothing to publish."""
        hint = Phrase("write one: {folder}/open-door.en.md, for example", folder=self._folder)
        self._note("", "bank-empty", Phrase("there is no message in this bank"), hint)

    def _note(self, name: str, code: str, message: Phrase, hint: Hint = "", line: int | None = None) -> None:
        self._note_at(Place(f"{self._folder}/{name}".rstrip("/"), line), code, message, hint)

    def _note_at(self, place: Place, code: str, message: Phrase, hint: Hint) -> None:
        self.findings.append(
            Finding(severity=Severity.ERROR, place=place, code=code, message=message, hint=hint)
        )

    def _look_for_strays(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if is_quiet(path.name) or path.suffix.lower() in MEDIA_SUFFIXES:
                continue
            hint = Phrase("move it into {folder}/ itself", folder=self._folder)
            lost = "" if path.suffix.lower() == ".md" else find_lost_wording(path.name)
            if (lost or path.suffix.lower() == ".md") and path.is_file():
                name = path.relative_to(self._path).as_posix()
                message = Phrase("message files in a folder of the bank are not read")
                self._note(
                    name,
                    "file-not-read",
                    message,
                    Phrase("{hint}; {lost}", hint=hint, lost=lost) if lost else hint,
                )

    def _refuse_other(self, name: str, suffix: str) -> None:
        if suffix == ".csv":
            message = Phrase("spreadsheets are not read by this version")
            self._note(
                name, "file-not-read", message, Phrase("write each row as a file of its own: ID.LANG.md")
            )
            return
        lost = find_lost_wording(name)
        if lost:
            self._note(name, "file-not-read", Phrase("is not read: message files end in .md"), lost)
            return
        place = Place(f"{self._folder}/{name}")
        message = Phrase("is neither a message nor a picture, and is ignored")
        hint = Phrase("message files end in .md")
        self.findings.append(
            Finding(severity=Severity.WARNING, place=place, code="file-not-read", message=message, hint=hint)
        )

    def _read_entry(self, entry: os.DirEntry[str], stem: str) -> None:
        try:
            name = parse_wording_name(stem)
            source = decode_text(self._read_bytes(entry))
        except BadValueError as problem:
            self._note(entry.name, "file-name", problem.message, problem.hint)
        except NotUtf8Error as problem:
            hint = Phrase("save it again with the encoding UTF-8 (in an editor: “Save as …”, Encoding)")
            self._note(entry.name, "not-utf8", problem.message, hint, problem.line)
        except OSError as error:
            message = Phrase("can't be read: {value}", value=error.args[-1])  # the system's reason or ours
            self._note(entry.name, "file-unreadable", message)
        else:
            if not self._is_refused(entry.name, source):
                self._read_source(entry.name, name, source)

    def _read_bytes(self, entry: os.DirEntry[str]) -> bytes:
        if entry.is_symlink() and not os.path.realpath(entry.path).startswith(self._inside):
            raise OSError(Phrase("it is a link that leads outside the bank"))
        if not entry.is_file():
            raise OSError(Phrase("it is not a regular file"))
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            most = MAX_BYTES // 1024
            raise OSError(Phrase("it is bigger than {most} KiB, the limit for a message", most=most))
        return content

    def _is_refused(self, file: str, source: str) -> bool:
        """Refuse, before it is parsed, what no text has: what reads it takes the square of its length."""
        run = find_long_run(source)
        if not run:
            return False
        line = 1 + source.count("\n", 0, source.index(run))
        message = Phrase(
            "{length} characters without a space are not a message; at most {max_run} are read",
            length=len(run),
            max_run=MAX_RUN,
        )
        self._note(file, "text-unreadable", message, Phrase("write words"), line)
        return True

    def _read_source(self, file: str, name: WordingName, source: str) -> None:
        document = parse_document(source)
        front = document.front
        notes = Notes(f"{self._folder}/{file}", front.lines, spots=front.spots, columns=front.columns)
        variant = build_variant(
            name,
            tuple(part for part in document.parts if part),
            place=Place(notes.path, document.starts[0][0]),
            starts=tuple(start for part, start in zip(document.parts, document.starts, strict=True) if part),
            front=front,
            notes=notes,
            shelf=self.shelf,
        )
        self.findings += notes.findings
        for problem in front.problems:
            place = Place(notes.path, problem.line, problem.column)
            self._note_at(place, problem.code, problem.message, problem.hint)
        if front.problems:
            return
        for part, (line, _) in zip(document.parts, document.starts, strict=True):
            if not part:
                self._note(
                    file,
                    "empty-text",
                    Phrase("there is no text here"),
                    Phrase("write the message, or remove the ---"),
                    line,
                )
        if variant.parts:
            self._shelve(file, variant)

    def _shelve(self, file: str, variant: Variant) -> None:
        twin = self.variants.setdefault(variant.name, variant)
        if twin is not variant:
            message = Phrase("“{name}” is also in {place}", name=variant.name, place=twin.place)
            self._note(file, "duplicate-variant", message, Phrase("give one of them another id or label"))
