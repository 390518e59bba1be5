"""Expected errors carry a line, a hint and an exit code; the code that needs a person most wins."""

from __future__ import annotations

import pytest

from stormctl import errors
from stormctl.errors import PRECEDENCE, ExitCode, StormctlError, UsageError, choose_exit_code


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        (set(), ExitCode.DONE),
        ({ExitCode.DONE}, ExitCode.DONE),
        ({ExitCode.DONE, ExitCode.INCOMPLETE}, ExitCode.INCOMPLETE),
        ({ExitCode.INCOMPLETE, ExitCode.BUDGET, ExitCode.IN_DOUBT}, ExitCode.IN_DOUBT),
        ({ExitCode.IN_DOUBT, ExitCode.HALTED, ExitCode.NO_RUNNER}, ExitCode.HALTED),
        (set(PRECEDENCE), ExitCode.BUG),
        ({ExitCode.DONE, ExitCode.TRY_AGAIN}, ExitCode.TRY_AGAIN),
    ],
)
def test_where_several_codes_apply_the_documented_one_wins(codes: set[ExitCode], chosen: ExitCode) -> None:
    """The order is that of the design: 1, 2, 5, 9, 8, 11, 6, 7; what it does not name comes after."""
    assert choose_exit_code(codes) is chosen


def test_the_numbers_never_change() -> None:
    """Scripts rely on them."""
    numbers = {code.name: code.value for code in ExitCode}

    assert numbers == {
        "DONE": 0,
        "BUG": 1,
        "USAGE": 2,
        "FINDINGS": 3,
        "NOT_APPROVED": 4,
        "CREDENTIALS": 5,
        "BUDGET": 6,
        "INCOMPLETE": 7,
        "IN_DOUBT": 8,
        "HALTED": 9,
        "MAINTENANCE": 10,
        "NO_RUNNER": 11,
        "TRY_AGAIN": 75,
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", 2),
        ("FindingsError", 3),
        ("ApprovalError", 4),
        ("CredentialsError", 5),
        ("LedgerError", 10),
        ("TryAgainError", 75),
    ],
)
def test_every_expected_error_has_its_exit_code(name: str, code: int) -> None:
    """One tree: whoever catches `StormctlError` has caught it, with its code."""
    kind = getattr(errors, name)

    assert issubclass(kind, StormctlError)
    assert kind.exit_code == code


def test_an_error_is_a_line_and_a_hint() -> None:
    """The line is its text; the hint may be empty."""
    error, bare = UsageError("there is no storm", "Write one."), UsageError("there is no storm")

    assert (str(error), error.message, error.hint) == ("there is no storm", "there is no storm", "Write one.")
    assert bare.hint == ""
