"""Whether Git tracks something is read from its index; what a repository configures is never run."""

from __future__ import annotations

import os
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import CredentialsError
from stormctl.tracked import Tracked, find_tracked, read_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

posix_only = pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes are POSIX's")


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "splitIndex.maxPercentChange=100"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)  # noqa: S607 - the git of the path


def _make(folder: Path, *names: str, options: tuple[str, ...] = ()) -> Path:
    """Make a repository that tracks files, each of which holds its own name."""
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet", *options)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        _git(folder, "add", "--force", name)
    return folder


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)], ids=["sha1", "sha256"])
@pytest.mark.parametrize("skip", ["false", "true"])
def test_every_kind_of_index_is_read(
    tmp_path: Path, version: str, options: tuple[str, ...], skip: str
) -> None:
    """Versions 2 to 4, both hashes, with a sum at the end or none; a name may be longer than 4,095 bytes."""
    top = _make(tmp_path / "top", "a/.env", "a/messages/uno.es.md", "é/x", "z/gone", options=options)
    _git(top, "config", "index.skipHash", skip)
    _git(top, "update-index", "--index-version", version)
    long = f"a/{'long/' * 900}name"
    blob = subprocess.run(
        ["git", "-C", str(top), "hash-object", "-w", "a/.env"],  # noqa: S607 - the git of the path
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    _git(top, "update-index", "--add", "--cacheinfo", f"100644,{blob},{long}")
    _git(top, "rm", "--quiet", "--cached", "z/gone")
    if version == "3":
        _git(top, "add", "--intent-to-add", "a/messages/uno.es.md")
        _git(top, "update-index", "--skip-worktree", "a/messages/uno.es.md")

    found = [
        find_tracked(top / name)
        for name in ("a/.env", "a/messages", "é", "z/gone", "a/.en", "a/.env.example")
    ]

    names = [None if one is None else one.name for one in found]
    assert names == ["a/.env", "a/messages/uno.es.md", "é/x", None, None, None]
    assert find_tracked(top / "a" / "long") == Tracked(top, long)


def test_a_folder_that_looks_like_a_repository_is_none_and_runs_nothing(tmp_path: Path) -> None:
    """The attack: a pull request brings HEAD, config, objects and refs to a campaign in a sub-folder."""
    campaign = _make(tmp_path / "top", "a/README.md") / "a"
    for name in ("objects/x", "refs/x"):
        (campaign / name).mkdir(parents=True)
    (campaign / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    ran = tmp_path / "ran"
    (campaign / "config").write_text(
        f'[core]\nrepositoryformatversion=0\nbare=false\nworktree=.\nfsmonitor="id >{ran}; false"\n',
        encoding="utf-8",
    )
    (campaign / ".env").touch()
    _git(campaign.parent, "add", "--force", "a/.env")

    found = find_tracked(campaign / ".env")

    assert found == Tracked(campaign.parent, "a/.env")
    assert not ran.exists()


def test_an_embedded_repository_hides_nothing(tmp_path: Path) -> None:
    """Every repository above is asked, whatever the nearest says."""
    top = _make(tmp_path / "top", "camp/.env", "camp/.stormctl/ledger.db")
    _make(top / "camp", "README.md")
    _make(top / "camp" / ".stormctl" / "own", "README.md")

    found = [find_tracked(top / "camp" / name) for name in (".env", ".stormctl", "schedules")]

    assert found == [Tracked(top, "camp/.env"), Tracked(top, "camp/.stormctl/ledger.db"), None]


def test_a_repository_in_the_folder_itself_counts(tmp_path: Path) -> None:
    """Where `.stormctl` is a repository of its own, what it tracks comes from others too."""
    folder = _make(tmp_path / ".stormctl", "ledger.db")

    assert find_tracked(folder) == Tracked(folder, "ledger.db")
    assert find_tracked(folder / "ledger.db") == Tracked(folder, "ledger.db")


def test_without_a_repository_nothing_is_tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.git` above, one that holds nothing yet, or Git's variables that point to one elsewhere."""
    elsewhere = _make(tmp_path / "elsewhere", ".env")
    (tmp_path / "camp" / ".git").mkdir(parents=True)
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "camp"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(elsewhere / ".git" / "index"))

    assert find_tracked(tmp_path / "camp" / ".env") is None


def test_git_variables_hide_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty GIT_DIR or a ceiling in the environment is no answer."""
    top = _make(tmp_path / "top", ".env")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    assert find_tracked(top / ".env") == Tracked(top, ".env")


@pytest.mark.parametrize("is_split", [False, True])
def test_worktrees_and_submodules_are_followed(tmp_path: Path, is_split: bool) -> None:
    """Their `.git` is a file that says where the index lies, relative or absolute."""
    top = _make(tmp_path / "top", "camp/.env", "b/README.md")
    _git(top, "commit", "--quiet", "-m", "first")
    _git(top, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    _git(top, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(top), "sub")
    if is_split:
        _git(tmp_path / "tree", "rm", "--quiet", "--cached", "camp/.env")
        _git(tmp_path / "tree", "update-index", "--split-index")
        _git(tmp_path / "tree", "add", "--force", "camp/.env")

    assert find_tracked(tmp_path / "tree" / "camp" / ".env") == Tracked(tmp_path / "tree", "camp/.env")
    assert find_tracked(top / "sub" / "camp" / ".env") == Tracked(top / "sub", "camp/.env")


def test_a_split_index_that_may_track_it_is_a_refusal_that_says_what_to_type(tmp_path: Path) -> None:
    """What only the shared half has may have been removed since; what neither has is not tracked."""
    top = _make(tmp_path / "top", ".env", "README.md")
    _git(top, "update-index", "--split-index")
    (top / "new").touch()
    _git(top, "add", "new")

    with pytest.raises(CredentialsError, match=r"can't be known: the index of .* is split") as caught:
        find_tracked(top / ".env")

    assert caught.value.hint == f"Run: git -C {top} update-index --no-split-index"
    assert find_tracked(top / "new") == Tracked(top, "new")
    assert find_tracked(top / "other") is None
    _git(top, "update-index", "--no-split-index")
    assert find_tracked(top / ".env") == Tracked(top, ".env")


def test_a_sparse_index_that_hides_the_folder_is_a_refusal_that_says_what_to_type(tmp_path: Path) -> None:
    """It has one entry for a whole folder that is not checked out, whatever lies in there now."""
    top = _make(tmp_path / "top", "camp/.env", "camp/README.md", "other/README.md", "README.md")
    _git(top, "commit", "--quiet", "-m", "first")
    _git(top, "sparse-checkout", "init", "--cone", "--sparse-index")
    _git(top, "sparse-checkout", "set", "other")

    with pytest.raises(CredentialsError, match=r"can't be known: the index of .* is sparse") as caught:
        find_tracked(top / "camp" / ".env")

    assert caught.value.hint == f"Run: git -C {top} sparse-checkout reapply --no-sparse-index"
    assert find_tracked(top / "other" / ".env") is None
    _git(top, "sparse-checkout", "reapply", "--no-sparse-index")
    assert find_tracked(top / "camp" / ".env") == Tracked(top, "camp/.env")


@pytest.mark.parametrize("name", ["CAMP/.Env", "Camp/.ENV"])
def test_capitals_make_no_difference(tmp_path: Path, name: str) -> None:
    """On macOS and Windows they are the same file, and a colleague may have one."""
    top = _make(tmp_path / "top", name, "\u00c9te\u0301/README.md")

    assert find_tracked(top / "camp" / ".env") == Tracked(top, name)
    assert find_tracked(top / "e\u0301t\u00e9") is not None


@posix_only
def test_links_are_followed_and_looked_at(tmp_path: Path) -> None:
    """A link to the campaign, a link as `.env`, and a link as the ledger's folder."""
    top = _make(tmp_path / "top", "camp/.env", "secrets/env")
    (tmp_path / "short").symlink_to(top / "camp")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".env").symlink_to(top / "secrets" / "env")
    (top / "camp" / ".stormctl").symlink_to(tmp_path / "here")
    _git(top, "add", "camp/.stormctl")

    assert find_tracked(tmp_path / "short" / ".env") == Tracked(top, "camp/.env")
    assert find_tracked(tmp_path / "here" / ".env") == Tracked(top, "secrets/env")
    assert find_tracked(top / "camp" / ".stormctl") == Tracked(top, "camp/.stormctl")


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda index: index[:-3],
    "version": lambda index: index[:7] + b"\x05" + index[8:],
    "count": lambda index: index[:8] + b"\xff\xff\xff\xff" + index[12:],
    "extension": lambda index: index[:-20] + b"new!\0\0\0\0" + index[-20:],
    "name": lambda index: index.replace(b"README", b"READ\0E"),
    "empty": lambda _: b"",
    "start": lambda _: b"DIRC",
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("version", ["2", "4"])
def test_an_index_that_cannot_be_read_is_a_refusal(tmp_path: Path, kind: str, version: str) -> None:
    """Whatever it holds, it might track the file; the error says whose index it is, and what to do."""
    top = _make(tmp_path / "top", "a/README.md", "b")
    _git(top, "update-index", "--index-version", version)
    index = top / ".git" / "index"
    index.write_bytes(BROKEN[kind](index.read_bytes()))

    with pytest.raises(CredentialsError, match=r"top/\.git: its index can't be read") as caught:
        find_tracked(top / "a" / ".env")

    assert caught.value.hint.endswith(f"or move the campaign out of {top}.")


@posix_only
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "huge"])
def test_an_index_that_is_no_plain_file_is_a_refusal_and_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    """A neighbour's `.git` may hold anything; nothing is opened that might wait, and nothing huge is read."""
    index = tmp_path / ".git" / "index"
    index.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(index)
        case "device":
            index.symlink_to("/dev/zero")
        case "folder":
            index.mkdir()
        case _:
            index.touch()
            os.truncate(index, 300 * 1024**2)

    with pytest.raises(CredentialsError, match=r"can't be found out: .*\.git: \S"):
        find_tracked(tmp_path / "camp" / ".env")


@posix_only
@pytest.mark.parametrize(
    "text", ["", "gitdir: gone\n", "gitdir: " + "a" * 9_000, "gitdir: file\n", "gitdir: \0"]
)
def test_a_git_file_that_leads_nowhere_is_a_refusal(tmp_path: Path, text: str) -> None:
    """A worktree without its repository may be one of a Git that tracks the file."""
    (tmp_path / "file").touch()
    (tmp_path / ".git").write_text(text, encoding="utf-8")

    with pytest.raises(CredentialsError, match=r"can't be found out: .*\.git: \S"):
        find_tracked(tmp_path / "camp" / ".env")


@posix_only
def test_a_link_in_a_circle_is_a_refusal(tmp_path: Path) -> None:
    """What the system can't follow is not taken for nothing."""
    (tmp_path / ".git").symlink_to(tmp_path / ".git")

    with pytest.raises(CredentialsError, match=r"can't be found out: .*\.git: \S"):
        find_tracked(tmp_path / "camp" / ".env")


def test_names_that_grow_without_end_are_a_refusal(tmp_path: Path) -> None:
    """In a small index each name may repeat the one before: a neighbour's would take hours to read."""
    (tmp_path / ".git").mkdir()
    entry, long = bytes(60), b"a" * 9_000
    index = struct.pack(">4sII", b"DIRC", 4, 1) + entry + b"\x0f\xff" + b"\0" + long + b"\0" + bytes(20)
    (tmp_path / ".git" / "index").write_bytes(index)

    with pytest.raises(CredentialsError, match="its index can't be read"):
        find_tracked(tmp_path / ".env")
    (tmp_path / ".git" / "index").write_bytes(index.replace(long, b"a" * 8_000))

    assert find_tracked(tmp_path / ".env") is None


def test_a_plain_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """A byte more is an error, also where the system gives no size."""
    path = tmp_path / "file"
    path.write_bytes(b"12345")

    assert read_plain(path, 5)[1] == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_plain(path, 4)
