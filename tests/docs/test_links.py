"""Links between the pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


def find_links(page: Path) -> list[str]:
    """Find the targets inside the repository that a page links to, outside code."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [match["target"] for match in LINK.finditer(text)]
    return [target for target in targets if not target.startswith(("https://", "http://", "mailto:"))]


def find_anchors(page: Path) -> set[str]:
    """Find the anchors that a page's headings get: lower case, hyphens for spaces, no punctuation."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = [match["title"] for match in HEADING.finditer(text)]
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def resolves(page: Path, link: str) -> bool:
    """Tell whether a link leads to a file of the repository, and its anchor to a heading there."""
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or anchor in find_anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    """Every link inside the repository leads to a file that exists, and its anchor to a heading."""
    links = find_links(page)

    dead = [link for link in links if not resolves(page, link)]

    assert dead == []


def test_pages_are_reached_from_the_readme() -> None:
    """Every page is reached by following links from the README: none is forgotten."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]

    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        names = [link.partition("#")[0] for link in find_links(page)]
        waiting += [(page.parent / name).resolve() for name in names if name]

    assert [page.relative_to(ROOT).as_posix() for page in PAGES if page not in reached] == []
