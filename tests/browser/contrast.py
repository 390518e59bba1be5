"""How far the letters of a page stand out from what is behind them."""

from __future__ import annotations

CONTRASTS = """(words) => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = (colour) => colour.match(/\\d+/g).slice(0, 3).map(Number);
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, f, i) => sum + f * channel(rgb[i]), 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return parse(colour);
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll(words)]
    .map((e) => [light(parse(getComputedStyle(e).color)), light(behind(e))])
    .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}"""
"""Returns the contrast of each element that a selector finds, from 1 to 21 (source: WCAG 2.2)."""
