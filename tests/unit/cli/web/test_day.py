"""The page for the big screen: complete at once, kept fresh, and for this machine alone."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from stormctl.domain.platforms.record import Metric
from stormctl.errors import LedgerError
from tests.factories import PAGE
from tests.web import opened_day, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web import Day, Served


def get(url: str, **options: Any) -> requests.Response:
    """Ask as a browser does."""
    return requests.get(url, timeout=10, **options)


def read_events(url: str, count: int) -> list[str]:
    """Return what so many events say."""
    found: list[str] = []
    with closing(get(f"{url}events", stream=True)) as answer:
        for line in answer.iter_lines(decode_unicode=True):
            if line.startswith("data: ") and len(line) > 10:
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == count:
                    break
    return found


def test_the_first_answer_is_complete(day: Day, served: Served) -> None:
    """What is out, what comes, where it goes: without a script, and with nothing of its own escaping."""
    day.publish()

    page = get(served.url).text

    assert "LIVE on api.x.com, graph.facebook.com" in page
    assert "A storm of &lt;two&gt; channels" in page
    assert "1 of 8 delivered" in page
    assert '<a href="https://example.org/acme/1" rel="noreferrer">' in page
    assert "Launch runs on laptop (process 4711)" in page
    assert '<aside class="not-live"' not in page


def test_practice_is_not_live(tmp_path: Path) -> None:
    """In the title, and before anything else on the page."""
    with opened_day(tmp_path, is_practice=True) as day, serving(day) as served:
        page = get(served.url).text

    assert "<title>NOT LIVE · A storm" in page
    assert page.index('<aside class="not-live"') < page.index("<h1>")
    assert "LIVE on" not in page


def test_what_happens_is_told_at_once(day: Day, served: Served) -> None:
    """An open page hears of each change, and hears nothing twice."""
    day.ledger.halts.halt("channel", "facebook:acme", "a wrong fact", "ana", day.clock.moment())

    (first,) = read_events(served.url, 1)

    assert "HALTED (channel facebook:acme) since 12:05 EST by ana: a wrong fact" in first
    assert "To continue: stormctl resume" in first
    assert "HALTED; next 12:00 EST, due now: m0" in first
    assert "Next 12:00 EST, due now: m0" in first
    assert first.startswith('<div id="top">')
    assert "<script" not in first


def test_troubles_come_with_what_to_type(day: Day, served: Served) -> None:
    """What a platform says is shown as it is."""
    day.fail()

    page = get(served.url).text

    assert "x:acme: m0 failed: the text is &lt;b&gt;too long&lt;/b&gt;" in page
    assert "stormctl show storm/x:acme/m0/en" in page
    assert "1 alarm; next post" in page


def test_reactions_are_those_of_a_channel(day: Day, served: Served) -> None:
    """As they were read."""
    key = day.publish(PAGE)
    day.clock.move(timedelta(hours=1))
    day.ledger.metrics.record([(key, Metric.REACTIONS, 1_234)], day.clock.moment())

    page = get(served.url).text

    assert "1,234 reactions on 1 post" in page


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8790", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["", "events", "moderators"])
def test_a_stranger_s_name_for_this_machine_is_refused(served: Served, host: str, path: str) -> None:
    """A page of theirs whose name leads here (DNS rebinding) reads nothing."""
    answer = get(served.url + path, headers={"Host": host})

    assert answer.status_code in {400, 421}
    assert "storm of" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9000", "127.0.0.1", "[::1]:8790"])
def test_its_own_names_are_known_on_any_port(served: Served, host: str) -> None:
    """A tunnel of ssh may have another port."""
    assert get(served.url, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["", "moderators"])
def test_nothing_is_kept_or_let_in(served: Served, path: str) -> None:
    """No cache, no other site, no frame, no script but the page's own."""
    headers = get(served.url + path).headers

    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline'; script" not in headers["Content-Security-Policy"]
    assert "server" not in headers


def test_only_looking_is_possible(served: Served) -> None:
    """The page changes nothing, and has no other paths."""
    assert requests.post(served.url, timeout=10).status_code == 405
    assert get(f"{served.url}halt").status_code == 404
    assert requests.head(f"{served.url}events", timeout=10).status_code == 200


def test_a_ledger_that_cannot_be_read_is_an_alarm(
    day: Day, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page stays, says as of when it is, and goes on by itself when the ledger is back."""
    get(served.url)

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("the disk is gone", "Look for it.")

    with monkeypatch.context() as patch:
        patch.setattr(day.ledger.overview, "status", fail)
        away = get(served.url).text

    assert "The ledger can&#39;t be read: the disk is gone" in away
    assert "of 8 delivered" in away
    assert "disk" not in get(served.url).text


def test_a_ledger_that_could_never_be_read_is_said(
    day: Day, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In plain words, for whoever opened the page."""

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("the disk is gone", "Look for it.")

    monkeypatch.setattr(day.ledger.overview, "status", fail)

    answer = get(served.url)

    assert (answer.status_code, answer.text) == (503, "the disk is gone")


def test_moderators_have_a_page_that_renews_itself(day: Day, served: Served) -> None:
    """With the picture inside."""
    day.publish()

    page = get(f"{served.url}moderators").text

    assert "EVERY_MS = 60000" in page
    assert 'src="data:image/jpeg;base64,' in page
    assert "1 post is out." in page


def test_the_page_has_a_port_of_its_own(served: Served) -> None:
    """Whoever brings the halt page to the world brings this one nowhere."""
    assert urlsplit(served.url).port != urlsplit(served.halt_url).port
    assert get(served.halt_url.rsplit("/", 1)[0]).status_code == 404
