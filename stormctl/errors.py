"""One tree of expected errors: what went wrong in a line, a hint, an exit code."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code; the numbers are documented in `docs/cli.md` and never change."""

    DONE = 0
    BUG = 1
    USAGE = 2
    FINDINGS = 3
    NOT_APPROVED = 4
    CREDENTIALS = 5
    BUDGET = 6
    INCOMPLETE = 7
    IN_DOUBT = 8
    HALTED = 9
    MAINTENANCE = 10
    NO_RUNNER = 11
    TRY_AGAIN = 75


PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.CREDENTIALS,
    ExitCode.HALTED,
    ExitCode.IN_DOUBT,
    ExitCode.NO_RUNNER,
    ExitCode.BUDGET,
    ExitCode.INCOMPLETE,
)
"""Which code wins where several apply, the first one first."""


def choose_exit_code(codes: set[ExitCode]) -> ExitCode:
    """Choose the code to exit with where several apply: the one that needs a person most."""
    ranked = [code for code in PRECEDENCE if code in codes]
    return ranked[0] if ranked else max(codes, default=ExitCode.DONE)


class StormctlError(Exception):
    """Something that a person can cause and fix: shown as a line and a hint, without a traceback.

    Args:
        message: one clear line: what is wrong, and where.
        hint: what to do or type about it; empty where the message says it all.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(StormctlError):
    """The command cannot be carried out as it was typed."""


class FindingsError(StormctlError):
    """Files of the campaign break a rule that stops the command."""

    exit_code = ExitCode.FINDINGS


class ApprovalError(StormctlError):
    """Posts have not been approved by as many people as the storm asks for."""

    exit_code = ExitCode.NOT_APPROVED


class CredentialsError(StormctlError):
    """Secrets are missing, unreadable, of another account, or not to be sent where they were asked to go."""

    exit_code = ExitCode.CREDENTIALS


class LedgerError(StormctlError):
    """The ledger is missing, of another version, bound to other hosts, or under maintenance."""

    exit_code = ExitCode.MAINTENANCE


class DamagedLedgerError(LedgerError):
    """The ledger's file is damaged, or no database at all."""


class LedgerGoneError(LedgerError):
    """The ledger's file was deleted or replaced while it was in use: nothing can be written down any more."""


class LedgerRewoundError(LedgerError):
    """The ledger is older than what this process has seen of it: nothing is written before that is noted."""


class UnknownAttemptError(LedgerError):
    """The ledger doesn't know an attempt that was made under it: it was replaced in the meantime."""


class LedgerUnreachableError(LedgerError):
    """The ledger's server does not answer now; the same command may work later."""

    exit_code = ExitCode.TRY_AGAIN


class HaltedError(StormctlError):
    """A halt is in force that covers what was asked for."""

    exit_code = ExitCode.HALTED


class TryAgainError(StormctlError):
    """Nothing is wrong for good: the same command may work later."""

    exit_code = ExitCode.TRY_AGAIN
