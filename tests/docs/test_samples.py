"""The samples that everybody starts from are as good as we ask of others."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.slots import find_spans
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.x import X
from stormctl.files.campaign import find_schedule
from stormctl.files.media.media import read_media
from stormctl.files.samples import find_samples
from tests.docs.sample_plans import PLANS, ROOT, load_sample, render_plan

SAMPLES = sorted(find_samples())
OVER = ["imd-2014", "imd-2015-sign-on", "imd-2018", "imd-2018-defenders"]
"""Storms of the past: made after days that were, to rehearse and to roll forward."""

WEEKEND = {5, 6}

each_sample = pytest.mark.parametrize("name", SAMPLES)


def test_the_clone_needs_no_name_of_a_schedule() -> None:
    """The README's first command rehearses the sample: the clone has no other schedule, and no other bank."""
    assert find_schedule(ROOT, None) == ROOT / "schedules" / "imd-2026.toml"
    assert [folder.name for folder in (ROOT / "messages").iterdir()] == ["imd-2026"]


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md", "CHANGELOG.md"])
def test_pages_name_every_sample(page: str) -> None:
    """Nobody has to guess a name to find one."""
    text = (ROOT / page).read_text(encoding="utf-8")

    assert [name for name in SAMPLES if f"{name}`" not in text] == []


@each_sample
def test_a_sample_loads_plans_and_checks_without_findings(name: str) -> None:
    """Nothing is wrong with its bank, its schedule or their plan, not even a warning; nothing is silenced."""
    sample = load_sample(name)

    checked = run_checks(sample.storm, sample.bank, sample.plan)
    assert sample.findings == ()
    assert checked.findings == ()
    assert checked.silenced == ()
    assert sample.plan.unplaced == ()


@each_sample
def test_a_sample_is_planned_as_it_was(name: str) -> None:
    """Its whole plan is the one in tests/docs/plans; CONTRIBUTING.md says how to write that anew."""
    sample = load_sample(name)

    expected = (PLANS / f"{name}.txt").read_text(encoding="utf-8")
    assert render_plan(sample.storm, sample.plan) == expected


@each_sample
def test_no_topic_of_a_sample_comes_twice_in_a_row(name: str) -> None:
    """On none of its channels, pins and reminders included."""
    topics: dict[str, list[str | None]] = defaultdict(list)
    for delivery in load_sample(name).plan.deliveries:
        if delivery.key.part in {None, 1}:
            topics[delivery.key.channel].append(delivery.topic)

    again = [(channel, a) for channel, row in topics.items() for a, b in pairwise(row) if a and a == b]
    assert again == []


def test_every_plan_is_of_a_sample() -> None:
    """None is left of a sample that is no more."""
    assert sorted(path.stem for path in PLANS.iterdir()) == SAMPLES


@each_sample
def test_no_window_of_a_sample_stays_empty(name: str) -> None:
    """On each of its days every channel posts in each of its windows, and at least half of its slots.

    A cron expression may leave out the weekend.
    """
    sample = load_sample(name)

    spare = dict(sample.plan.spare)
    for rule in sample.storm.channels:
        own = [delivery for delivery in sample.plan.deliveries if delivery.channel == rule.id]
        assert spare[rule.id] <= len(own)
        for span in find_spans(sample.storm, rule):
            if span.window.cron and span.on.weekday() in WEEKEND:
                continue
            assert [d for d in own if span.start_at <= d.slot_at < span.end_at], (rule.id, span)


@each_sample
def test_every_picture_and_video_of_a_sample_is_small_described_and_readable(name: str) -> None:
    """Each has at most 60 KiB, its bytes are those that were checked, and it has an alt text."""
    sample = load_sample(name)

    for variant in sample.bank.variants:
        for media in variant.media:
            assert len(media.alt) > 20
            assert media.size < 61_440
            if media.kind is MediaKind.IMAGE:
                assert len(read_media(sample.root, media)) == media.size


@each_sample
def test_every_post_of_a_sample_on_x_fits_and_carries_the_day(name: str) -> None:
    """Each is within the limit; each but the later parts of a thread has the storm's first hashtag."""
    sample = load_sample(name)

    for delivery in sample.plan.deliveries:
        if delivery.channel.platform is Platform.X:
            assert X.measure(delivery.post.text) <= X.max_length
            assert f"#{sample.storm.hashtags[0]}" in delivery.post.text or (delivery.key.part or 1) > 1


@each_sample
def test_links_of_a_sample_lead_to_examples_and_the_united_nations(name: str) -> None:
    """No sample sends anybody to a page of somebody else's."""
    sample = load_sample(name)

    addresses = {variant.link for variant in sample.bank.variants if variant.link}
    for ask in sample.storm.asks:
        addresses |= {address for address in (ask.individual, ask.organization) if address}
    elsewhere = {"https://www.un.org/", "https://www.ohchr.org/"}
    assert {a for a in addresses if not a.startswith("https://example.org/")} <= elsewhere


@pytest.mark.parametrize("name", OVER)
def test_a_storm_of_the_past_has_its_day_in_its_name(name: str) -> None:
    """It is as long ago as it says, in its zone."""
    sample = load_sample(name)

    year = int(name.split("-")[1])
    assert (sample.storm.last_on.year, sample.storm.last_on.month, sample.storm.last_on.day) == (year, 12, 18)


def test_2014_has_flyers_in_two_languages_and_two_ways_to_ask() -> None:
    """An organisation has another page than a person."""
    storm = load_sample("imd-2014").storm

    (ask,) = storm.asks
    assert ask.individual != ask.organization
    assert [resource.lang for resource in storm.resources] == ["en", "es"]
    for resource in storm.resources:
        flyer = (load_sample("imd-2014").root / resource.file).read_bytes()
        assert flyer.startswith(b"%PDF-")


def test_the_sign_on_of_2015_reminds_and_ends_on_time_and_the_statement_opens_the_day() -> None:
    """Three reminders on each channel before 5 pm Pacific on the 17th, then silence until the statement."""
    sample = load_sample("imd-2015-sign-on")
    zone = ZoneInfo(sample.storm.timezone)

    (ask,) = sample.storm.asks
    assert ask.deadline is not None
    assert ask.deadline.astimezone(zone).isoformat() == "2015-12-17T17:00:00-08:00"
    for rule in sample.storm.channels:
        own = [delivery for delivery in sample.plan.deliveries if delivery.channel == rule.id]
        reminded = [d.slot_at for d in own if d.kind is Kind.REMINDER and d.key.message == "sign-on"]
        after = [delivery for delivery in own if delivery.slot_at >= ask.deadline]
        before = timedelta(hours=24), timedelta(hours=4), timedelta(minutes=45)
        assert [ask.deadline - at for at in reminded] == list(before)
        assert after[0].key.message == "statement"
        assert not {delivery.topic for delivery in after} & {"sign-on", "organizations"}
        assert {d.slot_at.astimezone(zone).date().isoformat() for d in after} == {"2015-12-18"}


def test_the_letter_of_2018_closes_at_eight_and_pictures_are_on_every_channel() -> None:
    """Nothing about the letter goes out from 8 pm Eastern on; there is a picture on each channel."""
    sample = load_sample("imd-2018")

    deadline = sample.storm.asks[0].deadline
    assert deadline is not None
    assert deadline.astimezone(ZoneInfo("America/New_York")).isoformat() == "2018-12-18T20:00:00-05:00"
    assert max(d.slot_at for d in sample.plan.deliveries if d.topic == "tps") < deadline
    pictured = Counter(d.channel for d in sample.plan.deliveries if d.post.media)
    assert min(pictured[rule.id] for rule in sample.storm.channels) >= 5


def test_the_film_of_2018_has_captions_in_each_language() -> None:
    """One film, three files of captions, each beside the wording of its language, on X and on the Page."""
    sample = load_sample("imd-2018-defenders")

    shown: dict[Platform, set[tuple[str, str | None]]] = defaultdict(set)
    for delivery in sample.plan.deliveries:
        for media in delivery.post.media:
            if media.kind is MediaKind.VIDEO:
                assert len(media.caption_lines) == 3
                shown[delivery.channel.platform].add((delivery.key.tail, media.captions))
    folder = "messages/imd-2018-defenders/videos"
    expected = {(lang, f"{folder}/second-cup.{lang}.srt") for lang in ("en", "es", "fr")}
    assert shown == {Platform.X: expected, Platform.FACEBOOK: expected}


def test_the_weeks_of_the_convention_come_back_by_date_weekday_and_cron() -> None:
    """Eighteen days, three windows, one rhythm each; never on a Sunday; the last post is on 1 July."""
    sample = load_sample("convention-weeks")

    days = {delivery.storm_on.weekday() for delivery in sample.plan.deliveries}
    assert (sample.storm.last_on - sample.storm.first_on).days + 1 == 18
    assert [bool(w.cron) for w in sample.storm.windows] == [True, False, False]
    assert [sorted(w.weekdays) for w in sample.storm.windows] == [[], [0, 3], [5]]
    assert days == {0, 1, 2, 3, 4, 5}
    assert sample.plan.deliveries[-1].storm_on == sample.storm.last_on


def test_the_first_sample_shows_what_a_bank_can_do() -> None:
    """The bank has messages in three languages, and every kind of wording that volunteers may copy."""
    bank = load_sample("imd-2026").bank

    languages = Counter(variant.lang for variant in bank.variants if variant.label is None)
    labels = {variant.label for variant in bank.variants}
    pictures = {media.file for variant in bank.variants for media in variant.media}
    assert languages["en"] == languages["es"] == len(bank.message_ids) == 30
    assert languages["fr"] == 24
    assert {None, "facebook", "hours-left", "last-call", "puente"} <= labels
    assert len(pictures) >= 8
    assert {len(v.parts) for v in bank.variants if v.message_id == "five-demands"} == {4}
    assert any(variant.expires_at for variant in bank.variants)


def test_the_first_sample_is_a_coalitions_in_four_zones() -> None:
    """Two organisations, each an account and a Page in the same two languages; more of others; half a day."""
    sample = load_sample("imd-2026")

    partners: dict[tuple[str | None, tuple[str, ...]], set[Platform]] = defaultdict(set)
    for rule in sample.storm.channels:
        partners[rule.partner, rule.languages].add(rule.id.platform)
    both = {Platform.X, Platform.FACEBOOK}
    assert {
        ("migrants-day", ("en", "es")): both,
        ("puente-norte", ("en", "es")): both,
        (None, ("es",)): both,
        (None, ("fr",)): {Platform.X},
    } == partners
    assert len({window.timezone for window in sample.storm.windows}) >= 4
    span = sample.plan.deliveries[-1].slot_at - sample.plan.deliveries[0].slot_at
    assert 150 <= len(sample.plan.deliveries) <= 200
    assert span <= timedelta(hours=12)


def test_each_partner_of_the_coalition_speaks_in_its_own_words() -> None:
    """No text is on two accounts on X; what a partner says is on its channels alone, and there is plenty."""
    sample = load_sample("imd-2026")

    texts = Counter(
        (d.post.text, d.post.link) for d in sample.plan.deliveries if d.channel.platform is Platform.X
    )
    by_name = {variant.name: variant for variant in sample.bank.variants}
    own = Counter(
        (variant.partner, delivery.channel.name)
        for delivery in sample.plan.deliveries
        if (variant := by_name[f"{delivery.key.message}.{delivery.key.tail}"]).partner
    )
    assert max(texts.values()) == 1
    assert {partner for partner, _ in own} == {"migrants-day", "puente-norte"}
    assert all(partner == name for partner, name in own)
    assert own["puente-norte", "puente-norte"] >= 20


def test_every_channel_has_the_noon_statement_and_both_reminders() -> None:
    """The statement goes out at noon everywhere, and last calls are never posted as ordinary messages."""
    sample = load_sample("imd-2026")

    for rule in sample.storm.channels:
        own = [delivery for delivery in sample.plan.deliveries if delivery.channel == rule.id]
        kinds = Counter(delivery.kind for delivery in own)
        ordinary = [delivery.key.tail for delivery in own if delivery.kind is Kind.SLOT]
        assert (kinds[Kind.PIN], kinds[Kind.REMINDER]) == (1, 2)
        assert not [tail for tail in ordinary if tail.endswith(("hours-left", "last-call"))]
