"""Pictures of a bank: inside its folder, what their bytes say, small enough for the platforms."""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stormctl.domain.message import Media, MediaKind
from stormctl.errors import FindingsError
from stormctl.files.nearest import find_nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ALT = 1000
"""Characters of an alt text (source: docs.x.com POST /2/media/metadata, 2026-08)."""

MAX_IMAGES = 4
"""Images in a post; or one GIF (source: docs.x.com media best practices, 2026-08)."""

MAX_BYTES: Mapping[MediaKind, int] = {MediaKind.IMAGE: 5_000_000, MediaKind.GIF: 15_000_000}
"""Bytes of a file (source: docs.x.com media best practices, 2026-08: 5 MB and 15 MB)."""

_TYPES = {
    "PNG": ("image/png", MediaKind.IMAGE, {".png"}),
    "JPEG": ("image/jpeg", MediaKind.IMAGE, {".jpg", ".jpeg"}),
    "WEBP": ("image/webp", MediaKind.IMAGE, {".webp"}),
    "GIF": ("image/gif", MediaKind.GIF, {".gif"}),
}
_VIDEOS = {".mp4", ".mov", ".m4v", ".webm"}

MEDIA_SUFFIXES = frozenset(_VIDEOS.union(*(suffixes for _, _, suffixes in _TYPES.values())))
"""Endings of files that may lie in a bank beside its messages."""


class BadMediaError(Exception):
    """A media file that can't be posted: the finding's code, message and hint."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Facts:
    file: str
    kind: MediaKind
    mime: str
    digest: str
    size: int


class MediaShelf:
    """The media files of one bank; each is opened once, however many messages show it.

    Args:
        root: the campaign folder.
        folder: the bank's folder, relative to it.
    """

    def __init__(self, root: Path, folder: str) -> None:
        self._prefix = folder
        self._folder = (root / folder).resolve()
        self._known: dict[str, _Facts | BadMediaError] = {}

    def get(self, file: str, alt: str) -> Media:
        """Get a picture by the path that a message names it by, relative to the bank's folder.

        Raises:
            BadMediaError: if it is outside the bank, missing, too big, or not a picture that its name says.
        """
        if file not in self._known:
            try:
                self._known[file] = self._examine(file)
            except BadMediaError as problem:
                self._known[file] = problem
        facts = self._known[file]
        if isinstance(facts, BadMediaError):
            raise BadMediaError(facts.code, facts.message, facts.hint)
        return Media(
            file=facts.file, alt=alt, kind=facts.kind, mime=facts.mime, digest=facts.digest, size=facts.size
        )

    def _examine(self, file: str) -> _Facts:
        path = self._locate(file)
        try:
            return self._read_facts(file, path)
        except OSError as error:
            message = f"“{file}” can't be read: {error.strerror}"
            raise BadMediaError("media-missing", message) from error

    def _read_facts(self, file: str, path: Path) -> _Facts:
        if path.suffix.lower() in _VIDEOS:
            message = f"“{file}” is a video: this version publishes pictures only"
            raise BadMediaError("media-type", message, "post a still picture, and link to the video")
        size = path.stat().st_size
        if size > max(MAX_BYTES.values()):
            raise _too_big(file, size, MediaKind.GIF)
        content = path.read_bytes()
        mime, kind = _recognise(file, path.suffix.lower(), content)
        if len(content) > MAX_BYTES[kind]:
            raise _too_big(file, len(content), kind)
        return _Facts(
            file=f"{self._prefix}/{path.relative_to(self._folder).as_posix()}",
            kind=kind,
            mime=mime,
            digest=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )

    def _locate(self, file: str) -> Path:
        where = "a media path starts at the bank's folder and stays in it, such as images/boat.png"
        pure = PurePosixPath(file)
        if "\\" in file:
            raise BadMediaError("media-outside", f"“{file}” has a “\\”", "write / between folders")
        if pure.is_absolute() or ".." in pure.parts or ":" in file or "\0" in file:
            raise BadMediaError("media-outside", f"“{file}” points outside the bank", where)
        path = Path(os.path.realpath(self._folder / pure))
        if not path.is_relative_to(self._folder):
            raise BadMediaError("media-outside", f"“{file}” is a link that leads outside the bank", where)
        if not path.is_file():
            raise BadMediaError("media-missing", f"there is no “{file}” in the bank", self._hint_for(file))
        return path

    def _hint_for(self, file: str) -> str:
        paths = [path for path in self._folder.rglob("*") if path.suffix.lower() in MEDIA_SUFFIXES]
        names = [path.relative_to(self._folder).as_posix() for path in paths]
        nearest = find_nearest(file, names)
        if nearest is None:
            same = [name for name in names if PurePosixPath(name).name == PurePosixPath(file).name]
            nearest = same[0] if same else None
        return f"did you mean “{nearest}”?" if nearest else "put the picture into the bank's folder"


def _too_big(file: str, size: int, kind: MediaKind) -> BadMediaError:
    limit = MAX_BYTES[kind] / 1e6
    message = f"“{file}” has {size / 1e6:.1f} MB; X takes {limit:.0f} MB"
    return BadMediaError("media-too-big", message, "save it smaller: 1600 pixels wide are plenty")


def _recognise(file: str, suffix: str, content: bytes) -> tuple[str, MediaKind]:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Only the header is read: pixels stay packed.
            with Image.open(BytesIO(content), formats=tuple(_TYPES)) as image:
                found = str(image.format)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        message = f"“{file}” has more pixels than any platform shows"
        raise BadMediaError(
            "media-too-big", message, "save it smaller: 1600 pixels wide are plenty"
        ) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        message = f"“{file}” is not a picture that the platforms take"
        raise BadMediaError("media-type", message, "save it as PNG, JPEG, GIF or WEBP") from None
    mime, kind, suffixes = _TYPES[found]
    if suffix not in suffixes:
        message = f"“{file}” is really a {found} picture"
        raise BadMediaError("media-type", message, f"rename it to end in {min(suffixes, key=len)}")
    return mime, kind


def read_media(root: Path, media: Media) -> bytes:
    """Read a picture's bytes, which must still be those that were checked.

    Raises:
        FindingsError: if the file has vanished, can't be read, or has changed since.
    """
    try:
        content = (root / media.file).read_bytes()
    except OSError as error:
        message = f"{media.file} can't be read: {error.strerror}"
        raise FindingsError(message, "put it back, then plan again") from error
    if hashlib.sha256(content).hexdigest() != media.digest:
        message = f"{media.file} has changed since it was checked"
        raise FindingsError(message, "run stormctl check and plan again")
    return content
