"""Find the ledger where `.env` can't be trusted: who wants to halt must not be kept from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.cli.console import tell
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import CredentialsError, LedgerError, UsageError
from stormctl.ledger.db.stores import FileStore, explain_missing, find_store
from stormctl.ledger.place.runner_notes import find_notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stormctl.environment import Environment
    from stormctl.errors import StormctlError
    from stormctl.ledger.place.runner_notes import RunnerNote

ELSEWHERE = "Was it launched on another machine? Its ledger is there: run stormctl halt in its folder there."


def find_environment(root: Path, load: Callable[[], Environment]) -> Environment:
    """Return the environment that names the ledger, by `.env` or, with a warning, without it.

    Where `.env`, a setting in it or the ledger that it names can't be used: the address in the process's own
    environment, that of a live runner of this folder, that in `.env` if only another setting is wrong, or the
    folder's default.

    Raises:
        LedgerError: there is no ledger; the hint says where it may be, as far as that is known.
    """
    from stormctl.environment import find_ledger_url, make_keyless
    from stormctl.settings import Settings

    problem, is_named = _find_problem(root, load)
    if problem is None:
        return load()
    live, gone = find_notes(root)
    if is_named and live is None:
        raise _explain(problem, gone)
    outside, inside = (None, None) if is_named else find_ledger_url(root)
    by_runner = live.address if live is not None else None
    url = outside or by_runner or inside or Settings().ledger_url.get_secret_value()
    environment = make_keyless(url)
    SCRUBBER.learn(environment.secrets())
    tell(SCRUBBER.scrub(f"warning: {problem.message}"))
    missing = _find_missing(url, root)
    if missing is not None:
        raise _explain(missing, gone)
    store = find_store(url, root)
    whose = f", the ledger of the {live.runner}" if live is not None and url == by_runner else ""
    tell(SCRUBBER.scrub(f"keys and alert addresses are not read; continuing with {store.where}{whose}"))
    if whose and live is not None and not isinstance(store, FileStore):
        tell(f"if it asks for a password: set PGPASSWORD, or stop the {live.runner} by hand")
    return environment


def _find_problem(root: Path, load: Callable[[], Environment]) -> tuple[StormctlError | None, bool]:
    """Return what keeps us from the ledger that the settings name, and whether they name one."""
    try:
        return _find_missing(load().settings.ledger_url.get_secret_value(), root), True
    except (CredentialsError, UsageError) as error:
        return error, False
    except LedgerError as error:
        return error, True


def _find_missing(url: str, root: Path) -> LedgerError | None:
    """Return why there is no ledger; None if there is one, or a server that says so itself when opened."""
    store = find_store(url, root)
    if not isinstance(store, FileStore) or store.exists():
        return None
    return explain_missing(store.path)


def _explain(error: StormctlError, gone: RunnerNote | None) -> StormctlError:
    if gone is None:
        error.hint = f"{error.hint} {ELSEWHERE}"
    else:
        error.hint = (
            f"The last runner known here was the {gone.runner}, with the ledger {gone.address}. "
            f"On {gone.host} run: stormctl --dir {gone.folder} halt"
        )
    return error
