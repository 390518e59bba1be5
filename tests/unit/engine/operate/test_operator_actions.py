"""What people mend by hand: the account is read first, and a post is gone before that is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused, State
from stormctl.engine.deliver.reconciler import Reconciler
from stormctl.engine.operate.operator_actions import (
    Evidence,
    exit_code_of_removal,
    find_evidence,
    find_removals,
    order_parts,
    take_down,
)
from stormctl.errors import CredentialsError, ExitCode, UsageError
from stormctl.platforms.adapter import SeenPost
from tests.factories import ACME, PAGE, bind_hosts_of, make_delivery, make_media

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.report.status import DeliveryView
    from tests.unit.engine.conftest import Bench

KEY = "storm/x:acme/m1/en"
TEXT = "Everyone who moves has rights, and everyone who stays has a neighbour. Sign before noon."
HERE = "127.0.0.1:8123"
URL = f"http://{HERE}/acme/status/42"
SEEN = SeenPost(post_id="42", url=URL, text=TEXT, created_at=None)


@pytest.fixture(autouse=True)
def _practice(bench: Bench) -> None:
    """The ledger belongs to an emulator."""
    bind_hosts_of(bench.ledger, {"x": HERE, "facebook": HERE})


def _doubt(bench: Bench) -> None:
    """Bring a delivery in doubt, of which the account shows nothing yet."""
    bench.enroll(make_delivery(text=TEXT), budget_usd_micros=5_000_000)
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    assert bench.state() is State.IN_DOUBT


def _find(bench: Bench, url: str = URL, key: str = KEY) -> Evidence:
    return find_evidence(bench.ledger, bench.platforms, bench.clock, key, url)


def _refusal(bench: Bench, url: str = URL) -> str:
    with pytest.raises(UsageError) as caught:
        _find(bench, url)
    assert caught.value.hint
    return caught.value.message


class TestEvidence:
    """A post that a person names for a delivery in doubt."""

    def test_a_post_that_is_ours_and_says_the_same_is_proved(self, bench: Bench) -> None:
        """The address is the platform's own."""
        _doubt(bench)
        bench.x.posts.append(SEEN)

        evidence = _find(bench, f"http://{HERE}/i/status/42/")

        assert evidence == Evidence(post_id="42", url=URL)

    def test_the_reading_is_charged_to_the_storm(self, bench: Bench) -> None:
        """X bills whatever the timeline shows, a person's reading too."""
        _doubt(bench)
        bench.x.posts += [
            SEEN,
            replace(SEEN, post_id="43", url=f"http://{HERE}/acme/status/43", text="Something else."),
        ]

        _find(bench)

        assert bench.spent() == 2 * 5_000

    def test_reading_begins_before_the_sending(self, bench: Bench) -> None:
        """Platforms' clocks differ from ours."""
        _doubt(bench)
        bench.x.posts.append(SEEN)
        sent_at = bench.clock.at
        bench.clock.move(timedelta(hours=3))

        _find(bench)

        ((since, until),) = bench.x.spans
        assert since == sent_at - timedelta(minutes=2)
        assert until > bench.clock.at

    def test_a_post_that_only_resembles_it_is_left_to_the_person(self, bench: Bench) -> None:
        """Somebody posted it by hand, with a slip; or without its picture."""
        _doubt(bench)
        bench.x.posts.append(replace(SEEN, text=TEXT.replace("noon", "5 pm")))

        evidence = _find(bench)

        assert evidence.post_id == "42"
        assert "not the same" in evidence.reservation
        assert "before 5 pm" in evidence.reservation

    def test_what_is_said_to_stand_there_is_left_to_the_person(self, bench: Bench) -> None:
        """The platform refused it as a duplicate and never shows it to us: a browser may."""
        _doubt(bench)
        reconciler = Reconciler(bench.equipment)
        for seconds in (10, 60, 0):
            reconciler.settle(ACME, bench.x)
            bench.clock.move(timedelta(seconds=seconds))
        bench.x.script.append(Refused(reason="twice", code="403", for_good=True, probably_posted=True))
        bench.serve()

        evidence = _find(bench)

        assert evidence.post_id == "42"
        assert "refused it as a duplicate" in evidence.reservation

    def test_a_missing_picture_is_left_to_the_person(self, bench: Bench) -> None:
        """The text alone does not make it the same post."""
        _doubt(bench)
        bench.x.posts.append(replace(SEEN, media_count=1))

        assert "not the same" in _find(bench).reservation

    def test_a_post_that_says_something_else_is_refused(self, bench: Bench) -> None:
        """A wrong address was copied."""
        _doubt(bench)
        bench.x.posts.append(replace(SEEN, text="Good morning."))

        assert _refusal(bench) == f"{URL} says something else: “Good morning.”"

    def test_a_post_that_the_account_does_not_show_is_refused(self, bench: Bench) -> None:
        """It is somebody else's, or it was never there: a complete reading knows."""
        _doubt(bench)
        bench.x.posts.append(replace(SEEN, post_id="43", url=f"http://{HERE}/acme/status/43"))

        assert "x:acme does not show that post" in _refusal(bench)

    def test_an_address_elsewhere_is_refused_without_a_reading(self, bench: Bench) -> None:
        """Practice is not the day."""
        _doubt(bench)

        assert f"went to {HERE}" in _refusal(bench, "https://x.com/acme/status/42")
        assert bench.x.readings == 0

    @pytest.mark.parametrize("trouble", ["unreadable", "incomplete", "withheld"])
    def test_an_account_that_can_not_be_read_proves_nothing(self, bench: Bench, trouble: str) -> None:
        """The person is told why, and asked."""
        _doubt(bench)
        if trouble == "withheld":
            bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme")
        else:
            setattr(bench.x, trouble, "credits are gone")

        evidence = _find(bench)

        reasons = {
            "unreadable": "x:acme can't be read: credits are gone",
            "incomplete": "x:acme could not be read completely: credits are gone",
            "withheld": "x:acme can't be read: no credentials for x:acme",
        }
        assert evidence == Evidence(post_id="42", url=URL, reservation=reasons[trouble])

    @pytest.mark.parametrize("state", [State.PLANNED, State.DELIVERED])
    def test_what_is_not_in_doubt_is_refused(self, bench: Bench, state: State) -> None:
        """There is nothing to settle."""
        bench.enroll(make_delivery(text=TEXT))
        if state is State.DELIVERED:
            bench.serve()

        assert _refusal(bench) == f"{KEY} is {state.value}, not in doubt"


class TestOpaqueAddress:
    """Facebook's browsers show addresses that don't hold the post's number."""

    OPAQUE = f"http://{HERE}/acme/posts/pfbid0aBc"

    @pytest.fixture(autouse=True)
    def doubt(self, bench: Bench) -> None:
        """Bring a delivery to the Page in doubt."""
        bench.enroll(make_delivery(text=TEXT, channel=PAGE))
        bench.facebook.script.append(InDoubt(reason="connection dropped"))
        bench.serve(PAGE)

    def _find(self, bench: Bench) -> Evidence:
        return _find(bench, self.OPAQUE, "storm/facebook:acme/m1/en")

    def test_the_post_with_the_text_is_taken(self, bench: Bench) -> None:
        """The account shows one that is the same."""
        other = replace(SEEN, post_id="1_41", text="Good morning.")
        bench.facebook.posts += [replace(SEEN, post_id="1_42"), other]

        assert self._find(bench).post_id == "1_42"

    def test_the_same_address_is_taken(self, bench: Bench) -> None:
        """The platform itself names the post so."""
        bench.facebook.posts.append(replace(SEEN, post_id="1_42", url=self.OPAQUE + "/"))

        assert self._find(bench).post_id == "1_42"

    def test_nothing_is_taken_on_trust(self, bench: Bench) -> None:
        """Without a reading nobody knows the number."""
        bench.facebook.unreadable = "the token is dead"

        with pytest.raises(UsageError, match="does not contain the post's number"):
            self._find(bench)


def test_parts_are_put_in_order(bench: Bench) -> None:
    """Ten comes after two, and a thread's beginning before the rest."""
    bench.enroll(make_delivery("n"), *(make_delivery("m", part=part) for part in (10, 2, 1)))
    views = reversed(bench.ledger.history.deliveries("storm"))

    ordered = [view.key.removeprefix("storm/x:acme/") for view in order_parts(views)]

    assert ordered == ["n/en", "m/en/1", "m/en/2", "m/en/10"]


class TestRemoval:
    """A post is taken down."""

    def _removals(self, bench: Bench, *keys: str, url: str | None = None) -> list[DeliveryView]:
        return find_removals(bench.ledger, keys or [KEY], url)

    def _take_down(self, bench: Bench) -> Outcome:
        (removal,) = self._removals(bench)
        return take_down(bench.ledger, bench.platforms, bench.clock, removal, "lead")

    def test_a_post_is_deleted_and_retracted(self, bench: Bench) -> None:
        """First there, then in the ledger; a halt doesn't keep it back."""
        bench.enroll(make_delivery())
        bench.serve()
        bench.ledger.halts.halt("all", None, "a tragedy", "lead", bench.clock.moment())

        outcome = self._take_down(bench)

        assert isinstance(outcome, Delivered)
        assert (bench.x.deleted, bench.x.posts, bench.state()) == (["acme-1"], [], State.RETRACTED)

    def test_a_deletion_is_charged_once_it_is_made(self, bench: Bench) -> None:
        """At the dearer of the two prices that X lists; what X refuses costs nothing."""
        bench.enroll(make_delivery(), budget_usd_micros=5_000_000)
        bench.serve()
        bench.x.removals.append(Refused(reason="not yours", code="403", for_good=True))

        self._take_down(bench)
        refused = bench.spent()
        bench.x.removals.clear()
        self._take_down(bench)

        assert (refused, bench.spent()) == (0, 10_000)

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (Refused(reason="not yours", code="403", for_good=True), ExitCode.INCOMPLETE),
            (Refused(reason="too many", code="429", for_good=False), ExitCode.TRY_AGAIN),
            (Refused(reason="dead", code="401", for_good=True, suspends=True), ExitCode.CREDENTIALS),
            (NotSent(reason="no such host"), ExitCode.TRY_AGAIN),
            (InDoubt(reason="timed out"), ExitCode.IN_DOUBT),
        ],
    )
    def test_what_is_not_certainly_gone_stays_delivered(
        self, bench: Bench, answer: Outcome, code: ExitCode
    ) -> None:
        """The ledger says what is true, and the exit code what to do."""
        bench.enroll(make_delivery())
        bench.serve()
        bench.x.removals.append(answer)

        outcome = self._take_down(bench)

        assert (outcome, bench.state()) == (answer, State.DELIVERED)
        assert code == exit_code_of_removal(outcome)

    def test_without_credentials_it_stays(self, bench: Bench) -> None:
        """The other channels' posts can be taken down all the same."""
        bench.enroll(make_delivery())
        bench.serve()
        bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme")

        outcome = self._take_down(bench)

        assert isinstance(outcome, Refused)
        assert outcome.reason == "no credentials for x:acme"
        assert exit_code_of_removal(outcome) == ExitCode.CREDENTIALS

    def test_success_is_exit_code_0(self) -> None:
        """The post is gone."""
        assert exit_code_of_removal(Delivered(post_id="1", url="")) == ExitCode.DONE

    def test_replies_go_before_what_they_reply_to(self, bench: Bench) -> None:
        """A thread is taken down from its end."""
        bench.enroll(*(make_delivery(part=n) for n in (1, 2)))
        bench.serve()
        bench.clock.move(timedelta(seconds=5))
        bench.serve()

        removals = self._removals(bench, f"{KEY}/1", f"{KEY}/2", f"{KEY}/1")

        assert [removal.key for removal in removals] == [f"{KEY}/2", f"{KEY}/1"]

    def test_only_what_stands_there(self, bench: Bench) -> None:
        """Nothing was posted: there is nothing to take down."""
        bench.enroll(make_delivery(media=(make_media(),)))

        with pytest.raises(UsageError, match="is planned: there is no post to take down"):
            self._removals(bench)

    def test_one_of_two_posts_by_its_address(self, bench: Bench) -> None:
        """Where it was posted twice, the receipt that is named goes, and no other address."""
        bench.enroll(make_delivery())
        bench.serve()

        (removal,) = self._removals(bench, url="http://127.0.0.1/acme-1/")

        assert (removal.post_id, removal.url) == ("acme-1", "http://127.0.0.1/acme-1")
        with pytest.raises(UsageError, match="has no receipt of http") as caught:
            self._removals(bench, url="http://127.0.0.1/other")
        assert caught.value.hint == "It has: http://127.0.0.1/acme-1"

    def test_no_post_at_all_by_its_address(self, bench: Bench) -> None:
        """Before anything was posted no address can be right."""
        bench.enroll(make_delivery())

        with pytest.raises(UsageError) as caught:
            self._removals(bench, url="http://127.0.0.1/other")

        assert caught.value.hint == "It has none."
