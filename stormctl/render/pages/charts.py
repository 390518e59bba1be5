"""Bars as inline SVG: no script, no font and no address from elsewhere, and colours of the page's scheme."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement

from stormctl.render.words import render_number

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = "system-ui, sans-serif"

MOST_LABELS = 16
"""How many labels fit below a chart before every other one is left out."""

STYLE = {
    "background": "transparent",
    "plot_background": "transparent",
    "foreground": "var(--ink)",
    "foreground_strong": "var(--ink)",
    "foreground_subtle": "var(--soft)",
    "guide_stroke_color": "var(--line)",
    "major_guide_stroke_color": "var(--line)",
    "colors": ("var(--bar)",),
    "value_colors": ("var(--ink)",),  # or pygal would work out a contrast, which it cannot for a variable
    "opacity": "1",
    "opacity_hover": "1",
    "transition": "0s",
    "font_family": FONT,
    "label_font_size": 13,
    "major_label_font_size": 13,
    "value_font_size": 13,
}


def draw_columns(name: str, description: str, labels: Sequence[str], values: Sequence[int | None]) -> str:
    """Draw upright bars, for values over time. `name` is unique on the page; returns an `<svg>` element."""
    chart = _prepare("Bar", name, description, height=260)
    chart.y_labels_major_count = 4
    chart.show_minor_y_labels = False
    stride = -(-len(labels) // MOST_LABELS)
    chart.x_labels = [label if place % stride == 0 else "" for place, label in enumerate(labels)]
    return _draw(chart, values)


def draw_bars(name: str, description: str, labels: Sequence[str], values: Sequence[int | None]) -> str:
    """Draw lying bars with their values beside the names, first on top; returns an `<svg>` element."""
    chart = _prepare("HorizontalBar", name, description, height=30 + 38 * len(labels))
    chart.show_x_labels = False
    chart.show_x_guides = False
    chart.show_y_guides = False
    named = [f"{label}  {render_number(value)}" for label, value in zip(labels, values, strict=True)]
    # pygal stacks lying bars from below.
    chart.x_labels = named[::-1]
    return _draw(chart, values[::-1])


def _load_pygal() -> Any:
    import pygal

    # It leaves a finder for its map plug-ins behind, of an old kind that Python warns of at each import.
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]
    return pygal


def _prepare(kind: str, name: str, description: str, height: int) -> Any:
    pygal = _load_pygal()
    chart = getattr(pygal, kind)(
        style=pygal.style.Style(**STYLE),
        width=760,
        height=height,
        show_legend=False,
        disable_xml_declaration=True,
        js=(),
        margin=8,
        include_x_axis=True,
        value_formatter=lambda value: render_number(None if value is None else round(value)),
        no_data_text="",
        truncate_label=-1,
    )
    # pygal would make up a new id each time: the same report is to give the same page.
    chart.uuid = name

    def make_accessible(root: Element) -> Element:
        return _make_accessible(root, name, description)

    chart.add_xml_filter(make_accessible)
    return chart


def _make_accessible(root: Element, name: str, description: str) -> Element:
    for parent in list(root.iter()):
        told = {child.get("class"): child.text for child in parent if child.tag == "desc"}
        for child in [c for c in parent if _is_superfluous(c)]:
            parent.remove(child)
        if "value" in told:
            # A bar says its value when pointed at, without a script.
            SubElement(parent, "title").text = " · ".join(filter(None, (told.get("x_label"), told["value"])))
    title = Element("title", {"id": f"title-{name}"})
    title.text = description
    root.insert(0, title)
    root.set("role", "img")
    root.set("aria-labelledby", f"title-{name}")
    return root


def _is_superfluous(element: Element) -> bool:
    """Scripts and what only they need, comments, and the library's name as a title."""
    is_comment = not isinstance(element.tag, str)
    return is_comment or element.tag in {"script", "desc"} or element.text == "Pygal"


def _draw(chart: Any, values: Sequence[int | None]) -> str:
    chart.add("", list(values))
    return str(chart.render(is_unicode=True))
