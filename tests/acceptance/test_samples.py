"""An installed stormctl can be tried without a clone: what a build brings, and a person who says yes."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.launch.rehearsal import choose_speed
from stormctl.files.samples import copy_sample, find_samples, get_sample
from tests.acceptance.conftest import ROOT, Campaign
from tests.docs.sample_plans import load_sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

if os.name == "posix":
    from tests.acceptance.terminal import sitting_at

POSIX = pytest.mark.skipif(os.name != "posix", reason="the test's terminal is POSIX's")
SHELF = "stormctl/samples"
SAMPLES = sorted(find_samples())
LATER = [name for name in SAMPLES if name != "imd-2026"]
"""Those that lie on the shelf in a clone, too."""


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


def read_sample(name: str, root: Path | None = None) -> dict[str, bytes]:
    """Read every file of a sample, by its path in a campaign folder: of the clone's, or of a copy."""
    if root is None and name != "imd-2026":
        root = ROOT / SHELF / name
    elif root is None:
        root = ROOT
    own = [f"schedules/{name}.toml", f"messages/{name}/**/*", "flyers/*"]
    paths = [path for pattern in own for path in root.glob(pattern)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def test_builds_bring_every_sample_once_and_as_it_is(builds: Path) -> None:
    """Each file is in both builds byte for byte, pictures included; a wheel has it on the samples' shelf."""
    (wheel,) = builds.glob("*.whl")
    (source,) = builds.glob("*.tar.gz")

    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".py")}
    with tarfile.open(source) as tar:
        files = {name.partition("/")[2]: tar.extractfile(name) for name in tar.getnames()}
        packed = {name: file.read() for name, file in files.items() if file is not None}

    shelf = {
        f"{SHELF}/{name}/{path}": content for name in SAMPLES for path, content in read_sample(name).items()
    }
    first = read_sample("imd-2026")
    assert {".md", ".toml", ".png", ".pdf", ".mp4", ".srt"} <= {name[name.rindex(".") :] for name in shelf}
    assert shelf == {name: content for name, content in inside.items() if name.startswith(f"{SHELF}/")}
    assert not [name for name in inside if name.startswith(("messages/", "schedules/"))]
    in_clone = {name: content for name, content in shelf.items() if "/imd-2026/" not in name} | first
    assert {name: packed[name] for name in in_clone} == in_clone


def test_an_installed_stormctl_copies_the_sample(newcomer: Campaign) -> None:
    """The copy is the clone's sample byte for byte, and a campaign for every other command."""
    done = newcomer.run("rehearse", "--sample", "imd-2026", "--faults", "nowhere.toml", expect=2)

    checked = newcomer.run("--dir", "imd-2026", "check")
    again = newcomer.run("rehearse", "--sample", expect=2)
    assert "Made imd-2026/, a campaign of your own" in done.stderr
    assert read_sample("imd-2026", newcomer.root / "imd-2026") == read_sample("imd-2026")
    assert checked.stdout == "Nothing to fix in 101 message files\n"
    assert "hint: To rehearse it: stormctl --dir imd-2026 rehearse\n" in again.stderr


def test_a_storm_of_the_past_is_never_launched(tmp_path: Path) -> None:
    """Whatever is typed, no ledger is made, and it is said what to do instead."""
    past = [name for name in LATER if name.startswith("imd-201")]
    for name in past:
        copy_sample(get_sample(name), tmp_path / name)

    ways = [[], ["--yes"], ["--detach"], ["--yes", "--detach"]]
    for name, typed in zip(past, ways, strict=True):
        campaign = Campaign(tmp_path / name)
        for words in (typed, [name, "--yes", "--plain"]):
            refused = campaign.run("launch", *words, expect=2)
            assert f"error: {name} is over: its last slot was 201" in refused.stderr
            assert "or rehearse it: stormctl rehearse" in refused.stderr
        assert not (campaign.root / ".stormctl" / "ledger.db").exists()
    assert len(past) == 4


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_rehearsed_at_the_highest_speed(name: str, tmp_path: Path) -> None:
    """A hundred thousand seconds in one, the most that may be asked for: each post arrives exactly once.

    Weeks run faster by themselves.
    """
    (tmp_path / "empty").mkdir()
    newcomer = Campaign(tmp_path / "empty")
    sample = load_sample(name)
    speed = [] if choose_speed(sample.plan, is_watched=False) > 100_000 else ["--speed", "100000"]

    done = newcomer.run("rehearse", "--sample", name, *speed, "--plain")

    assert f"Every one of {len(sample.plan.deliveries)} posts arrived exactly once.\n" in done.stdout
    assert "warning" not in done.stderr


@POSIX
@pytest.mark.long
def test_a_person_who_says_yes_sees_the_whole_storm(newcomer: Campaign) -> None:
    """One key after the installation 177 posts have arrived exactly once, and the report lies there."""
    with sitting_at(newcomer, "rehearse", "--plain") as terminal:
        terminal.read_until("Copy the sample imd-2026 to ./imd-2026 and rehearse it? [Y/n]: ")
        terminal.type("\r")
        terminal.read_until("Made imd-2026/")
        terminal.read_until("Every one of 177 posts arrived exactly once.")
        ended, _ = terminal.end()

    assert ended == 0
    assert (newcomer.root / "imd-2026/.stormctl/rehearsal/report.html").is_file()
