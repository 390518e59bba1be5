"""What CONTRIBUTING says of running the tests: who gets workers, and what a run may be started under."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests import conftest

WORKERS = 4


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", WORKERS),
        ("-x", WORKERS),
        ("-m long", WORKERS),
        ("-m nightly", WORKERS),
        ("-p no:cacheprovider", WORKERS),
        ("tests/unit/domain", None),
        ("tests/docs/test_contributing.py::test_nothing", None),
        ("-k clock", None),
        ("--lf", None),
        ("--pdb", None),
        ("--collect-only", None),
        ("-n0", 0),
        ("-n 2", 2),
        ("-p no:xdist", None),
    ],
)
def test_only_a_whole_run_has_workers(words: str, expected: int | None) -> None:
    """They take longer to start than what a person names; whoever counts them has as many."""
    config = pytest.Config.fromdictargs({}, words.split())

    conftest.pytest_cmdline_main(config)

    assert getattr(config.option, "numprocesses", None) == expected


def test_a_worker_asks_for_none() -> None:
    """It is told the same words as the run that started it."""
    config = pytest.Config.fromdictargs({}, [])
    config.workerinput = {}  # type: ignore[attr-defined] # as xdist tells it

    conftest.pytest_cmdline_main(config)

    assert config.option.numprocesses is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_signals_are_heard_under_nohup() -> None:
    """By the tests and by every process that they start, while the run outlives its terminal."""
    asked = "import signal; print(signal.getsignal(signal.SIGHUP).name)"
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}

    conftest.pytest_configure()

    signal.raise_signal(signal.SIGHUP)
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    during = {number: signal.signal(number, handler) for number, handler in before.items()}
    assert during[signal.SIGINT] is signal.default_int_handler
    assert told == "SIG_DFL\n"
