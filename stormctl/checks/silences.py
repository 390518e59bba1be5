"""Findings that somebody accepted: in the message's file, or by staff in the schedule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stormctl.checks.case import place_of
from stormctl.checks.registry import RULES, reading_rule
from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.plan.storm import SilenceRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, CheckHit
    from stormctl.checks.registry import CheckRule
    from stormctl.domain.bank.message import Bank, Variant

reading_rule(
    "silence-not-possible",
    Phrase("Only rules that may be silenced are silenced, and by those who may."),
    why=Phrase(
        "What a rule about trust, links, secrets, mentions, invisible signs or people's safety finds is for"
        " staff to"
        " decide; what makes a file unreadable can't be decided at all."
    ),
    fix=Phrase("Mend what the rule finds, or have staff write it under [silence.CODE] in the schedule."),
    bad="---\nsilence: {phone-number: it is ours}\n---\nCall 202-456-1111.",
    good="Call the number on our page.",
)
reading_rule(
    "silence-unused",
    Phrase("Each silence silences something."),
    why=Phrase("One that is left over would hide the next mistake of its kind."),
    fix=Phrase("Remove it."),
    bad="---\nsilence: {fancy-letters: the artist's own lettering}\n---\nPlain letters.",
    good="Plain letters.",
    severity=Severity.WARNING,
)


class FindingSilences:
    """What a storm and a bank ask the rules not to say, and which of it was needed."""

    def __init__(self, case: CheckContext) -> None:
        storm, bank = case.storm, case.bank
        self._bank = bank
        self._has_storm = storm is not None
        self._by_staff = {(one.code, one.message): one for one in (storm.silence if storm else ())}
        self._used: set[SilenceRule] = set()
        self._in_files: dict[tuple[str, str], SilenceRule] = {}
        for variant in bank.variants:
            for code, reason in variant.silence:
                source = case.source_of(variant, "silence")  # used by a label is used where it is written
                self._in_files[code, variant.name] = SilenceRule(
                    place=place_of(source, "silence"), code=code, message=source.name, reason=reason
                )

    def find(self, rule: CheckRule, hit: CheckHit) -> SilenceRule | None:
        """Return what silences a hit; None if nothing may."""
        if (
            not (self._by_staff or self._in_files)
            or hit.variant is None
            or rule.silenced_by is SilencedBy.NOBODY
        ):
            return None
        code, variant = rule.code, hit.variant
        found = self._by_staff.get((code, variant.message_id)) or self._by_staff.get((code, variant.name))
        if found is None and rule.silenced_by is SilencedBy.WRITER:
            found = self._in_files.get((code, variant.name))
        if found is not None:
            self._used.add(found)
        return found

    def find_idle(self) -> Iterator[Finding]:
        """Find silences that can't be, and those that silenced nothing."""
        own = {
            one
            for variant in self._bank.variants
            for code, _ in variant.silence
            if "silence" in dict(variant.lines)
            for one in [self._in_files[code, variant.name]]
        }
        for one in [*self._by_staff.values(), *sorted(own, key=lambda one: one.place.order)]:
            rule = RULES.get(one.code)
            is_possible = rule is not None and (
                rule.silenced_by is SilencedBy.WRITER
                or (rule.silenced_by is SilencedBy.STAFF and one not in own)
            )
            if rule is None:
                message = Phrase("there is no rule “{code}” to silence", code=one.code)
                yield _refuse(one.place, message, Phrase("stormctl check --rules lists them"))
            elif not is_possible and rule.silenced_by is SilencedBy.STAFF:
                message = Phrase("“{code}” can be silenced only by staff, in the schedule", code=one.code)
                yield _refuse(one.place, message, _how_to(one, self._bank))
            elif not is_possible:
                message = Phrase("“{code}” can't be silenced", code=one.code)
                yield _refuse(one.place, message, Phrase("mend what it finds"))
            elif one not in self._used and self._has_storm:  # of a bank alone some rules say nothing
                yield Finding(
                    severity=Severity.WARNING,
                    place=one.place,
                    code="silence-unused",
                    message=Phrase("“{code}” finds nothing here to silence", code=one.code),
                    hint=Phrase("remove the silence"),
                )


def _how_to(one: SilenceRule, bank: Bank) -> Phrase:
    variant: Variant | None = next((v for v in bank.variants if v.name == one.message), None)
    return Phrase(
        'staff may write [silence.{code}] and below it "{message}" = "{reason}"',
        code=one.code,
        message=variant.message_id if variant else one.message,
        reason=json.dumps(one.reason, ensure_ascii=False)[1:-1],  # what JSON escapes, TOML does alike
    )


def _refuse(place: Place, message: Phrase, hint: Phrase) -> Finding:
    return Finding(
        severity=Severity.ERROR, place=place, code="silence-not-possible", message=message, hint=hint
    )
