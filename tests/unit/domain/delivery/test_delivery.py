from __future__ import annotations

import pytest

from stormctl.domain.delivery.delivery import Budget, DeliveryKey, Post, SendForbidden, State


def test_key_is_identity_without_slot_or_text() -> None:
    """A key names storm, channel, message and wording, and the part of a thread."""
    whole = DeliveryKey(storm="imd", channel="x:acme", message="dignity", tail="en")
    part = DeliveryKey(storm="imd", channel="x:acme", message="dignity", tail="en.long", part=2)

    assert [str(whole), str(part)] == ["imd/x:acme/dignity/en", "imd/x:acme/dignity/en.long/2"]


def test_digest_is_of_text_and_link() -> None:
    """What readers would call the same post has the same digest, whatever surrounds it."""
    post = Post(text="Sign", link="https://example.org")

    assert post.digest == Post(text="Sign", link="https://example.org", made_with_ai=True).digest
    assert post.digest != Post(text="Sign").digest


def test_open_states_are_those_that_move_by_themselves() -> None:
    """Planned, claimed and in doubt may still change without a person."""
    assert {state for state in State if state.is_open} == {State.PLANNED, State.CLAIMED, State.IN_DOUBT}


def test_forbidden_send_tells_why() -> None:
    """The last check's no carries its reason."""
    assert SendForbidden("halted").reason == "halted"


@pytest.mark.parametrize(
    ("unpaid", "words"),
    [
        (0, ""),
        (1, "budget of $5.00 is spent ($4.985 so far): 1 post is not sent"),
        (2, "budget of $5.00 is spent ($4.985 so far): 2 posts are not sent"),
    ],
)
def test_a_budget_speaks_when_it_does_not_suffice(unpaid: int, words: str) -> None:
    """How much was spent shows why a dear post stays when a cheap one goes."""
    budget = Budget(usd_micros=5_000_000, spent_usd_micros=4_985_000, unpaid=unpaid)

    assert budget.describe() == words
