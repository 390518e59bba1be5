"""What is wrong with pictures and videos, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from stormctl.domain.base.phrase import Hint

_SMALLER = Phrase("save it smaller: 1600 pixels wide are plenty")


class Remark(NamedTuple):
    """What a person should know of a media file that can be posted: a warning's code, message and hint."""

    code: str
    message: Phrase
    hint: Hint


class BadMediaError(Exception):
    """A media file that can't be posted: the finding's code, message and hint.

    Attributes:
        lines: what is wrong with lines of the captions file: number, message and hint of each.
    """

    def __init__(
        self, code: str, message: Phrase, hint: Hint = "", lines: tuple[tuple[int, Phrase, Hint], ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.lines = lines


def store_remark(remark: Remark) -> list[Any]:
    """Write a remark as JSON can hold it, so that it can still be translated."""
    said = (remark.message, remark.hint)
    return [remark.code, *([text.template, dict(text.values)] if text else None for text in said)]


def recall_remark(stored: Any) -> Remark:
    """Read a remark that was stored; TypeError, ValueError or LookupError if it is none."""
    code, message, hint = stored
    template, values = message
    return Remark(str(code), Phrase(template, **values), Phrase(hint[0], **hint[1]) if hint else "")


def too_much(file: str, what: str) -> BadMediaError:
    """Return the refusal of a picture by what of it is too much; see `segments.TooMuchError`."""
    reasons = {
        "frames": Phrase(
            "“{file}” has more than 350 pictures, or 300 million pixels in all of them: more than X takes",
            file=file,
        ),
        "sides": Phrase("“{file}” is larger than X takes of a GIF: 1280×1080 pixels", file=file),
        "webp": Phrase("“{file}” has more than 16 million pixels, the most of a WEBP", file=file),
        "pieces": Phrase("“{file}” is split into more pieces than any program makes", file=file),
        "scans": Phrase("“{file}” is built so that displaying it takes far too long", file=file),
    }
    message = reasons.get(
        what,
        Phrase("“{file}” has more than 50 million pixels, the most that can be made smaller here", file=file),
    )
    hint = (
        Phrase("make it shorter and smaller, or post it as MP4") if what in {"frames", "sides"} else _SMALLER
    )
    return BadMediaError("media-too-big", message, hint)


def too_big(file: str, size: int, limit: int) -> BadMediaError:
    """Return the refusal of a file that has too many bytes and can't be made smaller here."""
    message = Phrase(
        "“{file}” has {number:.1f} MB; X takes {number2:.0f} MB",
        file=file,
        number=size / 1e6,
        number2=limit / 1e6,
    )
    return BadMediaError("media-too-big", message, _SMALLER)
