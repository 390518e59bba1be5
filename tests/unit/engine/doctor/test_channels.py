"""Each channel's lines: what its platform says, what it does not say, and what the ledger knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import RateLimit, State
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.report.diagnosis import Verdict
from stormctl.domain.report.status import DeliveryView
from stormctl.engine.accounts.preflight import prove_channels
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.doctor.channels import examine_channels
from stormctl.engine.doctor.ledger import LedgerNotes
from stormctl.platforms.adapter import Ending, Verification
from tests.campaigns import make_campaign
from tests.factories import ACME, PAGE
from tests.fakes import NOON, FakePlatforms, Walked, noting
from tests.unit.domain.making import make_bank, make_rule, make_storm, make_variant

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.campaign import Campaign

NOTES = LedgerNotes(where="sqlite: ledger.db", folder=Path())
NOW = Moment(NOON - timedelta(days=1), NOON - timedelta(days=1))
LATER = NOW.at + timedelta(hours=1)
ALL = frozenset(["pages_manage_posts", "pages_read_engagement", "pages_read_user_content", "read_insights"])


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Two messages on an X account and a Page."""
    return make_campaign(tmp_path)


def look(
    channel: ChannelId, campaign: Campaign, notes: LedgerNotes = NOTES, **told: Any
) -> list[tuple[Verdict, str]]:
    """Return a channel's lines, where its platform has told something."""
    platforms = FakePlatforms([channel])
    platform = platforms.platforms[channel]
    platform.verification = replace(platform.verification, **{"may_post": True, **told})
    (section,) = examine_channels(campaign, prove_channels([channel], platforms), notes, NOW)
    return [(line.verdict, line.text) for line in section.lines]


def warnings(lines: list[tuple[Verdict, str]]) -> list[str]:
    """Return what is warned of."""
    return [text for verdict, text in lines if verdict is Verdict.WARN]


def flown(channel: ChannelId, days: int, state: State = State.RETRACTED) -> LedgerNotes:
    """Make notes of a canary that went out so many days ago."""
    view = DeliveryView(
        key=f"canary/{channel}/1/en",
        storm_id="canary",
        channel=str(channel),
        message_id="1",
        text="Technical test.",
        state=state,
        slot_at=NOW.at,
        delivered_at=NOW.at - timedelta(days=days),
    )
    return replace(NOTES, canaries=(view,))


def test_an_account_on_x_that_may_post_has_nothing_to_warn_of(campaign: Campaign) -> None:
    """Its name, its rights, and what the storm will cost; what X does not tell is not made up."""
    lines = look(ACME, campaign, kind="keys of OAuth 1.0a, which do not expire")

    assert [text for _, text in lines] == [
        "@acme (1001): http://127.0.0.1/",
        "keys of OAuth 1.0a, which do not expire",
        "X says that the credentials may post",
        "there are credits left; X does not say how many; this storm needs about $0.10 here",
    ]
    assert warnings(lines) == []


def test_rights_that_the_platform_does_not_tell_are_for_a_canary(campaign: Campaign) -> None:
    """Until one has gone out, within a month."""
    never, lately, long_ago = (
        warnings(look(ACME, campaign, notes, may_post=None))
        for notes in (NOTES, flown(ACME, 3), flown(ACME, 40))
    )

    assert never == long_ago == ["X does not say whether the credentials may post"]
    assert lately == []


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.EXPIRED])
def test_a_canary_that_did_not_go_out_proves_nothing(campaign: Campaign, state: State) -> None:
    """Only a post is proof."""
    assert warnings(look(ACME, campaign, flown(ACME, 1, state), may_post=None))


@pytest.mark.parametrize(
    ("known", "words"), [(False, ", as it was signed in"), (True, ", as the ledger knows it")]
)
def test_the_account_of_before_is_said_to_be_so(campaign: Campaign, known: bool, words: str) -> None:
    """By the ledger, which knows as whom it has posted, or by the first sign-in."""
    notes = replace(NOTES, accounts={"x:acme": ("1001", "@acme")}) if known else NOTES

    lines = look(ACME, campaign, notes, is_as_signed_in=True)

    assert lines[0] == (Verdict.OK, f"@acme (1001){words}: http://127.0.0.1/")


def test_what_lasts_is_fine(campaign: Campaign) -> None:
    """To the minute; what ends earlier is told as a problem."""
    after, before = NOON + timedelta(days=9), NOON - timedelta(hours=2)
    endings = tuple(Ending("the token", at, stops=True, is_near=False) for at in (after, before))

    lines = look(PAGE, campaign, flown(PAGE, 3), endings=endings)

    assert [text for verdict, text in lines if "the token" in text and verdict is Verdict.OK] == [
        "the token lasts until 2026-12-27 17:00 UTC"
    ]


def test_every_warning_says_what_to_do(campaign: Campaign) -> None:
    """Nobody is left alone with a line."""
    platforms = FakePlatforms([PAGE])
    platforms.platforms[PAGE].verification = Verification(account=None, permissions=frozenset({"none"}))
    notes = replace(NOTES, suspended={"facebook:acme": "the token is dead"})

    (section,) = examine_channels(campaign, prove_channels([PAGE], platforms), notes, NOW)

    assert [line.text for line in section.lines if line.verdict is not Verdict.OK and not line.hint] == []


def test_live_mode_can_only_be_seen(campaign: Campaign) -> None:
    """Facebook does not tell a Page token the app's mode or the Page's tasks; a canary's link shows both."""
    told = warnings(look(PAGE, campaign, permissions=ALL))

    assert told == ["whether the app is in Live mode and may create content for the Page can't be asked"]
    assert warnings(look(PAGE, campaign, flown(PAGE, 3), permissions=ALL)) == []


def test_what_reports_lack_is_a_warning(campaign: Campaign) -> None:
    """Posts go out without it; where Facebook told no permissions, nothing is concluded."""
    flown_notes = flown(PAGE, 3)

    assert warnings(look(PAGE, campaign, flown_notes, permissions=ALL - {"read_insights"})) == [
        "the token lacks read_insights: reach can't be read"
    ]
    assert warnings(look(PAGE, campaign, flown_notes, permissions=None)) == []


def test_videos_may_want_a_permission_of_their_own(campaign: Campaign) -> None:
    """Only where the plan has some for the Page."""
    plan = campaign.plan
    assert plan is not None
    deliveries = [
        replace(d, post=replace(d.post, media=tuple(replace(m, kind=MediaKind.VIDEO) for m in d.post.media)))
        for d in plan.deliveries
    ]
    with_video = replace(campaign, plan=replace(plan, deliveries=tuple(deliveries)))
    notes = flown(PAGE, 3)

    lacking = warnings(look(PAGE, with_video, notes, permissions=ALL))

    assert lacking == ["the plan has videos, and the token lacks publish_video, which Facebook may ask for"]
    assert warnings(look(PAGE, with_video, notes, permissions=ALL | {"publish_video"})) == []


def test_a_schedule_that_calls_an_account_verified_is_compared(campaign: Campaign) -> None:
    """X's ceiling is fifty posts a day for one that is not."""
    assert campaign.storm is not None
    rules = tuple(replace(rule, verified=True) for rule in campaign.storm.channels)
    claiming = replace(campaign, storm=replace(campaign.storm, channels=rules))

    assert warnings(look(ACME, claiming, is_verified=False)) == [
        "the schedule says the account is verified, and X says it is not: its ceilings are lower"
    ]
    assert warnings(look(ACME, claiming, is_verified=True)) == []
    assert warnings(look(ACME, claiming, is_verified=None)) == []


def test_an_api_version_that_ends_before_the_storm_is_a_warning(tmp_path: Path, campaign: Campaign) -> None:
    """Facebook keeps a version for two years."""
    schedule = tmp_path / "schedules" / "small.toml"
    schedule.write_text(schedule.read_text().replace("2026-12-18", "2028-12-18"))
    notes = flown(PAGE, 3)
    now, then = (
        warnings(look(PAGE, made, notes, permissions=ALL))
        for made in (campaign, load_campaign(tmp_path, schedule))
    )

    assert now == []
    assert then == ["Graph API v26.0 lives until 2028-07-29 at least, and the storm lasts longer"]


def test_ceilings_of_the_ledger_count_until_their_reset(campaign: Campaign) -> None:
    """What is used up or scarce is a warning; what has been reset since is not told."""

    def limit(name: str, remaining: int, reset_at: object = LATER) -> RateLimit:
        return RateLimit(name=name, limit=50, remaining=remaining, reset_at=reset_at)  # type: ignore[arg-type]  # a moment or None

    names = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour", "new-limit")
    limits = [limit(name, left) for name, left in zip(names, (0, 4, 40, 41), strict=True)]
    notes = replace(NOTES, limits={"x:acme": [*limits, limit("over", 0, NOW.at), limit("old", 0, None)]})

    lines = look(ACME, campaign, notes)

    until = "until 2026-12-17 18:00 UTC"
    assert warnings(lines) == [
        f"0 of 50 posts in 15 minutes are left, {until}",
        f"4 of 50 posts of the account in 24 hours are left, {until}",
    ]
    assert [text for verdict, text in lines if verdict is Verdict.OK][-2:] == [
        f"40 of 50 posts of the app in 24 hours are left, {until}",
        f"41 of 50 are left of the platform's limit “new-limit”, {until}",
    ]


@pytest.mark.parametrize(
    ("limit", "remaining", "told"), [(None, 0, ["0 of ? posts in 15 minutes are left"]), (None, 3, [])]
)
def test_a_ceiling_that_is_half_told(
    campaign: Campaign, limit: int | None, remaining: int, told: list[str]
) -> None:
    """Without its size only its end is worth a word."""
    row = RateLimit(name="x-rate-limit", limit=limit, remaining=remaining, reset_at=None)

    assert warnings(look(ACME, campaign, limits=(row,))) == told


def test_what_headers_tell_now_goes_before_what_the_ledger_knows(campaign: Campaign) -> None:
    """Facebook's quotas have no reset: only the newest reading counts."""
    usage = RateLimit(name="app-usage", limit=100, remaining=72, reset_at=None)

    lines = look(PAGE, campaign, limits=(usage,))

    assert (Verdict.OK, "72 % of the app's calls are left") in lines


def test_a_suspended_channel_is_a_warning(campaign: Campaign) -> None:
    """Its credentials may be mended by now; a person releases it."""
    notes = replace(NOTES, suspended={"x:acme": "the token is dead"})

    assert warnings(look(ACME, campaign, notes)) == ["suspended in the ledger: the token is dead"]


def test_a_channel_that_is_left_out_is_not_judged(campaign: Campaign) -> None:
    """A launch without it has not asked."""
    proofs = prove_channels([ACME], FakePlatforms([ACME]), without=[ACME])

    (section,) = examine_channels(campaign, proofs, NOTES, NOW)

    assert [line.text for line in section.lines] == ["left out: not checked"]


def test_a_plan_is_priced_once_however_many_channels(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each channel is told its own share of it."""
    channels = [parse_channel_id(f"x:c{number}") for number in range(5)]
    languages = ("en", "es", "fr", "pt", "ht")
    storm = make_storm(*(make_rule(f"x:c{n}", languages=(lang,)) for n, lang in enumerate(languages)))
    bank = make_bank(
        *(make_variant(f"m{k}.{lang}") for n, lang in enumerate(languages) for k in range(n + 1))
    )
    campaign = replace(campaign, storm=storm, plan=plan_storm(storm, bank))
    priced: list[tuple[Plan]] = []
    monkeypatch.setattr("stormctl.engine.doctor.channels.cost_of", noting(cost_of, priced))

    sections = examine_channels(campaign, prove_channels(channels, FakePlatforms(channels)), NOTES, NOW)

    assert priced == [(campaign.plan,)]
    told = [line.text.partition("needs about ")[2] for section in sections for line in section.lines]
    assert [share for share in told if share] == [
        "$0.06 here",
        "$0.09 here",
        "$0.12 here",
        "$0.16 here",
        "$0.20 here",
    ]


def test_a_plan_is_gone_through_as_often_for_many_channels_as_for_one(campaign: Campaign) -> None:
    """On X and on Facebook."""
    assert campaign.plan is not None
    channels = [parse_channel_id(f"{platform}:c{n}") for n in range(20) for platform in ("x", "facebook")]
    walks = []
    for asked in (channels[:2], channels):
        deliveries = Walked(campaign.plan.deliveries)
        case = replace(campaign, plan=replace(campaign.plan, deliveries=deliveries))
        examine_channels(case, prove_channels(asked, FakePlatforms(asked)), NOTES, NOW)
        walks.append(deliveries.walks)

    assert walks[0] == walks[1] > 0
