"""Media of a bank: inside its folder, and as it goes out: clean pictures, and videos with their captions."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.domain.base.phrase import Phrase
from stormctl.errors import FindingsError
from stormctl.files.media.captions import SUFFIXES, CaptionsFile, parse_caption_name, read_captions
from stormctl.files.media.examined import ExaminedPictures
from stormctl.files.media.pictures import (
    MAX_BYTES,
    MAX_SOURCE_BYTES,
    PICTURE_SUFFIXES,
    Picture,
    clean_picture,
)
from stormctl.files.media.problems import BadMediaError, Remark, recall_remark, store_remark, too_big
from stormctl.files.media.videos import (
    FOREIGN_SUFFIXES,
    VIDEO_MIME,
    VIDEO_SUFFIXES,
    CleanVideo,
    examine_video,
    hash_video,
)
from stormctl.files.nearest import find_nearest
from stormctl.places import is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

_T = TypeVar("_T")

MAX_ALT = 1000
"""Characters of an alt text (source: docs.x.com POST /2/media/metadata, 2026-08)."""

MAX_IMAGES = 4
"""Images in a post; or one GIF, or one video (source: docs.x.com media best practices, 2026-08)."""

MOST_HINTS = 20
"""For so many missing files the nearest name is looked for: comparing takes a millisecond for each name."""

MEDIA_SUFFIXES = PICTURE_SUFFIXES | VIDEO_SUFFIXES | FOREIGN_SUFFIXES | SUFFIXES
"""Endings of files that may be in a bank beside its messages."""


@dataclass(frozen=True, slots=True)
class _Facts:
    file: str
    kind: MediaKind
    mime: str
    digest: str
    size: int
    captions: str | None = None
    caption_lines: tuple[tuple[int, str], ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Film:
    """A video as it is uploaded: clean bytes; its captions as SubRip, and their language."""

    content: CleanVideo
    captions: bytes | None
    captions_lang: str | None


class MediaShelf:
    """The media files of one bank; each is opened once, however many messages show it."""

    def __init__(self, root: Path, folder: str) -> None:
        self._prefix = folder
        self._folder = (root / folder).resolve()
        self._media: dict[str, str] | None = None
        self._hints = 0
        self._known: dict[tuple[str, str | None], _Facts | BadMediaError] = {}
        self._examined = ExaminedPictures(root, PurePosixPath(folder).name)

    def get(self, file: str, alt: str, captions: str | None = None) -> Media:
        """Get a picture or video by the path that a message names it by, relative to the bank's folder.

        Raises:
            BadMediaError: if it is outside the bank, missing, or nothing that the platforms take.
        """
        name = (file, captions)
        if name not in self._known:
            try:
                self._known[name] = self._examine(file, captions)
            except BadMediaError as problem:
                self._known[name] = problem
        facts = self._known[name]
        if isinstance(facts, BadMediaError):
            raise BadMediaError(facts.code, facts.message, facts.hint, facts.lines)
        return Media(
            file=facts.file,
            alt=alt,
            kind=facts.kind,
            mime=facts.mime,
            digest=facts.digest,
            size=facts.size,
            captions=facts.captions,
            caption_lines=facts.caption_lines,
        )

    def remarks(self, file: str, captions: str | None = None) -> tuple[Remark, ...]:
        """Return what a person should know of a file that `get` has returned."""
        facts = self._known[file, captions]
        return () if isinstance(facts, BadMediaError) else facts.remarks

    def save(self) -> None:
        """Remember the pictures that were examined for the next time."""
        self._examined.save()

    def _examine(self, file: str, captions: str | None) -> _Facts:
        path = self._locate(file)
        suffix = path.suffix.lower()
        is_video = suffix in VIDEO_SUFFIXES | FOREIGN_SUFFIXES
        if captions is not None and not is_video:
            message = Phrase("captions belong to a video, and “{file}” is a picture", file=file)
            raise BadMediaError("bad-captions", message, Phrase("describe the picture in alt"))
        if not is_video:
            return self._reading(file, lambda: self._examine_picture(file, path))
        size = self._reading(file, lambda: examine_video(file, path))
        words: CaptionsFile | None = None
        named: str | None = None
        if captions is not None:
            parse_caption_name(captions)
            lies = self._locate(captions)
            words, named = self._reading(captions, lambda: read_captions(captions, lies)), self._name(lies)
        return _Facts(
            file=self._name(path),
            kind=MediaKind.VIDEO,
            mime=VIDEO_MIME,
            digest=self._reading(file, lambda: hash_video(path, words.content if words else None)),
            size=size,
            captions=named,
            caption_lines=words.lines if words else (),
        )

    def _examine_picture(self, file: str, path: Path) -> _Facts:
        name, stamp = self._name(path), path.stat()
        known = f"{file} {name}"  # what is remarked names it as the message does
        facts = _recall_facts(name, self._examined.recall(known, stamp))
        if facts is None:
            picture = _load_picture(file, path)
            digest, size = hashlib.sha256(picture.content).hexdigest(), len(picture.content)
            facts = _Facts(name, picture.kind, picture.mime, digest, size, remarks=picture.remarks)
            remarks = list(map(store_remark, facts.remarks))
            self._examined.store(known, stamp, [facts.kind, facts.mime, digest, size, remarks])
        return facts

    def _reading(self, file: str, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except OSError as error:
            raise BadMediaError(
                "media-missing",
                Phrase("“{file}” can't be read: {strerror}", file=file, strerror=error.strerror),
            ) from error

    def _name(self, path: Path) -> str:
        return f"{self._prefix}/{path.relative_to(self._folder).as_posix()}"

    def _locate(self, file: str) -> Path:
        where = Phrase("a media path starts at the bank's folder and stays in it, such as images/boat.png")
        pure = PurePosixPath(file)
        if "\\" in file:
            raise BadMediaError(
                "media-outside", Phrase("“{file}” has a “\\”", file=file), Phrase("write / between folders")
            )
        if pure.is_absolute() or ".." in pure.parts or ":" in file or "\0" in file:
            raise BadMediaError("media-outside", Phrase("“{file}” points outside the bank", file=file), where)
        path = self._folder / pure
        if not is_file(path):  # perhaps under the other Unicode form of its name: é as one sign, or as two
            path = self._folder / self._find_forms().get(_compose(str(pure)), pure)
        path = Path(os.path.realpath(path))
        if not path.is_relative_to(self._folder):
            raise BadMediaError(
                "media-outside", Phrase("“{file}” is a link that leads outside the bank", file=file), where
            )
        if not is_file(path):
            raise BadMediaError(
                "media-missing", Phrase("there is no “{file}” in the bank", file=file), self._hint_for(file)
            )
        return path

    def _find_forms(self) -> dict[str, str]:
        """Return the paths of all media in the bank, by their composed forms."""
        if self._media is None:  # once, however many are missing
            found = (path for path in self._folder.rglob("*") if path.suffix.lower() in MEDIA_SUFFIXES)
            paths = sorted(path.relative_to(self._folder).as_posix() for path in found)
            self._media = {_compose(path): path for path in paths}
        return self._media

    def _hint_for(self, file: str) -> Phrase:
        media = self._find_forms()
        self._hints += 1
        nearest = find_nearest(file, media) if self._hints <= MOST_HINTS else None
        if nearest is None:
            wanted = _compose(PurePosixPath(file).name)
            nearest = next((path for path in media if PurePosixPath(path).name == wanted), None)
        if nearest:
            return Phrase("did you mean “{nearest}”?", nearest=nearest)
        return Phrase("put the file into the bank's folder")


def _compose(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _recall_facts(name: str, told: Any) -> _Facts | None:
    """Read what was remembered of a picture; None if that is nothing, or nothing that we wrote."""
    try:
        kind, mime, digest, size, remarks = told
        kept = tuple(map(recall_remark, remarks))
        return _Facts(name, MediaKind(kind), str(mime), str(digest), int(size), remarks=kept)
    except (TypeError, ValueError, LookupError):
        return None


def read_media(root: Path, media: Media) -> bytes:
    """Read a picture's clean bytes, which must still be those that were checked.

    Raises:
        FindingsError: if the file has vanished, can't be read, or has changed since.
    """
    path = root / media.file
    content = _reading_again(media, lambda: _load_picture(media.file, path).content)
    if hashlib.sha256(content).hexdigest() != media.digest:
        raise _changed(media)
    return content


@contextmanager
def open_video(root: Path, media: Media) -> Iterator[Film]:
    """Open a video and read its captions, which must still be those that were checked.

    Its bytes are read piece by piece until it is closed, and a change of the file is noticed even then.

    Raises:
        FindingsError: if a file has vanished, can't be read, or has changed since; from reading too.
    """
    path, named = root / media.file, media.captions
    captions = (
        None if named is None else _reading_again(media, lambda: read_captions(named, root / named).content)
    )
    with _reading_again(media, lambda: path.open("rb")) as opened:
        size, _ = stamp = _stamp(opened)

        def read(start: int, stop: int) -> bytes:
            opened.seek(start)
            content = opened.read(stop - start)
            if _stamp(opened) != stamp:
                raise _changed(media)
            return content

        digest = _reading_again(media, lambda: hashlib.file_digest(opened, "sha256"))
        digest.update(captions or b"")
        if digest.hexdigest() != media.digest:
            raise _changed(media)
        video = CleanVideo(lambda start, stop: _reading_again(media, lambda: read(start, stop)), size)
        yield Film(video, captions, None if named is None else parse_caption_name(named))


def _stamp(opened: BinaryIO) -> tuple[int, int]:
    """Return what differs once a file was written to: its size, and when that was."""
    told = os.fstat(opened.fileno())
    return told.st_size, told.st_mtime_ns


def _load_picture(file: str, path: Path) -> Picture:
    suffix, size = path.suffix.lower(), path.stat().st_size
    if size > MAX_SOURCE_BYTES or (suffix == ".gif" and size > 2 * MAX_BYTES[MediaKind.GIF]):
        raise too_big(file, size, MAX_BYTES[MediaKind.GIF if suffix == ".gif" else MediaKind.IMAGE])
    return clean_picture(file, suffix, path.read_bytes())


def _reading_again(media: Media, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except OSError as error:
        message = Phrase("{file} can't be read: {strerror}", file=media.file, strerror=error.strerror)
        raise FindingsError(message, "put it back, then plan again") from error
    except BadMediaError as problem:
        raise _changed(media) from problem


def _changed(media: Media) -> FindingsError:
    message = Phrase("{file} has changed since it was checked", file=media.file)
    return FindingsError(message, "run stormctl check and plan again")
