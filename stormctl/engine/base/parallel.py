"""Ask many at once, on threads that keep nobody from leaving."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

_T = TypeVar("_T")


def begin(question: Callable[[], _T], name: str) -> Future[_T]:
    """Ask one thing on a thread of its own, which ends with the process: Ctrl-C does not wait for it."""
    answer: Future[_T] = Future()
    threading.Thread(target=_ask, args=(question, answer), name=name, daemon=True).start()
    return answer


def ask_all(
    questions: Sequence[Callable[[], _T]], name: str, *, at_once: int, within: timedelta | None = None
) -> list[Future[_T]]:
    """Ask several things side by side, and wait for the answers.

    The threads are no pool's: Python waits for those before a process may end, and a platform that hangs
    would hold up a person who pressed Ctrl-C.

    Args:
        within: how long to wait in all, real time; None waits for every answer.

    Returns:
        In the same order, what was answered; what was not in time is not done, or cancelled.
    """
    answers: list[Future[_T]] = [Future() for _ in questions]
    waiting = deque(zip(questions, answers, strict=True))

    def work() -> None:
        while waiting:
            try:
                next_one = waiting.popleft()
            except IndexError:  # another thread took the last
                return
            _ask(*next_one)

    for _ in range(min(at_once, len(questions))):
        threading.Thread(target=work, name=name, daemon=True).start()
    try:
        wait(answers, None if within is None else within.total_seconds())
    finally:
        for answer in answers:
            answer.cancel()
    return answers


def _ask(question: Callable[[], _T], answer: Future[_T]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        result = question()
    except BaseException as error:  # noqa: BLE001 - whoever asks for the answer gets it
        answer.set_exception(error)
    else:
        answer.set_result(result)
