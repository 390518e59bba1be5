"""The shapes of documents about what a storm stands on: doctor, accounts, ledger."""

from __future__ import annotations

from typing_extensions import TypedDict

from stormctl.domain.delivery.signin import CredentialsKnowledge, Source
from stormctl.domain.report.diagnosis import Verdict
from stormctl.render.exports.shapes import (
    Counts,
    GapShape,
    Instant,
    Micros,
    VersionedDocument,
)


class DoctorLine(TypedDict):
    """One thing that was looked at."""

    verdict: Verdict
    text: str
    hint: str


class DoctorSection(TypedDict):
    """A channel, the ledger, this machine."""

    name: str
    lines: list[DoctorLine]


class DoctorDocument(VersionedDocument):
    """`stormctl doctor --json`: everything that a storm depends on."""

    made_at: Instant
    exit_code: int
    fails: int
    warnings: int
    cost_usd_micros: Micros
    sections: list[DoctorSection]


class AccountShape(TypedDict):
    """Whose credentials they are."""

    id: str
    name: str
    url: str | None


class VariableShape(TypedDict):
    """An environment variable of a channel."""

    name: str
    source: Source | None
    optional: bool


class AccessShape(TypedDict):
    """What a channel's access is."""

    channel: str
    account: AccountShape | None
    known_from: CredentialsKnowledge | None
    missing: list[str]
    variables: list[VariableShape]
    problems: list[str]
    remarks: list[str]
    hint: str
    ok: bool


class AuthDocument(VersionedDocument):
    """`stormctl auth list --json`: each channel's account and variables."""

    channels: list[AccessShape]


class LedgerStorm(TypedDict):
    """A storm that the ledger holds."""

    id: str
    name: str
    counts: Counts


class LedgerRunner(TypedDict):
    """A process that publishes from the ledger."""

    id: str
    kind: str
    host: str
    pid: int
    started_at: Instant
    beat_at: Instant


class LedgerDocument(VersionedDocument):
    """`stormctl ledger --json`: the ledger as a whole."""

    ledger: str
    version: int
    newest_version: int
    size_bytes: int
    hosts: dict[str, str]
    storms: list[LedgerStorm]
    halts: int
    moved_to: str | None
    backed_up_at: Instant | None
    last_backup_at: Instant | None
    last_backup: str | None
    known_until: Instant | None
    gaps: list[GapShape]
    runners: list[LedgerRunner]
