"""Which deliveries are meant by a key, a part of one, or a message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.engine.operate.choosing import choose_deliveries, choose_message
from stormctl.errors import UsageError
from stormctl.ledger.views.history import AmbiguousKeyError
from tests.factories import ACME, PAGE, make_delivery, make_terms

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

ANY = tuple(State)


def _choose(bench: Bench, *parts: str, states: tuple[State, ...] = ANY) -> list[str]:
    return [view.key for view in choose_deliveries(bench.ledger, parts, states)]


class TestKeys:
    """What is typed."""

    def test_each_is_taken_once(self, bench: Bench) -> None:
        """However it is spelt."""
        bench.enroll(make_delivery(), make_delivery("m2"))

        assert _choose(bench, "m1", "m1.en", "m2") == ["storm/x:acme/m1/en", "storm/x:acme/m2/en"]

    def test_a_thread_means_its_parts_in_order(self, bench: Bench) -> None:
        """Of one channel; of two channels nobody knows which."""
        parts = [make_delivery("tale", part=n) for n in (1, 2)]
        bench.enroll(*parts, make_delivery("tale", channel=PAGE))

        with pytest.raises(AmbiguousKeyError) as caught:
            _choose(bench, "tale")

        assert _choose(bench, "x:acme/tale") == ["storm/x:acme/tale/en/1", "storm/x:acme/tale/en/2"]
        assert caught.value.hint == "Type one of: facebook:acme/tale, x:acme/tale"

    def test_what_can_be_acted_on_is_meant(self, bench: Bench) -> None:
        """Of several that fit, the only one in the right state; of a thread, the parts that are."""
        parts = [make_delivery("tale", part=n) for n in (1, 2)]
        bench.enroll(make_delivery(), make_delivery(channel=PAGE), *parts)
        bench.serve(PAGE)
        bench.ledger.manual.cancel(["storm/x:acme/tale/en/2"], "ada", bench.clock.moment())

        assert _choose(bench, "m1", states=(State.DELIVERED,)) == ["storm/facebook:acme/m1/en"]
        assert _choose(bench, "tale", states=(State.PLANNED,)) == ["storm/x:acme/tale/en/1"]

    def test_what_is_in_no_such_state_is_left_to_the_command(self, bench: Bench) -> None:
        """It says why it can't be acted on."""
        bench.enroll(make_delivery())

        assert _choose(bench, "m1", states=(State.DELIVERED,)) == ["storm/x:acme/m1/en"]


class TestMessage:
    """All deliveries of a message at once."""

    def test_those_in_the_right_state(self, bench: Bench) -> None:
        """On every channel, in order."""
        bench.enroll(make_delivery(), make_delivery(channel=PAGE), make_delivery("m2"))
        bench.serve(PAGE)

        found = choose_message(bench.ledger, "m1", {State.DELIVERED}, None)

        assert [view.key for view in found] == ["storm/facebook:acme/m1/en"]

    @pytest.mark.parametrize(
        ("message", "storm", "words"),
        [
            ("m9", None, "there is no message m9"),
            ("m1", "other", "there is no message m1 in the storm other"),
            ("m1", None, "nothing of m1 is delivered or in doubt: it is planned"),
        ],
    )
    def test_none_is_explained(self, bench: Bench, message: str, storm: str | None, words: str) -> None:
        """A slip of the hand must not look like success."""
        bench.enroll(make_delivery())

        with pytest.raises(UsageError) as caught:
            choose_message(bench.ledger, message, {State.DELIVERED, State.IN_DOUBT}, storm)

        assert words == caught.value.message

    def test_last_years_message_is_not_taken_along(self, bench: Bench) -> None:
        """Where several storms have it, one must be named."""
        later = make_delivery(text="A year later")
        later = replace(later, key=replace(later.key, storm="next"))
        bench.enroll(make_delivery())
        terms = make_terms(ACME, storm_id="next")
        bench.ledger.enrolment.enroll(terms, [later], bench.clock.moment())

        with pytest.raises(UsageError, match="several storms: next, storm"):
            choose_message(bench.ledger, "m1", {State.PLANNED}, None)

        (view,) = choose_message(bench.ledger, "m1", {State.PLANNED}, "next")
        assert view.storm_id == "next"
