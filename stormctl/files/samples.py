"""The sample campaigns that the package brings, and copying one to where a person can change it."""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.errors import UsageError
from stormctl.files.campaign import MESSAGES, SAMPLE, SCHEDULES, is_campaign
from stormctl.files.nearest import find_nearest
from stormctl.places import is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Sample:
    """A campaign that the package brings.

    Attributes:
        name: the sample's, and that of the folder it is copied to.
        parts: files and folders, by the path that each has in a campaign folder.
    """

    name: str
    parts: Mapping[str, Traversable]


def find_samples() -> dict[str, Sample]:
    """Find all samples, by their names."""
    package = resources.files("stormctl")
    shelf = package / "samples"
    folders = [folder for folder in shelf.iterdir() if folder.is_dir()] if shelf.is_dir() else []
    # Whoever works on a sample where it lies leaves a ledger there, behind a dot.
    found = {
        folder.name: Sample(
            folder.name, {part.name: part for part in folder.iterdir() if not part.name.startswith(".")}
        )
        for folder in folders
    }
    # In a clone it is the clone's own campaign; a build puts it on the shelf (pyproject.toml).
    clone = Path(str(package)).parent
    schedule, bank = f"{SCHEDULES}/{SAMPLE}.toml", f"{MESSAGES}/{SAMPLE}"
    if SAMPLE not in found and is_file(clone / schedule) and is_folder(clone / bank):
        found[SAMPLE] = Sample(SAMPLE, {schedule: clone / schedule, bank: clone / bank})
    return found


def get_sample(name: str) -> Sample:
    """Get a sample by its name; UsageError if there is none of that name."""
    samples = find_samples()
    if name in samples:
        return samples[name]
    nearest = find_nearest(name, samples)
    listed = f"Those that exist: {', '.join(sorted(samples)) or 'none'}."
    hint = listed if nearest is None else f"Did you mean “{nearest}”? {listed}"
    raise UsageError(f"there is no sample “{name}”", hint)


def choose_place(sample: Sample, folder: Path) -> Path:
    """Return where a copy of a sample goes; UsageError if anything is there, even a link to nowhere."""
    place = folder / sample.name
    if os.path.lexists(place):
        raise UsageError(
            f"{place} already exists, and nothing is ever overwritten",
            f"To rehearse it: stormctl --dir {sample.name} rehearse"
            if is_campaign(place)
            else "Go to another folder, or rename what is there.",
        )
    return place


def copy_sample(sample: Sample, place: Path) -> None:
    """Copy a sample to a place where nothing is: a campaign that appears whole or not at all.

    Raises:
        UsageError: it can't be written; nothing is left behind.
    """
    part = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        try:
            part.mkdir()
            for path, source in sample.parts.items():
                _copy(source, part / path)
            part.rename(place)  # fails over whatever came there in the meantime, but for an empty folder
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"can't create {place}: {error.strerror}",
            "Nothing was left behind. Go to a folder that you can write to, on a disk with room.",
        ) from None


def _copy(source: Traversable, target: Path) -> None:
    """Copy a file, or a folder with all that is in it, with the rights that new files have here."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    else:
        for part in source.iterdir():
            _copy(part, target / part.name)
