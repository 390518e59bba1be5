"""Everything is looked at once, side by side, and nothing that is wrong with one hides another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.report.diagnosis import Verdict
from stormctl.engine.accounts.preflight import prove_channels
from stormctl.engine.base.equipment import Durations
from stormctl.engine.doctor.doctor import (
    DoctorScope,
    diagnose,
    diagnose_without_settings,
    examine,
    read_case_ledger,
)
from stormctl.errors import CredentialsError, ExitCode
from stormctl.ledger.ledger import open_ledger
from stormctl.platforms.adapter import Certainty, Verification, VerificationProblem
from stormctl.settings import Settings
from tests.campaigns import make_campaign
from tests.factories import ACME, PAGE, bind_account_of
from tests.fakes import NOON, FakePlatforms

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.report.diagnosis import Diagnosis

LOCAL = Settings(base_urls={"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1"})
DAY_BEFORE = NOON - timedelta(days=1)


@pytest.fixture
def platforms() -> FakePlatforms:
    """An X account and a Page, both of whom the platforms say that they may post."""
    made = FakePlatforms([ACME, PAGE])
    for platform in made.platforms.values():
        platform.verification = replace(platform.verification, may_post=True, clock_offset_s=0.4)
    return made


@pytest.fixture
def case(tmp_path: Path) -> DoctorScope:
    """A small storm on the day before, without a ledger."""
    return DoctorScope(
        root=tmp_path,
        settings=LOCAL,
        durations=Durations(),
        campaign=make_campaign(tmp_path),
        moment=Moment(DAY_BEFORE, DAY_BEFORE),
    )


def lines(diagnosis: Diagnosis, section: str, verdict: Verdict | None = None) -> list[str]:
    """Return what a section says, of one verdict or of all."""
    (found,) = (s for s in diagnosis.sections if s.name == section)
    return [line.text for line in found.lines if verdict in {None, line.verdict}]


def test_it_looks_at_everything(case: DoctorScope, platforms: FakePlatforms) -> None:
    """Files, settings, each channel, ledger, machine and alerts; nothing failed on a good day."""
    made = diagnose(case, platforms)

    assert [section.name for section in made.sections] == [
        "storm small",
        "settings",
        "x:acme",
        "facebook:acme",
        "ledger",
        "this machine",
        "alerts",
    ]
    assert (made.exit_code, made.count(Verdict.FAIL)) == (ExitCode.DONE, 0)
    assert lines(made, "storm small") == ["4 posts, 2026-12-18 12:00 to 2026-12-18 12:30 EST"]


def test_each_platform_is_asked_once_and_its_price_is_told(
    case: DoctorScope, platforms: FakePlatforms
) -> None:
    """X bills the question."""
    x = platforms.platforms[ACME]
    x.verification = replace(x.verification, cost_usd_micros=10_000)

    made = diagnose(case, platforms)

    assert [platform.verifications for platform in platforms.platforms.values()] == [1, 1]
    assert made.cost_usd_micros == 10_000


def test_nothing_is_created_by_looking(case: DoctorScope, platforms: FakePlatforms) -> None:
    """A ledger that is not there yet is fine, and is not there afterwards."""
    made = diagnose(case, platforms)

    assert lines(made, "ledger") == ["sqlite: .stormctl/ledger.db: there is none yet; launch creates it"]
    assert not (case.root / ".stormctl").exists()


def test_one_bad_channel_hides_no_other(case: DoctorScope, platforms: FakePlatforms) -> None:
    """What is proved bad fails with what to do; the rest is looked at all the same."""
    platforms.platforms[ACME].verification = Verification(
        account=None, problems=(VerificationProblem(Certainty.BAD, "the token is dead", "Renew it."),)
    )
    platforms.withheld[PAGE] = CredentialsError("no credentials for facebook:acme", "Put them into .env.")

    made = diagnose(case, platforms)

    assert lines(made, "x:acme", Verdict.FAIL) == ["the token is dead"]
    assert lines(made, "facebook:acme", Verdict.FAIL) == ["no credentials for facebook:acme"]
    assert made.exit_code is ExitCode.CREDENTIALS


def test_what_is_only_unknown_does_not_fail(case: DoctorScope, platforms: FakePlatforms) -> None:
    """A platform that is down in the evening proves nothing about the day."""
    platforms.platforms[ACME].verification = Verification(
        account=None, problems=(VerificationProblem(Certainty.UNKNOWN, "X answered 503"),)
    )

    made = diagnose(case, platforms)

    assert lines(made, "x:acme", Verdict.WARN) == ["X answered 503"]
    assert made.exit_code is ExitCode.DONE


def test_another_account_than_the_ledgers_is_proved_bad(case: DoctorScope, platforms: FakePlatforms) -> None:
    """The account is pinned when it is first used."""
    ledger = open_ledger("sqlite:///.stormctl/ledger.db", root=case.root, create=True)
    bind_account_of(ledger, ACME, "6666", "@before", case.moment)
    bind_account_of(ledger, PAGE, "1002", "@acme", case.moment)
    ledger.close()

    made = diagnose(case, platforms)

    (stranger,) = lines(made, "x:acme", Verdict.FAIL)
    assert stranger.endswith("but the ledger knows it as @before (6666)")
    assert lines(made, "facebook:acme", Verdict.OK)[0].startswith("@acme (1002), as the ledger knows it")


def test_files_with_findings_fail_and_their_channels_are_asked(tmp_path: Path, case: DoctorScope) -> None:
    """Findings stop a launch, not the look at what else may be wrong."""
    (tmp_path / "messages" / "acme" / "m3.en.md").write_text("---\nexpires: nonsense\n---\nHi.\n")
    broken = replace(case, campaign=make_campaign(tmp_path))
    platforms = FakePlatforms([ACME, PAGE])

    made = diagnose(broken, platforms)

    assert lines(made, "storm small", Verdict.FAIL) == [
        (
            "1 error must be fixed before a launch: messages/acme/m3.en.md:2:10:"
            " expires: “nonsense” is not a day, a time and a zone"
        )
    ]
    assert made.exit_code is ExitCode.FINDINGS
    assert platforms.platforms[ACME].verifications == 1


def test_a_schedule_that_cannot_be_built_names_no_channels(tmp_path: Path, case: DoctorScope) -> None:
    """Ledger and machine are looked at all the same."""
    broken = replace(case, campaign=make_campaign(tmp_path, head="nonsense = 1"))

    made = diagnose(broken, FakePlatforms([]))

    assert lines(made, "schedule", Verdict.WARN) == ["its channels were not checked"]
    assert [section.name for section in made.sections] == [
        "schedule",
        "settings",
        "ledger",
        "this machine",
        "alerts",
    ]


def test_a_storm_that_is_over_is_a_warning(case: DoctorScope, platforms: FakePlatforms) -> None:
    """Somebody has perhaps forgotten the date."""
    later = NOON + timedelta(days=1)

    made = diagnose(replace(case, moment=Moment(later, later)), platforms)

    (text,) = lines(made, "storm small", Verdict.WARN)
    assert text.endswith("it is over")


def test_settings_that_cannot_be_read_come_first(tmp_path: Path, case: DoctorScope) -> None:
    """Without them nobody can be asked; zones and disk can be looked at."""
    error = CredentialsError(".env can be read by others on this machine", "Run: chmod 600 .env")

    made = diagnose_without_settings(tmp_path, error, case.moment)

    assert [section.name for section in made.sections] == ["settings", "this machine"]
    assert lines(made, "settings", Verdict.FAIL) == [error.message]
    assert made.exit_code is ExitCode.CREDENTIALS


def test_a_launch_need_not_be_told_that_nobody_runs_yet(case: DoctorScope, platforms: FakePlatforms) -> None:
    """It is about to be the runner; and its summary says already that the platforms are not the real ones."""
    open_ledger("sqlite:///.stormctl/ledger.db", root=case.root, create=True).close()
    proofs, notes = prove_channels([ACME], platforms), read_case_ledger(case)

    told = [examine(replace(case, is_launching=launching), proofs, notes) for launching in (False, True)]

    assert [any("no runner" in text for text in lines(made, "ledger")) for made in told] == [True, False]
    assert [any("NOT LIVE" in text for text in lines(made, "settings")) for made in told] == [True, False]
