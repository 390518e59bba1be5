"""What reading a text costs: 10,000 texts of real shapes, beside the old parser and beside decoding them.

    python -m benchmarks.texts [--texts 10000]

Emoji, bare domains, `?v=` links, several lines, Spanish, French and Arabic. Growth is what a text costs among
ten times as many, over what it costs among these.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING

from stormctl.domain.text.reader import read
from stormctl.emulator.x.text import weighted_length

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHAPES = (
    "Sign before Friday. Everyone who moves has rights. #MigrantsDay https://example.org/act?v={n}",
    "❤️ Nobody is illegal 🏳️‍🌈 👨‍👩‍👧 join us at example.org/{n} #MigrantsDay @acme",
    "Firma antes del viernes {n}. ¡Únete! https://youtube.com/watch?v=abc{n} #DíaDelMigrante",
    "وقّع قبل يوم الجمعة {n} #المهاجرين example.com",
    "Ligne un, n° {n}\n\nLigne deux : www.example.co.uk/chemin_(x)\nÀ 20 h, place de la Paix",
    "No links here, only words about what happened on day {n}, and why it matters to all of us.",
)
TARGET_US = 60.0
GROWTH = 1.05


def make_texts(count: int) -> list[str]:
    """Make that many texts, all of them different."""
    return [SHAPES[n % len(SHAPES)].format(n=n) for n in range(count)]


def time_each(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the microseconds a text."""
    started = time.perf_counter()
    for text in texts:
        work(text)
    return (time.perf_counter() - started) / len(texts) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=10_000)
    count = parser.parse_args().texts
    texts, more = make_texts(count), make_texts(10 * count)
    fresh = read.__wrapped__
    fresh(texts[1]), weighted_length(texts[1])  # tables are loaded once a process
    ours = min(time_each(fresh, texts) for _ in range(3))
    grown = min(time_each(fresh, more) for _ in range(3))
    old = time_each(weighted_length, texts[: count // 10])
    raw = min(time_each(lambda text: text.encode().decode(), texts) for _ in range(3))
    tracemalloc.start()
    for text in texts:
        fresh(text)
    peak = tracemalloc.get_traced_memory()[1]
    growth = grown / ours
    for line in (
        f"reading a text: {ours:.1f} µs (target ≤ {TARGET_US:g}) {judge(ours, TARGET_US)}",
        f"{ours / old:.3f} of the old parser (its {old:.0f} µs), {ours / raw:.0f} times a decoding",
        f"growth to {10 * count:,}: {growth:.2f} (target ≤ {GROWTH}) {judge(growth, GROWTH)}",
        f"peak memory beyond the texts: {peak / 1e6:.1f} MB",
    ):
        sys.stdout.write(f"{line}\n")


def judge(figure: float, target: float) -> str:
    """Say whether a figure meets its target."""
    return "ok" if figure <= target else "MISSED"


if __name__ == "__main__":
    main()
