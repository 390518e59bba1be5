"""Which campaign, and which schedule."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from stormctl.errors import UsageError
from stormctl.files.campaign import find_campaign_dir, find_schedule, find_schedules


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A campaign with two schedules, seen by its real path."""
    (tmp_path / "schedules").mkdir()
    for name in ("imd-2018", "imd-2026"):
        (tmp_path / "schedules" / f"{name}.toml").touch()
    return tmp_path.resolve()


def test_the_campaign_is_found_from_a_folder_below(root: Path) -> None:
    """The nearest folder upwards that holds schedules/ is the campaign."""
    below = root / "messages" / "imd-2026"
    below.mkdir(parents=True)

    assert root == find_campaign_dir(below)
    assert root == find_campaign_dir(root)


def test_a_named_campaign_folder_is_taken_as_it_is(root: Path) -> None:
    """The folder that was named counts, and nothing above it is looked at."""
    below = root / "messages"
    below.mkdir()

    assert root == find_campaign_dir(Path("/"), root)
    with pytest.raises(UsageError, match="is not a campaign folder: it contains no schedules/"):
        find_campaign_dir(root, below)


@pytest.mark.parametrize("name", ["imd-2026", "schedules/imd-2026.toml", Path("schedules/imd-2026.toml")])
def test_a_schedule_is_found_by_id_or_path(root: Path, name: str | Path) -> None:
    """A storm's id, or a path relative to the campaign, finds the schedule wherever one stands."""
    assert root / "schedules" / "imd-2026.toml" == find_schedule(root, name)


def test_the_campaign_comes_before_the_current_folder(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the same name in the current folder never takes the place of the campaign's."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "schedules").mkdir()
    (elsewhere / "schedules" / "imd-2026.toml").touch()
    monkeypatch.chdir(elsewhere)

    assert root / "schedules" / "imd-2026.toml" == find_schedule(root, "schedules/imd-2026.toml")


def test_a_schedule_is_found_from_the_current_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path relative to the current folder is understood too."""
    monkeypatch.chdir(root / "schedules")

    assert root / "schedules" / "imd-2018.toml" == find_schedule(root, "imd-2018.toml")


def test_an_unknown_schedule_gets_the_nearest_name(root: Path) -> None:
    """A schedule that is not there is a usage error with the name that was probably meant."""
    with pytest.raises(UsageError, match="there is no schedule “schedules/imd-2062") as caught:
        find_schedule(root, "schedules/imd-2062.toml")

    assert caught.value.hint == "did you mean “imd-2026”?"


def test_without_a_name_there_must_be_exactly_one(root: Path) -> None:
    """The only schedule needs no name; of several one must be chosen; none is said so."""
    with pytest.raises(UsageError, match="there are 2 schedules: say which one") as several:
        find_schedule(root, None)
    (root / "schedules" / "imd-2018.toml").unlink()
    only = find_schedule(root, None)
    only.unlink()
    with pytest.raises(UsageError, match="there is no schedule yet"):
        find_schedule(root, None)

    assert several.value.hint == "one of: imd-2018, imd-2026"
    assert root / "schedules" / "imd-2026.toml" == only


def test_all_schedules_are_found_in_order(root: Path) -> None:
    """A campaign's schedules are its .toml files, by name; nothing else in the folder is one."""
    (root / "schedules" / "README.md").touch()

    assert [path.name for path in find_schedules(root)] == ["imd-2018.toml", "imd-2026.toml"]


def test_a_folder_that_can_not_be_looked_at_is_no_campaign(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody acts as another person, and stands in a folder that is closed to them."""
    below = root / "closed"
    below.mkdir()
    look = Path.is_dir

    def refuse(path: Path) -> bool:
        if path.parent == below:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "is_dir", refuse)

    assert root == find_campaign_dir(below)
    with pytest.raises(UsageError, match="is not a campaign folder"):
        find_campaign_dir(root, below)
