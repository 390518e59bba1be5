"""Wake the runner: every second in real time, and when something is due. APScheduler's only home."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from stormctl.engine.base.clocks import read_wall_clock
from stormctl.platforms.http.timestamps import read_steady_clock

if TYPE_CHECKING:
    from collections.abc import Callable

DUE_AT_ONCE = 4
"""A wake-up that comes while the one before is still being handled must not be dropped."""

SET = timedelta(seconds=0.1)
"""From this difference between wall clock and steady clock on, the wall clock was set since the last look."""


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler, with jobs that move along when the wall clock is set.

    It works out by the wall clock how long to wait, so a clock that is set back would stop it for as long,
    and one that is set years ahead would have it count every run that it missed (its maintainer relies on a
    clock that is right: github.com/agronholm/apscheduler, issues 351, 752, 1066).

    Args:
        longest_s: it looks at the clock at least so often, in seconds that no setting of it changes.
    """

    def __init__(self, longest_s: float) -> None:
        super().__init__(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            # a late wake-up is still one (APScheduler's own default drops it after 1 s)
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._longest_s = longest_s
        self._wall_at, self._steady_s = read_wall_clock(), read_steady_clock()

    def call_every(self, seconds: float, job: Callable[[], None], job_id: str) -> None:
        """Call a job every so many real seconds."""
        with self._jobstores_lock:
            self._follow_clock()
            self.add_job(job, "interval", seconds=seconds, id=job_id)

    def call_in(self, seconds: float, job: Callable[[], None], job_id: str) -> None:
        """Call a job once in that many real seconds, instead of one before it with the same name."""
        with self._jobstores_lock:
            self._follow_clock()
            self.add_job(
                job,
                "date",
                run_date=self._wall_at + timedelta(seconds=seconds),
                id=job_id,
                replace_existing=True,
                max_instances=DUE_AT_ONCE,
            )

    def _process_jobs(self) -> float:
        with self._jobstores_lock:
            self._follow_clock()
        wait_s: float | None = super()._process_jobs()
        return self._longest_s if wait_s is None else min(wait_s, self._longest_s)

    def _follow_clock(self) -> None:
        """Move every job by as much as the wall clock was set since the last look."""
        wall_at, steady_s = read_wall_clock(), read_steady_clock()
        set_by = wall_at - self._wall_at - timedelta(seconds=steady_s - self._steady_s)
        self._wall_at, self._steady_s = wall_at, steady_s
        if abs(set_by) >= SET:
            for job in self.get_jobs():
                job.modify(next_run_time=job.next_run_time + set_by)


class Timer:
    """Two jobs in memory and nothing else: the ledger alone knows what there is to do.

    Both come at their time whatever the wall clock is set to in the meantime.

    Args:
        due: called when the time given to `wake_in` has passed; sometimes sooner, never later.
    """

    def __init__(self, *, tick: Callable[[], None], due: Callable[[], None], every: timedelta) -> None:
        # a tick that waits for the ledger is told as that, and not once more as each tick that it skips
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._tick, self._due = tick, due
        self._every_s = every.total_seconds()
        self._lock = threading.Lock()
        self._is_stopped = False
        self._set_for: float | None = None
        self._scheduler = _Scheduler(self._every_s)

    def start(self) -> None:
        """Start waking."""
        self._scheduler.start()
        self._scheduler.call_every(self._every_s, self._tick, "tick")

    def wake_in(self, seconds: float) -> None:
        """Call `due` once in that many real seconds, or sooner where a sooner moment is set already.

        After `stop` has begun nothing is set any more.
        """
        now_s, rest_s = read_steady_clock(), max(0.0, seconds)
        with self._lock:
            if self._is_stopped or (self._set_for is not None and now_s < self._set_for <= now_s + rest_s):
                return
            self._set_for = now_s + rest_s
            self._scheduler.call_in(rest_s, self._wake, "due")

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
