"""The plan on the screen: what is drawn, and what is said of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import Plan, PlannedDelivery, Unplaced
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.slots import find_slots
from stormctl.domain.plan.storm import Quiet, Storm, Window
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.render.language import Language
from stormctl.render.outline import Viewer
from stormctl.render.terminal.plan.days import Look
from stormctl.render.terminal.plan.timeline import list_posts, render_lines, render_plan
from tests.fakes import Walked
from tests.unit.render.conftest import HERE, at, plan_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.plan.cost import Cost

SCREENS = Path(__file__).parent / "screens"


def colour(storm: Storm, plan: Plan) -> tuple[Storm, Plan]:
    """Give a plan topics, a deadline and a quiet time, and a moment at which two posts go out."""
    topics = {"dignity": "dignity", "story": "stories", "noon-statement": "statement", "sign-on": "sign-on"}
    deadline = at(20)
    deliveries = [
        replace(
            d,
            topic=topics[d.key.message],
            expires_at=deadline if d.key.message == "sign-on" else None,
        )
        for d in plan.deliveries
    ]
    extra = plan_delivery("x:migrants-day", "harvest", at(17, 2), "The hands that bring it in.")
    quiet = Quiet(place=HERE, from_time=time(11), to_time=time(11, 30))
    ordered = sorted([*deliveries, extra], key=lambda d: d.slot_at)
    return replace(storm, quiet=(quiet,)), replace(plan, deliveries=tuple(ordered))


def spread(storm: Storm, window: Window, first: date, last: date) -> tuple[Storm, Plan]:
    """Fill every slot of a window with a post, on each channel of a storm."""
    many = replace(storm, windows=(window,), first_on=first, last_on=last, timezone=storm.timezone)
    deliveries = [
        replace(plan_delivery(str(rule.id), f"m-{number}", slot.at, f"Text {number}"), storm_on=slot.storm_on)
        for rule in many.channels
        for number, slot in enumerate(find_slots(many, rule))
    ]
    return many, Plan(storm_id="imd-2026", deliveries=tuple(sorted(deliveries, key=lambda d: d.slot_at)))


def draw(
    show: Callable[..., str],
    storm: Storm,
    plan: Plan,
    look: Look | None = None,
    *,
    zone: str | None = None,
    width: int = 80,
) -> list[str]:
    """Show a plan, and return its lines."""
    viewer = Viewer(storm, ZoneInfo(zone) if zone else None)
    return show(render_plan(plan, storm, cost_of(plan), viewer, look), width=width).splitlines()


def listed(storm: Storm, plan: Plan, look: Look, zone: str | None = None) -> list[str]:
    """List a plan's posts as a file gets them."""
    viewer = Viewer(storm, ZoneInfo(zone) if zone else None)
    return [" " * indent + text.plain for indent, text in list_posts(plan, storm, viewer, look)]


@pytest.mark.parametrize("width", [80, 200])
def test_a_day_is_drawn_and_summed_up(show: Callable[..., str], plan: Plan, storm: Storm, width: int) -> None:
    """Verdict, hours, a row a channel, what crosses the day, counts, what is left out and why, cost."""
    storm, plan = colour(storm, plan)

    shown = draw(show, storm, plan, width=width)

    assert "\n".join(shown) + "\n" == (SCREENS / f"day-{width}.txt").read_text(encoding="utf-8")


def test_the_viewers_hours_stand_below_the_storms(show: Callable[..., str], plan: Plan, storm: Storm) -> None:
    """Each line with a time has both; a day that has changed over there is named."""
    storm, plan = colour(storm, plan)

    lines = draw(show, storm, plan, zone="Europe/Madrid")

    assert "08:00 EST (14:00 CET) to 17:02 EST (23:02 CET)" in lines[2]
    hours = [line for line in lines if line.lstrip().startswith(("EST", "CET"))]
    assert [line.split()[:3] for line in hours] == [["EST", "08", "09"], ["CET", "14", "15"]]
    assert "  20:00 EST (Sat 02:00 CET): deadline of sign-on" in lines
    posts = listed(storm, plan, Look(is_screen=False), "Europe/Madrid")
    assert all("CET)" in line for line in posts if "EST" in line)


def test_a_viewer_with_the_same_clock_gets_no_second_time(
    show: Callable[..., str], plan: Plan, storm: Storm
) -> None:
    """Toronto's clocks show what New York's do."""
    assert "(" not in draw(show, storm, plan, zone="America/Toronto")[2]


def test_without_colour_everything_is_still_told(plan: Plan, storm: Storm) -> None:
    """Colours repeat what letters say: the plain text of both is the same."""
    storm, plan = colour(storm, plan)
    printed = []
    for system in (None, "truecolor"):
        console = Console(file=io.StringIO(), width=80, color_system=system, force_terminal=bool(system))
        with console.capture() as captured:
            console.print(render_plan(plan, storm, cost_of(plan)))
        printed.append(captured.get())

    from rich.text import Text

    assert "\x1b[" in printed[1]
    assert Text.from_ansi(printed[1]).plain.split() == printed[0].split()


def test_a_terminal_with_few_letters_gets_plain_signs(plan: Plan, storm: Storm) -> None:
    """Nothing of the drawing is written as an escape there."""
    storm, plan = colour(storm, plan)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    console = Console(file=stream, width=80, color_system=None, legacy_windows=False)

    console.print(render_plan(plan, storm, cost_of(plan)))

    stream.seek(0)
    rows = [line for line in stream.read().splitlines() if line.startswith("x:migrants-day ")]
    assert rows[0].startswith("x:migrants-day        d") or rows[0].count(".") > 10
    assert "\\" not in rows[0]
    assert {"#", "|"} <= set(rows[0])


def test_three_weeks_are_a_row_a_day_and_in_full_a_block_a_day(
    show: Callable[..., str], storm: Storm
) -> None:
    """Days without a post stay visible; `--full` draws every day channel by channel."""
    window = replace(storm.windows[0], every=timedelta(hours=3), weekdays=frozenset({0, 1, 2, 3, 4}))
    storm, plan = spread(storm, window, date(2026, 12, 1), date(2026, 12, 21))

    folded = draw(show, storm, plan)
    full = draw(show, storm, plan, Look(is_full=True))

    rows = [line for line in folded if line.endswith(" 8") and "Dec 2026" in line]
    assert len(rows) == 15
    assert sum(line.startswith(("Sat ", "Sun ")) and line.endswith(" 0") for line in folded) == 6
    assert sum(line.startswith("x:migrants-day ") and line.endswith(" 4") for line in full) == 15
    assert [line for line in full if line.startswith("Sat ")] == [
        f"Sat {day} Dec 2026" for day in (5, 12, 19)
    ]
    assert max(map(len, folded)) <= 80


def test_what_is_quiet_every_day_is_told_once(show: Callable[..., str], storm: Storm) -> None:
    """Nights of the last day among them; the drawing has it in each row."""
    window = replace(storm.windows[0], from_time=time(20), to_time=time(4), every=timedelta(hours=2))
    quiet = Quiet(place=HERE, from_time=time(1), to_time=time(1, 30))
    storm, plan = spread(replace(storm, quiet=(quiet,)), window, date(2026, 12, 1), date(2026, 12, 21))

    lines = draw(show, storm, plan, zone="Europe/Madrid", width=120)

    told = [line for line in lines if "nothing goes out" in line]
    assert told == ["  on 22 days, 01:00 EST (07:00 CET) – 01:30 EST (07:30 CET): quiet, nothing goes out"]
    assert sum("▒" in line and "Dec 2026" in line for line in lines) == 21
    assert [line.split()[:2] for line in lines[4:8] if "ST " in line or "CET " in line] == [
        ["EST", "20"],
        ["CET", "02"],
    ]


def test_a_night_belongs_to_the_day_on_which_it_begins(show: Callable[..., str], storm: Storm) -> None:
    """One block goes on past midnight; its posts stand in their order."""
    window = replace(storm.windows[0], from_time=time(20), to_time=time(4), every=timedelta(hours=1))
    storm, plan = spread(storm, window, date(2026, 12, 18), date(2026, 12, 18))

    lines = draw(show, storm, plan, width=100)

    assert lines[2].startswith("Fri 18 Dec 2026, 20:00 EST to Sat 19 Dec 2026, 03:00 EST")
    assert lines[4].split() == ["EST", "20", "21", "22", "23", "00", "01", "02", "03"]
    assert sum(line.startswith("x:migrants-day ") and line.endswith(" 8") for line in lines) == 1


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 11, 1), ["00", "01", "01", "02"]), (date(2026, 3, 8), ["00", "01", "03", "04"])],
)
def test_a_day_on_which_clocks_change_has_the_hours_that_it_has(
    show: Callable[..., str], storm: Storm, day: date, hours: list[str]
) -> None:
    """The hour that comes twice stands there twice, and the one that is skipped does not."""
    window = replace(storm.windows[0], from_time=time(0), to_time=time(8))
    storm, plan = spread(storm, window, day, day)

    line = draw(show, storm, plan)[4]

    assert line.split()[1:5] == hours


def test_a_window_in_another_zone_is_drawn_in_the_storms(show: Callable[..., str], storm: Storm) -> None:
    """Tokyo's morning of the 18th is New York's evening of the 17th."""
    window = replace(
        storm.windows[0], from_time=time(8), to_time=time(12), timezone="Asia/Tokyo", every=timedelta(hours=1)
    )
    storm, plan = spread(storm, window, date(2026, 12, 18), date(2026, 12, 18))

    lines = draw(show, storm, plan)

    assert lines[2].startswith("Thu 17 Dec 2026, 18:00 EST to 21:00 EST")
    assert lines[4].split()[:2] == ["EST", "18"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_forty_channels_with_long_names_fit(show: Callable[..., str], storm: Storm, width: int) -> None:
    """On a screen names are cut in their middle, so that they still differ; in a file they stay whole."""
    names = [f"x:the-network-of-all-neighbours-of-the-river-{number:02}" for number in range(40)]
    rules = tuple(replace(storm.channels[0], id=parse_channel_id(name)) for name in names)
    one, plan = spread(
        replace(storm, channels=rules), storm.windows[0], date(2026, 12, 18), date(2026, 12, 18)
    )

    screen = draw(show, one, plan, width=width)
    file = draw(show, one, plan, Look(is_screen=False, widest=width), width=160)

    drawn = [
        line.split()[0]
        for line in screen
        if line.rstrip().endswith(" 36") and line.startswith("x:") and "en 36" not in line
    ]
    assert len(set(drawn)) == 40
    assert max(map(len, screen)) <= width
    assert [name for name in names if not any(line.startswith(f"{name} ") for line in file)] == []
    assert "…" not in "".join(file)


def test_a_storm_with_one_post_is_drawn(show: Callable[..., str], storm: Storm, plan: Plan) -> None:
    """Its windows are shown as free, and the sentence is in the singular."""
    one = replace(plan, deliveries=plan.deliveries[4:5], unplaced=())

    lines = draw(show, storm, one)

    assert lines[0] == "1 post on 1 channel; nothing stops a launch"
    assert listed(storm, one, Look())[1:] == [
        "x:migrants-day",
        "  12:00 EST  noon-statement.en  Today at noon we stand still, and then we speak.",
    ]


def test_an_empty_plan_is_said_so(show: Callable[..., str], storm: Storm) -> None:
    """Free windows are drawn, channels without posts have their rows, and nothing is listed."""
    empty = Plan(storm_id=storm.id, deliveries=())

    shown = "\n".join(draw(show, storm, empty))

    assert shown.startswith("nothing is planned; nothing to launch\n")
    assert "x:migrants-day                        0      0         0  $0.00" in shown
    assert listed(storm, empty, Look()) == []


def test_a_plan_over_budget_says_so_first(show: Callable[..., str], plan: Plan, storm: Storm) -> None:
    """In the first line, and in capitals beside the cost, for those who see no colour."""
    poor = replace(storm, limits=Limits(budget_usd=Decimal("0.10")))

    lines = draw(show, poor, plan, width=160)

    assert lines[0] == "7 posts on 2 channels; the budget is too small; 1 left out"
    assert any(line.endswith("OVER the budget of $0.10") for line in lines)


def test_errors_are_in_the_first_line(show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost) -> None:
    """Who reads no further knows that it can't be launched."""
    shown = show(render_plan(plan, storm, cost, errors=2), width=160).splitlines()

    assert shown[0] == "7 posts on 2 channels; 2 errors stop a launch; 1 left out"


def test_what_is_left_out_for_one_reason_is_told_once(
    show: Callable[..., str], plan: Plan, storm: Storm
) -> None:
    """With its channel, its reason, and a few of the names."""
    channel = parse_channel_id("x:migrants-day")
    left = tuple(Unplaced(f"m-{n}.en", channel, Phrase("no slot is left")) for n in range(5))

    lines = draw(show, storm, replace(plan, unplaced=left))

    place = lines.index("Left out")
    assert lines[place + 1 : place + 3] == [
        "  x:migrants-day: no slot is left (m-0.en, m-1.en, m-2.en and 2 more)",
        "",
    ]


def test_in_full_every_post_has_its_whole_text(plan: Plan, storm: Storm) -> None:
    """Line by line, with parts of threads, links and media."""
    lines = listed(storm, plan, Look(is_full=True))

    assert lines[:9] == [
        "\nEvery post",
        "x:migrants-day",
        "  08:00 EST  dignity.en  slot, picture",
        "    Everyone who moves has rights.",
        "    ",
        "    #MigrantsDay",
        "    messages/imd-2026/images/boat.png: “A paper boat held in two hands”",
        "  08:20 EST  story.en  slot, thread of 2",
        "    part 1 of 2",
    ]


def test_in_a_file_every_post_is_one_whole_line_unless_there_are_thousands(storm: Storm) -> None:
    """Of thousands the first and last of each channel are listed."""
    window = replace(storm.windows[0], every=timedelta(minutes=20))
    few = spread(storm, window, date(2026, 12, 18), date(2026, 12, 18))
    many = spread(storm, window, date(2026, 12, 1), date(2026, 12, 21))
    long = tuple(replace(d, post=replace(d.post, text="word " * 100 + "end")) for d in few[1].deliveries)

    lines = listed(few[0], replace(few[1], deliveries=long), Look(is_screen=False))
    ends = listed(*many, Look(is_screen=False))

    assert sum(line.endswith(" word end") for line in lines) == len(long) == 72
    assert [line for line in ends if "EST" in line] == [
        "  08:00 EST  m-0.en  Text 0",
        "  19:40 EST  m-755.en  Text 755",
    ] * 2


def test_a_screen_cuts_lines_of_posts_at_its_edge(show: Callable[..., str], plan: Plan, storm: Storm) -> None:
    """One line a post; in full, long texts go on in the next."""
    long = replace(plan.deliveries[0].post, text="word " * 40)
    one = replace(plan, deliveries=(replace(plan.deliveries[0], post=long),))

    def lay_out(look: Look) -> list[str]:
        from rich.console import Group

        lines = list_posts(one, storm, Viewer(storm), look)
        return show(Group(*render_lines(lines, cut=not look.is_full)), width=60).splitlines()

    assert sum("word" in line for line in lay_out(Look())) == 1
    assert "".join(lay_out(Look(is_full=True))).count("word") == 40


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "es",
            ["7 publicaciones en 2 canales; nada impide el lanzamiento; 1 sin publicar", "vie 18 dic 2026"],
        ),
        (
            "fr",
            [
                "7 publications sur 2 canaux; rien n'empêche le lancement ; laissées de côté : 1",
                "ven. 18 déc. 2026",
            ],
        ),
    ],
)
def test_a_plan_speaks_spanish_and_french(
    show: Callable[..., str], plan: Plan, storm: Storm, code: str, told: list[str]
) -> None:
    """The drawing's legend, the days and the table too."""
    viewer = Viewer(storm, language=Language(code))

    lines = show(render_plan(plan, storm, cost_of(plan), viewer), width=160).splitlines()

    assert [lines[0], lines[2].partition(",")[0]] == told
    assert "Posts" not in "\n".join(lines)


def test_texts_from_files_steer_no_terminal(show: Callable[..., str], plan: Plan, storm: Storm) -> None:
    """Neither a topic, nor a text, nor a name of the storm."""
    evil = "a\x1b[2J\u202eb"
    first = replace(plan.deliveries[0], topic=evil, expires_at=at(13))
    first = replace(first, post=replace(first.post, text=evil))
    hostile = replace(storm, name=evil)
    risky = replace(plan, deliveries=(first, *plan.deliveries[1:]))

    shown = "\n".join([*draw(show, hostile, risky), *listed(hostile, risky, Look(is_full=True))])

    assert [sign for sign in "\x1b\u202e" if sign in shown] == []


def test_a_plan_is_gone_through_as_often_for_many_channels_as_for_one(
    show: Callable[..., str], plan: Plan, storm: Storm
) -> None:
    """A storm may have hundreds; they are shown in the schedule's order."""
    many = [replace(storm.channels[0], id=parse_channel_id(f"x:c{number:02}")) for number in range(30)]
    walks = []
    for channels in (storm.channels[:1], (*storm.channels, *many)):
        deliveries: Walked[PlannedDelivery] = Walked(
            replace(delivery, channel=rule.id, key=replace(delivery.key, channel=str(rule.id)))
            for rule in channels
            for delivery in plan.deliveries
        )
        whole = replace(plan, deliveries=deliveries)
        lines = draw(show, replace(storm, channels=channels), whole)
        walks.append(deliveries.walks)

    assert walks[0] == walks[1] > 0
    drawn = [line.split()[0] for line in lines if line.startswith(("x:", "f")) and line.endswith("· 7")]
    assert drawn == [str(rule.id) for rule in channels]
