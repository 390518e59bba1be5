from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.checks.registry import RULES, rule
from stormctl.checks.run import run_checks
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.planning import plan_storm
from tests.fakes import noting
from tests.unit.domain.making import (
    at,
    make_bank,
    make_media,
    make_messages,
    make_rule,
    make_storm,
    make_variant,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, CheckHit
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.storm import ChannelRule, Storm


@pytest.mark.parametrize("code", sorted(RULES))
def test_rule_explains_itself(code: str) -> None:
    """Every rule has a kebab-case code, a title and words on why and how to fix, all in sentences."""
    found = RULES[code]

    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)
    assert all(text.strip().endswith((".", "].", "…")) for text in (found.title, found.why, found.fix))


def test_code_belongs_to_one_rule() -> None:
    """Two rules can't have the same code."""

    def find_nothing(case: CheckContext) -> Iterator[CheckHit]:
        raise NotImplementedError

    register = rule(
        "too-long", Severity.ERROR, Phrase("A second one."), why=Phrase("None."), fix=Phrase("None.")
    )

    with pytest.raises(ValueError, match="two rules have the code too-long"):
        register(find_nothing)


def test_findings_come_in_order() -> None:
    """What is wrong is told file by file, with severity, place, code, message and hint."""
    bank = make_bank(
        make_variant("b.en", text=" "),
        make_variant("a.en", text="Hello {name}", link="http://example.org", lines=(("link", 2),)),
    )

    findings = run_checks(make_storm(), bank, None).findings

    assert [f"{f.severity} {f.place} {f.code}: {f.message}" for f in findings] == [
        "warning messages/bank/a.en.md:2 link-insecure: http://example.org is not encrypted",
        "error messages/bank/a.en.md:5:7 unknown-placeholder: nothing fills in {name}",
        "error messages/bank/b.en.md:5 empty-text: the message has no text",
    ]
    assert [f.hint for f in findings] == [
        "write https://example.org",
        "the only placeholder is {deadline}",
        "write the text below the front matter",
    ]


def test_bank_alone_is_held_against_what_needs_no_schedule() -> None:
    """Without a schedule, rules about channels, trust and time are silent; the others are not."""
    bank = make_bank(make_variant("a.en", text="#Tag @name https://evil.example {x}" * 20, priority=1))

    assert [f.code for f in run_checks(None, bank, None).findings] == ["unknown-placeholder"]


_TEXT = st.text(max_size=60) | st.sampled_from(
    ["https://[::1", "http://1.2.3.4/x", "https://a@b.org", "#tag @name $ABC", "{deadline} {x}", "\u202e"]
)


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT, st.booleans()), max_size=4))
def test_whatever_loads_can_be_checked(files: list[tuple[str, str, str, bool]]) -> None:
    """However strange the texts, links and descriptions, checking them ends in findings."""
    storm = make_storm(hashtags=("MigrantsDay",))
    bank = make_bank(
        *(
            make_variant(
                f"m{number}.en",
                parts=(text, link)[: 1 + late],
                link=link,
                media=(make_media(alt),),
                expires_at=at("07:00") if late else None,
            )
            for number, (text, link, alt, late) in enumerate(files)
        )
    )

    findings = run_checks(storm, bank, plan_storm(storm, bank)).findings

    assert all(finding.code in RULES and finding.message for finding in findings)


def test_each_post_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is checked is what was planned; only a wording without a slot is composed for its checks."""
    storm = make_storm(make_rule("x:one"), make_rule("x:two"), make_rule("facebook:acme"))
    bank = make_bank(
        *make_messages(11), make_variant("story.en", parts=("One.", "Two.")), make_variant("zoo.en")
    )
    calls: list[tuple[Variant, ChannelRule, Storm]] = []
    for module in ("domain.plan.planning", "checks.case"):
        monkeypatch.setattr(f"stormctl.{module}.compose", noting(compose, calls))

    findings = run_checks(storm, bank, plan_storm(storm, bank)).findings

    composed = [(variant.name, rule.id) for variant, rule, _ in calls]
    assert len(composed) == len(set(composed)) == 2 * 13
    assert {finding.code for finding in findings} == {"unplaced"}
