from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stormctl.domain.text import weight

if TYPE_CHECKING:
    import pytest

_PIECES = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="abé.:/# -@$\n\r?=…€•→©'ทไ한", max_size=10),
    st.sampled_from(
        [
            "https://example.org/act",
            "http://a-b.example.com",
            "https://t.co/abc",
            "https://www.example.com/a-",
            "https://a.b.int/_",
            "https://x--y.org",
            "https://example.com//",
            "example.org",
            "un.org/x",
            " ",
            "\n",
        ]
    ),
)
_TEXTS = st.lists(_PIECES, max_size=7).map("".join)


@settings(deadline=None)
@given(_TEXTS)
@example("Sign now.\n\nhttps://example.org/act\n#MigrantsDay")
@example("end.\nhttps://un.org")
@example("Tiếng Việt © 2026 …")
def test_fast_path_measures_as_x_does(text: str) -> None:
    """Whatever the text, the length is the one that X's own rules give."""
    assert weight.measure_exactly(text) == weight.measure(text)


@settings(deadline=None)
@given(_TEXTS)
@example("http://example.org, or example.org")
@example("https://example.org/a https://example.org/b")
def test_fast_path_finds_links_as_x_does(text: str) -> None:
    """Whatever the text, the links are those that X's own rules find."""
    assert weight.find_urls_exactly(text) == weight.find_urls(text)


def test_ordinary_post_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain text with a plain link is counted without X's parser, which is slow."""
    monkeypatch.setitem(sys.modules, "twitter_text", None)
    text = "Everyone who moves has rights — everywhere.\n\nhttps://example.org/act\n#MigrantsDay"

    length = weight.measure(text)

    assert len(unicodedata.normalize("NFC", text)) - len("https://example.org/act") + 23 == length


def test_parser_loads_without_setuptools(monkeypatch: pytest.MonkeyPatch) -> None:
    """X's parser asks for pkg_resources, which newer environments don't have; it works without."""
    for name in [n for n in sys.modules if n.partition(".")[0] in {"twitter_text", "pkg_resources"}]:
        monkeypatch.delitem(sys.modules, name)

    length = weight.measure("日本語 👨‍👩‍👧")

    assert length == 9
    assert "pkg_resources" not in sys.modules
