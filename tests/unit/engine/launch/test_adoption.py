"""A new ledger for a storm that has begun looks on the accounts first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import State
from stormctl.engine.base.account_readings import LOOK_AHEAD, LOOK_BACK
from stormctl.engine.launch.adoption import find_published
from stormctl.engine.launch.launch import enroll
from stormctl.errors import UsageError
from stormctl.ledger.delivery.enrolment import NO_TAKEOVER, Adoption
from stormctl.platforms.adapter import OutgoingPost, Reading
from tests.campaigns import make_campaign
from tests.factories import ACME, PAGE, note_gap_of, release
from tests.fakes import NOON, Walked, noting

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.launch.preparation import Preparation
    from tests.unit.engine.conftest import Bench


def _prepare(bench: Bench, root: Path, *, without: Collection[ChannelId] = (), tail: str = "") -> Preparation:
    return bench.prepare(make_campaign(root, tail=tail), without=without)


def _enroll(bench: Bench, preparation: Preparation) -> list[str]:
    """Enrol it; return what was told."""
    told: list[str] = []
    enroll(preparation, bench.workspace(), bench.ledger, told.append)
    return told


def _find(bench: Bench, preparation: Preparation, *, adopt: bool = False) -> Adoption:
    moment = bench.clock.moment()
    return find_published(preparation, bench.ledger, bench.platforms, moment, adopt=adopt)


def _states_on(bench: Bench, channel: ChannelId) -> set[State]:
    views = bench.ledger.history.deliveries("small")
    return {view.state for view in views if view.channel == str(channel)}


def _first_on_x(preparation: Preparation) -> tuple[str, str]:
    delivery = next(d for d in preparation.plan.deliveries if d.channel == ACME)
    return str(delivery.key), delivery.post.text


def test_a_planned_text_that_stands_there_stops_a_new_ledger(bench: Bench, tmp_path: Path) -> None:
    """The ledger was lost, or another machine has begun: nothing is posted a second time unasked.

    White space and the last slash of an address don't matter.
    """
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    _, text = _first_on_x(preparation)
    shown = text.replace(" ", "  ").replace("https://example.org/act", "http://example.org/act/")
    bench.x.accept(OutgoingPost(text=f" {shown}"))

    with pytest.raises(UsageError, match=r"1 planned post is .*: http://127\.0\.0\.1/acme-1") as caught:
        _find(bench, preparation)

    assert "--adopt" in caught.value.hint


def test_last_years_post_is_not_this_storms(bench: Bench, tmp_path: Path) -> None:
    """A server that shows more than was asked for stops no launch by a text that was used before."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    _, text = _first_on_x(preparation)
    bench.x.accept(OutgoingPost(text=text))
    bench.x.posts = [replace(bench.x.posts[0], created_at=bench.clock.at - timedelta(days=365))]

    assert _find(bench, preparation).published == {}


def test_on_request_it_is_found_for_adoption(bench: Bench, tmp_path: Path) -> None:
    """With `--adopt` it is recorded as delivered; other posts of the account are nobody's business."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    key, text = _first_on_x(preparation)
    bench.x.accept(OutgoingPost(text="Something else by hand."))
    bench.x.accept(OutgoingPost(text=text))

    takeover = _find(bench, preparation, adopt=True)

    assert {key: post.post_id for key, post in takeover.published.items()} == {key: "acme-2"}
    assert takeover.unknown == ()
    assert takeover.cost_usd_micros == 2 * 5_000


@pytest.mark.parametrize("address", ["http://example.org/act", "https://t.co/a1B2c3D4e5"])
def test_an_address_that_the_platform_writes_in_its_own_way_is_found(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """With a scheme, or as a short link that was not written out: it is the planned post all the same."""
    monkeypatch.setattr("tests.campaigns.M2", "Sign at example.org/act before the evening.\n")
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path, tail='[trust]\nlinks = ["example.org"]')
    bench.x.accept(OutgoingPost(text=f"Sign at {address} before the evening."))

    takeover = _find(bench, preparation, adopt=True)

    assert [post.post_id for post in takeover.published.values()] == ["acme-1"]


def test_nothing_is_read_before_the_first_slot(bench: Bench, tmp_path: Path) -> None:
    """The platform bills readings: a storm that has not begun can't stand there."""
    preparation = _prepare(bench, tmp_path)

    assert _find(bench, preparation) == NO_TAKEOVER
    assert bench.x.readings == bench.facebook.readings == 0


def test_a_ledger_that_knows_a_storm_already_needs_no_reading(bench: Bench, tmp_path: Path) -> None:
    """It knows what it published."""
    preparation = _prepare(bench, tmp_path)
    _enroll(bench, preparation)
    bench.clock.move(timedelta(minutes=5))

    assert _find(bench, preparation) == NO_TAKEOVER
    assert bench.x.readings == 0


def test_what_may_stand_on_accounts_that_could_not_be_read_starts_in_doubt(
    bench: Bench, tmp_path: Path
) -> None:
    """Nobody may believe that nothing stands there, and no runner may claim it in between."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    bench.x.unreadable = "503"
    bench.facebook.incomplete = "page 2 is missing"

    takeover = _find(bench, preparation)
    _enroll(bench, preparation)

    due = {str(d.key) for d in preparation.plan.deliveries if d.slot_at < bench.clock.at}
    views = bench.ledger.history.deliveries(preparation.storm.id)
    assert takeover.published == {}
    assert {unknown.why for unknown in takeover.unknown} == {
        "x:acme can't be read for posts that are already there: 503",
        "facebook:acme could not be read completely: page 2 is missing",
    }
    assert {view.key for view in views if view.state is State.IN_DOUBT} == due
    assert len(due) < len(views)


def test_what_an_account_shows_is_not_in_doubt_although_pages_are_missing(
    bench: Bench, tmp_path: Path
) -> None:
    """A post that is found is found."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    key, text = _first_on_x(preparation)
    bench.x.accept(OutgoingPost(text="By hand, on the second page."))
    bench.x.accept(OutgoingPost(text=text))
    bench.x.incomplete = "page 2 is missing"

    takeover = _find(bench, preparation, adopt=True)

    assert set(takeover.published) == {key}
    assert all(key not in unknown.keys for unknown in takeover.unknown)


def test_new_deliveries_in_a_gap_are_looked_for(bench: Bench, tmp_path: Path) -> None:
    """A restored ledger may lack an enrolment: the account knows what came of it."""
    preparation = _prepare(bench, tmp_path)
    deliveries = preparation.plan.deliveries
    few = replace(preparation, plan=replace(preparation.plan, deliveries=deliveries[-1:]))
    _enroll(bench, few)
    since = bench.clock.at
    bench.clock.move(timedelta(minutes=5))
    note_gap_of(bench.ledger, since, bench.clock.moment(), "it was restored")
    key, text = _first_on_x(preparation)
    bench.x.accept(OutgoingPost(text=text))

    takeover = _find(bench, preparation, adopt=True)

    assert set(takeover.published) == {key}


def test_new_deliveries_outside_every_gap_need_no_reading(bench: Bench, tmp_path: Path) -> None:
    """The ledger knows what was published then."""
    preparation = _prepare(bench, tmp_path)
    deliveries = preparation.plan.deliveries
    few = replace(preparation, plan=replace(preparation.plan, deliveries=deliveries[-1:]))
    _enroll(bench, few)
    note_gap_of(bench.ledger, NOON - timedelta(hours=2), Moment(NOON - timedelta(hours=1), NOON), "restored")
    bench.clock.move(timedelta(minutes=5))

    assert _find(bench, preparation) == NO_TAKEOVER
    assert bench.x.readings == bench.facebook.readings == 0


def test_a_channel_that_is_left_out_is_not_read(bench: Bench, tmp_path: Path) -> None:
    """It has perhaps no credentials: what was due there is in doubt when it is released, and not before."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path, without=[PAGE])

    told = _enroll(bench, preparation)
    before = _states_on(bench, PAGE)
    release(bench.ledger, str(PAGE), bench.clock.moment())

    assert (before, _states_on(bench, PAGE)) == ({State.PLANNED}, {State.IN_DOUBT, State.PLANNED})
    assert (bench.x.readings, bench.facebook.readings) == (1, 0)
    assert told[0] == (
        "facebook:acme is left out or can't be used, so it was not read: "
        "1 delivery is in doubt once it is resumed, until it has been read"
    )


def test_a_channel_without_deliveries_is_not_read(bench: Bench, tmp_path: Path) -> None:
    """There is nothing to look for."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    ours = tuple(d for d in preparation.plan.deliveries if d.channel == ACME)

    _find(bench, replace(preparation, plan=replace(preparation.plan, deliveries=ours)))

    assert (bench.x.readings, bench.facebook.readings) == (1, 0)


def test_the_reading_reaches_from_the_first_slot_to_now(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for clocks that differ: a new ledger has published nothing before its first slot."""
    bench.clock.move(timedelta(minutes=40))
    preparation = _prepare(bench, tmp_path, without=[PAGE])
    asked: list[tuple[datetime, datetime]] = []

    def find_recent(since: datetime, until: datetime) -> Reading:
        asked.append((since, until))
        return Reading((), complete=True)

    monkeypatch.setattr(bench.x, "find_recent", find_recent)

    _find(bench, preparation)

    assert asked == [(NOON - LOOK_BACK, bench.clock.at + LOOK_AHEAD)]


def test_the_ledger_is_asked_once_what_it_knows(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many channels have something due; nor is each held against all the others."""
    bench.clock.move(timedelta(minutes=5))
    preparation = _prepare(bench, tmp_path)
    proofs = Walked(preparation.proofs)
    asked: list[tuple[str]] = []
    monkeypatch.setattr(bench.ledger.history, "deliveries", noting(bench.ledger.history.deliveries, asked))

    _find(bench, replace(preparation, proofs=proofs))

    assert proofs.walks == 1
    assert (bench.x.readings, bench.facebook.readings, asked) == (1, 1, [("small",)])
