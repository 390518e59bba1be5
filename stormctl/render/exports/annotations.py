"""Findings as GitHub shows them beside the lines of a pull request (source: GitHub, workflow commands)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stormctl.domain.base.finding import Finding
    from stormctl.render.language import Language


def list_annotations(findings: Iterable[Finding], language: Language) -> Iterator[str]:
    """Write one workflow command for each finding."""
    for finding in findings:
        place = {"file": finding.place.path, "line": finding.place.line, "col": finding.place.column}
        said = {key: str(value) for key, value in (place | {"title": finding.code}).items() if value}
        properties = ",".join(f"{key}={_escape(value, also=':,')}" for key, value in said.items())
        sentences = [language.say(text) for text in (finding.message, finding.hint) if text]
        words = _escape("\n".join(sentences))
        yield f"::{finding.severity} {properties}::{words}"


def _escape(text: str, *, also: str = "") -> str:
    return "".join(f"%{ord(sign):02X}" if sign in f"%\r\n{also}" else sign for sign in text)
