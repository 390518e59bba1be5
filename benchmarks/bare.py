"""What one would write without stormctl: tweepy in threads, and APScheduler with tweepy. No ledger.

    python -m benchmarks.bare loop URL CHANNELS EACH [FILE]
    python -m benchmarks.bare dates URL CHANNELS [FILE] < slots

`loop`: a thread a channel, each with a client of its own, posts one text after the other. `dates`: one date
job a post, on as many threads as there are channels; reads lines of "moment channel text". With a file, a row
is on the disk there before each request: the least that every design pays that posts nothing twice.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests  # noqa: TID253 - a process of its own, and the reference: it loads what it needs
import tweepy  # noqa: TID253 - as above
from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: TID253 - as above
from apscheduler.schedulers.background import BackgroundScheduler  # noqa: TID253 - as above

if TYPE_CHECKING:
    from collections.abc import Callable

SDK_ORIGIN = "https://api.twitter.com"


class _Session(requests.Session):
    """Tweepy has its host built in: this one leads to the server that measures."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, self._url + str(url).removeprefix(SDK_ORIGIN), *args, **kwargs)


def make_client(url: str, number: int) -> tweepy.Client:
    """Make a client of one account, with a session of its own."""
    client = tweepy.Client(None, "key", "secret", f"{number}-token", "secret")
    client.session = _Session(url)
    return client


def open_file(path: str) -> Callable[[str], None]:
    """Return what brings one row to the disk, as a ledger would; every thread may call it."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE sendings (text TEXT NOT NULL)")
    turn = threading.Lock()

    def write(text: str) -> None:
        with turn:
            connection.execute("INSERT INTO sendings VALUES (?)", (text,))

    return write


def write_nothing(text: str) -> None:
    """Post without a trace."""


def loop(url: str, channels: int, each: int, write: Callable[[str], None]) -> None:
    """Post one text after the other on every channel, all channels at once."""
    start = threading.Barrier(channels)

    def post(number: int) -> None:
        client = make_client(url, number)
        start.wait()
        for count in range(each):
            text = f"Post {number} {count}"
            write(text)
            client.create_tweet(text=text)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(channels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def dates(url: str, channels: int, write: Callable[[str], None]) -> None:
    """Post each text at its moment."""
    clients = [make_client(url, number) for number in range(channels)]
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(channels)},
        job_defaults={"misfire_grace_time": None},
    )
    left = threading.Semaphore(0)

    def post(client: tweepy.Client, text: str) -> None:
        write(text)
        client.create_tweet(text=text)
        left.release()

    count = 0
    for line in sys.stdin:
        moment, channel, text = line.rstrip("\n").split(" ", 2)
        run_at = datetime.fromtimestamp(float(moment), UTC)
        scheduler.add_job(post, "date", run_date=run_at, args=(clients[int(channel)], text))
        count += 1
    scheduler.start()
    for _ in range(count):
        left.acquire()
    scheduler.shutdown()


if __name__ == "__main__":
    what, address, threads, *more = sys.argv[1:]
    each = int(more.pop(0)) if what == "loop" else 0
    write = open_file(more[0]) if more else write_nothing
    if what == "loop":
        loop(address, int(threads), each, write)
    else:
        dates(address, int(threads), write)
