"""What is nearly front matter, a note or another program's file: found, and gone as its hint says."""

from __future__ import annotations

import pytest

from stormctl.files.bank.markdown import parse_document
from tests.bounded import run_bounded

KEYS = "topic: sign-on\npartner: north-coalition"
GOOD = f"---\n{KEYS}\n---\nSign it."
AT_THE_TOP = (
    "put it at the top of the file, between two lines of ---;"
    " if it belongs to the text, begin the line with another word"
)
FENCE = "write --- and nothing else above and below the lines of “key: value”"


def _problems(source: str) -> list[tuple[int, str, str]]:
    return [(found.line, found.message, found.hint) for found in parse_document(source).front.problems]


@pytest.mark.parametrize(
    "fence", ["—", "–", "--", "----", "-----", " ---", "+++", "***", "———", "–-", "—-", "\\---", "- - -"]
)
@pytest.mark.parametrize("end", ["", "---"])
def test_a_fence_that_is_nearly_ours_is_no_fence(fence: str, end: str) -> None:
    """Keys below a line that is not exactly --- would be posted; with the lines rewritten, all is read."""
    source = f"{fence}\n{KEYS}\n{end or fence}\nSign it."

    [problem] = _problems(source)

    assert problem == (1, f"“{fence}” does not begin front matter", FENCE)
    lines = source.split("\n")
    lines[0] = lines[3] = "---"
    assert parse_document("\n".join(lines)) == parse_document(GOOD)


@pytest.mark.parametrize("fence", ["—", "--", "----", " ---", "***", "+++"])
def test_front_matter_ends_with_the_line_that_began_it(fence: str) -> None:
    """Where the second fence is another, the finding is on it."""
    source = f"---\n{KEYS}\n{fence}\nSign it.\n"

    problems = _problems(source)

    assert problems == [(4, f"“{fence}” does not end the front matter", "write --- and nothing else there")]
    assert _problems(source.replace(f"\n{fence}\n", "\n---\n")) == []


@pytest.mark.parametrize(
    ("source", "line", "message", "hint", "followed"),
    [
        (f"---\n{KEYS}\n\nSign it.", 1, "the front matter that starts here has no end",
         "close it with a line of --- below the last “key: value”", GOOD),
        ("---\nSign it.", 1, "the front matter that starts here has no end",
         "remove this line: without front matter a file begins with its text", "Sign it."),
        ("---\nOne.\n---\nTwo.", 2, "front matter is made of “key: value” lines, and this is not one",
         "remove the line of --- above it if it belongs to the text", "One.\n---\nTwo."),
        (f"{KEYS}\n---\nSign it.", 1, "“topic:” is not in the front matter, and would be posted",
         AT_THE_TOP, GOOD),
        (f"# Sign on\n---\n{KEYS}\n---\nSign it.", 3,
         "“topic:” is not in the front matter, and would be posted", AT_THE_TOP, GOOD),
        (f"\u200b\n---\n{KEYS}\n---\nSign it.", 2, "an invisible character (U+200B) stands above the ---",
         "remove the lines above the ---", GOOD),
        (f"\u200b---\n{KEYS}\n---\nSign it.", 1,
         "--- with an invisible character (U+200B) does not begin front matter", FENCE, GOOD),
        (f"---\n{KEYS}\n---\u200b\nSign it.", 4,
         "--- with an invisible character (U+200B) does not end the front matter",
         "write --- and nothing else there", GOOD),
        ("Made-with-AI: no\nOne.", 1, "“Made-with-AI:” is not in the front matter, and would be posted",
         AT_THE_TOP, "---\nmade_with_ai: no\n---\nOne."),
        ("One.\n----\nTwo.", 2, "“----” is not quite ---",
         "to begin a part or to enclose keys, write --- and nothing else; in the text, write —",
         "One.\n---\nTwo."),
        ("One.\n--\nTwo.", 2, "“--” is not quite ---",
         "to begin a part or to enclose keys, write --- and nothing else; in the text, write —",
         "One.\n—\nTwo."),
        (f"```markdown\n{GOOD}", 1, "``` marks a code block, and would be posted",
         "remove each line of ```, and keep what stands between them", GOOD),
        ("One.\n---\nlink: https://example.org\n---\nTwo.", 3,
         "“link:” is not in the front matter, and would be posted", AT_THE_TOP,
         "---\nlink: https://example.org\n---\nOne.\n---\nTwo."),
        ("One.\n\nlate: never", 3, "“late:” is not in the front matter, and would be posted", AT_THE_TOP,
         "One.\n\nToo late: never"),
        ("Topic: sign-on\nConsent: yes\n\nOne.", 1,
         "“Topic:” is not in the front matter, and would be posted", AT_THE_TOP,
         "---\ntopic: sign-on\nconsent: yes\n---\nOne."),
        ("Deadline: 2026-12-17 17:00 America/Los_Angeles\nOne.", 1,
         "“Deadline:” is not in the front matter, and would be posted", AT_THE_TOP,
         "---\nexpires: 2026-12-17 17:00 America/Los_Angeles\n---\nOne."),
        ("url: https://example.org\n\nOne.", 1, "“url:” is not in the front matter, and would be posted",
         AT_THE_TOP, "See the url: https://example.org\n\nOne."),
        ("One.\n<!-- draft: do not post -->", 2, "a comment would be posted like any text",
         "remove it to its end, and the message if it is not to be posted", "One.\n"),
        ("[//]: # (a draft)\nOne.", 1, "a comment would be posted like any text",
         "remove it to its end, and the message if it is not to be posted", "One."),
        ("{\\rtf1\\ansi One.}", 1, "this is a word processor's document (RTF), not text",
         "save it again as plain text, with the encoding UTF-8", "One."),
        ("<!DOCTYPE html>\n<p>One.</p>", 1, "this is a web page (HTML), not text",
         "copy the text that a browser shows into a new file, saved as plain text", "One."),
        ('One.\n<div class="two">Two</div>', 2,
         '<div class="two"> is HTML, and would be posted', "write the text without it", "One.\nTwo"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_found_and_its_hint_helps(
    source: str, line: int, message: str, hint: str, followed: str
) -> None:
    """Each mistake is one finding on its line; the file as the hint says has none."""
    assert _problems(source) == [(line, message, hint)]
    assert _problems(followed) == []


@pytest.mark.parametrize(
    "front", ["media:\n-\n  file: a.png", "credit: |\n  Ana\n  ---\n  Jo", "credit: '—'"]
)
def test_dashes_within_a_value_do_not_end_front_matter(front: str) -> None:
    """What YAML reads as an item or as text stays that."""
    assert _problems(f"---\n{front}\n---\nOne.") == []


def test_each_place_is_told() -> None:
    """A file is repaired in one go: every line of HTML, and every block of keys once."""
    html = _problems("<ul>One\nTwo<li>\n<h1>3")
    keys = _problems("One.\n---\ntopic: a\nlink: https://example.org\n---\nTwo.\n\nexpires: now")

    assert [line for line, _, _ in html] == [1, 2, 3]
    assert [line for line, _, _ in keys] == [3, 8]


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        (f"--\n{KEYS}\n--\nSign it.", "front-matter", 1, 1),
        (f"---\n{KEYS}\n—\nSign it.", "front-matter", 4, 1),
        ("One.\n\n  “Expires: 2026-12-17 17:00 America/Los_Angeles", "front-matter-in-text", 3, 4),
        (f"---\n{KEYS}\n---\nOne.\n----\nTwo.", "front-matter-in-text", 6, 1),
        ("One.\nTwo 🪧 <!-- a draft -->", "not-text", 2, 7),
        ("<div>One.</div>", "not-text", 1, 1),
        ("<html>One.</html>", "not-text", 1, None),
    ],
)
def test_kinds_of_mistakes_have_codes_of_their_own(
    source: str, code: str, line: int, column: int | None
) -> None:
    """Who looks only for drafts, or for keys gone astray, finds those, and the sign where each begins."""
    found = parse_document(source).front.problems[0]

    assert (found.code, found.line, found.column) == (code, line, column)


ORDINARY = """\
We say —⏎rights: for all⏎—⏎today.
Nobody leaves home without a reason. Everybody who arrives has rights.
Three things: shelter, work, dignity.
Link: https://example.org/act
Deadline: Friday, 17:00.⏎Link: https://example.org/act
Fecha: 18 de diciembre⏎Hora: 17:00⏎Lugar: Plaza Mayor⏎Enlace: https://example.org
Date : 18 décembre⏎Lieu : Paris⏎Lien : https://example.org
- rights⏎- dignity⏎- work
— Who are you?⏎— A neighbour.
"Nobody is illegal."⏎— Elie Wiesel
"Nobody is illegal."⏎-- Maria
– one⏎– two
* * *
One.⏎⏎***⏎⏎Two.
One.⏎⏎___⏎⏎Two.
One.⏎—⏎Two.
One.⏎— — —⏎Two.
~~~~~⏎waves⏎~~~~~
======⏎NEWS⏎======
Topic of the day: rights.
Credit: A. Volunteer
Photo: Ana Pérez
Fotografía: Ana Pérez
📷 photo: Ana Pérez
Media: we are here. Priority: people.
Priority: people, not borders.
Late: never. Better: now.
Partner: North Coalition
Consent: it begins with asking.
Image: a boat. Meaning: hope.
Roses are red,⏎violets are blue,⏎rights: they are mine,⏎rights: they are yours too.
what we want:⏎a home⏎a name⏎a life
who: everyone⏎when: now⏎where: here
Q: Who pays?⏎A: We all do.
Q&A: tonight at 8
I <3 migrants
5 < 6 and 7 > 3
A --> B --> C
A -> B
From there → here
if a<b and c>d
R&D; S&P; AT&T
https://example.org/?a=1&b=2&lt=3
Read <https://example.org/act> now
Write to <ana@example.org>
Time: 08:00
08:00: doors open⏎09:00: first talk
Today: march. Tomorrow: vote.
Step 1: read. Step 2: sign.
1. read⏎2. sign
> a quote⏎> in two lines
_Dignity_ is **not** a gift
# A heading⏎Text
[Read more](https://example.org)
[x] signed⏎[ ] shared
Vote! ---> here
No --- really --- no.
No—really—no.
One⏎---⏎Two⏎---⏎Three
Text⏎---⏎Link: https://example.org
Text⏎---⏎Link: https://example.org⏎Credit: Maria
Tags are for clothes⏎tags: are not for people
The last⏎deadline: tonight.
We share one⏎date: today.
#MigrantsDay #Rights
@neighbour: thank you
Ana: "I came in 1998."⏎Jo: "I came in 2004."
Hoy: marcha. Mañana: fiesta.
«Nadie sobra» — dice Ana
¿Quién? — Todos.
"rights: for all" we said
'Topic: rights', said the teacher.
`code`
...⏎…
-
–
—
_
*
+1⏎++
-5 °C tonight
--5 people
-- and so on
— and so on —
Title: none. Name: everybody.
Title: A song⏎Author: Ana⏎⏎La la la
Language: love
Status: at home.
Video: a door opens
Alt: left
Captions: on
File: closed. Life: open.
Link in bio
expires tonight at 5
Hashtags are free
حقوق: للجميع
זכויות: לכולם
権利：すべての人に
Droits : pour tous⏎Dignité : pour tous
***⏎Breaking: the court has decided⏎***⏎Read on
—⏎Place: the square⏎—⏎Come
***⏎Deadline: Friday⏎***⏎Sign now
we have one topic, and it is love
the topic: love
Une question⏎thème du jour: droits
Notre thème: la dignité
Signed,⏎Ana &⏎Jo
Priority: people.⏎Partner: you.
Our topic: home. Our link: family.
1990: a convention⏎2018: a compact
~
+++ Breaking +++
+ Plus⏎+ Plus
x = y⏎topic = life
Photo: Ana⏎Credit: Jo
Date: Friday⏎Link: https://example.org⏎Place: Square⏎⏎Come
"""


@pytest.mark.parametrize("text", ORDINARY.splitlines())
def test_ordinary_texts_are_left_alone(text: str) -> None:
    """Dashes, colons, lists, quotations, ornaments and poems are texts."""
    document = parse_document(text.replace("⏎", "\n"))

    assert document.front.problems == []
    assert "⏎---⏎".join(document.parts) == text.replace("⏎", "\n").replace("\n---\n", "⏎---⏎")


def parse(sources: list[str]) -> int:
    """Take files apart, in a process of its own; return how many."""
    return len([parse_document(source) for source in sources])


def test_odd_files_take_little_time() -> None:
    """Blank lines, rules and signs that begin something, as many as a file may hold."""
    pieces = [
        "\n\nTopic: x",
        "\n",
        "—\n",
        "<a ",
        "<!-- ",
        "-",
        "topic: x\n",
        "Topic: x\n",
        "\\\n",
        "&#",
        "> \n",
    ]
    pieces += ["\u200b\n", "---\n", "<b>\n", "a: b #\n---\n"]
    sources = [piece * (65_536 // len(piece.encode())) for piece in pieces]

    assert run_bounded("tests.unit.files.bank.test_lookalikes:parse", sources, cpu_s=6) == 15
