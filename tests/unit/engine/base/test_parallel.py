"""Many are asked at once, and nobody who leaves waits for them."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial

import pytest

from stormctl.engine.base.parallel import ask_all, begin

LEAVING = """\
import threading
from stormctl.engine.base.parallel import ask_all, begin

hangs = threading.Event()
asked = threading.Event()


def hang():
    asked.set()
    hangs.wait()


def interrupt():
    import _thread

    asked.wait()
    _thread.interrupt_main()


begin(hang, "one")
threading.Thread(target=interrupt, daemon=True).start()
ask_all([hang, hang, hang], "many", at_once=2)
"""


def test_answers_come_in_the_order_of_the_questions() -> None:
    """However many are asked at once."""
    answers = ask_all([partial(int, str(n)) for n in range(20)], "many", at_once=3)

    assert list(range(20)) == [answer.result() for answer in answers]


def test_no_more_are_asked_at_once_than_may_be() -> None:
    """A platform counts connections."""
    names = [answer.result() for answer in ask_all([threading.current_thread] * 20, "many", at_once=3)]

    assert len(set(names)) <= 3
    assert all(thread.daemon for thread in names)


def test_what_is_not_answered_in_time_is_not_waited_for() -> None:
    """Nor is anything more asked after that."""
    hangs, asked = threading.Event(), []

    def hang() -> None:
        hangs.wait()

    late, never = ask_all(
        [hang, lambda: asked.append("never")], "many", at_once=1, within=timedelta(milliseconds=20)
    )

    assert (late.done(), never.cancelled()) == (False, True)
    hangs.set()
    assert late.result() is None
    assert asked == []


def test_an_error_is_for_whoever_looks_at_the_answer() -> None:
    """A bug in one question takes no other's answer away."""
    bad, good = ask_all([lambda: 1 // 0, lambda: 1], "many", at_once=1)

    assert good.result() == 1
    with pytest.raises(ZeroDivisionError):
        bad.result()


def test_one_is_asked_while_others_are() -> None:
    """Its answer is there when somebody wants it."""
    assert begin(lambda: 7, "one").result() == 7


def test_ctrl_c_does_not_wait_for_what_hangs() -> None:
    """A process that a person interrupts ends, although nobody has answered."""
    ended = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, check=False, timeout=20)

    assert ended.stderr.splitlines()[-1] == b"KeyboardInterrupt"
