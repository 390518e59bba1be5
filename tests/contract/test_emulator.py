"""The emulator as its real clients meet it: plain tweepy, plain facebook-sdk, and as a child process."""

from __future__ import annotations

import base64
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

from stormctl.emulator.core.accounts import x_user_token
from stormctl.emulator.core.faults import FaultRule, Faults, parse_rules
from stormctl.emulator.server import EmulatorThread, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.emulator.core.accounts import AccountSpec

ACCOUNTS = make_accounts(["x:migrants-day", "facebook:migrants-day"], seed=7)
MP4 = b"\0\0\0\x18ftypisom" + b"waves" * 10
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


def test_tweepy_is_left_in_doubt_or_told_the_wrong_thing(
    client: tweepy.Client, emulator: EmulatorThread
) -> None:
    """A post that comes after the end of its connection, a refusal of one that stands, another's receipt."""
    rules = [
        {"action": "late_accept", "seconds": 0, "nth": [1]},
        {"action": "duplicate_first", "nth": [2]},
        {"action": "wrong_receipt", "nth": [3]},
    ]
    emulator.faults.add(parse_rules(rules))

    with pytest.raises(requests.ConnectionError):
        client.create_tweet(text="late")
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        client.create_tweet(text="it stands")
    told = client.create_tweet(text="new").data["id"]

    late, stands, new = emulator.world.posts()
    assert [post.text for post in (late, stands, new)] == ["late", "it stands", "new"]
    assert told == stands.id


def test_tweepy_with_the_apps_bearer_counts(client: tweepy.Client, emulator: EmulatorThread) -> None:
    """The bearer comes from key and secret; counts know the tag."""
    keys = ACCOUNTS[0].credentials
    client.create_tweet(text="one #MigrantsDay")
    granted = requests.post(
        f"{emulator.base_url}/oauth2/token",
        auth=(keys["CONSUMER_KEY"], keys["CONSUMER_SECRET"]),
        data={"grant_type": "client_credentials"},
        timeout=10,
    ).json()
    counting = tweepy.Client(bearer_token=granted["access_token"])
    counting.session.mount("https://", _Detour(emulator.base_url))

    with counting.session:
        counts = counting.get_recent_tweets_count("#migrantsday", granularity="day")

    assert counts.meta["total_tweet_count"] == 1


def test_tweepy_with_a_user_token_posts_and_searches(emulator: EmulatorThread) -> None:
    """OAuth 2.0 in place of signatures: tweepy takes the token as a bearer."""
    token = x_user_token(ACCOUNTS[0].credentials["ACCESS_TOKEN"])
    client = tweepy.Client(bearer_token=token)
    client.session.mount("https://", _Detour(emulator.base_url))

    with client.session:
        made = client.create_tweet(text="one #MigrantsDay", user_auth=False).data["id"]
        me = client.get_me(user_auth=False).data
        found = client.search_recent_tweets("#migrantsday", max_results=10)

    assert me.username == "migrants_day"
    assert [int(made)] == [tweet.id for tweet in found.data]


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


def test_facebook_sdk_is_told_that_a_photo_is_none_any_more(
    api: Any, page: AccountSpec, emulator: EmulatorThread
) -> None:
    """Code 100 for an id that was valid; what is uploaded again is published."""
    emulator.faults.add(parse_rules([{"action": "media_expired", "nth": [1]}]))

    def publish() -> Any:
        photo = api.put_photo(io.BytesIO(PNG), f"{page.id}/photos", published="false")["id"]
        attached = {"attached_media[0]": json.dumps({"media_fbid": photo})}
        return api.put_object(page.id, "feed", message="With a picture", **attached)

    with pytest.raises(facebook.GraphAPIError) as expired:
        publish()
    made = publish()

    assert expired.value.code == 100
    assert [post.id for post in emulator.world.posts()] == [made["id"]]


def test_facebook_sdk_uploads_publishes_and_edits_a_video(
    api: Any, page: AccountSpec, emulator: EmulatorThread
) -> None:
    """Phase by phase with the SDK's bare request, and its own put_object for the rest."""
    size = str(len(MP4))
    begun = api.put_object(page.id, "videos", upload_phase="start", file_size=size)
    session = {"upload_session_id": begun["upload_session_id"]}
    part = {"upload_phase": "transfer", "start_offset": "0", **session}
    path, files = f"v26.0/{page.id}/videos", {"video_file_chunk": ("boat.mp4", MP4)}
    moved = api.request(path, post_args=part, files=files, method="POST")
    api.put_object(page.id, "videos", upload_phase="finish", description="At once", **session)

    video = api.get_object(begun["video_id"], fields="post_id,status")
    edited = api.put_object(f"{page.id}_{video['post_id']}", "", message="Better words")

    assert moved == {"start_offset": size, "end_offset": size}
    assert video["status"]["video_status"] in {"processing", "ready"}
    assert edited == {"success": True}
    assert [post.text for post in emulator.world.posts()] == ["Better words"]


def test_tweepys_bare_request_uploads_a_video_with_subtitles(
    client: tweepy.Client, emulator: EmulatorThread
) -> None:
    """What tweepy 4.17 has no method for, signed by tweepy all the same."""
    words = b"1\n00:00:00,500 --> 00:00:02,000\nThe door.\n"

    def upload(content: bytes, mime: str, category: str) -> str:
        wanted = {"media_type": mime, "total_bytes": len(content), "media_category": category}
        route = "/2/media/upload"
        begun = client.request("POST", f"{route}/initialize", json=wanted, user_auth=True).json()["data"]
        part = {"media": base64.b64encode(content).decode(), "segment_index": 0}
        client.request("POST", f"{route}/{begun['id']}/append", json=part, user_auth=True)
        client.request("POST", f"{route}/{begun['id']}/finalize", user_auth=True)
        return str(begun["id"])

    client.return_type = requests.Response
    video, track = upload(MP4, "video/mp4", "tweet_video"), upload(words, "text/srt", "subtitles")
    subtitles = {"id": track, "language_code": "EN", "display_name": "English"}
    body = {"id": video, "media_category": "TweetVideo", "subtitles": subtitles}
    tied = client.request("POST", "/2/media/subtitles", json=body, user_auth=True)

    media = emulator.world.get_media(video)
    assert tied.json()["data"]["associated_subtitles"] == [subtitles]
    assert media is not None
    assert (media.content, media.captions) == (MP4, {"en": words})


def test_raw_http_is_answered_as_x_answers(emulator: EmulatorThread) -> None:
    """What no SDK sends: unsigned, signed wrongly, unknown paths and verbs, other hosts, no JSON."""
    url = emulator.base_url
    with requests.Session() as raw:
        answers = [
            raw.post(f"{url}/2/tweets", json={"text": "hi"}, timeout=10),
            raw.post(
                f"{url}/2/tweets", json={"text": "hi"}, headers={"Authorization": "OAuth x"}, timeout=10
            ),
            raw.get(f"{url}/2/nothing", timeout=10),
            raw.put(f"{url}/2/tweets", json={"text": "hi"}, timeout=10),
            raw.get(f"{url}/2/users/me", headers={"Host": "api.x.com"}, timeout=10),
            raw.get(f"{url}/v26.0/me", timeout=10),
            raw.get(f"{url}/v26.0/me", params={"access_token": "EAAGnone"}, timeout=10),
            raw.get(f"{url}/v99.0/me", timeout=10),
        ]

    codes = [answer.json()["error"]["code"] for answer in answers[5:]]
    assert [answer.status_code for answer in answers[:5]] == [401, 401, 404, 405, 421]
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert codes == [104, 190, 2500]
    assert emulator.world.posts() == []


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
        ("nonsense", "no JSON"),
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
