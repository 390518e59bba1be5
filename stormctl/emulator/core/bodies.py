"""Request bodies: form-encoded and multipart, into fields and files; and what a file really is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from stormctl.emulator.core.oauth1 import parse_form


@dataclass(frozen=True, slots=True)
class Body:
    """What a form carried: text fields, files and what these are called, by the names of their fields."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    file_names: dict[str, str] = field(default_factory=dict)


class BadBodyError(ValueError):
    """The body is not what its content type says."""


def parse_body(content_type: str, content: bytes) -> Body:
    """Read a form-encoded or multipart body; any other type gives an empty one.

    Raises:
        BadBodyError: if it does not parse.
    """
    kind, options = _parse_header("content-type", content_type)
    if kind == "multipart/form-data":
        return _parse_multipart(options.get("boundary", ""), content)
    if kind == "application/x-www-form-urlencoded":
        try:
            return Body(dict(parse_form(content.decode())))
        except UnicodeDecodeError as error:
            raise BadBodyError("the form is not UTF-8") from error
    return Body()


def parse_json(content: bytes | str) -> Any:
    """Read JSON as the platforms do.

    Raises:
        BadBodyError: if it is none, nested too deeply, or holds NaN or an infinity, which JSON lacks.
    """
    try:
        return json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadBodyError("the body is not JSON") from error


def _refuse_constant(name: str) -> None:
    raise BadBodyError(name)


def parse_json_fields(content: bytes) -> dict[str, str]:
    """Read a JSON object as the fields of a form: text as it is, every other value as JSON.

    Raises:
        BadBodyError: if it is no object.
    """
    try:
        data = parse_json(content or b"{}")
    except BadBodyError:
        data = None
    if not isinstance(data, dict):
        raise BadBodyError("the body is not a JSON object")
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in data.items()}


def is_form(content_type: str) -> bool:
    """Say whether a body of this type takes part in an OAuth 1.0a signature."""
    return _parse_header("content-type", content_type)[0] == "application/x-www-form-urlencoded"


def is_json(content_type: str) -> bool:
    """Say whether a body is called JSON."""
    return _parse_header("content-type", content_type)[0] == "application/json"


def _parse_multipart(boundary: str, content: bytes) -> Body:
    fence = b"--" + boundary.encode()
    pieces = (b"\r\n" + content).split(b"\r\n" + fence)
    if not boundary or len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - opening and closing fence
        raise BadBodyError("the multipart body has no closing boundary")
    body = Body()
    for piece in pieces[1:-1]:
        head, gap, value = piece.partition(b"\r\n\r\n")
        disposition = next(
            (
                line.partition(":")[2].strip()
                for line in head.decode(errors="replace").splitlines()
                if line.lower().startswith("content-disposition:")
            ),
            "",
        )
        options = _parse_header("content-disposition", disposition)[1]
        if not gap or "name" not in options:
            raise BadBodyError("a part of the multipart body has no name")
        if "filename" in options:
            body.files[options["name"]] = value
            body.file_names[options["name"]] = options["filename"]
        else:
            body.fields[options["name"]] = value.decode(errors="replace")
    return body


def _parse_header(name: str, value: str) -> tuple[str, dict[str, str]]:
    message = EmailMessage()
    if not value:
        return "", {}
    message[name] = value
    header = message[name]
    kind = getattr(header, "content_type", None) or getattr(header, "content_disposition", None) or ""
    return kind, dict(header.params)


def sniff_mime(content: bytes) -> str | None:
    """Return the media type that the first bytes show; None if it is none the platforms take."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return None


def is_subrip(content: bytes) -> bool:
    """Say whether a file holds captions as SubRip or WebVTT write them."""
    text = content.decode("utf-8", "replace")
    return re.search(r"\d\d:\d\d[.,]\d{3} +--> +(\d+:)?\d\d:\d\d[.,]\d{3}", text) is not None
