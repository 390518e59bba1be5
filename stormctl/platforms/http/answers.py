"""What really came back from a platform: read to its end, within bounds, and typed."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import InDoubt, NotSent
from stormctl.platforms.http.timestamps import read_steady_clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import requests

REASON_CHARS = 300
"""Longer words of a platform are cut in outcomes and logs."""

MAX_ANSWER_BYTES = 4_000_000
"""Bytes of an answer; the largest, a page of a hundred posts, has some hundred thousand."""

READ_BYTES = 65_536
FOREVER = timedelta(days=1)

TEXT_CHARS = 65_536
"""Longer texts of a platform are cut when they are read; no platform takes longer posts."""

ID_CHARS = 500
"""Ids and tokens that are longer are none; the longest, access tokens, have about 250."""

MOST = 2**63 - 1
"""The largest number that both databases store."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""Has zlib find out which of the two it is."""


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """What a platform answered, read from the wire and not from the SDK.

    Attributes:
        body: the JSON value; None if it was none.
    """

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def at(self, *path: str) -> Any:
        """Return what stands under these keys of the body, one inside the other; None if nothing does."""
        value = self.body
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def id_at(self, *path: str) -> str | None:
        """Return the id under these keys as text; None if there is none, or nothing that can be shown."""
        value = self.at(*path)
        if not isinstance(value, str | int) or isinstance(value, bool):
            return None
        found = str(value)
        is_id = 0 < len(found) <= ID_CHARS and found.isascii() and found.isprintable()
        return found if is_id else None


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer that could be read.

    Attributes:
        written: whether a byte had left us.
    """

    reason: str
    written: bool

    @property
    def outcome(self) -> NotSent | InDoubt:
        """What it means for something that should have been changed."""
        return InDoubt(reason=self.reason, code="no answer") if self.written else NotSent(reason=self.reason)


class AnswerTooLargeError(OSError):
    """An answer that has no end, or none within `MAX_ANSWER_BYTES`."""


def read_whole(
    response: requests.Response, most: int = MAX_ANSWER_BYTES, limit: timedelta | None = None
) -> requests.Response:
    """Read an answer to its last byte, which frees its connection.

    None is asked to be packed; one that is all the same is unpacked within the same limit.

    Args:
        response: whose body was not read yet.
        most: bytes that are read.
        limit: for reading; None where the connection keeps to its exchange's own.

    Raises:
        AnswerTooLargeError: it has more bytes, packed or not, or took too long; its connection is closed.
        zlib.error: it is damaged, or packed in a way that nobody uses here.
    """
    content, until_s = bytearray(), read_steady_clock() + (limit or FOREVER).total_seconds()
    while piece := response.raw.read1(READ_BYTES, decode_content=False):
        content += piece
        if len(content) > most or read_steady_clock() > until_s:
            response.close()
            raise AnswerTooLargeError
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        content = _unpack(bytes(content), most)
    response._content = bytes(content)  # noqa: SLF001 - where requests keeps it once it was read
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - as above
    return response


def _unpack(packed: bytes, most: int) -> bytearray:
    content = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(packed, most + 1)
    if len(content) > most:
        raise AnswerTooLargeError
    return bytearray(content)


def read_json(text: str) -> Any:
    """Return the JSON value that a text holds, its NaN and infinities as None; None if it holds none."""
    try:
        return json.loads(text, parse_float=_read_float, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _read_float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def read_count(value: object) -> int | None:
    """Return a number of something that a ledger can hold; None if the value is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST else None


def read_id(value: object) -> str | None:
    """Return the id of something as text; None if the value is none."""
    return PlatformAnswer(200, {}, {"id": value}).id_at("id")


def read_text(value: object) -> str:
    """Return a platform's text, of at most `TEXT_CHARS` characters; empty if the value is none."""
    return value[:TEXT_CHARS] if isinstance(value, str) else ""


def plain(value: object) -> str:
    """Return a platform's words as one printable line of at most `REASON_CHARS` characters."""
    line = " ".join(str(value)[:TEXT_CHARS].split())
    line = "".join(char for char in line if char.isprintable())
    return line if len(line) <= REASON_CHARS else f"{line[: REASON_CHARS - 1]}…"


def clock_offset_s(answer: PlatformAnswer, now: datetime) -> float | None:
    """Return the answer's Date header minus our clock in seconds; None without a readable one."""
    try:
        sent_at = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return (sent_at - now).total_seconds() if sent_at.tzinfo else None
