from __future__ import annotations

from stormctl.domain.base.finding import Finding, Place, Severity, sort_findings
from stormctl.domain.base.phrase import Phrase


def _finding(path: str, line: int | None, code: str = "a", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(severity=severity, place=Place(path, line), code=code, message=Phrase("wrong"))


def test_place_names_file_and_line() -> None:
    """A place is a path with its line, or the path alone."""
    assert [str(Place("a.md", 7)), str(Place("a.md"))] == ["a.md:7", "a.md"]


def test_errors_stop_and_warnings_do_not() -> None:
    """Only an error stops a launch."""
    assert _finding("a.md", 1).is_error
    assert not _finding("a.md", 1, severity=Severity.WARNING).is_error


def test_findings_are_sorted_without_repeats() -> None:
    """Findings come by file, line and code, each once; one without a line comes first."""
    late, early, first = _finding("b.md", 2), _finding("a.md", 10), _finding("a.md", None)
    other = _finding("a.md", 10, code="b")

    assert sort_findings([late, other, early, first, late]) == [first, early, other, late]
