"""Wake the runner: every second in real time, and when something is due. APScheduler's only home."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from stormctl.engine.clocks import read_wall_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

DUE_AT_ONCE = 4
"""A wake-up that comes while the one before is still being handled must not be dropped."""


class Timer:
    """Two jobs in memory and nothing else: the ledger alone knows what there is to do.

    Args:
        tick: called every `every`, in real time.
        due: called when the time given to `wake_in` has passed; sometimes sooner, never later.
    """

    def __init__(self, *, tick: Callable[[], None], due: Callable[[], None], every: timedelta) -> None:
        # While a sweep waits for a ledger that hangs it would tell of each one that it leaves out.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._due = due
        self._lock = threading.Lock()
        self._is_stopped = False
        self._set_for: datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            # a late wake-up is still one (APScheduler's own default drops it after 1 s)
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_job(tick, "interval", seconds=every.total_seconds(), id="tick")

    def start(self) -> None:
        """Start waking."""
        self._scheduler.start()

    def wake_in(self, seconds: float) -> None:
        """Call `due` once in that many real seconds, or sooner where a sooner moment is set already.

        After `stop` has begun nothing is set any more.
        """
        now = read_wall_clock()
        run_at = now + timedelta(seconds=max(0.0, seconds))
        with self._lock:
            if self._is_stopped or (self._set_for is not None and now < self._set_for <= run_at):
                return
            self._set_for = run_at
            self._scheduler.add_job(
                self._wake,
                "date",
                run_date=run_at,
                id="due",
                replace_existing=True,
                max_instances=DUE_AT_ONCE,
            )

    def _wake(self) -> None:
        with self._lock:
            self._set_for = None
        self._due()

    def stop(self) -> None:
        """Wake no more, and wait for a job that is running."""
        with self._lock:  # APScheduler waits for jobs under a lock that adding one takes
            self._is_stopped = True
        self._scheduler.remove_all_jobs()  # it can't take out a job that fired once it is shutting down
        self._scheduler.shutdown(wait=True)
