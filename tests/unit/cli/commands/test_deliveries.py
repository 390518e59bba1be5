"""`show`, `cancel`, `retry`, `resolve`, `retract` and `status --find`, on a ledger and fake platforms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.acting import read_moment
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused, State
from stormctl.engine.accounts import adapters
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.base.equipment import Durations
from stormctl.engine.launch import stage
from stormctl.errors import ExitCode, UsageError
from stormctl.ledger.delivery.doubts import SearchedPost
from stormctl.ledger.ledger import open_ledger
from stormctl.platforms.adapter import SeenPost
from tests.factories import ACME, PAGE, bind_hosts_of, make_delivery, make_media
from tests.fakes import FakePlatforms
from tests.unit.cli.conftest import enroll
from tests.unit.cli.conftest import read_moment as now

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.delivery.delivery import Outcome, PlannedDelivery
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

HOUR = timedelta(hours=1)
NEW_YORK = "America/New_York"
KEY = "storm/x:acme/boat/en"
HERE = "127.0.0.1:8123"
URL = f"http://{HERE}/acme/status/42"


def _boat(minutes: float = 120, **fields: object) -> PlannedDelivery:
    slot_at = now().at + timedelta(minutes=minutes)
    return make_delivery("boat", slot_at=slot_at, text="A paper boat.", **fields)  # type: ignore[arg-type]  # any field


def _publish(ledger: Ledger, outcome: Outcome, channel: str = "x:acme") -> None:
    """Do what a runner does with the delivery that is due."""
    claim = ledger.outbox.claim(channel, "r1", now(), timedelta(seconds=20))
    assert claim is not None
    ledger.outbox.mark_sending(claim, now())
    ledger.outbox.record(claim, outcome, now())


@pytest.fixture
def platforms(stormctl: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> FakePlatforms:
    """The accounts behind both channels; the ledger belongs to an emulator."""
    made = FakePlatforms([ACME, PAGE])
    monkeypatch.setattr(adapters, "EnvironmentAdapters", lambda _environment: made)
    monkeypatch.setenv("STORMCTL_X_BASE_URL", f"http://{HERE}")
    monkeypatch.setenv("STORMCTL_FACEBOOK_BASE_URL", f"http://{HERE}")
    bind_hosts_of(ledger, {"x": HERE, "facebook": HERE})
    assert stormctl.root.exists()
    return made


class TestShow:
    """All that is known of one delivery."""

    def test_for_people(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """A part of the key is enough; the command to type next stands below."""
        enroll(ledger, _boat())

        ended = stormctl("show", "boat.en")

        assert (ended.code, ended.err) == (0, "")
        assert [line.rstrip() for line in ended.out.splitlines()[:3]] == [
            f"planned: {KEY}",
            "",
            "    A paper boat.",
        ]
        assert ended.out.endswith("To call it off: stormctl cancel boat\n")

    def test_for_machines(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """The same as JSON."""
        enroll(ledger, _boat())

        ended = stormctl("show", KEY, "--json")

        assert (ended.code, ended.json["delivery"]["state"]) == (0, "planned")

    def test_an_ambiguous_key(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """The candidates are named."""
        enroll(ledger, _boat(), _boat(channel=PAGE))

        ended = stormctl("show", "boat.en")

        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert "planned  x:acme/boat  " in ended.err
        assert "hint: Type one of: facebook:acme/boat, x:acme/boat\n" in ended.err


class TestFind:
    """Where does it say that?"""

    def test_every_live_and_coming_post(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """With keys, and without the exit code of how things stand."""
        enroll(ledger, _boat(-1), make_delivery("door", slot_at=now().at + HOUR))

        ended = stormctl("status", "--find", "PAPER")

        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith("planned  boat  x:acme  ")
        assert "1 post contains “PAPER”, 0 of them live" in ended.out
        assert "door" not in ended.out

    def test_for_machines(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """An empty list where nothing was found."""
        enroll(ledger, _boat())

        found = stormctl("status", "--find", "paper", "--json").json["deliveries"]
        nothing = stormctl("status", "--find", "glass", "--json")

        assert [delivery["key"] for delivery in found] == [KEY]
        assert (nothing.code, nothing.json["deliveries"]) == (0, [])


class TestCancel:
    """Cancel what is planned."""

    def test_by_key(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """Several at once, each named on standard output."""
        enroll(ledger, _boat(), make_delivery("door", slot_at=now().at + HOUR))

        ended = stormctl("cancel", "boat.en", "door.en", "boat.en")

        assert ended.code == 0
        assert ended.out.splitlines() == [f"cancelled {KEY}", "cancelled storm/x:acme/door/en"]
        assert ended.err.endswith("to undo: stormctl retry boat door\n")
        assert ledger.history.get(KEY).state is State.CANCELLED

    def test_a_whole_message(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """What is in doubt, or being sent just now, is left and said loudly."""
        enroll(ledger, _boat(-1), _boat(-1, channel=PAGE))
        _publish(ledger, InDoubt(reason="timed out"))

        ended = stormctl("cancel", "--message", "boat")

        assert ended.code == ExitCode.IN_DOUBT
        assert ended.out == "cancelled storm/facebook:acme/boat/en\n"
        assert f"NOT cancelled: {KEY} is in doubt" in ended.err

    def test_a_message_on_several_channels_is_asked_about(
        self, stormctl: CommandLine, ledger: Ledger
    ) -> None:
        """Nothing of four posts is called off by one word unasked."""
        enroll(ledger, _boat(), _boat(channel=PAGE))

        script = stormctl("cancel", "--message", "boat")
        stormctl.answer("y")
        slip = stormctl("cancel", "--message", "boat")
        standing = {ledger.history.get(key).state for key in (KEY, "storm/facebook:acme/boat/en")}
        done = stormctl("cancel", "--message", "boat", "--yes")

        assert (script.code, slip.code, standing) == (ExitCode.USAGE, ExitCode.USAGE, {State.PLANNED})
        assert "planned  x:acme/boat  " in script.err
        assert (done.code, done.out.count("cancelled")) == (0, 2)
        assert "to undo: stormctl retry x:acme/boat facebook:acme/boat\n" in done.err

    def test_a_threads_key_means_its_parts(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """All of them, of that channel alone; the line that undoes it names the thread, too."""
        slot_at = now().at + HOUR
        parts = [make_delivery("story", slot_at=slot_at, text=f"Part {n}", part=n) for n in (1, 2, 3)]
        enroll(ledger, *parts, make_delivery("story", slot_at=slot_at, channel=PAGE, text="All of it"))

        ended = stormctl("cancel", "x:acme/story")
        undone = stormctl("retry", "x:acme/story")

        assert ended.out.splitlines() == [f"cancelled storm/x:acme/story/en/{n}" for n in (1, 2, 3)]
        assert "to undo: stormctl retry x:acme/story\n" in ended.err
        assert (undone.code, undone.out.count("planned for")) == (0, 3)
        assert "to undo: stormctl cancel x:acme/story\n" in undone.err

    def test_two_languages_on_one_page(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """Where both fit, each is listed with what to type, and that works."""
        slot_at = now().at + HOUR
        english = make_delivery("noon", slot_at=slot_at, channel=PAGE)
        spanish = make_delivery("noon", slot_at=slot_at, channel=PAGE, text="Al mediodía")
        enroll(ledger, english, replace(spanish, key=replace(spanish.key, tail="es")))

        either = stormctl("cancel", "facebook:acme/noon")
        ended = stormctl("cancel", "noon.es")
        other = stormctl("cancel", "facebook:acme/noon")

        assert (either.code, either.out) == (ExitCode.USAGE, "")
        assert "planned  noon.es  facebook:acme  " in either.err
        assert "hint: Type one of: noon.en, noon.es\n" in either.err
        assert ended.out == "cancelled storm/facebook:acme/noon/es\n"
        assert other.out == "cancelled storm/facebook:acme/noon/en\n"

    def test_what_is_being_sent(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """It may still go out."""
        enroll(ledger, _boat(-1))
        ledger.outbox.claim("x:acme", "r1", now(), timedelta(seconds=20))

        ended = stormctl("cancel", "--message", "boat", "--storm", "storm")

        assert ended.code == ExitCode.INCOMPLETE
        assert f"NOT cancelled: {KEY} is being sent" in ended.err

    @pytest.mark.parametrize(
        "arguments", [[], ["boat.en", "--message", "boat"], ["boat.en", "--storm", "storm"]], ids=" ".join
    )
    def test_keys_or_a_message(self, stormctl: CommandLine, ledger: Ledger, arguments: list[str]) -> None:
        """Neither or both would be a guess."""
        enroll(ledger, _boat())

        ended = stormctl("cancel", *arguments)

        assert ended.code == ExitCode.USAGE
        assert ledger.history.get(KEY).state is State.PLANNED


class TestRetry:
    """Ask for a delivery again."""

    @pytest.mark.parametrize(("minutes", "more"), [(-1, []), (120, ["--at", "now"])])
    def test_now(self, stormctl: CommandLine, ledger: Ledger, minutes: float, more: list[str]) -> None:
        """Where its slot has passed, or on demand, it is due at once; nobody is there to send it."""
        enroll(ledger, _boat(minutes))
        stormctl("cancel", KEY)

        ended = stormctl("retry", "boat.en", *more)

        assert ended.code == 0
        assert ended.out.startswith("planned for ")
        assert ended.out.endswith(f": {KEY}\n")
        assert "no runner is alive" in ended.err
        assert ledger.history.get(KEY).slot_at <= now().at
        assert "to undo: stormctl cancel boat\n" in ended.err

    def test_a_cancelled_one_returns_to_its_own_slot(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """As long as that is ahead, taking back a cancellation changes nothing of the plan."""
        enroll(ledger, _boat())
        before = ledger.history.get(KEY).slot_at
        stormctl("cancel", KEY)

        ended = stormctl("retry", KEY)

        assert (ended.code, ledger.history.get(KEY).slot_at) == (0, before)

    def test_a_whole_message(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """What it means is shown with time, channel and words, and asked for; a script needs --yes."""
        enroll(ledger, _boat(), _boat(channel=PAGE), make_delivery("door", slot_at=now().at + HOUR))
        stormctl("cancel", "--message", "boat", "--yes")

        script = stormctl("retry", "--message", "boat")
        stormctl.answer("no")
        declined = stormctl("retry", "--message", "boat")
        stormctl.answer("yes")
        ended = stormctl("retry", "--message", "boat")

        assert (script.code, declined.code, ended.code) == (ExitCode.USAGE, ExitCode.USAGE, 0)
        assert "cancelled  facebook:acme/boat  " in script.err
        assert "    A paper boat." in script.err
        assert "Type yes to publish these 2 posts" in ended.err
        assert ended.out.count("planned for ") == 2
        assert "to undo: stormctl cancel x:acme/boat facebook:acme/boat\n" in ended.err

    def test_later(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """The time is in the storm's zone; with a live runner nothing more is to be said."""
        enroll(ledger, _boat())
        stormctl("cancel", KEY)
        ledger.runners.register("launch", "laptop", 4711, now())

        ended = stormctl("retry", KEY, "--at", "2099-07-01 15:30")

        assert (ended.code, ended.err) == (0, "to undo: stormctl cancel boat\n")
        assert ended.out == f"planned for Wed 1 Jul 2099, 15:30 EDT: {KEY}\n"
        assert f"{ledger.history.get(KEY).slot_at:%H:%M}" == "19:30"

    def test_refusals(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """The ledger's reason, and exit code 2."""
        enroll(ledger, _boat())

        ended = stormctl("retry", KEY)

        assert ended.code == ExitCode.USAGE
        assert "there is nothing to try again" in ended.err

    def test_without_a_description(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """What is said of its pictures is left away, and nothing else of it; refused where nothing is."""
        enroll(ledger, _boat(-1, media=(make_media(),)), make_delivery("door", slot_at=now().at + HOUR))
        _publish(ledger, Refused(reason="too long", code="400 alt text", for_good=True))
        stormctl("cancel", "door.en")

        ended = [stormctl("retry", key, "--without-alt") for key in ("boat.en", "door.en")]

        assert [end.code for end in ended] == [0, ExitCode.USAGE]
        assert "no description to leave out" in ended[1].err
        shown = stormctl("show", KEY).out
        assert "without a description" in shown
        assert "without the descriptions of its pictures" in " ".join(shown.split())
        assert ledger.history.get(KEY).text == "A paper boat."

    def test_moments_with_a_zone_of_their_own(self) -> None:
        """Whoever travels may write it."""
        moments = [
            read_moment(text, {NEW_YORK})
            for text in ("2026-12-18 15:30", "2026-12-18 21:30 Europe/Madrid", "2026-12-18T15:30-05:00")
        ]

        assert len(set(moments)) == 1

    @pytest.mark.parametrize(
        ("text", "zones", "words"),
        [
            ("half past three", {NEW_YORK}, "is not a day, a time and a zone"),
            ("2026-03-08 02:30", {NEW_YORK}, "does not exist"),
            ("2026-12-18 15:30", {NEW_YORK, "UTC"}, "any of America/New_York, UTC"),
        ],
    )
    def test_moments_that_can_not_be_meant(self, text: str, zones: set[str], words: str) -> None:
        """Each is explained."""
        with pytest.raises(UsageError, match=words) as caught:
            read_moment(text, zones)

        assert caught.value.hint


class TestResolve:
    """Settle a doubt by hand."""

    @pytest.fixture(autouse=True)
    def doubt(self, ledger: Ledger, platforms: FakePlatforms) -> None:
        """Bring a delivery in doubt."""
        assert platforms.channels
        enroll(ledger, _boat(-1))
        _publish(ledger, InDoubt(reason="timed out"))

    def test_posted(self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms) -> None:
        """The account shows it: nobody is asked."""
        seen = SeenPost(post_id="42", url=URL, text="A paper boat.", created_at=None)
        platforms.platforms[ACME].posts.append(seen)

        ended = stormctl("resolve", "boat.en", "--posted", URL)

        assert (ended.code, ended.out) == (0, f"delivered {KEY}: {URL}\n")
        assert ended.err == "that stands; to take the post down: stormctl retract boat\n"
        assert ledger.history.get(KEY).post_id == "42"

    @pytest.mark.parametrize(("answer", "state"), [("yes", State.DELIVERED), ("y", State.IN_DOUBT)])
    def test_unproved(
        self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms, answer: str, state: State
    ) -> None:
        """The account can't be read: the person must type yes."""
        platforms.platforms[ACME].unreadable = "credits are gone"
        stormctl.answer(answer)

        ended = stormctl("resolve", KEY, "--posted", URL)

        assert "x:acme can't be read: credits are gone" in ended.err
        assert (ended.code == 0) == (state is State.DELIVERED)
        assert ledger.history.get(KEY).state is state

    def test_unproved_in_a_script(
        self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms
    ) -> None:
        """`--yes` is the word; without it nothing happens."""
        platforms.platforms[ACME].unreadable = "credits are gone"

        refused = stormctl("resolve", KEY, "--posted", URL)
        settled = stormctl("resolve", KEY, "--posted", URL, "--yes")

        assert (refused.code, settled.code) == (ExitCode.USAGE, 0)
        assert "can't ask for confirmation: not a terminal" in refused.err
        assert ledger.history.get(KEY).state is State.DELIVERED

    def test_not_posted(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """It is cancelled, and the way back is named."""
        ended = stormctl("resolve", KEY, "--not-posted")

        assert (ended.code, ended.out) == (0, f"cancelled {KEY}\n")
        assert ended.err == "to send it after all: stormctl retry boat\n"
        assert ledger.history.get(KEY).state is State.CANCELLED

    def test_what_stands_there_twice_may_stay(self, stormctl: CommandLine, ledger: Ledger) -> None:
        """Each second post is named; a delivery without one is refused."""
        (doubt,) = ledger.doubts.open([str(ACME)])
        ledger.doubts.settle_delivered(doubt, "41", f"{URL}1", now(), "found")
        refused = stormctl("resolve", KEY, "--both")
        ledger.follow_ups.note_found(doubt, "42", URL, now())
        before = stormctl("status")

        ended = stormctl("resolve", KEY, "--both")

        assert (refused.code, before.code) == (ExitCode.USAGE, ExitCode.IN_DOUBT)
        assert f"To take it down: stormctl retract {KEY} --url {URL}" in before.out
        assert (ended.code, ended.out) == (0, f"left in place {KEY}: {URL}\n")
        assert stormctl("status").code == 0

    @pytest.mark.parametrize("found", [[], ["--posted", URL, "--not-posted"]], ids=["neither", "both"])
    def test_one_of_both(self, stormctl: CommandLine, ledger: Ledger, found: list[str]) -> None:
        """Neither or both is no answer."""
        assert stormctl("resolve", KEY, *found).code == ExitCode.USAGE
        assert ledger.history.get(KEY).state is State.IN_DOUBT

    def test_another_platforms_ledger(
        self, stormctl: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Credentials for the day never read what was practised."""
        monkeypatch.setenv("STORMCTL_X_BASE_URL", "http://127.0.0.1:9")

        ended = stormctl("resolve", KEY, "--posted", URL)

        assert ended.code == ExitCode.MAINTENANCE
        assert ledger.history.get(KEY).state is State.IN_DOUBT


class TestRetract:
    """Take posts down."""

    @pytest.fixture(autouse=True)
    def live(self, ledger: Ledger, platforms: FakePlatforms) -> None:
        """One message lives on both channels, and is still to come in another wording."""
        coming = make_delivery("boat", slot_at=now().at + HOUR, text="Another paper boat.", part=1)
        enroll(ledger, _boat(-1), _boat(-1, channel=PAGE), coming)
        for channel in (ACME, PAGE):
            url = f"http://{HERE}/{channel.platform}"
            seen = SeenPost(post_id=f"{channel}-1", url=url, text="A paper boat.", created_at=None)
            platforms.platforms[channel].posts.append(seen)
            _publish(ledger, Delivered(post_id=seen.post_id, url=url), str(channel))

    def test_by_key(self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms) -> None:
        """The person sees what will be deleted and types yes; the other channel's post stays."""
        stormctl.answer("yes")

        ended = stormctl("retract", KEY)

        assert ended.code == 0
        assert ended.out.strip() == f"taken down  {KEY}  http://{HERE}/x"
        assert "A paper boat." in ended.err
        assert "Type yes to delete this post from the platform" in ended.err
        assert platforms.platforms[ACME].posts == []
        assert len(platforms.platforms[PAGE].posts) == 1
        assert ledger.history.get(KEY).state is State.RETRACTED
        assert f"to publish it anew: stormctl retry {KEY}\n" in ended.err

    def test_what_was_taken_down_is_published_again_on_demand_alone(
        self, stormctl: CommandLine, ledger: Ledger
    ) -> None:
        """It is shown, and a person types yes; a script needs --yes."""
        stormctl("retract", KEY, "--yes")

        script = stormctl("retry", KEY)
        stormctl.answer("y")
        slip = stormctl("retry", KEY)
        standing = ledger.history.get(KEY).state
        stormctl.answer("yes")
        ended = stormctl("retry", KEY)

        assert (script.code, slip.code, standing) == (ExitCode.USAGE, ExitCode.USAGE, State.RETRACTED)
        assert "A paper boat." in script.err
        assert "Type yes to publish this post, which was taken down, again (NOT LIVE)" in ended.err
        assert (ended.code, ledger.history.get(KEY).state) == (0, State.PLANNED)

    def test_a_second_post_by_its_address(
        self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms
    ) -> None:
        """What a later reading found: it goes, the post with the receipt stays."""
        copy = SeenPost(post_id="42", url=URL, text="A paper boat.", created_at=None)
        platforms.platforms[ACME].posts.append(copy)
        sought = SearchedPost(
            key=KEY,
            storm_id="storm",
            channel=ACME,
            post=_boat(-1).post,
            attempt_id=1,
            sending_at=now().at,
            in_reply_to=None,
        )
        ledger.follow_ups.note_found(sought, "42", URL, now())

        ended = stormctl("retract", KEY, "--url", URL, "--yes")

        assert (ended.code, ended.out.strip()) == (0, f"taken down  {KEY}  {URL}")
        assert [post.post_id for post in platforms.platforms[ACME].posts] == ["x:acme-1"]
        assert ledger.history.get(KEY).state is State.DELIVERED
        assert stormctl("status").code == 0

    def test_a_whole_message_while_halted(
        self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms
    ) -> None:
        """Every channel's post goes, and what is still to come is not forgotten."""
        ledger.halts.halt("all", None, "a tragedy", "lead", now())

        ended = stormctl("retract", "--message", "boat", "--yes")

        assert ended.code == 0
        assert ended.out.count("taken down") == 2
        assert "1 more may still go out: stormctl cancel --message boat" in ended.err
        assert [platforms.platforms[channel].posts for channel in (ACME, PAGE)] == [[], []]

    @pytest.mark.parametrize("answer", ["y", "", "no"])
    def test_a_person_who_does_not_type_yes(
        self, stormctl: CommandLine, platforms: FakePlatforms, answer: str
    ) -> None:
        """Nothing is deleted by a slip of the hand."""
        stormctl.answer(answer)

        ended = stormctl("retract", KEY)

        assert ended.code == ExitCode.USAGE
        assert len(platforms.platforms[ACME].posts) == 1

    def test_a_refusal(self, stormctl: CommandLine, ledger: Ledger, platforms: FakePlatforms) -> None:
        """One platform says no: its reason and exit code 7; the other post is gone all the same."""
        no = Refused(reason="you may not delete it", code="403", for_good=True)
        platforms.platforms[ACME].removals.append(no)

        ended = stormctl("retract", "--message", "boat", "--yes")

        assert ended.code == ExitCode.INCOMPLETE
        assert ended.out.startswith("taken down  storm/facebook:acme/boat/en")
        assert f"STILL THERE  {KEY}  http://{HERE}/x: you may not delete it" in ended.err
        assert ledger.history.get(KEY).state is State.DELIVERED

    def test_an_address_that_is_no_receipt(self, stormctl: CommandLine, platforms: FakePlatforms) -> None:
        """Only our own receipts are deleted, never whatever address was typed."""
        ended = stormctl("retract", KEY, "--url", "http://127.0.0.1/other", "--yes")

        assert ended.code == ExitCode.USAGE
        assert f"It has: http://{HERE}/x" in ended.err
        assert len(platforms.platforms[ACME].posts) == 1

    def test_a_rehearsal_that_was_not(self, stormctl: CommandLine, platforms: FakePlatforms) -> None:
        """`--rehearsal` never deletes a post of the day."""
        ended = stormctl("retract", KEY, "--yes", "--rehearsal")

        assert ended.code == ExitCode.USAGE
        assert len(platforms.platforms[ACME].posts) == 1


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["show", "ship"], "stormctl status --rehearsal --find TEXT shows keys."),
        (["cancel", "--message", "ship"], "stormctl status --rehearsal --find TEXT helps."),
        (["retract", "boat"], f"stormctl show --rehearsal {KEY} says more."),
        (["resolve", "boat", "--not-posted"], f"stormctl show --rehearsal {KEY} shows how that came about."),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_an_error_says_to_type_acts_on_the_rehearsal(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch, arguments: list[str], hint: str
) -> None:
    """Whoever practises and pastes it must not act on the day itself."""

    def open_it(root: Path) -> tuple[Ledger, SystemClock, Durations]:
        opened = open_ledger("sqlite:///practice.db", root=root, create=True)
        enroll(opened, _boat())
        opened.runners.register("rehearsal", "laptop", 4711, now())
        return opened, SystemClock(), Durations()

    monkeypatch.setattr(stage, "open_rehearsal", open_it)

    ended = stormctl(*arguments, "--rehearsal")

    assert ended.code == ExitCode.USAGE
    assert ended.err.splitlines()[-1] == f"hint: {hint}"
