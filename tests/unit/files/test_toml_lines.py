"""Lines of a TOML file's keys."""

from __future__ import annotations

import tomllib

from stormctl.files.toml_lines import index_lines

SOURCE = """\
# a comment with [brackets] and = signs
name = "a # b [c]"   # [x]
text = \"\"\"
[not-a-table]
key = 1
\"\"\"
raw = '''
[[neither]]
'''
tags = [
  "one", # ]
  "[two",
]
late.policy = "skip"
"quoted key" = 'it'
[limits]
spacing = "5m"

[[windows]]
every = "20m"
[windows.inner]
deep = 1
[[windows]]
at = [09:00:00,
      10:00:00]
[[windows.more]]
x = { y = 1, z = 2 }
"""


def test_every_key_is_on_its_line() -> None:
    """Keys are found by their path, past comments, texts of several lines, lists and tables of tables."""
    tomllib.loads(SOURCE)

    lines = index_lines(SOURCE)

    assert lines == {
        ("name",): 2,
        ("text",): 3,
        ("raw",): 7,
        ("tags",): 10,
        ("late",): 14,
        ("late", "policy"): 14,
        ("quoted key",): 15,
        ("limits",): 16,
        ("limits", "spacing"): 17,
        ("windows",): 19,
        ("windows", 0): 19,
        ("windows", 0, "every"): 20,
        ("windows", 0, "inner"): 21,
        ("windows", 0, "inner", "deep"): 22,
        ("windows", 1): 23,
        ("windows", 1, "at"): 24,
        ("windows", 1, "more"): 26,
        ("windows", 1, "more", 0): 26,
        ("windows", 1, "more", 0, "x"): 27,
    }


def test_an_empty_file_has_no_lines() -> None:
    """Nothing has no place."""
    assert index_lines("") == {}
