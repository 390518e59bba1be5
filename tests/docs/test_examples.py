"""The examples in the pages for people who write files are real: they load, plan and pass the checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stormctl.checks.run import run_checks
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.files.bank.bank import load_bank
from stormctl.files.bank.variants import Wording
from stormctl.files.schedules.schedule import load_storm
from stormctl.render.language import Language

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.plan.storm import Storm

DOCS = Path(__file__).parents[2] / "docs"
MESSAGES = (DOCS / "messages.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"^`(?P<path>(?:messages|schedules)/\S+)`\n\n```\w+\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
SCHEDULE = "schedules/spring-2026.toml"
PAGES = ("messages.md", "messages.es.md", "messages.fr.md")


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Make a campaign folder of the files that the pages show, with a picture where one is named."""
    write_examples(tmp_path, MESSAGES + OPERATIONS)
    return tmp_path


def write_examples(folder: Path, text: str) -> None:
    """Write the files that a text shows, and the picture."""
    for match in EXAMPLE.finditer(text):
        path = folder / match["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(match["text"], encoding="utf-8")
    picture = folder / "messages/spring-2026/images/boat.png"
    picture.parent.mkdir()
    Image.new("RGB", (16, 9), "navy").save(picture)


def load(campaign: Path) -> tuple[Storm, Bank]:
    """Load the storm and the bank of the pages."""
    storm, storm_findings = load_storm(campaign, campaign / SCHEDULE)
    bank, bank_findings = load_bank(campaign, "spring-2026")
    assert not storm_findings
    assert not bank_findings
    assert storm is not None
    return storm, bank


def test_messages_load_without_findings(campaign: Path) -> None:
    """Every message that the volunteers' page shows loads as the wording that its name says."""
    _, bank = load(campaign)

    expected = [
        "boat.en",
        "convention.en",
        "open-door.en",
        "open-door.en.facebook",
        "open-door.es",
        "sign-on.en",
        "sign-on.en.last-call",
    ]
    assert expected == [variant.name for variant in bank.variants]


def test_examples_plan_and_pass_the_checks(campaign: Path) -> None:
    """The pages' bank and schedule give a plan with all messages in it, and no findings."""
    storm, bank = load(campaign)

    plan = plan_storm(storm, bank)

    assert not run_checks(storm, bank, plan).findings
    assert set(bank.message_ids) == {delivery.key.message for delivery in plan.deliveries}
    assert not plan.unplaced


def test_composed_post_is_shown_as_it_goes_out(campaign: Path) -> None:
    """The post that the volunteers' page shows is the one that X would get."""
    storm, bank = load(campaign)
    variant = next(variant for variant in bank.variants if variant.name == "sign-on.en")
    rule = storm.rule_of(parse_channel_id("x:migrants-day"))

    (post,) = compose(variant, rule, storm)

    assert f"```text\n{post.text}\n```" in MESSAGES


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_explained(page: str) -> None:
    """The tables of the volunteers' pages explain every key of the front matter, each once."""
    text = (DOCS / page).read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)

    assert sorted(Wording.model_fields) == sorted(explained)


@pytest.mark.parametrize("page", PAGES)
def test_each_pages_messages_pass_the_checks(page: str, tmp_path: Path) -> None:
    """What a page shows, in each language, is a bank in which nothing is found."""
    text = (DOCS / page).read_text(encoding="utf-8")
    write_examples(tmp_path, text)

    bank, findings = load_bank(tmp_path, "spring-2026")

    assert findings == []
    assert run_checks(None, bank, None).findings == ()
    assert len(bank.variants) >= 5


@pytest.mark.parametrize(
    ("page", "lang", "words"),
    [
        ("messages.md", "en", "Nobody leaves home. Sign before {date}."),
        ("messages.es.md", "es", "Toda persona. Firma antes de {fecha}."),
        ("messages.fr.md", "fr", "Toute personne. Signez avant {date}."),
    ],
)
def test_the_finding_that_a_page_shows_is_what_is_told(
    page: str, lang: str, words: str, tmp_path: Path
) -> None:
    """The newcomer reads on the screen what the page promised, but for the numbers."""
    text = (DOCS / page).read_text(encoding="utf-8")
    write_examples(tmp_path, f"`messages/spring-2026/a.{lang}.md`\n\n```markdown\n{words}\n```\n")
    bank, _ = load_bank(tmp_path, "spring-2026")
    [finding] = run_checks(None, bank, None).findings

    said = Language(lang)

    assert f"{said.say(finding.message)}  unknown-placeholder\n" in text
    assert f"{said.say(finding.hint)}\n" in text


def test_the_smallest_schedule_of_the_page_is_one(tmp_path: Path) -> None:
    """What docs/schedules.md begins with loads as it stands."""
    page = (DOCS / "schedules.md").read_text(encoding="utf-8")
    schedule = page.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "messages" / "imd-2026").mkdir(parents=True)
    path = tmp_path / "small.toml"
    path.write_text(schedule, encoding="utf-8")

    storm, findings = load_storm(tmp_path, path)

    assert (storm is not None, findings) == (True, [])
