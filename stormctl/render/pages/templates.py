"""The templates of every page, and the words that they write numbers and times with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from stormctl.render.words import clean, render_day_and_time, render_number

if TYPE_CHECKING:
    from datetime import tzinfo


def make_templates(zone: tzinfo) -> Environment:
    """Return the templates, which escape all that is put into them; times are told in the zone."""
    templates = Environment(
        loader=PackageLoader("stormctl.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["number"] = render_number
    templates.filters["prose"] = _keep_lines
    templates.filters["instant"] = lambda at: render_day_and_time(at, zone)
    templates.tests["web_address"] = lambda url: url.startswith(("https://", "http://"))
    return templates


def _keep_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())
