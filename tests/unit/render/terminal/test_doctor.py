"""What a person sees of a diagnosis, and of a canary before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.report.diagnosis import Diagnosis, DiagnosisSection, fail, ok, warn
from stormctl.errors import ExitCode
from stormctl.render.terminal.doctor import diagnosis_json, render_canary, render_diagnosis, summarize
from tests.unit.render.conftest import at

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = Diagnosis(
    made_at=at(12),
    sections=(
        DiagnosisSection(
            "x:acme",
            (ok("Acme (1001)"), fail("the keys may only read", "Make new ones.", ExitCode.CREDENTIALS)),
        ),
        DiagnosisSection("alerts", (warn("alerts go to nobody", "Name somebody."),)),
    ),
    cost_usd_micros=10_000,
)

SHOWN = """\
1 failed, 1 warning, 1 fine. Asking cost $0.01.

x:acme
  ok    Acme (1001)
  fail  the keys may only read
        Make new ones.

alerts
  warn  alerts go to nobody
        Name somebody.
"""


def test_each_line_has_its_verdict_and_what_to_do(show: Callable[..., str]) -> None:
    """Words say what colours say; the first line counts, and tells what the asking cost."""
    assert [line.rstrip() for line in show(render_diagnosis(MADE)).splitlines()] == SHOWN.splitlines()


def test_nothing_bad_is_said_in_so_many_words() -> None:
    """Warnings are counted all the same."""
    made = Diagnosis(
        made_at=at(12), sections=(DiagnosisSection("alerts", (warn("nobody", "Name somebody."),)),)
    )

    assert summarize(made) == "nothing failed, 1 warning, 0 fine."


def test_machines_get_the_same() -> None:
    """With the version of the shape, the exit code, and the cost in millionths of a dollar."""
    told = diagnosis_json(MADE)

    assert {key: told[key] for key in ("schema_version", "exit_code", "fails", "warnings")} == {
        "schema_version": 1,
        "exit_code": 5,
        "fails": 1,
        "warnings": 1,
    }
    assert (told["made_at"], told["cost_usd_micros"]) == ("2026-12-18T17:00:00Z", 10_000)
    assert told["sections"][1] == {
        "name": "alerts",
        "lines": [{"verdict": "warn", "text": "alerts go to nobody", "hint": "Name somebody."}],
    }


def test_a_canary_is_shown_before_it_goes_out(show: Callable[..., str]) -> None:
    """Its very words, as whom, where, at what price; loudly whether it is real."""
    shown = show(
        render_canary(
            channel="x:acme",
            account="Acme",
            host="api.x.com",
            is_live=True,
            text="Technical test.",
            asked_usd_micros=10_000,
            cost_usd_micros=25_000,
            ledger="sqlite: ledger.db",
        )
    )

    assert [" ".join(line.split()) for line in shown.splitlines()] == [
        "Canary Technical test.",
        "Account Acme (x:acme)",
        "Host api.x.com (real: it will be public)",
        "Cost at most $0.025 to post and delete it; $0.01 was spent on asking whose account it is",
        "Ledger sqlite: ledger.db",
    ]
