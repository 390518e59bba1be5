"""Whatever people, pull requests and servers bring is read in little time and memory, without a traceback.

Examples are drawn here and tried in batches, each in a process whose time and memory the system limits.
"""

from __future__ import annotations

import base64
import contextlib
import json
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from urllib3 import HTTPResponse

from stormctl.checks.run import run_checks
from stormctl.domain.bank.resemblance import similarity
from stormctl.environment import load_environment
from stormctl.errors import StormctlError
from stormctl.files.bank.bank import load_bank
from stormctl.files.media.captions import read_captions
from stormctl.files.media.media import MediaShelf
from stormctl.files.media.problems import BadMediaError
from stormctl.files.schedules.schedule import load_storm
from stormctl.platforms.facebook import reads as graph_reads
from stormctl.platforms.http.answers import PlatformAnswer, read_json, read_whole
from stormctl.platforms.x.reads import parse_page
from tests.bounded import run_bounded
from tests.campaigns import ACME, CampaignFolder, make_schedule
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:Generating overly large repr")]

BATCH = 20
CPU_S = 60
"""A batch costs a few seconds; an example that hangs costs all."""

SCHEDULE = make_schedule(dict.fromkeys(ACME, 'languages = ["en"]'), bank="imd")

PIECES = [
    *(
        "www.",
        "a-",
        "a.",
        "日.",
        ".com",
        "https://",
        "t.co/",
        "@a",
        "#a",
        "$A",
        " ",
        "\n",
        "\n---\n",
        "---\n",
    ),
    *(
        "![",
        "](",
        "[LINK",
        "**a",
        "_a",
        "~~",
        "<a href=",
        "</p>",
        "&amp;",
        ":a:",
        "# ",
        "Ã",
        "â€",
        "XX",
        "?? ",
        "а",
        "𝗦",
    ),
    *("{deadline}", "{", "[", "]", "}", '"', '"""', "'", "\\", ": ", "- ", "&a ", "*a ", "!!a ", "|\n", "= "),
    *(
        "media: ",
        "link: ",
        "hashtags: ",
        "expires: ",
        "2026-12-18",
        "8",
        "e9",
        "\0",
        "\u202e",
        "👍",
        "👩\u200d",
    ),
    *("STORMCTL_LIVE=", "STORMCTL_X_ACME_API_KEY=", "[[windows]]\n", "[channels]\n", "EAA", "-----BEGIN "),
    *("00:00:01,000 --> 00:00:02,000\n", "every = ", '"1h"\n', "é", "e\u0301", "KEY", "1-", "xn--", ";", "%"),
]
runs = st.builds(
    lambda piece, times: piece * times, st.sampled_from(PIECES), st.sampled_from([1, 2, 40, 3000])
)
texts = st.lists(runs, max_size=12).map("".join) | st.text(max_size=200)


def read_message(root: Path, content: bytes) -> None:
    """Read and check a message."""
    (root / "messages/imd/a.en.md").write_bytes(content)
    storm, _ = load_storm(root, root / "schedules/day.toml")
    bank, _ = load_bank(root, "imd")
    run_checks(storm, bank, None)


def read_schedule(root: Path, content: bytes) -> None:
    """Read a schedule, good up to a place."""
    path = root / "schedules/other.toml"
    path.write_bytes(content)
    load_storm(root, path)


def read_environment(root: Path, content: bytes) -> None:
    """Read an `.env`."""
    (root / ".env").write_bytes(content)
    (root / ".env").chmod(0o600)
    with contextlib.suppress(StormctlError):
        load_environment(root, {})


def read_medium(root: Path, content: bytes) -> None:
    """Read a picture or video, whatever its name says."""
    for suffix in ("png", "jpg", "gif", "webp", "mp4"):
        (root / f"messages/imd/a.{suffix}").write_bytes(content)
        with contextlib.suppress(BadMediaError):
            MediaShelf(root, "messages/imd").get(f"a.{suffix}", "x")
    with contextlib.suppress(BadMediaError):
        read_captions("a.en.srt", root / "messages/imd/a.mp4")


def read_answer(root: Path, content: bytes) -> None:
    """Read an answer as both platforms' posts, packed or not."""
    del root
    for coding in ("identity", "gzip", "deflate"):
        response = requests.Response()
        response.headers["Content-Encoding"] = coding
        response.raw = HTTPResponse(BytesIO(content), preload_content=False)
        with contextlib.suppress(Exception):  # which the transport takes for silence
            content = read_whole(response).content
    answer = PlatformAnswer(200, {}, read_json(content.decode(errors="replace")))
    page = parse_page(answer, str)
    rows = answer.at("data")
    rows = rows if isinstance(rows, list) else []
    posts = [*(page.posts if page else ()), *(graph_reads.parse_post(row, str) for row in rows)]
    for post in posts:
        if post is not None:
            assert len(post.text) <= 65_536
            similarity(post.text, "Sign at www.example.org/act today a.b.c.d.e.f.g.h.i.j.k.l " * 4)


READERS: dict[str, Callable[[Path, bytes], None]] = {
    reader.__name__: reader
    for reader in (read_message, read_schedule, read_environment, read_medium, read_answer)
}


def try_all(argument: list[Any]) -> int:
    """Try a batch of examples, in a process of its own; return how many there were."""
    name, examples = argument
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "messages/imd").mkdir(parents=True)
        CampaignFolder(root).write_schedule(SCHEDULE, "day")
        for example in examples:
            READERS[name](root, base64.b64decode(example))
    return len(examples)


def hold(name: str, examples: list[bytes]) -> None:
    """Have a batch tried within bounds."""
    told = [base64.b64encode(example).decode() for example in examples]

    done = run_bounded("tests.acceptance.test_fuzz:try_all", [name, told], cpu_s=CPU_S)

    assert done == len(examples)


def batches(of: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Draw batches."""
    return st.lists(of, min_size=BATCH, max_size=BATCH)


# Without shrinking: a batch takes seconds, and the example stands in the child's traceback.
few = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@few
@given(
    batches(
        st.tuples(st.sampled_from(["", "---\n"]), texts).map(lambda t: "".join(t).encode(errors="replace"))
    )
)
def test_whatever_a_message_holds(examples: list[bytes]) -> None:
    """Texts and front matter."""
    hold("read_message", examples)


@few
@given(
    batches(
        st.tuples(st.sampled_from(["", SCHEDULE]), texts).map(lambda t: "".join(t).encode(errors="replace"))
    )
)
def test_whatever_a_schedule_holds(examples: list[bytes]) -> None:
    """Tables, numbers, times and what is none."""
    hold("read_schedule", examples)


@few
@given(batches(texts.map(lambda text: text.encode(errors="replace")) | st.binary(max_size=300)))
def test_whatever_an_env_file_holds(examples: list[bytes]) -> None:
    """Settings, quotes and what is no text."""
    hold("read_environment", examples)


def encode(kind: str, **options: Any) -> bytes:
    """Encode a small picture."""
    file = BytesIO()
    frames = [Image.new("RGB", (24, 16), colour) for colour in ("teal", "white", "red")]
    frames[0].save(file, kind, **options)
    return file.getvalue()


MEDIA = [
    encode("PNG"),
    encode("PNG", save_all=True, append_images=[Image.new("RGB", (24, 16))]),
    encode("JPEG"),
    encode("JPEG", progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    encode("GIF", save_all=True, append_images=[Image.new("RGB", (24, 16))]),
    encode("WEBP", lossless=True),
    encode("WEBP", save_all=True, append_images=[Image.new("RGB", (24, 16))]),
    make_mp4(place=b"+52.5200+013.4050/"),
]


@st.composite
def media(draw: st.DrawFn) -> bytes:
    """Damage a picture or video: bytes changed, and a piece of it repeated, perhaps very often."""
    content = bytearray(draw(st.sampled_from(MEDIA)))
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.sampled_from([0, 1, 127, 128, 255]))
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    piece = bytes(content[begin:end])
    times = draw(st.sampled_from([0, 1, 1, 1, 2, 3_000_000 // (len(piece) or 1)]))
    return bytes(content[:begin]) + piece * times + bytes(content[end:])


@few
@given(batches(media()))
def test_whatever_a_media_file_holds(examples: list[bytes]) -> None:
    """Pictures, animations, videos and captions, damaged."""
    hold("read_medium", examples)


moments = st.just(datetime(2026, 12, 18, tzinfo=UTC).isoformat())
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts | moments | st.just("https://t.co/a")
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "text", "message", "entities", "urls", "url", "expanded_url", "data", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Draw an answer: a page of posts of any kind, or anything at all."""
    links = st.lists(st.fixed_dictionaries({"url": leaves, "expanded_url": leaves}), max_size=3)
    posts = st.fixed_dictionaries(
        {"id": leaves, "text": texts, "message": texts, "entities": st.fixed_dictionaries({"urls": links})},
        optional={"attachments": values, "permalink_url": leaves, "created_at": leaves},
    )
    pages = st.fixed_dictionaries({"data": st.lists(posts | values, max_size=3), "meta": values})
    return json.dumps(draw(pages | values)).encode()


@few
@given(batches(answers() | st.binary(max_size=200) | texts.map(lambda text: text.encode(errors="replace"))))
def test_whatever_a_server_answers(examples: list[bytes]) -> None:
    """Pages of posts, JSON and what is none."""
    hold("read_answer", examples)
