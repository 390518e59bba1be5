"""The page that halts, for a telephone, in three languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase
from stormctl.render.labels import NOT_LIVE
from stormctl.render.pages.templates import make_templates
from stormctl.render.words import clean, render_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from stormctl.domain.report.halts import HaltView
    from stormctl.render.language import Language


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to halt: a channel, or everything, and why."""

    channel: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltPage:
    """Where somebody is on the way to a halt: asking, confirming (with a `confirmation`), or done.

    Attributes:
        token: without which the first form is not taken: a stranger's page can't know it.
        problem: a key of `PROBLEMS`, or empty.
        seen, unseen: the runners that know of the halt, and those that did not answer.
        in_flight: what was being sent already.
    """

    channels: tuple[str, ...] = ()
    halts: tuple[HaltView, ...] = ()
    token: str = ""
    problem: str = ""
    wish: Wish | None = None
    confirmation: str = ""
    is_done: bool = False
    seen: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    in_flight: tuple[str, ...] = ()


PROBLEMS = {
    "token": Phrase("This page was too old. Nothing was halted: try again."),
    "expired": Phrase("This was confirmed already, or too long ago. Look below whether it is halted."),
    "channel": Phrase("There is no such channel. Nothing was halted: choose again."),
    "reason": Phrase("Nothing was halted yet: say why, for everyone who will ask."),
    "sure": Phrase("Nothing was halted yet: tick the box too."),
    "often": Phrase("That was too often. Wait a minute, or call whoever is at the machine."),
}

WORDS = {
    "what": Phrase("What is to stop?"),
    "everything": Phrase("Everything"),
    "reason": Phrase("Why? (for everyone who will ask)"),
    "halt": Phrase("Halt …"),
    "sure": Phrase("Yes: no further post is to go out until someone resumes at the machine."),
    "now": Phrase("Halt now"),
    "back": Phrase("Back: halt nothing"),
}

WHO = Phrase("the halt page")
"""Who halted, for the record: the page knows no names."""


def render_halt_page(
    page: HaltPage, language: Language, zone: tzinfo, *, is_practice: bool, option: str = ""
) -> str:
    """Render the page as a whole in a language: a form without script.

    Args:
        option: what the command that resumes needs, so that it acts on the same ledger.
    """
    say = language.say
    what = Phrase("Everything is to stop.")
    if page.wish is not None and page.wish.channel is not None:
        what = Phrase("Only {channel} is to stop.", channel=page.wish.channel)
    return (
        make_templates(zone)
        .get_template("halt.html.j2")
        .render(
            page=page,
            language=language.code,
            title=say(_name(page)),
            what=say(what),
            words={name: say(phrase) for name, phrase in WORDS.items()},
            resuming=say(
                Phrase(
                    "This page only halts. To go on, someone at the machine types: {command}",
                    command=f"stormctl resume{option}",
                )
            ),
            problem=say(PROBLEMS[page.problem]) if page.problem else "",
            lines=[say(line) for line in _tell_done(page)],
            halts=[say(_describe(halt, zone)) for halt in page.halts],
            is_practice=is_practice,
            not_live=NOT_LIVE,
            practice=say(Phrase("Practice: this halts nothing on the real platforms.")),
        )
    )


def _name(page: HaltPage) -> Phrase:
    if page.is_done:
        return Phrase("Halted")
    return Phrase("Really halt?") if page.confirmation else Phrase("Halt the storm")


def _tell_done(page: HaltPage) -> Iterator[Phrase]:
    if page.seen:
        yield Phrase("Seen by: {runners}.", runners=", ".join(page.seen))
    for runner in page.unseen:
        yield Phrase(
            "NOT SEEN by {runner}: call whoever is there, and have it stopped by hand.", runner=runner
        )
    if not page.seen and not page.unseen:
        yield Phrase("Nothing was running; the halt also holds for what starts later.")
    if page.in_flight:
        yield Phrase("Was already being sent: {posts}.", posts=", ".join(page.in_flight))


def _describe(halt: HaltView, zone: tzinfo) -> Phrase:
    since, who, reason = (
        render_time(halt.at, zone),
        WHO if halt.who == WHO else clean(halt.who),
        clean(halt.reason),
    )
    if halt.target is None:
        return Phrase(
            "Everything has been halted since {since} by {who}: {reason}", since=since, who=who, reason=reason
        )
    target = clean(halt.target)
    return Phrase(
        "{target} has been halted since {since} by {who}: {reason}",
        target=target,
        since=since,
        who=who,
        reason=reason,
    )
