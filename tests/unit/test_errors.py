"""Expected errors carry a line, a hint and an exit code; the code that needs a person most wins."""

from __future__ import annotations

import pytest

from stormctl.errors import PRECEDENCE, ExitCode, choose_exit_code


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
