"""Findings that somebody accepted: in the file by its writer, in the schedule by staff."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.base.finding import Place
from stormctl.domain.plan.storm import SilenceRule
from tests.unit.domain.making import make_bank, make_rule, make_storm, make_variant

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.base.finding import Finding

FANCY = "𝗦𝗶𝗴𝗻 the letter."
CALL = "Call (202) 456-1111."


def by_staff(code: str, message: str, reason: str = "it is ours") -> SilenceRule:
    """Silence a rule in the schedule."""
    return SilenceRule(place=Place("schedules/s.toml", 30), code=code, message=message, reason=reason)


def in_file(name: str, text: str, **silence: str) -> Variant:
    """Make a wording that silences rules."""
    return make_variant(
        name,
        text=text,
        silence=tuple((code.replace("_", "-"), reason) for code, reason in silence.items()),
        lines=(("silence", 2),),
    )


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Return what is found: the code, and the file."""
    return [(finding.code, finding.place.path) for finding in findings]


def test_a_writer_silences_a_rule_for_one_wording() -> None:
    """What it finds there is listed with the reason, and found in every other wording."""
    bank = make_bank(
        in_file("a.en", FANCY, fancy_letters="as on the poster"), make_variant("b.en", text=FANCY)
    )

    result = run_checks(None, bank, None)

    assert told(result.findings) == [("fancy-letters", "messages/bank/b.en.md")]
    [silenced] = result.silenced
    assert (silenced.reason, silenced.place) == ("as on the poster", Place("messages/bank/a.en.md", 2))
    assert silenced.finding.place.path == "messages/bank/a.en.md"


@pytest.mark.parametrize("message", ["a", "a.en"])
def test_staff_silence_a_rule_for_a_message_or_a_wording(message: str) -> None:
    """By the message's id for all its wordings, or by the name of one of them."""
    storm = replace(make_storm(), silence=(by_staff("phone-number", message),))
    bank = make_bank(make_variant("a.en", text=CALL), make_variant("b.en", text=f"Today: {CALL}"))

    result = run_checks(storm, bank, None)

    assert told(result.findings) == [("phone-number", "messages/bank/b.en.md")]
    assert [one.reason for one in result.silenced] == ["it is ours"]


def test_what_staff_decide_is_not_silenced_in_a_file() -> None:
    """The finding stays, the silence is an error, and its hint is what staff would paste."""
    bank = make_bank(in_file("a.en", CALL, phone_number="it is ours"))

    result = run_checks(make_storm(), bank, None)

    assert {finding.code for finding in result.findings} == {"phone-number", "silence-not-possible"}
    assert result.silenced == ()
    assert {f.hint for f in result.findings if f.code == "silence-not-possible"} == {
        'staff may write [silence.phone-number] and below it "a" = "it is ours"'
    }


@pytest.mark.parametrize("code", ["empty-text", "bad-value", "no-such-rule"])
def test_what_can_not_be_silenced_is_an_error(code: str) -> None:
    """Not by staff either: what makes a file unreadable, or a rule that there isn't."""
    storm = replace(make_storm(), silence=(by_staff(code, "a"),))

    result = run_checks(storm, make_bank(make_variant("a.en")), None)

    assert told(result.findings) == [("silence-not-possible", "schedules/s.toml")]


def test_a_silence_that_silences_nothing_is_told() -> None:
    """Once the text is mended, the silence would hide the next mistake; a bank alone can't tell."""
    storm = replace(make_storm(), silence=(by_staff("phone-number", "gone"),))
    bank = make_bank(in_file("a.en", "Sign the letter.", fancy_letters="as on the poster"))

    result, alone = run_checks(storm, bank, None), run_checks(None, bank, None)

    assert told(result.findings) == [
        ("silence-unused", "messages/bank/a.en.md"),
        ("silence-unused", "schedules/s.toml"),
    ]
    assert alone.findings == ()


def test_a_label_inherits_a_silence() -> None:
    """What the plain wording silences is silent in its labels, and is not told as unused at them."""
    plain = in_file("a.en", FANCY, fancy_letters="as on the poster")
    label = make_variant("a.en.evening", text=f"{FANCY} Tonight.", silence=plain.silence)

    result = run_checks(make_storm(), make_bank(plain, label), None)

    assert result.findings == ()
    assert len(result.silenced) == 2


def test_a_silence_that_only_a_label_needs_is_used() -> None:
    """It is written in the plain wording, and to remove it there would bring the finding back."""
    plain = in_file("a.en", "Sign the letter.", fancy_letters="as on the poster")
    label = make_variant("a.en.evening", text=FANCY, silence=plain.silence)

    result = run_checks(make_storm(), make_bank(plain, label), None)

    assert result.findings == ()
    [silenced] = result.silenced
    assert silenced.finding.place.path == "messages/bank/a.en.evening.md"
    assert silenced.place == Place("messages/bank/a.en.md", 2)


@pytest.mark.parametrize("reason", ["it is ours", 'our "open" line', "C:\\desk", "two\nlines", "línea «ñ»"])
def test_what_staff_may_write_is_toml(reason: str) -> None:
    """Whatever the writer's reason, staff paste what the hint shows, and the finding is silent."""
    bank = make_bank(in_file("a.en", CALL, phone_number=reason))
    told = next(f for f in run_checks(make_storm(), bank, None).findings if f.code == "silence-not-possible")

    table, line = told.hint.removeprefix("staff may write ").split(" and below it ")
    pasted = tomllib.loads(f"{table}\n{line}")["silence"]

    assert pasted == {"phone-number": {"a": reason}}
    storm = replace(make_storm(), silence=(by_staff("phone-number", "a", pasted["phone-number"]["a"]),))
    assert run_checks(storm, make_bank(make_variant("a.en", text=CALL)), None).findings == ()


def test_what_is_told_of_many_leaves_out_whose_writers_silenced_it() -> None:
    """Of what stands in one finding for all, each writer silences their own; the others are counted."""
    storm = make_storm(make_rule(languages=("en",)))
    known = in_file("b.ht", "Ansanm.", language_without_channel="for the flyer")
    bank = make_bank(make_variant("x.en"), make_variant("a.ht"), known, make_variant("c.ht"))

    result = run_checks(storm, bank, None)

    [finding] = result.findings
    assert finding.message.startswith("2 messages in ")
    assert finding.message.endswith(": a.ht.md, c.ht.md")
    [silenced] = result.silenced
    assert (silenced.reason, silenced.finding.place.path) == ("for the flyer", "messages/bank/b.ht.md")
