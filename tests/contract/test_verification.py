"""What the adapters find out about credentials, asked of an emulator that plays each trouble."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.delivery import Delivered, Refused
from stormctl.domain.platforms.record import Metric
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.platforms.adapter import Certainty, ReadFailed
from tests.contract.practice import Practice, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.platforms.adapter import Verification

    Make = Callable[..., Practice]

X, PAGE = "x:migrants-day", "facebook:migrants-day"
DAY_S = 86_400


@pytest.fixture
def make() -> Iterator[Make]:
    """What makes an account that has some trouble, and its adapter."""
    running: list[tuple[EmulatorThread, Practice]] = []

    def start(channel: str, **traits: Any) -> Practice:
        (account,) = make_accounts([channel], seed=7)
        emulator = EmulatorThread((replace(account, **traits),))
        emulator.__enter__()
        practice = Practice(channel, emulator)
        running.append((emulator, practice))
        return practice

    yield start
    for emulator, practice in running:
        practice.adapter.close()
        emulator.__exit__(None, None, None)


def said(verification: Verification) -> list[tuple[Certainty, str]]:
    """Return what was found, up to the first detail."""
    return [(problem.certainty, problem.message) for problem in verification.problems]


def test_keys_that_may_only_read_are_a_warning_and_refused(make: Make) -> None:
    """X's header proves nothing; it is the refusal of a post for the app that stops the channel."""
    practice = make(X, read_only=True)

    verification, outcome = practice.adapter.verify(), practice.publish("Everyone who moves has rights.")

    assert said(verification) == [(Certainty.UNKNOWN, "X says that the keys may only read, not post")]
    assert isinstance(outcome, Refused)
    assert (outcome.suspends, practice.posts()) == (True, [])


def test_keys_that_may_write_are_so_by_the_platforms_word(make: Make) -> None:
    """Both platforms can say it."""
    told = [make(channel).adapter.verify() for channel in (X, PAGE)]

    assert [verification.may_post for verification in told] == [True, True]


def test_a_protected_account_is_a_warning(make: Make) -> None:
    """It posts, and nobody but its followers sees it."""
    verification = make(X, protected=True, verified=True).adapter.verify()

    assert [certainty for certainty, _ in said(verification)] == [Certainty.UNKNOWN]
    assert verification.is_verified is True


def test_a_missing_permission_is_proved_bad_and_refused(make: Make) -> None:
    """What the token tells of itself is what publishing meets."""
    practice = make(PAGE, scopes=("pages_read_engagement", "pages_show_list"))

    verification, outcome = practice.adapter.verify(), practice.publish("Everyone who moves has rights.")

    assert said(verification) == [(Certainty.BAD, "the token lacks the permission pages_manage_posts")]
    assert isinstance(outcome, Refused)
    assert (outcome.suspends, practice.posts()) == (True, [])


def test_figures_without_a_permission_are_left_out(make: Make) -> None:
    """A token that may read posts, and neither reactions nor insights, still brings the shares."""
    practice = make(PAGE, scopes=("pages_manage_posts", "pages_read_engagement"))
    receipt = practice.publish("Everyone who moves has rights.")
    assert isinstance(receipt, Delivered)

    readings = practice.adapter.read_metrics([receipt.post_id])

    assert [(reading.metric, reading.value) for reading in readings] == [(Metric.SHARES, 0)]


def test_posts_that_may_not_be_read_are_not_taken_for_none(make: Make) -> None:
    """A token that may only publish proves nothing about what is there."""
    practice = make(PAGE, scopes=("pages_manage_posts",))

    with pytest.raises(ReadFailed, match="pages_read_engagement"):
        practice.adapter.find_recent(practice.begun_at, now())


def test_a_token_tells_when_it_ends(make: Make) -> None:
    """Its end, and that of the app's access to data, which is ninety days from now."""
    ends_s = int(now().timestamp()) + 3 * DAY_S

    token, data = make(PAGE, expires_at=ends_s).adapter.verify().endings

    assert (token.what, token.stops, int(token.at.timestamp())) == ("the token", True, ends_s)
    assert (data.stops, (data.at - now()).days) == (False, 89)


def test_a_token_that_has_ended_is_proved_bad(make: Make) -> None:
    """Whoever is asked, the app or the Page."""
    verification = make(PAGE, expires_at=int(now().timestamp()) - 60).adapter.verify()

    assert verification.is_bad
    assert verification.account is None


def test_a_page_that_is_not_published_is_a_warning(make: Make) -> None:
    """It takes posts all the same."""
    assert [certainty for certainty, _ in said(make(PAGE, published=False).adapter.verify())] == [
        Certainty.UNKNOWN
    ]
