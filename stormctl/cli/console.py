"""The two consoles: data goes to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from stormctl.render.language import Language

_languages: list[Language] = []
"""The language that findings are told in, once it is known: one for the whole process."""

WIDTH_OFF_TERMINAL = 160
"""Columns where nobody's window sets them: lines stay whole, for grep and mail."""


def make_console(*, stderr: bool = False) -> Console:
    """Make a console that respects NO_COLOR, never animates off a terminal, and prints texts as they are."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH_OFF_TERMINAL)
    return console


def choose_language(code: str | None) -> str | None:
    """Tell findings in a language from now on, or in that of the system; UsageError if it is none of ours."""
    from stormctl.render.language import LANGUAGES, Language, find_language

    wanted = find_language(os.environ) if code is None else code.lower()
    if wanted not in LANGUAGES:
        raise UsageError(f"there is no language “{code}” here", f"one of: {', '.join(LANGUAGES)}")
    _languages[:] = [Language(wanted)]
    return code


def forget_language() -> None:
    """Begin anew with the system's language."""
    _languages.clear()


def language() -> Language:
    """Return the language that findings are told in."""
    if not _languages:
        choose_language(None)
    return _languages[0]


def translate(text: str) -> str:
    """Say a sentence in that language, if it is one that can be translated."""
    from stormctl.domain.base.phrase import Phrase

    return language().say(text) if isinstance(text, Phrase) else text


def show(renderable: RenderableType) -> None:
    """Print data for people on standard output."""
    _print(make_console(), renderable)


def show_link(url: str) -> None:
    """Print an address on standard output as one line, however narrow the window: it is to be copied."""
    make_console().print(url, soft_wrap=True)


def tell(renderable: RenderableType) -> None:
    """Print what is not data on standard error."""
    _print(make_console(stderr=True), renderable)


def find_width() -> int | None:
    """Return how many columns standard output's terminal has; None where it is none."""
    console = make_console()
    return console.width if console.is_terminal else None


def show_json(data: Mapping[str, Any]) -> None:
    """Print data for machines on standard output; letters that its encoding lacks in JSON's own escapes."""
    from stormctl.render.invisible import render_json

    is_utf = (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(f"{render_json(data, indent=2, only_ascii=not is_utf)}\n")


def show_lines(lines: Iterable[str]) -> None:
    """Print lines for machines on standard output, as they are."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def tell_error(message: str, hint: str) -> None:
    """Print an expected error: a line and a hint, without markup, so that nothing in them is lost.

    Invisible characters are written out: they may come from a file, a platform or a folder name.
    """
    from rich.text import Text

    from stormctl.render.invisible import escape

    line = Text("error: ", style="bold red").append(escape(message), style="default")
    console = make_console(stderr=True)
    console.print(line, soft_wrap=True)
    if hint:
        console.print(Text("hint: ", style="bold cyan").append(escape(hint), style="default"), soft_wrap=True)


def flush() -> None:
    """Write what is still held back."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal what is waited for; the line is gone afterwards."""
    console = make_console(stderr=True)
    if console.is_terminal:
        with console.status(what, spinner="line"):  # any terminal has its letters
            yield
    else:
        yield


def is_terminal() -> bool:
    """Whether a person can answer here."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Ask a person for a line."""
    import typer

    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()


def confirm(what: str, word: str, *, yes: bool, script: str = "--yes") -> None:
    """Have a person type a word; UsageError for any other, and without a terminal."""
    if yes:
        return
    if not is_terminal():
        raise UsageError("can't ask for confirmation: not a terminal", f"For scripts: {script}.")
    if ask(f"Type {word} to {what}") != word:
        raise UsageError(f"nothing was done: the answer was not {word}")


def ask_secret(question: str) -> str:
    """Ask a person for a line that is not echoed."""
    import getpass

    return getpass.getpass(f"{question} (not shown): ").strip()


def _print(console: Console, renderable: RenderableType) -> None:
    """Print; off a terminal without the blanks by which tables fill their lines up."""
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as printed:
        console.print(renderable)
    console.file.write("\n".join(line.rstrip(" ") for line in printed.get().split("\n")))
    console.file.flush()  # who reads a pipe sees each line when it is told
