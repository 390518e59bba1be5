"""A rewritten `.env` is noticed, read by all its rules, and told of once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.accounts.rewriting import REST_S, EnvironmentFile, Rewritten
from stormctl.environment import Environment, load_environment

if TYPE_CHECKING:
    from pathlib import Path

KEY = "STORMCTL_X_ACME_ACCESS_TOKEN"


class Folder:
    """A campaign folder with an `.env` that is watched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now_s = 0.0
        self.learnt: list[Environment] = []
        self.write(f"{KEY}=the-first-token")
        self.file = EnvironmentFile(
            root,
            self.load(root),
            load=self.load,
            learn=self.learnt.append,
            monotonic=lambda: self.now_s,
        )

    def load(self, root: Path) -> Environment:
        """Read the file alone, not this process's environment."""
        return load_environment(root, {})

    def write(self, *lines: str, mode: int = 0o600) -> None:
        """Write the file anew, as an editor does."""
        fresh = self.root / "fresh"
        fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        fresh.chmod(mode)
        fresh.replace(self.root / ".env")

    def look(self) -> Rewritten | None:
        """Look, when it is time to look again."""
        self.now_s += REST_S
        return self.file.look()

    def look_twice(self) -> Rewritten | None:
        """Look until a change has settled."""
        return self.look() or self.look()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder whose file has been looked at."""
    made = Folder(tmp_path)
    assert made.look_twice() is None
    return made


def test_new_values_are_handed_on_once(folder: Folder) -> None:
    """Whoever scrubs logs learns them before anybody uses them."""
    folder.write(f"{KEY}=the-second-token")

    news = folder.look_twice()
    again = folder.look_twice()

    assert news is not None
    assert news.environment is not None
    assert "the-second-token" in news.environment.secrets()
    assert "the-second-token" in folder.learnt[-1].secrets()
    assert again is None


def test_the_same_values_written_again_are_no_news(folder: Folder) -> None:
    """A comment, or another order, changes no credentials."""
    folder.write("# tidied up", f"{KEY}=the-first-token")

    assert folder.look_twice() is None


def test_a_file_that_is_being_written_is_left_alone(folder: Folder) -> None:
    """Only what two looks in a row find unchanged is read."""
    folder.write(f"{KEY}=the-sec")
    first = folder.look()
    folder.write(f"{KEY}=the-second-token")
    second = folder.look()

    news = folder.look()

    assert (first, second) == (None, None)
    assert news is not None
    assert news.environment is not None
    assert "the-second-token" in news.environment.secrets()


def test_the_file_is_not_looked_at_more_than_once_a_second(folder: Folder) -> None:
    """The loop asks several times a second."""
    folder.write(f"{KEY}=the-second-token")
    folder.look()
    folder.now_s += REST_S / 2

    assert folder.file.look() is None


@pytest.mark.skipif(os.name != "posix", reason="Windows has no file modes for group and others")
def test_a_file_that_others_can_read_is_refused_once(folder: Folder) -> None:
    """What to type is said; made private again, it is read."""
    folder.write(f"{KEY}=the-second-token", mode=0o644)
    refused = folder.look_twice()
    folder.write(f"{KEY}=the-third-token", mode=0o644)
    again = folder.look_twice()
    (folder.root / ".env").chmod(0o600)

    news = folder.look_twice()

    assert refused is not None
    assert refused.environment is None
    assert "can be read by others" in refused.remarks[0]
    assert refused.remarks[1].startswith("Run: chmod 600")
    assert again is None
    assert news is not None
    assert news.environment is not None


def test_a_file_that_is_gone_takes_nothing_away(folder: Folder) -> None:
    """A slip of the hand must not stop a storm."""
    (folder.root / ".env").unlink()

    news = folder.look_twice()

    assert news == Rewritten(None, (".env is gone; the credentials that were read from it stay in use",))


def test_a_file_that_never_was_is_not_gone(tmp_path: Path) -> None:
    """Whose keys stand in the environment alone hears nothing of an `.env`."""
    seconds = iter(range(99))
    file = EnvironmentFile(tmp_path, load_environment(tmp_path, {}), monotonic=lambda: float(next(seconds)))

    news = [file.look() for _ in range(3)]

    assert news == [None, None, None]


def test_other_settings_wait_for_the_next_start(folder: Folder) -> None:
    """A running process keeps its ledger and its platforms; that is told, without the values."""
    folder.write(f"{KEY}=the-second-token", "STORMCTL_LEDGER_URL=postgresql://storm:hidden@db.example.org/s")

    news = folder.look_twice()

    assert news is not None
    assert news.environment is not None
    assert news.environment.settings == load_environment(folder.root.parent, {}).settings
    assert news.remarks == ("changed in .env, and read at the next start: STORMCTL_LEDGER_URL",)


def test_a_change_before_the_first_look_is_found(tmp_path: Path) -> None:
    """Somebody may have rewritten it while a person was confirming the launch."""
    folder = Folder(tmp_path)
    folder.write(f"{KEY}=the-second-token")

    news = folder.look_twice()

    assert news is not None
    assert news.environment is not None
