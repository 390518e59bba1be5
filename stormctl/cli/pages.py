"""Pages that commands write: whole or not at all, and never over a file that is somebody's own."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.cli.console import language, tell
from stormctl.domain.base.phrase import Phrase
from stormctl.errors import UsageError
from stormctl.places import find_status, write_text

if TYPE_CHECKING:
    from stormctl.domain.plan.cost import Cost
    from stormctl.engine.launch.preview import Preview
    from stormctl.render.outline import Viewer

OUR_MARK = b'<meta name="generator" content="stormctl">'
"""Stands at the beginning of each page that is ours to replace."""

HEAD_BYTES = 2048

MAILED_BYTES = 10_000_000
"""Bytes that mail servers commonly take."""


def write_plan(path: Path, seen: Preview, cost: Cost, viewer: Viewer, *, force: bool) -> None:
    """Write a plan as one web page, to standard output where the path is `-`.

    Raises:
        UsageError: it can't be written there, or a file that is not ours stands there.
    """
    from stormctl.files.media.media import read_media
    from stormctl.files.media.thumbnails import make_thumbnails
    from stormctl.render.pages.plan import render_plan_page

    is_standard_output = path == Path("-")
    if not is_standard_output:
        _check_place(path, force=force)
    campaign = seen.campaign
    if campaign.plan is None or campaign.storm is None or campaign.bank is None:
        return
    media = [picture for delivery in campaign.plan.deliveries for picture in delivery.post.media]
    page = render_plan_page(
        campaign.plan,
        campaign.storm,
        campaign.bank,
        cost,
        viewer,
        findings=campaign.findings,
        is_over=seen.is_over,
        remarks=seen.remarks,
        pictures=make_thumbnails(media, partial(read_media, campaign.root)),
    )
    size = len(page.encode())
    if is_standard_output:
        is_utf = (sys.stdout.encoding or "").lower().startswith("utf")
        sys.stdout.write(page if is_utf else page.encode("ascii", "xmlcharrefreplace").decode("ascii"))
    else:
        write_page(path, page, force=force)
        tell(
            language().say(
                Phrase("{path} is written: {size:.1f} MB, to be opened or mailed", path=path, size=size / 1e6)
            )
        )
    if size > MAILED_BYTES:
        tell(language().say(Phrase("It is larger than most mail servers take: share it another way.")))


def write_page(path: Path, page: str, *, force: bool) -> None:
    """Write a page in one step: the old or the new one stands there, whole, at any moment.

    Raises:
        UsageError: it can't be written there, or a file that is not ours stands there.
    """
    _check_place(path, force=force)
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():  # a pipe or a device can't be replaced
            write_text(place, page)
            return
        draft = place.with_name(f".{place.name[:100]}.{os.getpid()}.tmp")
        try:
            write_text(draft, page)
            draft.replace(place)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"the page can't be written to {path}: {error.strerror}") from None


def _check_place(path: Path, *, force: bool) -> None:
    try:
        status = find_status(path)
        if path.is_dir():
            raise UsageError(f"{path} is a folder", f"Name a file in it: --html {path / 'plan.html'}")
        if status is None or force or not path.is_file() or not status.st_size:
            return
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UsageError(f"the page can't be written to {path}: {error.strerror}") from None
    if OUR_MARK not in head:
        message = f"{path} exists, and stormctl did not write it"
        raise UsageError(message, "Choose another name, or replace it with --force.")
