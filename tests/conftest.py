"""What every test stands on: workers, audible signals, no real settings, no address outside loopback."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

# A busy machine proves nothing about a property: no test measures time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=300)
settings.load_profile("patient")

WORKERS = 4
"""More than there are processors on a small machine: tests of real processes mostly wait."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share a whole run out among workers: they take longer to start than most files that a person names.

    Whoever names paths, picks tests by a word, counts the workers or debugs has it as pytest does it.
    """
    option = config.option
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    is_picked = any(getattr(option, n, False) for n in ("keyword", "lf", "usepdb", "trace", "collectonly"))
    is_worker = hasattr(config, "workerinput")  # one that asked for workers would have them without end
    if is_whole and not is_picked and not is_worker and getattr(option, "numprocesses", 0) is None:
        option.numprocesses, option.dist = WORKERS, "worksteal"


def pytest_configure() -> None:
    """Start from what the tests count on, whatever the run was started under.

    Signals that are ignored, as by `nohup pytest &`, are heard, since tests send them. The run itself still
    outlives its terminal, while the processes that it starts have the usual handler. And what was compiled is
    kept, for the hundreds of processes that would each compile the package again.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda _number, _frame: None)


REQUIRED = "STORMCTL_REQUIRE_"
"""How the switches begin that let tests fail, not skip, where a tool is missing."""


@pytest.fixture(scope="session")
def remembered_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what each test's machine remembers."""
    return tmp_path_factory.mktemp("states")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, remembered_in: Path) -> None:
    """Remove every STORMCTL_ variable, forget this network, and lock the platforms: none real can be met.

    Each test has a machine of its own, which remembers nothing.
    """
    for name in [n for n in os.environ if n.startswith("STORMCTL_") and not n.startswith(REQUIRED)]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("STORMCTL_LIVE", "0")
    monkeypatch.setenv("STORMCTL_STATE_DIR", str(remembered_in / uuid.uuid4().hex))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the whole session; take a schema of it."""
    from tests.postgres import serving

    with serving() as server:
        yield server
