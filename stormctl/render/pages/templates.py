"""The templates of every page, and the words that they write numbers and times with."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

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


@cache
def load_script(name: str) -> Markup:
    """Return one of our own scripts, to stand in a page."""
    return Markup(files("stormctl.render.templates").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - ours


@cache
def hash_script(name: str) -> str:
    """Return the digest by which a page's policy lets a browser run that script, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(load_script(name).encode()).digest()).decode()}"


def _keep_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())
