"""Pictures as they go out: what their bytes say they are, upright, without metadata, small enough."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.phrase import Phrase
from stormctl.files.media.problems import BadMediaError, Remark, too_big, too_much
from stormctl.files.media.segments import (
    PNG_SIGNATURE,
    DamagedError,
    TooMuchError,
    check_webp,
    strip_gif,
    strip_jpeg,
    strip_png,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PIL.Image import Image, Transpose

MAX_BYTES: Mapping[MediaKind, int] = {MediaKind.IMAGE: 5_000_000, MediaKind.GIF: 15_000_000}
"""Bytes of a file (source: docs.x.com media best practices, 2026-08: 5 MB and 15 MB). Facebook takes
10 MB for a photo, so that one file serves both."""

MAX_SOURCE_BYTES = 50_000_000
"""Bytes of a picture that is made smaller; beyond it nobody meant a picture for the web."""

QUALITIES = (90, 85, 80)
"""JPEG qualities that are tried before a picture loses pixels."""

SHRINK = 0.75

MIN_SIDE, MAX_SIDE = 4, 8192
"""Pixels of a picture's sides (source: docs.x.com media, 2026-08; code 324)."""

MOST_WORKED_PIXELS = 25_000_000
"""Pixels of a picture that is encoded again: two copies of it are in memory then. JPEGs with more are decoded
at half their size, which their format allows; others are halved strip by strip."""

MOST_PNG_PIXELS = 4_000_000
"""Pixels of a PNG that is written here, so that it takes a second."""

_ORIENTATION = 0x0112
_ANIMATION = b"\0\0\0\x08acTL"
"""The chunk that an animated PNG has before its pixels (W3C PNG, third edition)."""

_SUFFIXES = {"PNG": {".png"}, "JPEG": {".jpg", ".jpeg"}, "WEBP": {".webp"}, "GIF": {".gif"}}
PICTURE_SUFFIXES = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
_STRIPPERS = {"PNG": strip_png, "JPEG": strip_jpeg, "GIF": strip_gif}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is uploaded: clean bytes, and what they are."""

    content: bytes
    mime: str
    kind: MediaKind
    remarks: tuple[Remark, ...] = ()


def clean_picture(file: str, suffix: str, content: bytes) -> Picture:
    """Make a picture fit to be uploaded; the same bytes always give the same.

    Metadata is cut out without touching a pixel. Encoded again is only what lies on its side by its EXIF
    orientation, what is bigger or wider than a platform takes, and WEBP, which Facebook's list of photo types
    lacks (source: Graph API, Page photos, as clients quote it: JPEG, BMP, PNG, GIF, TIFF).

    Args:
        file: as the message names it, for the finding.
        suffix: the ending of the file's name, in small letters.

    Raises:
        BadMediaError: it is no picture, damaged, too big or too small.
    """
    from PIL import Image

    found = _find_format(file, content)
    remarks = tuple(_look_odd(file, found, suffix, content))
    try:
        clean = _strip(file, found, content)  # counts what decoding will cost, before anything is decoded
        content = strip_jpeg(content, keeps_told=True) if found == "JPEG" else content
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about EXIF does not matter: it goes
            with Image.open(BytesIO(content), formats=(found,)) as image:
                size = _check_size(file, image)
                if found == "JPEG" and image.width * image.height > MOST_WORKED_PIXELS:
                    image.draft(None, (image.width // 2, image.height // 2))
                image.load()
                return replace(_prepare(file, found, clean, image, size), remarks=remarks)
    except (TooMuchError, Image.DecompressionBombError) as problem:
        raise too_much(file, str(problem)) from None
    except (DamagedError, OSError, ValueError, SyntaxError, EOFError):
        message = Phrase("“{file}” is damaged: it can't be displayed completely", file=file)
        raise BadMediaError("media-type", message, Phrase("open it in an editor and save it again")) from None


def _find_format(file: str, content: bytes) -> str:
    """Return what a picture is by its first bytes."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    starts = ((PNG_SIGNATURE, "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"))
    found = "WEBP" if is_webp else next((name for start, name in starts if content.startswith(start)), None)
    if found is None:
        message = Phrase("“{file}” is not a picture that the platforms take", file=file)
        raise BadMediaError("media-type", message, Phrase("save it as PNG, JPEG, GIF or WEBP"))
    return found


def _look_odd(file: str, found: str, suffix: str, content: bytes) -> Iterator[Remark]:
    if suffix not in _SUFFIXES[found]:
        message = Phrase("“{file}” is really a {found} picture, and goes out as one", file=file, found=found)
        yield Remark(
            "media-type",
            message,
            Phrase("rename it to end in {min}, also where it is named", min=min(_SUFFIXES[found], key=len)),
        )
    if found == "PNG" and _ANIMATION in content[: content.find(b"IDAT")]:
        message = Phrase("“{file}” is an animated PNG, of which only the first picture goes out", file=file)
        yield Remark("media-still", message, Phrase("save it as GIF, if it is to move"))


def _check_size(file: str, image: Image) -> tuple[int, int]:
    """Return a picture's width and height; a long and narrow one is too small once its length is right."""
    width, height = image.size
    if min(width, height) < MIN_SIDE * max(1, max(width, height) / MAX_SIDE):
        message = Phrase(
            "“{file}” has {width}×{height} pixels; X takes 4×4 to {max_side}×{max_side}",
            file=file,
            width=width,
            height=height,
            max_side=MAX_SIDE,
        )
        raise BadMediaError("media-too-small", message, Phrase("put a larger picture there, or leave it out"))
    return width, height


def _strip(file: str, found: str, content: bytes) -> bytes:
    """Return a picture without metadata; a WEBP as it is, since it is encoded again."""
    if found != "WEBP":
        return _STRIPPERS[found](content)
    if check_webp(content):
        message = Phrase("“{file}” is an animated WEBP, which the platforms do not take", file=file)
        raise BadMediaError("media-type", message, Phrase("save it as GIF"))
    return content


def _prepare(file: str, found: str, clean: bytes, image: Image, size: tuple[int, int]) -> Picture:
    """Turn, convert and shrink a picture that was decoded, as far as it needs that; `size` is its file's."""
    if found == "GIF":
        if len(clean) > MAX_BYTES[MediaKind.GIF]:
            raise too_big(file, len(clean), MAX_BYTES[MediaKind.GIF])
        return Picture(clean, "image/gif", MediaKind.GIF)
    is_lying, is_wide = _find_turn(image) is not None, max(size) > MAX_SIDE
    if found == "WEBP" or is_lying or is_wide or len(clean) > MAX_BYTES[MediaKind.IMAGE]:
        decoded, image = image, _fit(image)
        if found == "WEBP":
            found, clean = _convert(image)
        elif is_wide or image is not decoded:
            found, clean = _shrink(image)
        elif is_lying:
            clean = _turn(found, image)
        if len(clean) > MAX_BYTES[MediaKind.IMAGE]:
            found, clean = _shrink(image)
    return Picture(clean, f"image/{found.lower()}", MediaKind.IMAGE)


def _convert(image: Image) -> tuple[str, bytes]:
    """Encode a WEBP as the platforms take it: what can be seen through as PNG, the rest as a fine JPEG."""
    upright = _set_upright(image)
    if image.has_transparency_data:
        return "PNG", _encode(_limit(upright), "PNG")
    return "JPEG", _encode(upright.convert("RGB"), "JPEG", quality=95, subsampling=0)


def _find_turn(image: Image) -> Transpose | None:
    """Find how to set a picture upright; None if it is, or if its EXIF can't be read."""
    from PIL.Image import Transpose

    mirrored = (Transpose.FLIP_LEFT_RIGHT, Transpose.ROTATE_180, Transpose.FLIP_TOP_BOTTOM)
    lying = (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)
    turns = dict(enumerate(mirrored + lying, 2))
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except (SyntaxError, ValueError, TypeError, struct.error):
        return None
    return turns.get(orientation) if isinstance(orientation, int) else None


def _set_upright(image: Image) -> Image:
    # not by ImageOps.exif_transpose, which writes the EXIF again and stumbles over damaged ones
    turn = _find_turn(image)
    return image if turn is None else image.transpose(turn)


def _turn(found: str, image: Image) -> bytes:
    """Encode an upright copy; a JPEG with the tables that it had, so that next to nothing is lost."""
    from PIL import JpegImagePlugin

    options: dict[str, Any] = {}
    if found == "JPEG":
        options["qtables"] = getattr(image, "quantization", None)
        sampling = JpegImagePlugin.get_sampling(image)
        options |= {"subsampling": sampling} if sampling >= 0 else {}
    upright = _set_upright(image)
    return _encode(upright if found == "JPEG" else _limit(upright), found, **options)


def _shrink(image: Image) -> tuple[str, bytes]:
    """Encode smaller until X takes it: first by quality, then by pixels."""
    upright = _set_upright(image)
    found = "PNG" if image.has_transparency_data else "JPEG"
    attempts = _shrink_png(upright) if found == "PNG" else _shrink_jpeg(upright)
    return found, next(clean for clean in attempts if len(clean) <= MAX_BYTES[MediaKind.IMAGE])


def _shrink_jpeg(image: Image) -> Iterator[bytes]:
    picture = image if image.mode in {"RGB", "L", "CMYK"} else image.convert("RGB")
    for quality in QUALITIES:
        yield _encode(picture, "JPEG", quality=quality)
    while True:
        picture = _smaller(picture)
        yield _encode(picture, "JPEG", quality=QUALITIES[-1])


def _shrink_png(image: Image) -> Iterator[bytes]:
    picture = _limit(image if image.mode in {"RGBA", "LA"} else image.convert("RGBA"))
    while True:
        yield _encode(picture, "PNG")
        picture = _smaller(picture)


def _limit(image: Image) -> Image:
    """Return a picture with no more pixels than a PNG is written with."""
    pixels = image.width * image.height
    return image if pixels <= MOST_PNG_PIXELS else _smaller(image, (MOST_PNG_PIXELS / pixels) ** 0.5)


def _fit(image: Image) -> Image:
    """Return a picture that can be worked on and has no longer sides than X takes: itself if it is so."""
    image = _halve(image) if image.width * image.height > MOST_WORKED_PIXELS else image
    longest = max(image.size)
    return image if longest <= MAX_SIDE else _smaller(_spread(image), MAX_SIDE / longest)


def _halve(image: Image) -> Image:
    """Return a picture at half its size; in strips, as a second copy of the whole may take 200 MB."""
    from PIL import Image

    halved = Image.new(
        _spread(image.crop((0, 0, 2, 2))).mode, ((image.width + 1) // 2, (image.height + 1) // 2)
    )
    halved.info = dict(image.info)
    for top in range(0, image.height, 512):
        strip = image.crop((0, top, image.width, min(top + 512, image.height)))
        halved.paste(_spread(strip).reduce(2), (0, top // 2))
    return halved


def _spread(image: Image) -> Image:
    """Return a picture whose pixels hold their colours, so that they can be mixed."""
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _smaller(image: Image, share: float = SHRINK) -> Image:
    width, height = (max(1, int(side * share)) for side in image.size)
    return image.resize((width, height))


def _encode(image: Image, found: str, **options: Any) -> bytes:
    """Encode with the colour profile, and cut out whatever the library carried over beside it."""
    file = BytesIO()
    profile = image.info.get("icc_profile")
    image.save(file, found, **options, **({"icc_profile": profile} if profile else {}))
    return _STRIPPERS[found](file.getvalue())
