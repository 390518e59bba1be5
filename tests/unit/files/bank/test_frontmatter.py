"""Front matter: texts only, each key with its line, and nothing that YAML would do behind one's back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.base.phrase import Phrase
from stormctl.files.bank import frontmatter
from stormctl.files.bank.frontmatter import FrontMatterProblem, parse_front_matter

SOURCE = """\
hashtags: [MigrantsDay, 2026]
link: https://example.org/#act
consent: no
expires: 2026-12-18 20:00 America/New_York   # the deadline
media:
  - file: images/boat.png
    alt: "A boat: of paper"
  - {file: b.png}
priority: 010
"""


@pytest.mark.parametrize("loader", [yaml.CBaseLoader, yaml.BaseLoader])
def test_scalars_stay_text(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a number, a date or a truth value stays as written, with or without libyaml."""
    monkeypatch.setattr(frontmatter, "_Loader", loader)

    front = parse_front_matter(SOURCE, 2)

    assert front.values == {
        "hashtags": ["MigrantsDay", "2026"],
        "link": "https://example.org/#act",
        "consent": "no",
        "expires": "2026-12-18 20:00 America/New_York",
        "media": [{"file": "images/boat.png", "alt": "A boat: of paper"}, {"file": "b.png"}],
        "priority": "010",
    }
    assert front.problems == []


def test_every_key_has_its_line() -> None:
    """Keys and the tables of a list are found on their lines of the file, and where they start in them."""
    front = parse_front_matter(SOURCE, 2)
    lines = front.lines

    assert lines == {
        ("hashtags",): 2,
        ("link",): 3,
        ("consent",): 4,
        ("expires",): 5,
        ("media",): 6,
        ("media", 0): 7,
        ("media", 0, "file"): 7,
        ("media", 0, "alt"): 8,
        ("media", 1): 9,
        ("media", 1, "file"): 9,
        ("priority",): 10,
    }
    assert front.columns.keys() == lines.keys()
    assert (front.columns["media",], front.columns["media", 0, "alt"]) == (1, 5)


def test_an_indented_key_is_shown_where_it_begins() -> None:
    """YAML points at its colon; people look for the word."""
    front = parse_front_matter("link: https://example.org/act\n   credit: A. Volunteer\n")

    assert [(problem.line, problem.column) for problem in front.problems] == [(2, 4)]


@pytest.mark.parametrize(
    "source", ["", "\n\n", "# only a comment\n", 'credit: ""  # nobody yet\n', "hashtags: []\n"]
)
def test_nothing_is_no_problem(source: str) -> None:
    """Empty front matter, comments, and nothing in quotes or brackets are fine."""
    front = parse_front_matter(source)

    assert (front.values, front.problems) == ({}, [])


_QUOTES = Phrase("put text that begins like this in double quotes")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a: &x 1\n", FrontMatterProblem(1, Phrase("the YAML anchor &x is not allowed"), _QUOTES, 4)),
        (
            "a: !!str 1\n",
            FrontMatterProblem(1, Phrase("the YAML tag tag:yaml.org,2002:str is not allowed"), _QUOTES, 4),
        ),
        (
            "a: 1\nb: !!python/object:os.system {}\n",
            FrontMatterProblem(
                2, Phrase("the YAML tag tag:yaml.org,2002:python/object:os.system is not allowed"), _QUOTES, 4
            ),
        ),
        (
            "a: 1\nb: 2\na: 3\n",
            FrontMatterProblem(3, Phrase("“a” is written twice"), Phrase("keep one of them"), 1),
        ),
        (
            "just a sentence\n",
            FrontMatterProblem(
                1,
                Phrase("front matter is made of “key: value” lines, and this is not one"),
                Phrase("remove the line of --- above it if it belongs to the text"),
                1,
            ),
        ),
        ("a: 1\n? [b]\n: 2\n", FrontMatterProblem(2, Phrase("a key must be one word"), "", 3)),
        (
            "a: " + "[" * 40 + "]" * 40,
            FrontMatterProblem(1, Phrase("lists and tables are nested too deeply"), "", 8),
        ),
    ],
)
def test_what_yaml_would_do_is_refused_where_it_stands(source: str, problem: FrontMatterProblem) -> None:
    """Anchors, tags, repeats and what is no “key: value” are problems where they stand, with what to do."""
    assert [problem] == parse_front_matter(source).problems


NOTE = "in double quotes; for a note, write “# ” on a line of its own"


@pytest.fixture(params=[yaml.CBaseLoader, yaml.BaseLoader])
def _each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontmatter, "_Loader", request.param)


@pytest.mark.usefixtures("_each_loader")
@pytest.mark.parametrize(
    ("source", "line", "column", "message", "hint", "followed"),
    [
        ("a: 1\nalt: a 🪧 that says #Rights in red", 2, 20, "YAML leaves out “#Rights in red” as a comment",
         f"put the whole value {NOTE}", 'a: 1\nalt: "a 🪧 that says #Rights in red"'),
        ("credit: Team # 4", 1, 14, "YAML leaves out “# 4” as a comment", f"put the whole value {NOTE}",
         'credit: "Team # 4"'),
        ("topic: x #note", 1, 10, "YAML leaves out “#note” as a comment", f"put the whole value {NOTE}",
         "# note\ntopic: x"),
        ("hashtags: [A, B] #C", 1, 18, "YAML leaves out “#C” as a comment",
         f"put it, inside the brackets, {NOTE}",
         'hashtags: [A, B, "#C"]'),
        ("hashtags:\n  - A\n  #B\n", 3, 3, "YAML leaves out “#B” as a comment",
         f"put a tag, behind “- ” in a list, {NOTE}", 'hashtags:\n  - A\n  - "#B"\n'),
        ("media:\n- {file: a.jpg, alt: Maria, Ana and Jo}", 2, 29,
         "“Ana and Jo” has no value: between braces a comma ends what stands before it",
         "put the whole text that has the comma in double quotes",
         'media:\n- {file: a.jpg, alt: "Maria, Ana and Jo"}'),
        ("topic: x\ncredit:", 2, 1, "“credit” has no value", "write one, or remove the line", "topic: x"),
        ("media:\n- file: a.jpg\n  alt:", 3, 3, "“alt” has no value", "write one, or remove the line",
         "media:\n- file: a.jpg\n  alt: A boat"),
    ],
)  # fmt: skip
def test_nothing_is_lost_in_silence(
    *, source: str, line: int, column: int, message: str, hint: str, followed: str
) -> None:
    """What YAML would leave out is a problem where it stands, and none once its hint is followed."""
    [problem] = parse_front_matter(source).problems

    assert (problem.line, problem.column, problem.message, problem.hint) == (line, column, message, hint)
    assert parse_front_matter(followed).problems == []


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("topic: x  # note", {"topic": "x"}),
        ("alt: 'a sign: #Rights'  # checked", {"alt": "a sign: #Rights"}),
        ("alt: >\n  one #two\n  three # four", {"alt": "one #two three # four"}),
        ("link: https://example.org/#act", {"link": "https://example.org/#act"}),
    ],
)
def test_comments_and_quoted_signs_are_no_loss(source: str, values: dict[str, str]) -> None:
    """A note behind a value that is complete stays a note, and a # that YAML keeps is no finding."""
    front = parse_front_matter(source)

    assert (front.values, front.problems) == (values, [])


def test_an_alias_is_refused_beside_its_anchor() -> None:
    """Neither an anchor nor the alias that repeats it is taken."""
    front = parse_front_matter("a: &x [1]\nb: *x\n")

    assert [problem.message for problem in front.problems] == [
        "the YAML anchor &x is not allowed",
        "the YAML alias *x is not allowed",
    ]
    assert "b" not in front.values


@given(st.text(alphabet=st.sampled_from("ab: \n-#[]{},&*!'\"|>?%@\t\x01é"), max_size=40))
def test_no_text_breaks_the_parser(source: str) -> None:
    """Whatever a file holds, there is a result; problems lie on lines of the source or right behind it."""
    front = parse_front_matter(source)

    assert all(1 <= problem.line <= source.count("\n") + 2 for problem in front.problems)
    assert all(1 <= (problem.column or 1) <= len(source) + 1 for problem in front.problems)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hashtags: [#MigrantsDay]\n", ["MigrantsDay"]),
        ("hashtags: [#One, Two, #Three]  # the first is the storm's\n", ["One", "Two", "Three"]),
        ('hashtags: ["#One", #Two]\nlink: x\n', ["#One", "Two"]),
        ("hashtags:\n  - #One\n  - Two\n", ["One", "Two"]),
        ("hashtags:\n- #One\n- #Two\nlink: x\n", ["One", "Two"]),
        ("hashtags: [\n  #One,\n  #Two\n]\n", ["One", "Two"]),
        ("hashtags: #One, #Two\n", "One,  Two"),
        ("hashtags:\n  # ours\n  - #One\n", ["One"]),
    ],
)
def test_hashtags_may_have_their_sign(source: str, expected: object) -> None:
    """For YAML a comment begins there; for people a tag does, wherever tags are listed."""
    front = parse_front_matter(source)

    assert (front.values["hashtags"], front.problems) == (expected, [])


@pytest.mark.parametrize("loader", [yaml.CBaseLoader, yaml.BaseLoader])
@pytest.mark.parametrize(
    ("source", "message", "hint", "followed"),
    [
        (
            "media: [#boat.png]\n",
            "what follows # counts as a comment, so that the brackets stay open",
            "put it in double quotes",
            'media: ["#boat.png"]\n',
        ),
        (
            "hashtags: [A, B\nlink: x\n",
            "the list that opens here with [ does not end, or lacks a comma",
            "close it with ]",
            "hashtags: [A, B]\nlink: x\n",
        ),
        (
            "media: {file: a.png\nlink: x\n",
            "what opens here with { does not end, or lacks a comma",
            "close it with }",
            "media: {file: a.png}\nlink: x\n",
        ),
        (
            "credit: Photo: Ana\n",
            "the value has a colon in it",
            "put the whole value in double quotes",
            'credit: "Photo: Ana"\n',
        ),
        (
            "topic: x\n  link: y\n",
            "this key is indented, and would belong to the line above it",
            "begin each key at the start of its line",
            "topic: x\nlink: y\n",
        ),
        (
            "media:\n\t- a.png\n",
            "a tab stands where spaces must",
            "indent with spaces",
            "media:\n  - a.png\n",
        ),
        (
            "credit: 'Ana\n",
            "the quotation mark that opens here is not closed",
            "close it with the same sign",
            "credit: 'Ana'\n",
        ),
        (
            'credit: "Ana" of the choir\n',
            "something stands behind the closing quotation mark",
            "use the other kind of quotation marks around all of it",
            "credit: '\"Ana\" of the choir'\n",
        ),
        (
            'credit: "C:\\images"\n',
            "a backslash in double quotes has a meaning of its own",
            "leave it out, or use single quotes",
            "credit: 'C:\\images'\n",
        ),
        (
            "credit: @ana\n",
            "a value can't begin with @",
            "put the whole value in double quotes",
            'credit: "@ana"\n',
        ),
        (
            "credit: * Ana\n",
            "a value can't begin with *",
            "put the whole value in double quotes",
            'credit: "* Ana"\n',
        ),
        (
            "credit: >Ana\n",
            "a value can't begin with | or >",
            "put the whole value in double quotes",
            'credit: ">Ana"\n',
        ),
        (
            "media: - a.png\n",
            "a list does not begin on the line of its key",
            "write it on the lines below",
            "media:\n  - a.png\n",
        ),
        (
            "topic: x\nlink\n",
            "this line is not “key: value”",
            "put a colon and a blank behind the key",
            "topic: x\nlink: y\n",
        ),
        (
            "topic: x\n...\nlink: y\n",
            "nothing may follow the end of the front matter",
            "leave out a line of ... above it",
            "topic: x\nlink: y\n",
        ),
    ],
)
def test_what_yaml_cannot_read_is_said_in_our_words(
    *,
    loader: type,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    message: str,
    hint: str,
    followed: str,
) -> None:
    """Both parsers of YAML give the same sentence, and who follows its hint has nothing more to fix."""
    monkeypatch.setattr(frontmatter, "_Loader", loader)

    [problem] = parse_front_matter(source).problems

    assert (problem.message, problem.hint) == (message, hint)
    assert parse_front_matter(followed).problems == []


@pytest.mark.parametrize("loader", ["CBaseLoader", "BaseLoader"])
@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("link: x\ncredit: Photo: Ana\n", 2, 14),
        ("topic: x\nhashtags: [A, B\nlink: x\n", 2, 11),
        ('credit: "🪧 Ana\ntopic: x\n', 1, 9),
        ("credit: @ana\n", 1, 9),
        ('credit: "Ana" of the choir\n', 1, 15),
        ("media:\n\t- a.png\n", 2, 1),
        ("topic: x\n...\nlink: y\n", 3, 1),
    ],
)
def test_what_yaml_cannot_read_is_shown_where_it_stands(
    *, loader: str, monkeypatch: pytest.MonkeyPatch, source: str, line: int, column: int
) -> None:
    """An editor can go to the sign that is to be changed, or to what was opened and not closed."""
    monkeypatch.setattr(frontmatter, "_Loader", getattr(yaml, loader))

    [problem] = parse_front_matter(source).problems

    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize("loader", ["CBaseLoader", "BaseLoader"])
def test_an_invisible_sign_is_named(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control character cannot be seen, so its number and its line are told, by libyaml or without it."""
    monkeypatch.setattr(frontmatter, "_Loader", getattr(yaml, loader))

    [problem] = parse_front_matter("a: é\nb: \x01\n").problems

    assert (problem.line, problem.column, problem.message) == (
        2,
        4,
        "an invisible control character (U+0001) stands in this line",
    )
