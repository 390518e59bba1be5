"""The samples that the package brings, and their copies."""

from __future__ import annotations

import errno
import os
from importlib import resources
from pathlib import Path

import pytest

from stormctl.engine.base.campaign import load_campaign
from stormctl.errors import UsageError
from stormctl.files import samples
from stormctl.files.campaign import find_schedule
from stormctl.files.samples import Sample, choose_place, copy_sample, find_samples, get_sample

PICTURE = bytes(range(256))


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder, by its path there."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as it is installed, with two samples on its shelf; beside it lies no clone."""
    package = tmp_path / "site" / "stormctl"
    for name in ("autumn", "imd-2026"):
        sample = package / "samples" / name
        (sample / "schedules").mkdir(parents=True)
        (sample / "schedules" / f"{name}.toml").write_text(f'name = "{name}"\r\n', encoding="utf-8")
        (sample / "messages" / name / "images").mkdir(parents=True)
        (sample / "messages" / name / "images" / "boat.png").write_bytes(PICTURE)
    monkeypatch.setattr(resources, "files", {"stormctl": package}.__getitem__)
    return package


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder to copy to."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def refuse(sample: Sample, folder: Path) -> UsageError:
    """Copy where it must be refused."""
    with pytest.raises(UsageError) as caught:
        copy_sample(sample, choose_place(sample, folder))
    return caught.value


def test_the_clone_is_where_the_first_sample_lies() -> None:
    """In a clone `imd-2026` is a sample without being there twice: its parts are the clone's own files."""
    sample = find_samples()["imd-2026"]

    root = Path(samples.__file__).parents[2]
    assert sample.parts == {
        "schedules/imd-2026.toml": root / "schedules" / "imd-2026.toml",
        "messages/imd-2026": root / "messages" / "imd-2026",
    }


def test_the_package_brings_these() -> None:
    """The clone's own, the storms of earlier years, and one that comes back for weeks."""
    assert sorted(find_samples()) == [
        "convention-weeks",
        "imd-2014",
        "imd-2015-sign-on",
        "imd-2018",
        "imd-2018-defenders",
        "imd-2026",
    ]


@pytest.mark.parametrize("name", sorted(find_samples()))
def test_a_copy_is_a_campaign_without_findings(name: str, here: Path) -> None:
    """Every sample can be rehearsed, and needs no name of its schedule."""
    place = choose_place(get_sample(name), here)

    copy_sample(get_sample(name), place)

    campaign = load_campaign(place, find_schedule(place, None))
    assert campaign.findings == ()
    assert campaign.get_plan()[0].id == name


def test_an_installed_package_has_its_samples_on_a_shelf(installed: Path, here: Path) -> None:
    """Each folder there is one, and its copy is the same byte for byte, line ends and pictures included.

    What a rehearsal where it lies has left there is not copied.
    """
    (installed / "samples" / "autumn" / ".stormctl").mkdir()
    (installed / "samples" / "autumn" / ".stormctl" / "ledger.db").touch()
    for name in find_samples():
        copy_sample(get_sample(name), here / name)

    assert sorted(find_samples()) == ["autumn", "imd-2026"]
    assert read_tree(here) == {
        "autumn/schedules/autumn.toml": b'name = "autumn"\r\n',
        "autumn/messages/autumn/images/boat.png": PICTURE,
        "imd-2026/schedules/imd-2026.toml": b'name = "imd-2026"\r\n',
        "imd-2026/messages/imd-2026/images/boat.png": PICTURE,
    }


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("imd-2062", "Did you mean “imd-2026”? Those that exist: autumn, imd-2026."),
        ("AUTUMN", "Did you mean “autumn”? Those that exist: autumn, imd-2026."),
        ("xyz", "Those that exist: autumn, imd-2026."),
        ("", "Those that exist: autumn, imd-2026."),
        ("../autumn/.", "Did you mean “autumn”? Those that exist: autumn, imd-2026."),
    ],
)
def test_an_unknown_sample_names_those_that_exist(name: str, hint: str) -> None:
    """The nearest comes first; no path leads out of the shelf."""
    with pytest.raises(UsageError, match=f"there is no sample “{name}”") as caught:
        get_sample(name)

    assert caught.value.hint == hint


def test_an_installation_without_samples_says_so(installed: Path) -> None:
    """Somebody packed it without them."""
    (installed / "samples").rename(installed / "elsewhere")

    with pytest.raises(UsageError, match="there is no sample “imd-2026”") as caught:
        get_sample("imd-2026")

    assert caught.value.hint == "Those that exist: none."


@pytest.mark.parametrize("kind", ["folder", "file", "link", "link to nowhere"])
def test_what_is_there_is_never_touched(kind: str, here: Path) -> None:
    """A folder, be it empty, a file and any link stay as they are."""
    place = here / "imd-2026"
    (here / "other").mkdir()
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.symlink_to(here / ("other" if kind == "link" else "nowhere"))

    refused = refuse(get_sample("imd-2026"), here)

    assert refused.message == f"{place} already exists, and nothing is ever overwritten"
    assert refused.hint == "Go to another folder, or rename what is there."
    assert sorted(path.name for path in here.iterdir()) == ["imd-2026", "other"]
    assert list((here / "other").iterdir()) == []


def test_a_copy_that_was_made_before_can_be_rehearsed(here: Path) -> None:
    """Who asks for it again is told how to rehearse the one that is there, with what was changed in it."""
    copy_sample(get_sample("imd-2026"), here / "imd-2026")

    refused = refuse(get_sample("imd-2026"), here)

    assert refused.hint == "To rehearse it: stormctl --dir imd-2026 rehearse"


def test_what_comes_there_meanwhile_is_not_overwritten(here: Path) -> None:
    """Another command made the folder after the place was chosen: it keeps what it has."""
    place = choose_place(get_sample("imd-2026"), here)
    place.mkdir()
    (place / "mine").touch()

    with pytest.raises(UsageError, match="can't create "):
        copy_sample(get_sample("imd-2026"), place)

    assert [path.relative_to(here).as_posix() for path in here.rglob("*")] == ["imd-2026", "imd-2026/mine"]


@pytest.mark.parametrize("call", ["mkdir", "write_bytes", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_what_can_not_be_written_leaves_nothing(
    call: str, number: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk half way, or a folder that is not ours: one line, and no half of a campaign."""
    sample = get_sample("imd-2026")
    fail_later(monkeypatch, call, OSError(number, os.strerror(number)))

    refused = refuse(sample, here)

    assert refused.message == f"can't create {here / 'imd-2026'}: {os.strerror(number)}"
    assert refused.hint.startswith("Nothing was left behind.")
    assert list(here.iterdir()) == []


def test_ctrl_c_while_copying_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes their mind in mid-copy has nothing to tidy up."""
    fail_later(monkeypatch, "write_bytes", KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        copy_sample(get_sample("imd-2026"), here / "imd-2026")

    assert list(here.iterdir()) == []


def fail_later(patch: pytest.MonkeyPatch, call: str, error: BaseException) -> None:
    """Let a call of paths fail: where files are written, the tenth."""
    real = getattr(Path, call)
    left = [9 if call == "write_bytes" else 0]

    def fail(path: Path, *arguments: object, **options: object) -> object:
        if not left[0]:
            raise error
        left[0] -= 1
        return real(path, *arguments, **options)

    patch.setattr(Path, call, fail)
