"""What a page must not have, whichever it is: barriers, and what is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

Scheme = Literal["light", "dark"]


def find_barriers(page: Page) -> list[str]:
    """Return what axe-core objects to, with the elements that it means."""
    violations = Axe().run(page).response["violations"]
    return [f"{found['id']}: {[node['target'] for node in found['nodes']]}" for found in violations]


def find_cut_off(page: Page) -> list[str]:
    """Return the elements that hold more in their width than they show."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
          .filter((e) => !e.closest("thead") || getComputedStyle(e.closest("thead")).position !== "absolute")
          .filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth)
          .map((e) => `${e.tagName} ${e.className} ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    return found
