"""Tests of which requests meet a fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stormctl.emulator.core.faults import PROFILES, Action, Call, FaultRule, Faults, parse_rules
from stormctl.errors import UsageError

KILLS = Path(__file__).parents[4] / "benchmarks" / "rough.toml"


def make_call(**changes: Any) -> Call:
    """Make a request to publish on X."""
    values = {"platform": "x", "channel": "x:one", "operation": "create_post", "path": "/2/tweets"}
    return Call(**(values | changes))


def test_a_rule_meets_the_requests_that_it_names() -> None:
    """Platform, channel, operation and path must all fit; `*` fits all."""
    rule = FaultRule(action=Action.DROP_AFTER, platform="x", channel="x:*", operation="create_*", path="/2/*")

    met = [
        rule.matches(call)
        for call in (
            make_call(),
            make_call(platform="facebook"),
            make_call(channel="facebook:one"),
            make_call(operation="read_me"),
            make_call(path="/other"),
        )
    ]

    assert met == [True, False, False, False, False]


def test_a_lag_is_of_timelines_unless_another_list_is_named() -> None:
    """A rule that says no more than “lag” would else wait for posts, which have no list."""
    bare, named = parse_rules([{"action": "lag"}, {"action": "lag", "operation": "read_posts"}])

    assert (bare.operation, named.operation) == ("read_timeline", "read_posts")


def test_nth_counts_each_channel_apart() -> None:
    """The second request of every channel meets the fault, and no other."""
    faults = Faults([FaultRule(action=Action.EMPTY, nth=(2,))])

    met = [faults.pick(make_call(channel=name)) is not None for name in ("a", "b", "a", "b", "a")]

    assert met == [False, False, True, True, False]


def test_times_ends_a_fault() -> None:
    """After so many faults a channel is left alone."""
    faults = Faults([FaultRule(action=Action.EMPTY, times=1)])

    met = [faults.pick(make_call()) is not None for _ in range(3)]

    assert met == [True, False, False]


def test_the_first_rule_wins_and_added_ones_come_first() -> None:
    """One request meets one fault; what counts had begun goes on."""
    faults = Faults([FaultRule(action=Action.EMPTY, nth=(2,))])
    faults.pick(make_call())

    faults.add([FaultRule(action=Action.DROP_AFTER, times=1)])
    picked = [faults.pick(make_call()), faults.pick(make_call())]

    assert [rule and rule.action for rule in picked] == [Action.DROP_AFTER, None]
    assert [rule["action"] for rule in faults.as_dicts()] == ["drop_after", "empty"]


def test_chance_follows_the_seed() -> None:
    """The same seed gives the same faults; another seed others; the share is as asked."""

    def play(seed: int) -> list[bool]:
        faults = Faults([FaultRule(action=Action.EMPTY, probability=0.3)], seed=seed)
        return [faults.pick(make_call()) is not None for _ in range(1000)]

    first, again, other = play(1), play(1), play(2)

    assert first == again != other
    assert 250 < sum(first) < 350


@pytest.mark.parametrize(("profile", "percent"), [("none", 0), ("normal", 8), ("rough", 27)])
def test_profiles_trouble_as_many_posts_as_they_say(profile: str, percent: int) -> None:
    """`normal` is a day as others report theirs, `rough` a bad one."""
    faults = Faults.load(profile, seed=7)

    met = sum(faults.pick(make_call()) is not None for _ in range(4000))

    assert abs(percent - 100 * met / 4000) < 3


@pytest.mark.parametrize(("profile", "proved_s"), [("rough", 5.0), (str(KILLS), 3.0)])
def test_what_is_late_on_a_rough_day_is_seen_by_the_second_reading(profile: str, proved_s: float) -> None:
    """Accepted late and listed late together: a rehearsal reads again after 5 s, the benchmark after 3 s."""
    rules = Faults.load(profile).rules

    late = max(rule.seconds for rule in rules if rule.action is Action.LATE_ACCEPT)
    hidden = max(rule.seconds for rule in rules if rule.action is Action.LAG)

    assert max(late, hidden) <= 2.0
    assert late + hidden <= proved_s - 1.0


def test_no_limit_holds_a_channel_of_the_benchmark_for_long() -> None:
    """It is over within seconds, or ours to guess: Facebook tells whole minutes, and 15 of them are a run."""
    limits = [rule for rule in Faults.load(str(KILLS)).rules if rule.action is Action.RATE_LIMITED]

    assert len(limits) == 2
    assert all(rule.reset == "none" or (rule.platform == "x" and rule.reset_s <= 5.0) for rule in limits)


def test_a_file_of_rules_is_read(tmp_path: Path) -> None:
    """TOML with [[rules]] gives the same rules as plain values."""
    file = tmp_path / "bad-day.toml"
    file.write_text('[[rules]]\naction = "slow"\nseconds = 2.5\nnth = [1, 3]\n', encoding="utf-8")

    rules = Faults.load(str(file)).rules

    assert rules == (FaultRule(action=Action.SLOW, seconds=2.5, nth=(1, 3)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rules]]\naction = "explode"\n', "action"),
        ('[[rules]]\naction = "slow"\nsecond = 1\n', "second"),
        ('[[rules]]\naction = "error_after"\nstatus = 403\n', "500 to 599"),
        ("[[rules]\n", "bad-day.toml"),
        ('rules = "slow"\n', "list"),
    ],
)
def test_wrong_rules_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """An unknown action or key, broken TOML, or no list: one line says which."""
    file = tmp_path / "bad-day.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        Faults.load(str(file))


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    """The hint names the profiles."""
    with pytest.raises(UsageError, match="no fault profile") as caught:
        Faults.load("terrible")

    assert "none, normal, rough" in caught.value.hint


def test_clearing_leaves_nothing() -> None:
    """After clear no request meets a fault."""
    faults = Faults(parse_rules([*PROFILES["rough"], {"action": "empty"}]))

    faults.clear()

    assert faults.pick(make_call()) is None
    assert faults.rules == ()
