"""Find the campaign folder and the schedule that a command is about."""

from __future__ import annotations

from pathlib import Path

from stormctl.errors import UsageError
from stormctl.files.nearest import suggest
from stormctl.places import OWN_FOLDER, is_file

SCHEDULES = "schedules"
MESSAGES = "messages"

LEDGER = "ledger.db"
"""The ledger's file in the folder of our own, where no other place was chosen."""

SAMPLE = "imd-2026"
"""The sample that everyone starts with."""

ORIGIN = f"To make one to try: stormctl rehearse --sample {SAMPLE}"
"""Where a campaign comes from, for people who have none."""


def find_campaign_dir(start: Path, override: Path | None = None) -> Path:
    """Find the folder that all paths of a campaign are relative to: the nearest upwards with `schedules/`.

    Args:
        start: the folder to begin at, usually the current one.
        override: the folder that was named by `--dir` or `STORMCTL_DIR`; nothing else is looked at then.

    Raises:
        UsageError: if no folder, or not the named one, holds `schedules/`.
    """
    if override is not None:
        folder = override.expanduser()
        if not is_campaign(folder):
            message = f"{override} is not a campaign folder: it contains no {SCHEDULES}/"
            hint = "Name the folder that holds schedules/ and messages/, or leave --dir and STORMCTL_DIR out."
            raise UsageError(message, f"{hint} {ORIGIN}")
        return folder.resolve()
    here = start.resolve()
    for folder in (here, *here.parents):
        if is_campaign(folder):
            return folder
    message = f"no campaign here: neither {start} nor a folder above it holds {SCHEDULES}/"
    raise UsageError(message, f"Go to the campaign's folder, or name it with --dir. {ORIGIN}")


def is_campaign(folder: Path) -> bool:
    """Whether a folder holds schedules, or a ledger whose schedules are gone, as far as we may look."""
    try:
        return (folder / SCHEDULES).is_dir() or (folder / OWN_FOLDER / LEDGER).is_file()
    except OSError:  # such as another person's folder, in which we happen to be
        return False


def find_schedules(root: Path) -> tuple[Path, ...]:
    """Find all schedule files of a campaign, in the order of their names.

    Raises:
        UsageError: if there is none.
    """
    paths = tuple(sorted((root / SCHEDULES).glob("*.toml")))
    if not paths:
        message = f"there is no schedule yet: {root / SCHEDULES} contains no .toml file"
        raise UsageError(message, "write one, such as schedules/imd-2026.toml")
    return paths


def find_schedule(root: Path, name: str | Path | None) -> Path:
    """Find a schedule file by its storm's id or its path; without a name, the campaign's only one.

    Args:
        name: `imd-2026`, or a path relative to `root` or else to the current folder.

    Raises:
        UsageError: if there is no such file, or none was named and there isn't exactly one.
    """
    if name is not None and Path(name).suffix:
        # The campaign first: with --dir, a file of the same name may lie in the current folder.
        for path in (root / name, Path(name).expanduser()):
            if is_file(path):
                return path.resolve()
    schedules = {path.stem: path for path in find_schedules(root)}
    if name is None:
        if len(schedules) == 1:
            return next(iter(schedules.values()))
        message = f"there are {len(schedules)} schedules: say which one"
        raise UsageError(message, f"one of: {', '.join(schedules)}")
    if str(name) in schedules:
        return schedules[str(name)]
    raise UsageError(f"there is no schedule “{name}”", suggest(Path(name).stem, schedules))
