"""Tests of publishing on Facebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

PNG = b"\x89PNG\r\n\x1a\n" + b"paper boat" * 10


@pytest.fixture
def page(accounts: dict[str, AccountSpec]) -> str:
    """Give the first Page's id."""
    return accounts["facebook:migrants-day"].id


def upload(graph: Ask, page: str, **values: str) -> str:
    """Upload a photo that waits for its post; return its id."""
    values = {"published": "false", "alt_text_custom": "A paper boat", **values}
    answer = graph("POST", f"/{page}/photos", values=values, files={"source": ("boat.png", PNG)})
    assert answer.status_code == 200
    return str(answer.json()["id"])


def test_a_post_has_the_pages_id_in_its_own(graph: Ask, page: str, emulator: EmulatorThread) -> None:
    """Text and link arrive as sent; the answer is PAGE_POST, and the usage headers count."""
    answer = graph("POST", f"/{page}/feed", values={"message": "Hi & <b>", "link": "https://example.org/act"})

    post = emulator.world.posts()[0].as_dict()
    usage = json.loads(answer.headers["x-business-use-case-usage"])

    assert answer.status_code == 200
    assert answer.json() == {"id": post["id"]}
    assert post["id"].startswith(f"{page}_122")
    assert (post["text"], post["link"]) == ("Hi & <b>", "https://example.org/act")
    assert usage[page][0]["type"] == "pages"
    assert answer.headers["facebook-api-version"] == "v26.0"


def test_photos_are_uploaded_first_and_attached(graph: Ask, page: str, emulator: EmulatorThread) -> None:
    """Indexed fields and a JSON list both attach; a photo is used once; alt text stays with it."""
    first, second, third = (upload(graph, page) for _ in range(3))
    indexed = {f"attached_media[{n}]": json.dumps({"media_fbid": m}) for n, m in enumerate((first, second))}
    listed = {"attached_media": json.dumps([{"media_fbid": third}])}

    two = graph("POST", f"/{page}/feed", values={"message": "two", **indexed})
    one = graph("POST", f"/{page}/feed", values={"message": "one", **listed})
    again = graph("POST", f"/{page}/feed", values={"message": "again", **listed})
    media = [post.as_dict()["media"] for post in emulator.world.posts()]

    assert [answer.status_code for answer in (two, one, again)] == [200, 200, 400]
    assert [len(items) for items in media] == [2, 1]
    assert media[0][0]["alt"] == "A paper boat"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Requires one of the params"),
        ({"message": "hi", "attached_media": "media_fbid"}, "must be an array"),
        ({"message": "hi", "attached_media": "{}"}, "must be an array"),
        ({"message": "hi", "attached_media[0]": '{"media_fbid": "1"}'}, "must be a valid photo"),
        ({"message": "hi", "attached_media[0]": "7"}, "must be a valid photo"),
        ({"message": "hi", "link": "example"}, "link is not properly formatted"),
        ({"message": "hi", "published": "False"}, "published must be a boolean"),
        ({"message": "a" * 63_207}, "63206"),
        ({"message": "hi", "scheduled_publish_time": "1797595200"}, "no schedule"),
    ],
)
def test_wrong_parameters_are_refused(graph: Ask, page: str, values: dict[str, str], message: str) -> None:
    """(#100) names what is wrong: what facebook-sdk makes of lists and booleans among it."""
    answer = graph("POST", f"/{page}/feed", values=values)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 100
    assert message in answer.json()["error"]["message"]


def test_the_same_message_twice_running_is_506(graph: Ask, page: str) -> None:
    """Only consecutive ones: after another message it may come again."""
    answers = [graph("POST", f"/{page}/feed", values={"message": text}) for text in ("a", "a", "b", "a")]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 200]
    assert answers[1].json()["error"]["code"] == 506
    assert "Duplicate posts cannot be published consecutively" in answers[1].json()["error"]["error_user_msg"]


def test_unpublished_posts_are_not_in_the_lists(graph: Ask, page: str) -> None:
    """published=false is kept from followers."""
    graph("POST", f"/{page}/feed", values={"message": "draft", "published": "false"})

    answer = graph("GET", f"/{page}/published_posts")

    assert answer.json() == {"data": []}


def test_a_published_photo_is_a_post(graph: Ask, page: str) -> None:
    """Without published=false the photo comes with its post's id."""
    answer = graph(
        "POST", f"/{page}/photos", values={"caption": "boat"}, files={"source": ("boat.png", PNG)}
    ).json()

    post = graph("GET", f"/{answer['post_id']}", values={"fields": "message,attachments"}).json()

    assert post["message"] == "boat"
    assert post["attachments"]["data"][0]["target"]["id"] == answer["id"]


def test_what_is_no_picture_is_refused(graph: Ask, page: str) -> None:
    """(#324) for a text with a picture's name, and for no file at all."""
    text = graph("POST", f"/{page}/photos", files={"source": ("boat.png", b"text")})
    nothing = graph("POST", f"/{page}/photos")

    assert [answer.json()["error"]["code"] for answer in (text, nothing)] == [324, 324]


def test_a_post_can_be_deleted_by_its_page(graph: Ask, page: str) -> None:
    """By no other; after deletion there is nothing."""
    post_id = graph("POST", f"/{page}/feed", values={"message": "first", "fields": "id,message"}).json()["id"]

    foreign = graph("DELETE", f"/{post_id}", account="facebook:partner")
    read = graph("GET", f"/{post_id}").json()
    deleted = graph("DELETE", f"/{post_id}")
    gone = graph("DELETE", f"/{post_id}")

    assert deleted.json() == {"success": True}
    assert foreign.json()["error"]["code"] == 200
    assert read["message"] == "first"
    assert (gone.json()["error"]["code"], gone.json()["error"]["error_subcode"]) == (100, 33)


def test_another_page_is_out_of_reach(graph: Ask, page: str) -> None:
    """A Page token opens its own Page only; an unknown Page doesn't exist."""
    foreign = graph("POST", f"/{page}/feed", account="facebook:partner", values={"message": "hi"})
    unknown = graph("POST", "/123/feed", values={"message": "hi"})

    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, 200)
    assert unknown.json()["error"]["error_subcode"] == 33


def test_a_body_may_be_json(
    graph: Ask,
    page: str,
    emulator: EmulatorThread,
    session: requests.Session,
    accounts: dict[str, AccountSpec],
) -> None:
    """As Meta's own examples for curl have it: nested values need no encoding of their own."""
    photo, url = upload(graph, page), f"{emulator.base_url}/v26.0/{page}/feed"
    header = {"Authorization": f"Bearer {accounts['facebook:migrants-day'].credentials['PAGE_TOKEN']}"}
    body = {"message": "With a picture", "published": True, "attached_media": [{"media_fbid": photo}]}

    made = session.post(url, json=body, headers=header, timeout=10)
    odd = session.post(url, json=["message"], headers=header, timeout=10)

    assert (made.status_code, odd.json()["error"]["code"]) == (200, 100)
    (post,) = emulator.world.posts()
    assert (post.text, len(post.media)) == ("With a picture", 1)


@pytest.mark.parametrize(("edge", "name"), [("photos", "url"), ("videos", "file_url")])
def test_nothing_is_fetched_from_elsewhere(graph: Ask, page: str, edge: str, name: str) -> None:
    """Facebook loads what an address leads to; the emulator reaches nobody, and says so."""
    answer = graph("POST", f"/{page}/{edge}", values={name: "https://example.org/boat"})

    assert "fetches nothing" in answer.json()["error"]["message"]
