"""Charts as inline SVG."""

from __future__ import annotations

import sys
from xml.etree import ElementTree as ET

from stormctl.render.pages.charts import MOST_LABELS, draw_bars, draw_columns

SVG = "{http://www.w3.org/2000/svg}"


def texts_of(svg: str) -> list[str]:
    """Read the words that are drawn."""
    return [t.text for t in ET.fromstring(svg).iter(f"{SVG}text") if t.text]  # noqa: S314 - we drew it


def test_a_chart_is_an_image_with_a_description() -> None:
    """Who does not see it hears what it says; who points at a bar reads its value."""
    svg = draw_columns("x-hours", "Impressions on X", ["08 h", "09 h"], [1200, None])

    root = ET.fromstring(svg)  # noqa: S314 - as above
    title = root.find(f"{SVG}title")
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title-x-hours")
    assert title is not None
    assert (title.get("id"), title.text) == ("title-x-hours", "Impressions on X")
    assert "<title>08 h · 1,200</title>" in svg


def test_a_chart_fetches_and_runs_nothing() -> None:
    """No script, no address to load, no comment of the library's."""
    svg = draw_columns("x-hours", "Impressions on X", ["08 h"], [1])

    assert not [word for word in ("<script", "href", "@import", "url(", "<!--", "Pygal") if word in svg]


def test_the_same_chart_is_drawn_the_same() -> None:
    """A page may be compared with an older one."""
    first, second = (draw_bars("x-channels", "By channel", ["a", "b"], [1, 2]) for _ in range(2))

    assert first == second


def test_bars_stand_in_the_given_order_beside_their_values() -> None:
    """The first is on top; what was not given has a dash and no bar."""
    svg = draw_bars("x-channels", "By channel", ["a", "b", "c"], [1, None, 3000])

    root = ET.fromstring(svg)  # noqa: S314 - as above
    labels = [t for t in root.iter(f"{SVG}text") if t.text]
    labels.sort(key=lambda t: float(t.get("y", 0)))
    assert [t.text for t in labels] == ["a  1", "b  –", "c  3,000"]
    assert svg.count('class="bar"') == 2


def test_of_many_labels_every_other_one_is_left_out() -> None:
    """They would run into each other."""
    hours = [f"hour {n}" for n in range(MOST_LABELS + 1)]

    shown = [t for t in texts_of(draw_columns("n", "Many", hours, [1] * len(hours))) if t.startswith("hour")]

    assert shown == hours[::2]


def test_drawing_leaves_no_import_finder_behind() -> None:
    """The library's own one makes Python warn at every import that follows."""
    draw_columns("n", "One", ["a"], [1])

    assert [f for f in sys.meta_path if type(f).__module__.startswith("pygal")] == []
