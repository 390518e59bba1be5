"""How long things take: each documented figure stands once as a literal, beside the sentence that has it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from stormctl.domain.report.readings import AGES
from stormctl.engine.alerts.pinging import EVERY_S
from stormctl.engine.base.equipment import Durations
from stormctl.engine.deliver.dispatcher import FIRST_BACKOFF, LONGEST_BACKOFF, UNVERIFIED_REST
from stormctl.engine.run.clock_guard import TRUSTED
from stormctl.engine.run.lanes import EVERY
from stormctl.engine.run.served_channels import UNKNOWN_AGAIN_AFTER
from stormctl.ledger.control import alerts
from stormctl.ledger.delivery.channel_health import PAUSES, TROUBLES_TO_PAUSE
from stormctl.ledger.delivery.follow_ups import LATER, SOON
from stormctl.ledger.delivery.openings import CATCH_UP_GAP, THREAD_GAP
from stormctl.platforms.x.errors import FARTHEST_RESET
from stormctl.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
USUAL = Durations()
SET = Settings()


@pytest.mark.parametrize(
    ("found", "expected", "page", "sentence"),
    [
        (USUAL.request_limit, 10 * SECOND, "architecture", "10 s for a publishing request in all"),
        (SET.request_limit, 10 * SECOND, "architecture", "10 s for a publishing request in all"),
        (USUAL.lease, 20 * SECOND, "architecture", "20 s for a lease"),
        (SET.lease, 20 * SECOND, "architecture", "20 s for a lease"),
        (set(USUAL.settling.values()), {60 * SECOND}, "architecture", "60 s for settling"),
        (SET.settling, 60 * SECOND, "architecture", "60 s for settling"),
        (USUAL.sweep, SECOND, "architecture", "1 s between sweeps"),
        (SET.sweep, SECOND, "architecture", "1 s between sweeps"),
        (USUAL.heartbeat, 5 * SECOND, "architecture", "5 s between heartbeats"),
        (SET.heartbeat, 5 * SECOND, "architecture", "5 s between heartbeats"),
        (USUAL.runner_timeout, 15 * SECOND, "operations", "for 15 seconds after its last"),
        (USUAL.upload_rest, 15 * SECOND, "operations", "is tried again every 15 seconds"),
        (TROUBLES_TO_PAUSE, 3, "operations", "three answers in a row were in doubt or refused for good"),
        (PAUSES[0], 30 * SECOND, "operations", "The channel rests for 30 seconds"),
        (PAUSES[1:], (2 * MINUTE,), "operations", "it rests for two minutes; after a third time"),
        (UNVERIFIED_REST, 30 * SECOND, "operations", "The channel rests for 30 seconds"),
        (FIRST_BACKOFF, 15 * SECOND, "operations", "the channel waits 15 seconds, then twice"),
        (LONGEST_BACKOFF, 15 * MINUTE, "operations", "each time, up to 15 minutes"),
        (UNKNOWN_AGAIN_AFTER, 30 * SECOND, "operations", "it is asked again after 30 seconds"),
        (TRUSTED, 2 * MINUTE, "operations", "after a jump of more than two minutes"),
        (EVERY, MINUTE, "operations", "at first every few seconds, then once a minute"),
        (EVERY_S, 60, "operations", "(GET) once a minute while the runner"),
        (alerts.COLLECTING, 5 * SECOND, "operations", "What comes within five seconds is one alert"),
        (alerts.PAUSE, MINUTE, "operations", "there is at most one per minute"),
        (alerts.REST, 15 * MINUTE, "operations", "is reported at most once in 15 minutes"),
        ((SOON, LATER), (2 * MINUTE, 15 * MINUTE), "operations", "read again after 2 and 15 minutes"),
        (CATCH_UP_GAP, 60_000_000, "operations", "with at least a minute between them"),
        (THREAD_GAP, 5_000_000, "messages", "five seconds after the one before it"),
        (AGES, (HOUR, 24 * HOUR, 168 * HOUR), "operations", "an hour, a day and a week old"),
        (FARTHEST_RESET, 25 * HOUR, "platforms", "further ahead than 25 hours counts as none"),
    ],
)
def test_a_documented_figure_is_the_code_s(found: object, expected: object, page: str, sentence: str) -> None:
    """Whoever changes a figure changes it on the page as well: people plan a day by it."""
    text = re.sub(r"\s+", " ", (DOCS / f"{page}.md").read_text(encoding="utf-8"))

    assert found == expected
    assert sentence in text
