"""Whether a ledger's file may be posted from: ours alone, and brought by no repository, link or neighbour."""

from __future__ import annotations

import logging
import os
import shlex
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.errors import LedgerError
from stormctl.places import find_status, is_guest, name_user
from stormctl.tracked import find_tracked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.ledger.db.sqlite import SqliteDatabase
    from stormctl.ledger.db.stores import FileStore

_log = logging.getLogger(__name__)

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a ledger's file is not to be trusted as it lies there.

    Attributes:
        place: what can be made right here by taking its others' right to write; None if nothing can.
    """

    message: str
    hint: str
    place: Path | None = None


def find_faults(store: FileStore) -> Iterator[Fault]:
    """Find out how others could write a ledger's file, its companions or its folder, or have done so.

    Raises:
        CredentialsError: it can't be found out whether Git tracks it.
        LedgerError: nobody lets us look.
    """
    for path in (store.path.parent, store.path, *store.companions):
        try:
            status = find_status(path, follow=False)
        except OSError as error:
            raise LedgerError(f"{path} can't be accessed: {error.strerror}") from None
        if status is not None:
            yield from _judge(path, status, store)
    yield from _find_tracked(store)


def secure(store: FileStore) -> None:
    """Make sure that nobody else writes a ledger's file; what is ours is tightened, with a word.

    Raises:
        LedgerError: Git tracks it, it is someone else's, or a link.
        CredentialsError: it can't be found out whether Git tracks it.
    """
    for fault in find_faults(store):
        if fault.place is None:
            raise LedgerError(fault.message, fault.hint)
        mode = stat.S_IMODE(fault.place.stat().st_mode)
        try:
            fault.place.chmod(mode & ~OTHERS_WRITE)
        except OSError:
            raise LedgerError(fault.message, fault.hint) from None
        _log.warning("others could write %s, and no longer can: its mode was %03o", fault.place, mode)


def refuse_distrusted(store: FileStore, database: SqliteDatabase) -> None:
    """Make sure that an open ledger's rows may be posted.

    Its schema must be ours alone, and its file one that was made, restored, copied or accepted here.

    Raises:
        LedgerError: they may not; or it can't be read, or what an earlier version knew of it can't be kept.
        CredentialsError: it can't be found out whether Git tracks what that version knew.
    """
    with database.whole() as tables:
        tables.refuse_strangers(store.where)
        meta = {row["key"]: row["value"] for row in tables.session.rows("all_meta")}
    ledger_id, inode = meta.get("ledger_id"), store.path.stat().st_ino
    if ledger_id is not None:
        store.memory.take_over(ledger_id, store.locks, inode)
    if not store.memory.knows(ledger_id, inode):
        raise LedgerError(
            f"the ledger {store.where} was not made on this machine by this user: nothing of it is posted",
            "stormctl ledger accept shows what it would post first, and asks. What this machine has made is "
            f"remembered in {store.memory.folder.parent}; STORMCTL_STATE_DIR names another place.",
        )


def _judge(path: Path, status: os.stat_result, store: FileStore) -> Iterator[Fault]:
    if stat.S_ISLNK(status.st_mode):
        real = os.path.realpath(store.path)
        hint = f"Name the real place: STORMCTL_LEDGER_URL=sqlite:///{real}"
        yield Fault(f"{path} is a link: it may lead to another ledger tomorrow", hint)
        return
    if sys.platform == "win32":
        return
    if status.st_uid not in _trusted(store):
        message = f"{path} belongs to {name_user(status.st_uid)}, who can change what would be posted"
        hint = (
            f"If that is right, run stormctl as {name_user(status.st_uid)}. If not, check it and run: "
            f"sudo chown {name_user(os.geteuid())} {shlex.quote(str(path))}"
        )
        yield Fault(message, hint)
    elif status.st_mode & OTHERS_WRITE:
        hint = f"Run: chmod go-w {shlex.quote(str(path))}"
        if status.st_mode & stat.S_ISVTX:  # a folder for all, such as /tmp
            hint = "Give the ledger a folder of its own: STORMCTL_LEDGER_URL says where it is."
            yield Fault(f"others may write in {path}, and put something next to the ledger", hint)
        else:
            message = f"others may write {'in ' if stat.S_ISDIR(status.st_mode) else ''}{path}"
            yield Fault(message, hint, path)


def _trusted(store: FileStore) -> set[int]:
    """Return whose files are ours: as root in someone's campaign folder, also that person's."""
    assert sys.platform != "win32"  # noqa: S101 - tells mypy
    ours = {os.geteuid()}
    return ours | {store.root.stat().st_uid} if is_guest(store.root) else ours


def _find_tracked(store: FileStore) -> Iterator[Fault]:
    folder = store.path.parent
    is_own = folder != store.root and not store.root.is_relative_to(folder)
    for path in (folder,) if is_own else (store.path, *store.companions):
        found = find_tracked(path)
        if found is not None:
            message = (
                f"{found.top / found.name} is tracked by Git: anyone who can change that repository "
                f"could change what would be posted"
            )
            yield Fault(message, f"Check what it contains: stormctl status. Then run: {found.untrack}")
            return
