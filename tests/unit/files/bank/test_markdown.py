"""Message files taken apart."""

from __future__ import annotations

import pytest

from stormctl.domain.base.phrase import Phrase
from stormctl.files.bank.frontmatter import FrontMatterProblem
from stormctl.files.bank.markdown import NotUtf8Error, decode_text, parse_document


def test_a_file_without_front_matter_is_all_text() -> None:
    """Front matter is optional; the text is kept as it was written, without blank lines around it."""
    document = parse_document("\n\nEveryone who moves\n\nhas rights.  \n")

    assert document.parts == ("Everyone who moves\n\nhas rights.",)
    assert document.starts == ((3, 1),)
    assert document.front.values == {}


def test_front_matter_ends_at_its_second_line_of_dashes() -> None:
    """What stands between the first two lines of --- is front matter, and the text begins behind it."""
    document = parse_document("---\ntopic: sign-on\n---   \n\nSign it.\n")

    assert document.front.values == {"topic": "sign-on"}
    assert document.front.lines == {("topic",): 2}
    assert (document.parts, document.starts) == (("Sign it.",), ((5, 1),))


def test_further_dashes_make_a_thread() -> None:
    """Each further line of --- begins a part of a thread; dashes within a line do not."""
    document = parse_document("---\n---\nOne --- still one.\n---\n\nTwo.\n---\n")

    assert document.parts == ("One --- still one.", "Two.", "")
    assert document.starts == ((3, 1), (6, 1), (8, 1))


def test_dashes_later_in_a_file_without_front_matter_make_a_thread() -> None:
    """Front matter can only begin on the first line that is not blank."""
    document = parse_document("One.\n---\nTwo.")

    assert (document.parts, document.starts) == (("One.", "Two."), ((1, 1), (3, 1)))


def test_front_matter_without_end_is_a_problem_where_it_begins() -> None:
    """A forgotten second --- is reported at the first one."""
    document = parse_document("\n---\ntopic: sign-on\n\nSign it.\n")

    assert [
        FrontMatterProblem(
            2,
            Phrase("the front matter that starts here has no end"),
            Phrase("close it with a line of --- below the last “key: value”"),
            1,
        )
    ] == document.front.problems


@pytest.mark.parametrize(
    "content", [b"a\nb\xc3\xa9", b"\xef\xbb\xbfa\nb\xc3\xa9", b"a\r\nb\xc3\xa9", b"a\rb\xc3\xa9"]
)
def test_byte_order_marks_and_line_ends_do_not_matter(content: bytes) -> None:
    """Files saved on any system read the same."""
    assert decode_text(content) == "a\nbé"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (
            "one\ntw\u00e9".encode("latin-1"),
            2,
            "not saved as UTF-8: the byte 0xe9 in line 2 does not belong there",
        ),
        ("one".encode("utf-16"), 1, "saved as UTF-16, not as UTF-8"),
    ],
)
def test_other_encodings_are_named_with_their_line(content: bytes, line: int, message: str) -> None:
    """A file in another encoding says where the first wrong byte is."""
    with pytest.raises(NotUtf8Error) as caught:
        decode_text(content)

    assert (line, message) == (caught.value.line, caught.value.message)
