"""Media is uploaded before it is needed, once, and what can't be uploaded is tried again with patience."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, NotSent, Refused
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.engine.base.equipment import Durations
from stormctl.engine.deliver.uploader import AHEAD, LEASE_REQUESTS, Uploader
from stormctl.platforms.adapter import PrepareFailed, Upload
from tests.factories import ACME, PAGE, PNG, make_delivery, make_media

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.bank.message import Media
    from stormctl.domain.delivery.delivery import Claim
    from stormctl.platforms.adapter import MediaFile
    from tests.unit.engine.conftest import Bench

REST = Durations().upload_rest
SECOND = timedelta(seconds=1)
BOAT = make_media()


@pytest.fixture
def uploader(bench: Bench) -> Uploader:
    """An uploader with one delivery that needs a boat, `AHEAD` from now."""
    bench.ledger.media.store(BOAT.digest, BOAT.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(media=(BOAT,), slot_at=bench.clock.at + AHEAD))
    return Uploader(bench.equipment, bench.runner_id)


def _claim(bench: Bench) -> Claim:
    bench.clock.move(AHEAD)
    claim = bench.ledger.outbox.claim(
        str(ACME), bench.runner_id, bench.clock.moment(), bench.equipment.durations.lease
    )
    assert claim is not None
    return claim


def _is_due(uploader: Uploader, channel: ChannelId) -> bool:
    uploader.ask()
    return str(channel) in uploader.find_due()


def test_a_picture_is_uploaded_once_before_its_slot(bench: Bench, uploader: Uploader) -> None:
    """It comes with its bytes, its type and its description; then there is nothing left to do."""
    due_before = _is_due(uploader, ACME)

    uploader.prepare(ACME, bench.x)
    uploader.prepare(ACME, bench.x)

    (file,) = bench.x.uploaded
    assert (file.content, file.mime, file.alt, file.name) == (PNG, "image/png", "A boat", "image.png")
    assert (due_before, _is_due(uploader, ACME)) == (True, False)
    assert bench.events.texts(EventKind.PREPARED) == ["messages/acme/boat.png is uploaded"]
    assert uploader.ids_of(_claim(bench)) == ("media-1",)


def test_what_is_needed_later_waits(bench: Bench, uploader: Uploader) -> None:
    """Uploads expire: a picture of the evening is not uploaded in the morning."""
    bench.clock.move(-SECOND)

    uploader.prepare(ACME, bench.x)

    assert bench.x.uploaded == []
    assert not _is_due(uploader, ACME)


@pytest.mark.parametrize(("scope", "target"), [("all", None), ("platform", "x"), ("channel", "x:acme")])
def test_a_halt_stops_uploads(bench: Bench, uploader: Uploader, scope: str, target: str | None) -> None:
    """While publishing is halted nothing is sent to the platform, not even a picture."""
    bench.ledger.halts.halt(scope, target, "tragedy", "ada", bench.clock.moment())

    uploader.prepare(ACME, bench.x)

    assert bench.x.uploaded == []
    assert not _is_due(uploader, ACME)


@pytest.mark.parametrize(("scope", "target"), [("topic", "sign-on"), ("message", "other")])
def test_a_halt_of_something_else_stops_no_upload(
    bench: Bench, uploader: Uploader, scope: str, target: str
) -> None:
    """A halt of a topic or a message leaves the rest of a channel flowing."""
    bench.ledger.halts.halt(scope, target, "tragedy", "ada", bench.clock.moment())

    uploader.prepare(ACME, bench.x)

    assert len(bench.x.uploaded) == 1


def test_what_flows_again_under_a_halt_is_uploaded(bench: Bench, uploader: Uploader) -> None:
    """Everything is halted, and one channel was resumed: its post must not go out late for its picture."""
    bench.ledger.halts.halt("all", None, "tragedy", "ada", bench.clock.moment())
    bench.ledger.halts.resume(bench.clock.moment(), "ada", scope="channel", target=str(ACME))

    uploader.prepare(ACME, bench.x)

    assert len(bench.x.uploaded) == 1


def test_what_was_not_prepared_is_told_as_not_sent(bench: Bench, uploader: Uploader) -> None:
    """A claim without its picture is put off with the reason; nothing is posted without it."""
    answer = uploader.ids_of(_claim(bench))

    assert answer == NotSent(reason="messages/acme/boat.png is not uploaded yet")


@pytest.mark.parametrize("outcome", [NotSent(reason="no route"), InDoubt(reason="timed out")])
def test_a_failed_upload_rests_and_is_tried_again(
    bench: Bench, uploader: Uploader, outcome: NotSent | InDoubt
) -> None:
    """An upload may be repeated whatever came of it, but not every second."""
    bench.x.prepare_failure = PrepareFailed(outcome)
    uploader.prepare(ACME, bench.x)
    bench.x.prepare_failure = None

    bench.clock.move(REST - SECOND)
    uploader.prepare(ACME, bench.x)
    rested = list(bench.x.uploaded)
    bench.clock.move(SECOND)
    uploader.prepare(ACME, bench.x)

    assert rested == []
    assert len(bench.x.uploaded) == 1
    assert bench.events.texts(EventKind.WARNING) == [
        f"messages/acme/boat.png could not be uploaded: {outcome.reason}"
    ]


def test_a_clock_that_is_set_back_ends_the_rest(bench: Bench, uploader: Uploader) -> None:
    """Otherwise the picture would wait until that hour comes again."""
    bench.x.prepare_failure = PrepareFailed(NotSent(reason="no route"))
    uploader.prepare(ACME, bench.x, ahead=timedelta(hours=9))
    bench.x.prepare_failure = None

    bench.clock.set_by(timedelta(hours=-3))
    uploader.prepare(ACME, bench.x, ahead=timedelta(hours=9))

    assert len(bench.x.uploaded) == 1


def test_why_an_upload_failed_is_what_puts_the_delivery_off(bench: Bench, uploader: Uploader) -> None:
    """Whoever looks at the delivery learns the platform's reason."""
    bench.x.prepare_failure = PrepareFailed(NotSent(reason="no route"))
    uploader.prepare(ACME, bench.x)

    answer = uploader.ids_of(_claim(bench))

    assert answer == NotSent(reason="messages/acme/boat.png could not be uploaded: no route")


def test_a_picture_that_is_refused_for_good_is_never_tried_again(bench: Bench, uploader: Uploader) -> None:
    """The platform's no is kept, and is the delivery's own."""
    refused = Refused(reason="not an image", code="324", for_good=True)
    bench.x.prepare_failure = PrepareFailed(refused)
    uploader.prepare(ACME, bench.x)
    bench.x.prepare_failure = None

    bench.clock.move(REST * 2)
    uploader.prepare(ACME, bench.x)

    assert bench.x.uploaded == []
    assert uploader.ids_of(_claim(bench)) == refused


def test_a_picture_that_was_refused_for_now_is_tried_again(bench: Bench, uploader: Uploader) -> None:
    """A ceiling of uploads passes."""
    bench.x.prepare_failure = PrepareFailed(Refused(reason="429", code="429", for_good=False))
    uploader.prepare(ACME, bench.x)
    bench.x.prepare_failure = None
    bench.clock.move(REST)

    uploader.prepare(ACME, bench.x)

    assert len(bench.x.uploaded) == 1


def test_two_runners_do_not_upload_the_same_picture(bench: Bench, uploader: Uploader) -> None:
    """While another runner holds the lease this one leaves it alone; a lease that ran out is taken over."""
    lease = bench.equipment.durations.request_limit * LEASE_REQUESTS
    bench.ledger.media.lease_upload(str(ACME), BOAT, "another", bench.clock.moment(), lease)

    uploader.prepare(ACME, bench.x)
    meanwhile = list(bench.x.uploaded)
    bench.clock.move(lease)
    uploader.prepare(ACME, bench.x)

    assert meanwhile == []
    assert len(bench.x.uploaded) == 1


def test_each_channel_has_its_own_upload(bench: Bench, uploader: Uploader) -> None:
    """A media id of one platform means nothing to the other."""
    bench.enroll(
        make_delivery(media=(BOAT,), slot_at=bench.clock.at),
        make_delivery(media=(BOAT,), slot_at=bench.clock.at, channel=PAGE),
    )

    uploader.prepare(PAGE, bench.facebook)

    assert (len(bench.facebook.uploaded), len(bench.x.uploaded)) == (1, 0)
    assert _is_due(uploader, ACME)
    assert not _is_due(uploader, ChannelId(Platform.X, "other"))


@pytest.mark.parametrize("failure", [None, PrepareFailed(NotSent(reason="no route"))])
def test_two_threads_of_a_runner_do_not_upload_the_same_picture(
    bench: Bench, uploader: Uploader, monkeypatch: pytest.MonkeyPatch, failure: PrepareFailed | None
) -> None:
    """The one that publishes waits for the one that prepares, and takes what it brought."""
    calls, begun, may_end = [], threading.Event(), threading.Event()

    def upload(file: MediaFile) -> Upload:
        calls.append(file.name)
        begun.set()
        may_end.wait(10)
        if failure is not None:
            raise failure
        return Upload("media-1", None)

    monkeypatch.setattr(bench.x, "prepare", upload)
    threads = [threading.Thread(target=uploader.prepare, args=(ACME, bench.x)) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(10)

    threading.Timer(0.05, may_end.set).start()
    for thread in threads:
        thread.join()

    assert calls == ["image.png"]


def _make_video(bench: Bench, root: Path) -> Media:
    content, words = b"film" * 3, b"1\n00:00:00,500 --> 00:00:02,000\nThe door.\n"
    (root / "messages" / "acme").mkdir(parents=True)
    (root / "messages" / "acme" / "door.mp4").write_bytes(content)
    (root / "messages" / "acme" / "door.es.srt").write_bytes(words)
    video = replace(
        BOAT,
        file="messages/acme/door.mp4",
        kind=MediaKind.VIDEO,
        mime="video/mp4",
        digest=sha256(content + words).hexdigest(),
        captions="messages/acme/door.es.srt",
    )
    bench.enroll(make_delivery(media=(video,), slot_at=bench.clock.at + AHEAD))
    return video


def test_a_video_is_read_from_the_campaign_folder(bench: Bench, tmp_path: Path) -> None:
    """With its captions and their language: it is too big for the ledger."""
    _make_video(bench, tmp_path)

    Uploader(replace(bench.equipment, root=tmp_path), bench.runner_id).prepare(ACME, bench.x)

    (file,) = bench.x.uploaded
    assert (file.content, file.kind, file.name) == (b"film" * 3, MediaKind.VIDEO, "video.mp4")
    assert file.captions is not None
    assert file.captions.lang == "es"
    assert b"The door." in file.captions.content


def test_a_video_that_changes_while_it_goes_up_waits(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the platform has of it is never attached; the lease is given back."""
    video = _make_video(bench, tmp_path)
    uploader = Uploader(replace(bench.equipment, root=tmp_path), bench.runner_id)

    def change_and_read(media: MediaFile) -> Upload:
        (tmp_path / video.file).write_bytes(b"another film")
        return Upload(str(len(media.content[:])), None)

    monkeypatch.setattr(bench.x, "prepare", change_and_read)
    uploader.prepare(ACME, bench.x)

    outcome = uploader.ids_of(_claim(bench))
    assert isinstance(outcome, NotSent)
    assert "has changed since it was checked" in outcome.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("none", "this runner has no campaign folder"),
        ("rewritten", "has changed since it was checked"),
        ("gone", "can't be read: No such file"),
    ],
)
def test_a_video_that_is_not_here_waits(bench: Bench, tmp_path: Path, change: str, reason: str) -> None:
    """Nothing was sent: the file may be put back, or another runner have it."""
    path = tmp_path / _make_video(bench, tmp_path).file
    if change == "rewritten":
        path.write_bytes(b"another film")
    if change == "gone":
        path.unlink()
    root = None if change == "none" else tmp_path
    uploader = Uploader(replace(bench.equipment, root=root), bench.runner_id)

    uploader.prepare(ACME, bench.x)

    outcome = uploader.ids_of(_claim(bench))
    assert isinstance(outcome, NotSent)
    assert reason in outcome.reason
    assert bench.x.uploaded == []
