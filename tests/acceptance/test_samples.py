"""An installed stormctl can be tried without a clone: what a build brings, and a person who says yes."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import ROOT, Campaign

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

if os.name == "posix":
    from tests.acceptance.terminal import sitting_at

POSIX = pytest.mark.skipif(os.name != "posix", reason="the test's terminal is POSIX's")
ON_SHELF = "stormctl/samples/imd-2026"


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A folder with a wheel and a source distribution, built as pip builds them."""
    folder = tmp_path / "builds"
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def newcomer(tmp_path: Path, builds: Path) -> Campaign:
    """An empty folder, and a stormctl that is installed from its wheel, far from any clone."""
    (wheel,) = builds.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")  # noqa: S202 - our own
    (tmp_path / "empty").mkdir()
    return Campaign(tmp_path / "empty", environment={"PYTHONPATH": str(tmp_path / "site")})


def read_sample(root: Path = ROOT) -> dict[str, bytes]:
    """Read every file of the sample, by its path in a campaign folder."""
    paths = [root / "schedules" / "imd-2026.toml", *(root / "messages" / "imd-2026").rglob("*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def test_builds_bring_the_sample_once_and_as_it_is(builds: Path) -> None:
    """Each file is in both builds byte for byte, pictures included; a wheel has it on the samples' shelf."""
    (wheel,) = builds.glob("*.whl")
    (source,) = builds.glob("*.tar.gz")

    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".py")}
    with tarfile.open(source) as tar:
        files = {name.partition("/")[2]: tar.extractfile(name) for name in tar.getnames()}
        packed = {name: file.read() for name, file in files.items() if file is not None}

    sample = read_sample()
    assert any(name.endswith(".png") for name in sample)
    assert {f"{ON_SHELF}/{name}": content for name, content in sample.items()} == {
        name: content for name, content in inside.items() if name.startswith("stormctl/samples/")
    }
    assert not [name for name in inside if name.startswith(("messages/", "schedules/"))]
    assert {name: packed[name] for name in sample} == sample


def test_an_installed_stormctl_copies_the_sample(newcomer: Campaign) -> None:
    """The copy is the clone's sample byte for byte, and a campaign for every other command."""
    done = newcomer.run("rehearse", "--sample", "imd-2026", "--faults", "nowhere.toml", expect=2)

    checked = newcomer.run("--dir", "imd-2026", "check")
    again = newcomer.run("rehearse", "--sample", expect=2)
    assert "Made imd-2026/, a campaign of your own" in done.stderr
    assert read_sample(newcomer.root / "imd-2026") == read_sample()
    assert checked.stdout == "Nothing to fix in 62 message files\n"
    assert "hint: To rehearse it: stormctl --dir imd-2026 rehearse\n" in again.stderr


@POSIX
@pytest.mark.long
def test_a_person_who_says_yes_sees_the_whole_storm(newcomer: Campaign) -> None:
    """One key after the installation a hundred posts have arrived exactly once, and the report lies there."""
    with sitting_at(newcomer, "rehearse", "--plain") as terminal:
        terminal.read_until("Copy the sample imd-2026 to ./imd-2026 and rehearse it? [Y/n]: ")
        terminal.type("\r")
        terminal.read_until("Made imd-2026/")
        terminal.read_until("Every one of 100 posts arrived exactly once.")
        ended, _ = terminal.end()

    assert ended == 0
    assert (newcomer.root / "imd-2026/.stormctl/rehearsal/report.html").is_file()
