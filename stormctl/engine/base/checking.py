"""What `check` is asked about: schedules with their banks, banks alone, or single message files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.domain.base.finding import sort_findings
from stormctl.engine.base.campaign import load_bank_alone, load_campaign
from stormctl.errors import UsageError
from stormctl.files.bank.bank import find_bank_names
from stormctl.files.campaign import MESSAGES, find_campaign_dir, find_schedule, find_schedules, is_campaign
from stormctl.files.nearest import suggest
from stormctl.files.schedules.schedule import load_storm
from stormctl.places import is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stormctl.domain.base.finding import Finding, SilencedFinding
    from stormctl.engine.base.campaign import Campaign


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at, each with its findings, and no finding in two of them."""

    campaigns: tuple[Campaign, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in order."""
        return tuple(sort_findings([found for campaign in self.campaigns for found in campaign.findings]))

    @property
    def silenced(self) -> tuple[SilencedFinding, ...]:
        """All that somebody accepted, each once."""
        return tuple(dict.fromkeys(one for campaign in self.campaigns for one in campaign.silenced))

    @property
    def wordings(self) -> int:
        """How many message files were understood."""
        names = {
            (campaign.root, variant.place.path)
            for campaign in self.campaigns
            for variant in (campaign.bank.variants if campaign.bank else ())
        }
        return len(names)

    @property
    def is_alone(self) -> bool:
        """Whether only banks without a schedule were looked at."""
        return bool(self.campaigns) and all(
            campaign.storm is None and campaign.bank is not None for campaign in self.campaigns
        )


def check_paths(root: Path | None, names: Sequence[str]) -> CheckReport:
    """Check what is named; everything of the campaign if nothing is.

    Args:
        root: the campaign folder; None where there is none, for banks elsewhere.
        names: schedules by name or path, folders of banks, message files. A bank is held against the rules
            that need no schedule, a message file also against the schedules that use its bank.

    Raises:
        UsageError: if something that is named isn't there, or there is nothing to check.
    """
    if not names:
        return CheckReport(tuple(_check_all(find_campaign_dir(Path.cwd()) if root is None else root)))
    return CheckReport(tuple(campaign for name in names for campaign in _check_one(root, name)))


def select(
    report: CheckReport, wanted: Sequence[str], ignored: Sequence[str], known: Sequence[str]
) -> CheckReport:
    """Keep the findings of some rules.

    Args:
        wanted: codes, in which `*` stands for anything; all rules if empty.
        ignored: codes to leave out, written likewise.
        known: the codes that there are.

    Raises:
        UsageError: if one of them is no rule's.
    """
    codes, left_out = find_codes(wanted, known), find_codes(ignored, known)

    def is_kept(finding: Finding) -> bool:
        return (not wanted or finding.code in codes) and finding.code not in left_out

    return CheckReport(
        tuple(
            replace(campaign, findings=tuple(filter(is_kept, campaign.findings)))
            for campaign in report.campaigns
        )
    )


def find_codes(written: Sequence[str], known: Sequence[str]) -> list[str]:
    """Find the codes that are meant; `*` stands for anything.

    Raises:
        UsageError: if one of them is no rule's.
    """
    found: list[str] = []
    for code in written:
        meant = [each for each in known if fnmatchcase(each, code)]
        if not meant:
            raise UsageError(f"there is no rule “{code}”", suggest(code, known))
        found += meant
    return found


def _check_all(root: Path) -> Iterator[Campaign]:
    banks = find_bank_names(root)
    try:
        paths = find_schedules(root)
    except UsageError:
        if not banks:
            raise
        paths = ()
    campaigns = [load_campaign(root, path, remember=True) for path in paths]
    yield from campaigns
    used = {campaign.bank.name for campaign in campaigns if campaign.bank is not None}
    for name in banks:
        if name not in used:
            yield load_bank_alone(root, f"{MESSAGES}/{name}")


def _check_one(root: Path | None, name: str) -> Iterator[Campaign]:
    places = [*([root / name] if root is not None else []), Path(name).expanduser()]
    path = next((place.resolve() for place in places if is_file(place) or is_folder(place)), None)
    if path is None or (is_file(path) and path.suffix.lower() != ".md"):
        if path is None and ("/" in name or name.endswith(".md")):
            raise UsageError(f"there is no {name}", "name a schedule, a bank's folder or a message file")
        folder = find_campaign_dir(Path.cwd()) if root is None else root
        yield load_campaign(folder, find_schedule(folder, name), remember=True)
    elif is_file(path):
        yield from _check_file(path)
    elif is_campaign(path):
        yield from _check_all(path)
    elif path.name == MESSAGES and is_campaign(path.parent):
        for bank in find_bank_names(path.parent):
            yield load_bank_alone(path.parent, f"{MESSAGES}/{bank}")
    else:
        yield load_bank_alone(*_split(path))


def _split(bank: Path) -> tuple[Path, str]:
    """Return what a bank's paths are relative to, and its path under that."""
    if bank.parent.name == MESSAGES:
        return bank.parent.parent, f"{MESSAGES}/{bank.name}"
    return bank.parent, bank.name


def _check_file(path: Path) -> Iterator[Campaign]:
    root, folder = _split(path.parent)
    campaigns = [
        load_campaign(root, schedule, remember=True)
        for schedule in (sorted((root / "schedules").glob("*.toml")) if is_campaign(root) else ())
        if _uses(root, schedule, path.parent.name)
    ]
    shown = f"{folder}/{path.name}"
    for campaign in campaigns or [load_bank_alone(root, folder)]:
        variants = campaign.bank.variants if campaign.bank else ()
        own = {
            shown,
            *(m.captions for v in variants if v.place.path == shown for m in v.media if m.captions),
        }
        yield replace(
            campaign,
            bank=replace(campaign.bank, variants=tuple(v for v in variants if v.place.path == shown))
            if campaign.bank
            else None,
            findings=tuple(
                replace(found, place=place)
                for found in campaign.findings
                if (place := found.find_place_in(own)) is not None
            ),
            silenced=tuple(one for one in campaign.silenced if one.finding.place.path in own),
        )


def _uses(root: Path, schedule: Path, bank: str) -> bool:
    storm, _ = load_storm(root, schedule)
    return storm is not None and storm.bank == bank
