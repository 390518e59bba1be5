"""Everything that a message file says reaches the platforms: nothing is dropped on the way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stormctl.domain.platforms.channel import Platform
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.base.equipment import Equipment
from stormctl.engine.deliver.dispatcher import Dispatcher
from stormctl.engine.deliver.uploader import Uploader
from stormctl.environment import Environment
from stormctl.files.media.media import read_media
from stormctl.ledger.ledger import open_ledger
from stormctl.settings import Settings
from tests.campaigns import CampaignFolder, make_png, make_schedule
from tests.factories import ACME, PAGE, make_terms
from tests.fakes import Events
from tests.unit.files.films import VTT, make_mp4

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.delivery.delivery import Plan

SCHEDULE = make_schedule(bank="acme", zone="UTC", head='hashtags = ["Rights"]')
PICTURE = """\
---
media: [{file: boat.png, alt: "A boat"}]
link: https://example.org/act
reply_settings: following
made_with_ai: yes
paid_partnership: yes
---
Everyone who moves has rights.
"""
VIDEO = """\
---
media: [{file: wave.mp4, alt: "A wave", captions: wave.en.vtt}]
reply_settings: mentionedUsers
made_with_ai: yes
---
Look.
"""
LINK = """\
---
link: https://example.org/more
reply_settings: verified
---
Read.
"""
SRT = "1\n00:00:00,500 --> 00:00:02,000\nThe door is open.\n"


def write_campaign(root: Path) -> Plan:
    """Write three messages, which say together all that a post can carry, and plan them."""
    folder = CampaignFolder(root, "acme")
    for name, text in (("picture", PICTURE), ("video", VIDEO), ("link", LINK)):
        folder.write(f"{name}.en.md", text)
    folder.write("boat.png", make_png())
    folder.write("wave.mp4", make_mp4())
    folder.write("wave.en.vtt", VTT)
    plan = load_campaign(root, folder.write_schedule(SCHEDULE)).plan
    assert plan is not None
    return plan


def dispatch(root: Path, plan: Plan, emulator: EmulatorThread) -> list[str]:
    """Enrol a plan as due now, and publish it as a runner does; return the states of its deliveries."""
    credentials = {
        f"STORMCTL_{account.platform.upper()}_ACME_{name}": value
        for account in emulator.world.accounts
        for name, value in account.credentials.items()
    }
    clock, url = SystemClock(), emulator.base_url
    settings = Settings(base_urls={"X": url, "FACEBOOK": url}, live=False)
    now = clock.moment()
    due = [replace(d, slot_at=now.at - timedelta(seconds=1), storm_on=now.at.date()) for d in plan.deliveries]
    with (
        closing(open_ledger("sqlite:///ledger.db", root=root, create=True)) as ledger,
        closing(EnvironmentAdapters(Environment(settings, credentials))) as adapters,
    ):
        equipment = Equipment(ledger=ledger, adapters=adapters, clock=clock, listener=Events(), root=root)
        for media in {m for d in due for m in d.post.media if m.mime == "image/png"}:
            ledger.media.store(media.digest, media.mime, read_media(root, media), now)
        ledger.enrolment.enroll(make_terms(ACME, PAGE, storm_id=plan.storm_id), due, now)
        runner_id = ledger.runners.register("launch", "here", 1, now)
        dispatcher = Dispatcher(equipment, runner_id, Uploader(equipment, runner_id))
        for channel in (ACME, PAGE):
            dispatcher.serve(channel, lambda: False)
        return [view.state.value for view in ledger.history.deliveries(plan.storm_id)]


@pytest.mark.slow
def test_every_field_of_a_message_reaches_the_platforms_that_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign that restricts replies, or says what was paid for or made by a machine, does so everywhere.

    X has every field; Facebook has the link, the picture with its description, and of a video that it was
    made with AI.
    """
    monkeypatch.setattr("stormctl.platforms.facebook.media.POLL_S", 0.1)
    with EmulatorThread(make_accounts([str(ACME), str(PAGE)], seed=7)) as emulator:
        dispatch(tmp_path, write_campaign(tmp_path), emulator)
        posts = emulator.world.posts()

    stored: dict[tuple[str, str], dict[str, Any]] = {}
    for post in posts:
        media = [(m.kind, m.alt, m.made_with_ai, dict(m.captions)) for m in post.media]
        said = (post.text, post.link, post.reply_settings, post.made_with_ai, post.paid_partnership)
        stored[post.account.channel, post.text.split()[0]] = {"said": said, "media": media}
    srt = SRT.encode()
    link, more = "https://example.org/act", "https://example.org/more"
    everyone = f"Everyone who moves has rights.\n\n{link}\n#Rights"
    assert stored == {
        ("x:acme", "Everyone"): {
            "said": (everyone, None, "following", True, True),
            "media": [("image", "A boat", False, {})],
        },
        ("x:acme", "Look."): {
            "said": ("Look.\n\n#Rights", None, "mentionedUsers", True, False),
            "media": [("video", "A wave", False, {"en": srt})],
        },
        ("x:acme", "Read."): {
            "said": (f"Read.\n\n{more}\n#Rights", None, "verified", False, False),
            "media": [],
        },
        ("facebook:acme", "Everyone"): {
            "said": (everyone, None, None, False, False),
            "media": [("image", "A boat", False, {})],
        },
        ("facebook:acme", "Look."): {
            "said": ("Look.\n\n#Rights", None, None, False, False),
            "media": [("video", "", True, {"en_US": srt})],
        },
        ("facebook:acme", "Read."): {
            "said": ("Read.\n\n#Rights", more, None, False, False),
            "media": [],
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("times", "forgotten", "states"),
    [(1, 2, ["delivered"] * 4), (None, 8, ["failed"] * 4)],
    ids=["once", "always"],
)
def test_an_upload_that_a_platform_forgets_is_made_anew_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int | None, forgotten: int, states: list[str]
) -> None:
    """Once on each platform it costs an upload and no post; a post fails if its second one is lost too."""
    monkeypatch.setattr("stormctl.platforms.facebook.media.POLL_S", 0.1)
    plan = write_campaign(tmp_path)
    with_media = replace(plan, deliveries=tuple(d for d in plan.deliveries if d.post.media))
    rules = [{"action": "media_expired", "platform": name, "times": times} for name in Platform]
    with EmulatorThread(make_accounts([str(ACME), str(PAGE)], seed=7)) as emulator:
        added = requests.post(f"{emulator.base_url}/_emulator/faults", json={"rules": rules}, timeout=5)
        ended = dispatch(tmp_path, with_media, emulator)
        arrived = [(post.account.channel, post.text) for post in emulator.world.posts()]
        faults = [request.fault for request in emulator.world.requests()]

    assert (added.status_code, faults.count("media_expired"), ended) == (200, forgotten, states)
    assert len(arrived) == len(set(arrived)) == states.count("delivered")
