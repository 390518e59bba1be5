"""Where the seconds of a rehearsal go, beside the time that its requests alone take.

    python -m benchmarks.rehearse [--faults rough] [--rounds 3] [--watched] [SCHEDULE]

Rehearses the sample storm in a process of its own, a few times. Each time the same posts, uploads and
readings are then made once more, one after the other, by the same adapters on a new emulator: without a
ledger, a clock or a plan. Prints medians; the exit code is 0 if every post arrived exactly once.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.plan.summary import LaunchSummary
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.run.runner import Runner
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import PlatformAdapter

SCHEDULE = "schedules/imd-2026.toml"
TARGET_S, TARGET_WATCHED_S = 15.0, 20.0
ANSWER_S = 10.0

PARTS = {
    "starting Python, reading the campaign": ("started", "loaded"),
    "starting the emulator, asking the channels": ("loaded", "summed_up"),
    "enrolling": ("summed_up", "enrolled"),
    "posting": ("enrolled", "posted"),
    "seeing that it is over, and reading": ("posted", "ended"),
    "reading a day later, the tally, stopping": ("ended", "done"),
}
"""Parts of a rehearsal, each between two marks."""


@dataclass
class Marks:
    """When what was reached in real time (Unix seconds), and in storm time; the requests until the end.

    A listener, and whoever watches.
    """

    at: dict[str, float] = field(default_factory=dict)
    storm_at: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    _url: str = ""

    def mark(self, name: str, storm_at: float | None = None) -> None:
        """Note that something is reached, or reached again."""
        self.at[name] = time.time()  # noqa: TID251 - it measures real time
        if storm_at is not None:
            self.storm_at[name] = storm_at

    def __call__(self, event: StormEvent) -> None:
        """Note the newest post."""
        if event.kind in {"delivered", "reconciled"}:
            self.mark("posted", event.at.timestamp())

    def show(self, summary: LaunchSummary) -> None:
        """Note that the channels were asked, and where the emulator is."""
        self._url = f"http://{summary.hosts[0][1]}/_emulator/requests"
        self.mark("summed_up")

    def watch(self, _runner: Runner, _ledger: Ledger, clock: Clock) -> None:
        """Note the storm's time when posting begins."""
        self.storm_at.setdefault("enrolled", clock.moment().at.timestamp())

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Note when the run begins and ends, and what it asked for."""
        self.mark("enrolled")
        yield
        self.mark("ended")
        with urllib.request.urlopen(self._url, timeout=ANSWER_S) as answer:  # noqa: S310 - loopback
            self.requests = len(json.load(answer)["requests"])


@dataclass(frozen=True, slots=True)
class Round:
    """One rehearsal, and its requests alone; times in seconds."""

    marks: dict[str, float]
    fast_s: float
    requests: int
    cpu_s: float
    alone_s: float
    alone_requests: int
    is_clean: bool

    @property
    def total_s(self) -> float:
        """From the start of the process to its last mark."""
        return self.marks["done"] - self.marks["started"]


def main() -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rehearse", description=__doc__)
    parser.add_argument("schedule", nargs="?", default=SCHEDULE)
    parser.add_argument("--faults", default="none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--watched", action="store_true", help="as slow as with the live view")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        sys.stdout.write(json.dumps(measure(options.schedule, options.faults, is_watched=options.watched)))
        return 0
    rounds = [_run_round(sys.argv[1:]) for _ in range(options.rounds)]
    _report(rounds, TARGET_WATCHED_S if options.watched else TARGET_S)
    return 0 if all(one.is_clean for one in rounds) else 1


def _run_round(arguments: Sequence[str]) -> Round:
    """Rehearse a copy of the campaign in a process of its own."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        for name in ("messages", "schedules"):
            shutil.copytree(root / name, Path(folder) / name)
        started = time.time()  # noqa: TID251 - it measures real time
        done = subprocess.run(  # noqa: S603 - this module itself
            [sys.executable, "-m", "benchmarks.rehearse", "--here", *arguments],
            cwd=folder,
            env={"PATH": "", "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(done.stdout)
    found["marks"]["started"] = started
    return Round(**found)


def measure(schedule: str, faults: str, *, is_watched: bool) -> dict[str, Any]:
    """Rehearse the campaign of the current folder, then make its requests alone; return a round's fields."""
    from stormctl.engine.base.campaign import load_campaign
    from stormctl.engine.launch.rehearsal import choose_speed, rehearse

    root, marks = Path.cwd(), Marks()
    campaign = load_campaign(root, root / schedule)
    marks.mark("loaded")
    rehearsed = rehearse(
        campaign,
        marks,
        speed=None,
        is_watched=is_watched,
        faults=faults,
        report_path="report.html",
        show=marks.show,
        watch=marks.watch,
        showing=marks.showing(),
    )
    marks.mark("done")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    alone_s, alone_requests = _request_alone(campaign)
    speed = choose_speed(campaign.get_plan()[1], is_watched=is_watched)
    return {
        "marks": marks.at,
        "fast_s": _find_fast_part(marks, speed),
        "requests": marks.requests,
        "cpu_s": sum(one.ru_utime + one.ru_stime for one in used),
        "alone_s": alone_s,
        "alone_requests": alone_requests,
        "is_clean": rehearsed.tally.is_clean,
    }


def _find_fast_part(marks: Marks, speed: float) -> float:
    """Return for how many real seconds of the posting the clock hurried: it knows `speed` and 1× only."""
    real_s = marks.at["posted"] - marks.at["enrolled"]
    storm_s = marks.storm_at["posted"] - marks.storm_at["enrolled"]
    return (storm_s - real_s) / (speed - 1)


def _request_alone(campaign: Campaign) -> tuple[float, int]:
    """Make the requests of a rehearsal one after the other; return how long that took, and how many."""
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.launch.emulator_process import EmulatorProcess
    from stormctl.engine.launch.stage import make_environment

    storm, _ = campaign.get_plan()
    channels = [rule.id for rule in storm.channels]
    with EmulatorProcess(channels, seed=storm.seed, faults="none") as emulator:
        adapters = EnvironmentAdapters(make_environment(emulator.variables()))
        began_s = time.monotonic()
        for channel in channels:
            adapter = adapters.publisher(channel)
            adapter.verify()
            posts = _publish(campaign, adapter, str(channel))
            for _ in range(2):  # at the end, and a day later
                adapter.read_metrics(posts)
        took_s = time.monotonic() - began_s
        adapters.close()
        with urllib.request.urlopen(f"{emulator.base_url}/_emulator/requests", timeout=ANSWER_S) as answer:  # noqa: S310
            return took_s, len(json.load(answer)["requests"])


def _publish(campaign: Campaign, adapter: PlatformAdapter, channel: str) -> list[str]:
    """Publish a channel's posts with their media; return their ids."""
    from stormctl.files.media.media import read_media
    from stormctl.platforms.adapter import MediaFile, OutgoingPost

    uploads: dict[str, str] = {}
    posts: list[str] = []
    deliveries = [d for d in campaign.get_plan()[1].deliveries if str(d.channel) == channel]
    for delivery in sorted(deliveries, key=lambda d: (d.slot_at, d.key.part or 0)):
        post = delivery.post
        for media in post.media:
            if media.digest not in uploads:
                content = read_media(campaign.root, media)
                name = Path(media.file).name
                file = MediaFile(content=content, mime=media.mime, kind=media.kind, alt=media.alt, name=name)
                uploads[media.digest] = adapter.prepare(file).media_id
        outgoing = OutgoingPost(
            text=post.text,
            link=post.link,
            media_ids=tuple(uploads[media.digest] for media in post.media),
            in_reply_to=posts[-1] if (delivery.key.part or 1) > 1 else None,
        )
        outcome = adapter.publish(outgoing, lambda: None)
        post_id = getattr(outcome, "post_id", None)
        if post_id is None:
            message = f"{delivery.key}: {outcome}"
            raise RuntimeError(message)
        posts.append(post_id)
        if delivery.channel.platform.facts.attaches_once:
            uploads.clear()
    return posts


def _report(rounds: Sequence[Round], target_s: float) -> None:
    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")

    total_s = median(one.total_s for one in rounds)
    fast_s = median(one.fast_s for one in rounds)
    alone_s = median(one.alone_s for one in rounds)
    say(f"seconds of {len(rounds)} rehearsals, medians; CPU {median(one.cpu_s for one in rounds):.1f} in all")
    for name, (begin, end) in PARTS.items():
        part_s = median(one.marks[end] - one.marks[begin] for one in rounds)
        say(f"  {name}: {part_s:.1f}")
        if name == "posting":
            say(f"    hurrying from post to post, as chosen: {fast_s:.1f}")
            say(f"    at 1x, while something is under way: {part_s - fast_s:.1f}")
    most_s, verdict = max(one.total_s for one in rounds), "ok" if total_s <= target_s else "MISSED"
    say(f"in all: {total_s:.1f}, at most {most_s:.1f} (target ≤ {target_s:g}) {verdict}")
    counts = f"{rounds[-1].requests} until the end of the run, {rounds[-1].alone_requests} alone"
    say(f"requests: {counts}; alone they take {alone_s:.2f}")
    say(f"ratio: {total_s / alone_s:.1f}; without the chosen part {(total_s - fast_s) / alone_s:.1f}")
    clean = sum(one.is_clean for one in rounds)
    say(f"every post exactly once: {clean} of {len(rounds)}")


if __name__ == "__main__":
    sys.exit(main())
