"""What is data and what is not goes to where each belongs."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from stormctl.cli import console

WIDE = "wide " * 25


def test_data_and_talk_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` writes to standard output, `tell` to standard error."""
    console.show("data")
    console.tell("talk")

    printed = capsys.readouterr()
    assert printed.out == "data\n"
    assert printed.err == "talk\n"


def test_an_error_loses_nothing_of_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like markup or is longer than a line is printed as it is, on one line each."""
    console.tell_error(f"no file [bold]x[/bold] {WIDE}", f"try [/] {WIDE}")

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"error: no file [bold]x[/bold] {WIDE}\nhint: try [/] {WIDE}\n"


def test_an_error_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No empty hint is printed."""
    console.tell_error("that is all", "")

    assert capsys.readouterr().err == "error: that is all\n"


def test_json_keeps_every_letter(capsys: pytest.CaptureFixture[str]) -> None:
    """Texts in other scripts stay readable for people who look at the JSON."""
    console.show_json({"text": "مهاجر", "schema_version": 1})

    assert capsys.readouterr().out == '{\n  "text": "مهاجر",\n  "schema_version": 1\n}\n'


def test_nothing_that_steers_a_terminal_is_printed_raw(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in data for machines nor in an error, whatever file or platform brought it."""
    bad = "\x1b[2J\x9b31m\u061c\u202e\u2028\U000e0041"

    console.show_json({"text": bad})
    console.tell_error(f"no “{bad}”", f"not “{bad}”")

    printed = capsys.readouterr()
    assert [c for c in bad if not c.isprintable() and c in printed.out + printed.err] == []
    assert "\\u009b31m" in printed.out
    assert "\\u009b31m" in printed.err


def test_lines_stay_whole_off_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table in a pipe is not squeezed to a window that nobody looks at."""
    monkeypatch.setenv("COLUMNS", "40")
    table = Table.grid()
    table.add_row("a" * 70, "b" * 70)

    console.show(table)

    assert capsys.readouterr().out.rstrip() == "a" * 70 + "b" * 70


def test_lines_end_with_their_last_word_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A table's blanks would only be in the way of who greps or pastes."""
    table = Table.grid(padding=(0, 2))
    table.add_row("a", "short")
    table.add_row("b", "much longer")

    console.show(table)

    assert capsys.readouterr().out == "a  short\nb  much longer\n"


def test_a_pipes_reader_sees_each_line_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm's lines go through a pipe all day: none waits for a buffer to fill."""
    pipe = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BufferedWriter(pipe), encoding="utf-8"))

    console.show("first")

    assert pipe.getvalue() == b"first\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_waited_for_is_shown_to_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    """Whoever sits there knows that nothing hangs; a log or a pipe gets nothing of it."""
    if is_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")

    with console.waiting("Asking the platforms"):
        pass

    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("Asking the platforms" in printed.err) is is_terminal
    assert bool(printed.err) is is_terminal


def test_a_link_is_one_line_however_narrow_the_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is to be copied."""
    link = "https://example.org/" + "a" * 200
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")

    console.show_link(link)

    assert capsys.readouterr().out == f"{link}\n"


def test_a_person_answers_only_where_both_ends_are_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With standard input from a file nobody can confirm."""
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    assert not console.is_terminal()
