"""`.env` is rewritten in place, whole or not at all, and read back exactly."""

from __future__ import annotations

import io
import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from stormctl.errors import CredentialsError, UsageError
from stormctl.files.env_file import find_target, quote, set_values, write_values

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "STORMCTL_X_ACME_ACCESS_TOKEN"  # noqa: S105 - a variable's name
SECRET = "STORMCTL_X_ACME_ACCESS_TOKEN_SECRET"  # noqa: S105 - a variable's name
LINES = [
    "# our keys",
    "",
    f"{TOKEN}=old",
    f"export {TOKEN} = 'it\\'s old' # keep",
    f'{TOKEN}="two\nlines"',
    f"{TOKEN}",
    f"{TOKEN}= # none yet",
    f"{TOKEN}=a#b",
    f"{TOKEN}='x'#y",
    f"#{TOKEN}=",
    f"# {TOKEN} = ",
    f"#{TOKEN}=before",
    "STORMCTL_X_ACME_CONSUMER_KEY=key",
    f"{SECRET}=older",
    "OTHER='several",
    "lines'",
    "=nonsense",
    "é=ü",
]
posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")


def read(text: str) -> dict[str, str | None]:
    """Read a text as python-dotenv does."""
    return dict(dotenv_values(stream=io.StringIO(text), interpolate=False))


def make_env(folder: Path, content: bytes) -> Path:
    """Make an `.env` for its owner only."""
    path = folder / ".env"
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{TOKEN}=new\n"),
        ("A=1", f"A=1\n{TOKEN}=new\n"),
        (f"A=1\n{TOKEN}=old\nB=2\n", f"A=1\n{TOKEN}=new\nB=2\n"),
        (f"# ours\n\nexport {TOKEN} = 'old' # keep\n", f"# ours\n\nexport {TOKEN}=new # keep\n"),
        (f"{TOKEN}= # none yet\n", f"{TOKEN}=new # none yet\n"),
        (f"{TOKEN}='x'#y\n", f"{TOKEN}=new #y\n"),
        (f"{TOKEN}=a#b", f"{TOKEN}=new"),
        (f"A=1\n#{TOKEN}=\nB=2\n", f"A=1\n{TOKEN}=new\nB=2\n"),
        (f"A=1\r\n# {TOKEN} = \r\nB=2\r\n", f"A=1\r\n{TOKEN}=new\r\nB=2\r\n"),
        (f"#{TOKEN}=before\nB=2\n", f"#{TOKEN}=before\n{TOKEN}=new\nB=2\n"),
        (f"#{TOKEN}=\n{TOKEN}=old\n", f"#{TOKEN}=\n{TOKEN}=new\n"),
        (
            "STORMCTL_X_ACME_CONSUMER_KEY=k\r\nB=2\r\n",
            f"STORMCTL_X_ACME_CONSUMER_KEY=k\r\n{TOKEN}=new\r\nB=2\r\n",
        ),
        ("STORMCTL_X_OTHER_CONSUMER_KEY=k\nB=2\n", f"STORMCTL_X_OTHER_CONSUMER_KEY=k\nB=2\n{TOKEN}=new\n"),
        (f"{TOKEN}=one\n{TOKEN}=two\n", f"{TOKEN}=new\n{TOKEN}=new\n"),
        (f"\ufeff{TOKEN}=old\n", f"\ufeff{TOKEN}=new\n"),
    ],
)
def test_a_value_is_set_where_it_belongs(before: str, after: str) -> None:
    """In its line, its sample, beside its relatives, or at the end; nothing else changes."""
    assert after == set_values(before, {TOKEN: "new"})


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_relative_of_what_was_added_is_set_too(end: str) -> None:
    """The new line goes below it, and is no part of it."""
    after = set_values(f"{SECRET}=old{end}", {TOKEN: "new", SECRET: "s"})

    assert after == f"{SECRET}=s\n{TOKEN}=new\n"


@given(
    lines=st.lists(st.sampled_from(LINES), max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    is_ended=st.booleans(),
    value=st.text(min_size=1).filter(str.isprintable),
)
def test_a_value_is_read_back_exactly(lines: list[str], end: str, is_ended: bool, value: str) -> None:
    """Whatever the file and the value: new values are read back, others as before, or nothing is done."""
    before = end.join(lines) + (end if is_ended else "")
    try:
        after = set_values(before, {TOKEN: value, SECRET: "s"})
    except CredentialsError:
        assert "several" in before or "nonsense" in before
        return

    assert {**read(before), TOKEN: value, SECRET: "s"} == read(after)


@given(st.text(min_size=1).filter(str.isprintable))
def test_quotes_hide_nothing(value: str) -> None:
    """Quotes, backslashes, signs of comments and blanks at the ends."""
    assert {"A": value} == read(f"A={quote(value)} # comment\n")


@pytest.mark.parametrize("value", ["", "two\nlines", "nul\0", "tab\t"])
def test_what_is_no_credential_is_refused(value: str) -> None:
    """A line break in a token is a slip of the hand."""
    with pytest.raises(UsageError, match=TOKEN):
        set_values("", {TOKEN: value})


@posix_only
def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """From its first byte on, whatever the umask."""
    before = os.umask(0)
    try:
        write_values(tmp_path / ".env", {TOKEN: "new"})
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can write for another person")
def test_under_sudo_the_file_stays_its_owners(tmp_path: Path) -> None:
    """Else the daemon, which is not root, could not read it any more."""
    path = make_env(tmp_path, b"A=1\n")
    os.chown(tmp_path, 12_345, 12_346)
    os.chown(path, 12_345, 12_346)

    write_values(path, {TOKEN: "new"})

    assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 12_346)


def test_bytes_stay_as_they_were(tmp_path: Path) -> None:
    """A BOM, CRLF and words in other scripts."""
    path = make_env(tmp_path, "\ufeff# für días\r\nA='ü'\r\n".encode())

    write_values(path, {TOKEN: "new", SECRET: "it's"})

    assert f"\ufeff# für días\r\nA='ü'\r\n{TOKEN}=new\r\n{SECRET}='it\\'s'\r\n".encode() == path.read_bytes()


@posix_only
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is rewritten, with all rules."""
    (tmp_path / "vault").mkdir()
    (tmp_path / "campaign").mkdir()
    target = make_env(tmp_path / "vault", b"A=1\n")
    link = tmp_path / "campaign" / ".env"
    link.symlink_to(target)

    write_values(link, {TOKEN: "new"})

    assert link.is_symlink()
    assert f"A=1\n{TOKEN}=new\n" == target.read_text(encoding="utf-8")


@posix_only
def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    """Nobody meant the file that would appear there."""
    (tmp_path / ".env").symlink_to(tmp_path / "gone")

    with pytest.raises(CredentialsError, match="leads nowhere"):
        write_values(tmp_path / ".env", {TOKEN: "new"})


@posix_only
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """Some keepers of secrets put a pipe there: it would be waited for, and can't be rewritten."""
    os.mkfifo(tmp_path / ".env", mode=0o600)

    with pytest.raises(CredentialsError, match="it is not a regular file"):
        find_target(tmp_path / ".env")


@posix_only
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """It is not mended by the way: what was in it may be known."""
    path = make_env(tmp_path, b"A=1\n")
    path.chmod(0o640)

    with pytest.raises(CredentialsError, match="can be read by others"):
        write_values(path, {TOKEN: "new"})

    assert path.read_bytes() == b"A=1\n"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_git_tracks_is_refused(tmp_path: Path, is_there: bool) -> None:
    """Also one that was deleted here and would come back with keys."""
    path = make_env(tmp_path, b"A=1\n")
    for words in (["init", "--quiet"], ["add", "--force", ".env"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)  # noqa: S607 - the person's own Git
    if not is_there:
        path.unlink()

    with pytest.raises(CredentialsError, match="tracked by Git"):
        write_values(path, {TOKEN: "new"})

    assert path.exists() is is_there


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    """A file in another encoding stays as it is."""
    path = make_env(tmp_path, "A=1\n".encode("utf-16"))

    with pytest.raises(CredentialsError, match="not UTF-8"):
        write_values(path, {TOKEN: "new"})

    assert path.read_bytes() == "A=1\n".encode("utf-16")


def test_what_somebody_else_writes_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is written, and nothing is left behind."""
    path = make_env(tmp_path, b"A=1\n")
    sync = os.fsync

    def write_too(handle: int) -> None:
        path.write_bytes(b"A=2\n")
        sync(handle)

    monkeypatch.setattr(os, "fsync", write_too)

    with pytest.raises(CredentialsError, match="changed in the meantime"):
        write_values(path, {TOKEN: "new"})

    assert path.read_bytes() == b"A=2\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words, and no second file."""
    path = make_env(tmp_path, b"A=1\n")

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(CredentialsError, match="No space left on device"):
        write_values(path, {TOKEN: "new"})

    assert path.read_bytes() == b"A=1\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]
