"""The samples that everybody starts from are as good as we ask of others."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.checks.run import run_checks
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.x import X
from stormctl.files.bank.bank import load_bank
from stormctl.files.campaign import find_schedule
from stormctl.files.media.media import read_media
from stormctl.files.schedules.schedule import load_storm

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.base.finding import Finding
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm

ROOT = Path(__file__).resolve().parents[2]


@lru_cache
def _load() -> tuple[Storm, Bank, Plan, tuple[Finding, ...]]:
    storm, found = load_storm(ROOT, find_schedule(ROOT, "imd-2026"))
    assert storm is not None, found
    bank, bank_findings = load_bank(ROOT, storm.bank)
    return storm, bank, plan_storm(storm, bank), (*found, *bank_findings)


def test_the_clone_needs_no_name_of_a_schedule() -> None:
    """The README's first command rehearses the sample: the clone has no other schedule, and no other bank."""
    assert find_schedule(ROOT, None) == ROOT / "schedules" / "imd-2026.toml"
    assert [folder.name for folder in (ROOT / "messages").iterdir()] == ["imd-2026"]


def test_the_samples_load_plan_and_check_without_findings() -> None:
    """Nothing is wrong with the sample bank, its schedule or their plan, not even a warning."""
    storm, bank, plan, findings = _load()

    assert findings == ()
    assert run_checks(storm, bank, plan).findings == ()
    assert plan.unplaced == ()


def test_the_sample_bank_shows_what_a_bank_can_do() -> None:
    """The bank has messages in three languages, and every kind of wording that volunteers may copy."""
    _, bank, _, _ = _load()

    languages = Counter(variant.lang for variant in bank.variants if variant.label is None)
    labels = {variant.label for variant in bank.variants}
    pictures = {media.file for variant in bank.variants for media in variant.media}
    assert languages["en"] == len(bank.message_ids) == 24
    assert min(languages["es"], languages["fr"]) >= 12
    assert labels == {None, "facebook", "hours-left", "last-call"}
    assert len(pictures) >= 5
    assert any(len(variant.parts) > 1 for variant in bank.variants)
    assert any(variant.expires_at for variant in bank.variants)


def test_every_sample_picture_is_small_described_and_readable() -> None:
    """Pictures are a few KiB, their bytes are those that were checked, and each has an alt text."""
    _, bank, _, _ = _load()

    for variant in bank.variants:
        for media in variant.media:
            assert len(media.alt) > 20
            assert len(read_media(ROOT, media)) < 32_768


def test_the_sample_storm_lasts_half_a_day_on_five_channels() -> None:
    """The plan is about a hundred posts in twelve hours: a rehearsal takes about a minute."""
    _, _, plan, _ = _load()

    span = plan.deliveries[-1].slot_at - plan.deliveries[0].slot_at
    assert 90 <= len(plan.deliveries) <= 110
    assert span <= timedelta(hours=12)
    assert len({delivery.channel for delivery in plan.deliveries}) == 5


def test_every_channel_has_the_noon_statement_and_both_reminders() -> None:
    """The statement goes out at noon everywhere, and last calls are never posted as ordinary messages."""
    storm, _, plan, _ = _load()

    for rule in storm.channels:
        kinds = Counter(delivery.kind for delivery in plan.deliveries if delivery.channel == rule.id)
        assert (kinds[Kind.PIN], kinds[Kind.REMINDER]) == (1, 2)


def test_every_sample_post_on_x_fits_and_carries_the_day() -> None:
    """Each post on X is within the limit; each but the later parts of a thread has the day's hashtag."""
    _, _, plan, _ = _load()

    for delivery in plan.deliveries:
        if delivery.channel.platform is Platform.X:
            assert X.measure(delivery.post.text) <= X.max_length
            assert "#MigrantsDay" in delivery.post.text or (delivery.key.part or 1) > 1
