"""The emulator as its real clients meet it: plain tweepy, plain facebook-sdk, and as a child process."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import facebook
import pytest
import requests
import tweepy

from stormctl.emulator.core.faults import FaultRule, Faults, parse_rules
from stormctl.emulator.server import EmulatorThread, make_accounts
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.emulator.core.accounts import AccountSpec

ACCOUNTS = make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)
MP4 = make_mp4()
PNG = b"\x89PNG\r\n\x1a\n" + b"paper boat" * 10


@pytest.fixture
def emulator() -> Iterator[EmulatorThread]:
    """Run the emulator without faults."""
    with EmulatorThread(ACCOUNTS, seed=7) as running:
        yield running


@pytest.fixture
def client(emulator: EmulatorThread) -> Iterator[tweepy.Client]:
    """Give plain tweepy, whose hard-coded host leads to the emulator."""
    keys = ACCOUNTS[0].credentials
    client = tweepy.Client(
        consumer_key=keys["CONSUMER_KEY"],
        consumer_secret=keys["CONSUMER_SECRET"],
        access_token=keys["ACCESS_TOKEN"],
        access_token_secret=keys["ACCESS_TOKEN_SECRET"],
    )
    client.session.mount("https://", _Detour(emulator.base_url))
    with client.session:
        yield client


@pytest.fixture
def page() -> AccountSpec:
    """Give the Page."""
    return ACCOUNTS[1]


@pytest.fixture
def api(emulator: EmulatorThread, page: AccountSpec, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give plain facebook-sdk on v26.0, pointed to the emulator by its module's global."""
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", f"{emulator.base_url}/")
    with requests.Session() as session:
        api = facebook.GraphAPI(page.credentials["PAGE_TOKEN"], timeout=10, session=session)
        api.version = "v26.0"
        yield api


def test_tweepy_posts_reads_and_deletes(client: tweepy.Client, emulator: EmulatorThread) -> None:
    """A day of an account through tweepy alone, signed for api.twitter.com."""
    me = client.get_me().data
    made = client.create_tweet(text="Everyone who moves has rights. https://example.org/act").data["id"]
    part = client.create_tweet(text="Part two.", in_reply_to_tweet_id=made).data["id"]

    fields = ["public_metrics", "non_public_metrics", "created_at"]
    seen = client.get_tweets([made, part], tweet_fields=fields, user_auth=True)
    timeline = client.get_users_tweets(me.id, max_results=5, user_auth=True)
    pages = tweepy.Paginator(client.get_users_tweets, me.id, max_results=5, user_auth=True)
    deleted = client.delete_tweet(part)

    assert me.username == "migrants_day"
    assert [int(made), int(part)] == [tweet.id for tweet in seen.data]
    assert "retweet_count" in seen.data[0].public_metrics
    assert seen.data[0].created_at.tzinfo is not None
    assert [int(part), int(made)] == [tweet.id for tweet in timeline.data]
    assert [int(made)] == [tweet.id for tweet in pages.flatten()]
    assert deleted.data == {"deleted": True}
    assert [post.deleted for post in emulator.world.posts()] == [False, True]


def test_tweepy_raises_what_it_raises_for_x(client: tweepy.Client, emulator: EmulatorThread) -> None:
    """Duplicates, long texts, an unknown host's 5xx and a rate limit arrive as tweepy's exceptions."""
    client.create_tweet(text="Dignity for all")

    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        client.create_tweet(text="Dignity for all")
    with pytest.raises(tweepy.BadRequest, match="too long"):
        client.create_tweet(text="a" * 281)
    emulator.faults.add(
        parse_rules([{"action": "error_after", "nth": [1]}, {"action": "rate_limited", "nth": [2]}])
    )
    with pytest.raises(tweepy.TwitterServerError):
        client.create_tweet(text="accepted all the same")
    with pytest.raises(tweepy.TooManyRequests):
        client.create_tweet(text="too many")

    assert [p.text for p in emulator.world.posts()] == ["Dignity for all", "accepted all the same"]


def test_facebook_sdk_publishes_reads_and_deletes(
    api: Any, page: AccountSpec, emulator: EmulatorThread
) -> None:
    """A day of a Page through facebook-sdk alone."""
    photo = api.put_photo(
        io.BytesIO(PNG), f"{page.id}/photos", published="false", alt_text_custom="A paper boat"
    )["id"]
    attached = {"attached_media[0]": json.dumps({"media_fbid": photo})}
    made = api.put_object(page.id, "feed", message="With a picture", **attached)["id"]
    linked = api.put_object(page.id, "feed", message="With a link", link="https://example.org/act")["id"]

    listed = api.get_connections(page.id, "published_posts", fields="id,message", limit=1)
    everything = api.get_all_connections(page.id, "published_posts", fields="id", limit=1)
    ids = [post["id"] for post in everything]
    fields = "reactions.limit(0).summary(true)"
    summary = api.get_object(made, fields=fields)["reactions"]["summary"]
    both = api.get_objects([made, linked], fields="message")
    deleted = api.delete_object(made)

    assert listed["data"] == [{"id": linked, "message": "With a link"}]
    assert ids == [linked, made]
    assert summary["total_count"] == 0
    assert both[linked]["message"] == "With a link"
    assert deleted == {"success": True}
    assert emulator.world.posts()[0].media[0].alt == "A paper boat"


def test_facebook_sdk_raises_what_it_raises_for_facebook(
    api: Any, page: AccountSpec, emulator: EmulatorThread
) -> None:
    """Codes arrive in GraphAPIError; HTML is an error without one; a list in a form is refused."""
    api.put_object(page.id, "feed", message="hi")

    with pytest.raises(facebook.GraphAPIError) as duplicate:
        api.put_object(page.id, "feed", message="hi")
    with pytest.raises(facebook.GraphAPIError) as garbled:
        api.put_object(page.id, "feed", message="list", attached_media=[{"media_fbid": "1"}])
    emulator.faults.add(parse_rules([{"action": "error_after", "body": "html", "status": 502}]))
    with pytest.raises(facebook.GraphAPIError) as html:
        api.put_object(page.id, "feed", message="accepted all the same")

    assert (duplicate.value.code, garbled.value.code, html.value.code) == (506, 100, None)
    assert [post.text for post in emulator.world.posts()] == ["hi", "accepted all the same"]


def test_a_child_process_says_its_port_and_ends_with_its_parents_pipe() -> None:
    """One JSON line in, one out; closing standard input is enough to end it."""
    wanted = {
        "accounts": [account.as_dict() for account in ACCOUNTS],
        "seed": 7,
        "faults": [FaultRule(action="empty").model_dump(mode="json")],
    }
    command = [sys.executable, "-m", "stormctl.emulator", "--port", "0", "--accounts-json", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(wanted) + "\n")
        child.stdin.flush()
        url = f"http://127.0.0.1:{json.loads(child.stdout.readline())['port']}/_emulator"
        accounts = requests.get(f"{url}/accounts", timeout=10).json()["accounts"]
        rules = requests.get(f"{url}/faults", timeout=10).json()["rules"]
        rest = child.communicate(timeout=20)[0]

    assert [f"{a['platform']}:{a['name']}" for a in accounts] == ["x:migrants-day", "facebook:migrants-day"]
    assert [rule["action"] for rule in rules] == ["empty"]
    assert (child.returncode, rest) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_it_runs_in_the_foreground_until_interrupted() -> None:
    """Base URLs and credentials are announced when the port is open; Ctrl-C is a quiet end."""
    code = """
from stormctl.emulator.server import Faults, make_accounts, run
accounts = make_accounts(["x:one"], 7)
run(accounts, port=0, seed=7, faults=Faults(), announce=lambda line: print(line, flush=True))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline().strip() for _ in range(6)]
        url = lines[2].removeprefix("STORMCTL_X_BASE_URL=")
        health = requests.get(f"{url}/_emulator/health", timeout=10).json()
        child.send_signal(signal.SIGINT)
        errors = child.communicate(timeout=20)[1]

    assert health["ok"] is True
    assert lines[1] == "STORMCTL_LIVE=0"
    assert lines[5].startswith("STORMCTL_X_ONE_CONSUMER_KEY=")
    assert (child.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "not JSON"),
        ('{"accounts": [{"platform": "bluesky"}]}', "bluesky"),
        ('{"faults": "bad"}', "bad"),
    ],
)
def test_a_child_that_is_told_nonsense_ends_with_one_line(line: str, message: str) -> None:
    """Exit code 2 and the reason; no traceback."""
    command = [sys.executable, "-m", "stormctl.emulator", "--accounts-json", "-"]

    child = subprocess.run(
        command, input=line + "\n", capture_output=True, text=True, timeout=20, check=False
    )

    assert child.returncode == 2
    assert message in child.stderr
    assert len(child.stderr.splitlines()) == 1


def test_a_rough_day_loses_no_post_that_was_accepted(client: tweepy.Client, emulator: EmulatorThread) -> None:
    """Whatever the client was told, a success means a post, and a limit means none."""
    emulator.faults.add(rule.model_copy(update={"seconds": 0.0}) for rule in Faults.load("rough").rules)
    told: dict[str, bool] = {}
    for number in range(30):
        text = f"post number {number}"
        try:
            told[text] = "id" in client.create_tweet(text=text).data
        except tweepy.TooManyRequests:
            told[text] = False
        except (tweepy.TweepyException, requests.RequestException, AttributeError, TypeError):
            continue

    arrived = {post.text for post in emulator.world.posts()}

    assert {text for text, accepted in told.items() if accepted} <= arrived
    assert not {text for text, accepted in told.items() if not accepted} & arrived


class _Detour(requests.adapters.HTTPAdapter):
    """Sends what is meant for X to the emulator; the signature stays as tweepy made it."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override] # passes all on
        assert request.url is not None
        request.url = request.url.replace("https://api.twitter.com", self._base_url)
        return super().send(request, **{**options, "timeout": 10})
