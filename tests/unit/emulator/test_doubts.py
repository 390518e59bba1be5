"""Tests of the faults that leave a client in doubt, on both platforms, by the emulator's own clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stormctl.emulator.core.faults import parse_rules
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

MP4 = make_mp4()
PNG = b"\x89PNG\r\n\x1a\n" + b"paper boat" * 10
ENOUGH_LOOKS = 2_000
"""Each takes about a millisecond."""


@dataclass
class Platform:
    """One of the two, with its requests under common names."""

    name: str
    emulator: EmulatorThread
    ask: Ask
    id: str

    @property
    def is_x(self) -> bool:
        """Whether it is X."""
        return self.name == "x"

    def post(self, text: str, media: str | None = None) -> requests.Response:
        """Publish a text, perhaps with a picture that was uploaded."""
        if self.is_x:
            body: dict[str, Any] = {"media": {"media_ids": [media]}} if media else {}
            return self.ask("POST", "/2/tweets", json={"text": text, **body})
        attached = {"attached_media[0]": json.dumps({"media_fbid": media})} if media else {}
        return self.ask("POST", f"/{self.id}/feed", values={"message": text, **attached})

    def upload(self) -> str:
        """Upload a picture; return its id."""
        if self.is_x:
            form: dict[str, Any] = {"data": {"media_category": "tweet_image"}, "files": {"media": PNG}}
            return str(self.ask("POST", "/2/media/upload", **form).json()["data"]["id"])
        made = self.ask(
            "POST", f"/{self.id}/photos", values={"published": "false"}, files={"source": ("a.png", PNG)}
        )
        return str(made.json()["id"])

    def listed(self) -> list[str]:
        """Return the ids on the account's list."""
        path = f"/2/users/{self.id}/tweets" if self.is_x else f"/{self.id}/published_posts"
        return [post["id"] for post in self.ask("GET", path).json().get("data", [])]

    def texts(self) -> list[str]:
        """Return what was really accepted, in order."""
        return [post.text for post in self.emulator.world.posts()]

    def script(self, action: str, **options: Any) -> None:
        """Put one fault in force."""
        self.emulator.faults.add(parse_rules([{"action": action, "platform": self.name, **options}]))

    def look_for(self, count: int) -> list[str]:
        """Ask until so many posts were accepted; return their texts."""
        for _ in range(ENOUGH_LOOKS):
            if len(self.texts()) >= count:
                break
            requests.get(f"{self.emulator.base_url}/_emulator/health", timeout=10)
        return self.texts()


def receipt(answer: requests.Response) -> str:
    """Return the id of the post that an answer names."""
    body = answer.json()
    return str(body.get("data", body)["id"])


@pytest.fixture(params=["x", "facebook"])
def platform(
    request: pytest.FixtureRequest,
    emulator: EmulatorThread,
    x: Ask,
    graph: Ask,
    accounts: dict[str, AccountSpec],
) -> Platform:
    """Give one platform after the other."""
    name = request.param
    return Platform(name, emulator, x if name == "x" else graph, accounts[f"{name}:migrants-day"].id)


@pytest.fixture
def impatient(session: requests.Session) -> None:
    """Let clients wait a fifth of a second for an answer, whatever they say."""
    session.mount("http://", _Impatient())


def test_a_post_is_accepted_though_the_connection_was_hung_up(platform: Platform, shift: list[float]) -> None:
    """Nothing is there when the client hears the end; forty seconds later the post is."""
    platform.script("late_accept", seconds=40, nth=[2])
    platform.post("in time")
    started = platform.emulator.world.clock.wall()

    with pytest.raises(requests.ConnectionError):
        platform.post("late")
    before = platform.texts()
    shift[0] = 40
    after = platform.look_for(2)

    assert (before, after) == (["in time"], ["in time", "late"])
    assert platform.emulator.world.posts()[1].created_wall >= started + 40
    assert platform.emulator.world.requests()[0].status is None


@pytest.mark.usefixtures("impatient")
def test_a_post_is_accepted_though_no_answer_was_given(platform: Platform, shift: list[float]) -> None:
    """The connection stays open and silent, the client gives up, and the post comes all the same."""
    platform.script("late_accept", seconds=40, ending="silence")

    with pytest.raises(requests.ReadTimeout):
        platform.post("late")
    before = platform.texts()
    shift[0] = 40

    assert (before, platform.look_for(1)) == ([], ["late"])


def test_a_list_shows_a_post_some_seconds_after_it_was_accepted(
    platform: Platform, shift: list[float]
) -> None:
    """It lags behind the acceptance, even where that was late itself; each post comes in its turn."""
    platform.script("lag", seconds=40)
    platform.script("late_accept", seconds=30, nth=[2])
    first = receipt(platform.post("first"))
    with pytest.raises(requests.ConnectionError):
        platform.post("second")

    seen = {0.0: platform.listed()}
    for seconds in (31.0, 41.0, 69.0, 72.0):
        shift[0] = seconds
        platform.look_for(2)
        seen[seconds] = platform.listed()
    second = platform.emulator.world.posts()[1].id

    assert list(seen.values()) == [[], [], [first], [first], [second, first]]


def test_media_may_have_expired(platform: Platform) -> None:
    """An id that was valid is refused, now and for ever; a new upload is attached."""
    platform.script("media_expired", nth=[1])
    dead = platform.upload()

    refusals = [platform.post("with a picture", dead) for _ in range(2)]
    before = platform.texts()
    made = platform.post("with a picture", platform.upload())

    assert [answer.status_code for answer in refusals] == [400, 400]
    for answer in refusals:
        body = answer.json()
        if platform.is_x:
            assert "Your media IDs are invalid" in body["errors"][0]["message"]
        else:
            assert body["error"]["code"] == 100
    assert (before, made.ok, platform.texts()) == ([], True, ["with a picture"])


def test_expired_media_are_those_of_one_post(platform: Platform) -> None:
    """A post without any meets no fault, and what others will attach is kept."""
    platform.script("media_expired", nth=[1, 2])
    dead, kept = platform.upload(), platform.upload()

    answers = [platform.post("words"), platform.post("dead", dead), platform.post("kept", kept)]

    assert [answer.ok for answer in answers] == [True, False, True]
    assert platform.texts() == ["words", "kept"]


def test_a_video_of_a_page_may_have_expired(
    graph: Ask, emulator: EmulatorThread, accounts: dict[str, AccountSpec]
) -> None:
    """It is published by its node, which is not there any more: (#100), subcode 33."""
    page = accounts["facebook:migrants-day"].id
    emulator.faults.add(parse_rules([{"action": "media_expired", "nth": [1]}]))
    video = graph(
        "POST", f"/{page}/videos", values={"published": "false"}, files={"source": ("a.mp4", MP4)}
    ).json()["id"]

    answers = [graph("POST", f"/{video}", values={"published": "true"}) for _ in range(2)]

    errors = [answer.json()["error"] for answer in answers]
    assert [(error["code"], error["error_subcode"]) for error in errors] == [(100, 33), (100, 33)]
    assert emulator.world.posts() == []


@pytest.mark.parametrize(("stands", "arrived"), [(True, ["new"]), (False, [])])
def test_a_new_text_may_be_refused_as_a_duplicate(
    platform: Platform, stands: bool, arrived: list[str]
) -> None:
    """In the platform's own words; whether the post is there, the answer does not tell."""
    platform.script("duplicate_first", stands=stands, nth=[1])

    body = platform.post("new").json()

    assert ("duplicate content" in body["detail"]) if platform.is_x else (body["error"]["code"] == 506)
    assert platform.texts() == arrived


def test_what_is_refused_for_another_reason_is_no_duplicate(platform: Platform) -> None:
    """A post that would stand, and cannot, is refused as it would be without the fault."""
    platform.script("duplicate_first")

    answer = platform.post("")

    assert answer.status_code == 400
    assert "uplicate" not in answer.text
    assert platform.texts() == []


@pytest.mark.parametrize(("stands", "arrived"), [(True, ["one", "two", "three"]), (False, ["one", "two"])])
def test_a_receipt_may_be_another_posts(platform: Platform, stands: bool, arrived: list[str]) -> None:
    """A success names the account's newest post before it, whether the new one was accepted or not."""
    platform.script("wrong_receipt", stands=stands, nth=[3])

    answers = [platform.post(text) for text in ("one", "two", "three")]

    assert [answer.status_code for answer in answers] == [201 if platform.is_x else 200] * 3
    assert receipt(answers[0]) != receipt(answers[1]) == receipt(answers[2])
    assert platform.texts() == arrived


@pytest.mark.parametrize("stands", [True, False])
def test_no_receipt_is_wrong_where_there_is_no_other(platform: Platform, stands: bool) -> None:
    """An account's first post, and the upload of a picture, are answered as ever."""
    platform.script("wrong_receipt", operation="*", stands=stands)

    first = platform.post("one")
    picture = platform.upload()

    (post,) = platform.emulator.world.posts()
    assert receipt(first) == post.id
    assert picture != post.id


def test_a_refusal_is_no_receipt(platform: Platform) -> None:
    """What would stand, and cannot, is refused as it would be without the fault."""
    platform.script("wrong_receipt", nth=[2])
    platform.post("one")

    answer = platform.post("")

    assert answer.status_code == 400
    assert platform.texts() == ["one"]


class _Impatient(requests.adapters.HTTPAdapter):
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override] # passes all on
        return super().send(request, **{**options, "timeout": (5, 0.2)})
