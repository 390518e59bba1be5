"""Small copies of pictures."""

from __future__ import annotations

import base64
import io
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image

from stormctl.files.media.media import MediaShelf, read_media
from stormctl.files.media.thumbnails import SIDE, make_thumbnails

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.bank.message import Media


def shelve(root: Path, *pictures: Image.Image, kind: str = "PNG") -> list[Media]:
    """Put pictures into a bank."""
    folder = root / "messages/b"
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        picture.save(folder / f"{number}.{kind.lower()}", kind)
    shelf = MediaShelf(root, "messages/b")
    return [shelf.get(f"{number}.{kind.lower()}", "A square") for number in range(len(pictures))]


def read(address: str) -> Image.Image:
    """Read a `data:` address."""
    head, _, content = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_a_picture_is_made_small_once(tmp_path: Path) -> None:
    """In its own proportions, however many posts show it, and with white for what is transparent."""
    (wide,) = shelve(tmp_path, Image.new("RGBA", (1600, 800), (0, 0, 0, 0)))

    made = make_thumbnails([wide, wide], partial(read_media, tmp_path))

    assert list(made) == [wide.digest]
    small = read(made[wide.digest])
    assert small.size == (SIDE, SIDE // 2)
    assert small.getpixel((5, 5)) == (255, 255, 255)


def test_together_they_stay_within_a_bound(tmp_path: Path) -> None:
    """What would be beyond it is left out, and so are the rest."""
    media = shelve(tmp_path, *(Image.effect_noise((480, 480), 90 + n).convert("RGB") for n in range(3)))
    one = len(make_thumbnails(media[:1], partial(read_media, tmp_path))[media[0].digest])

    made = make_thumbnails(media, partial(read_media, tmp_path), int(one * 1.5))

    assert list(made) == [media[0].digest]


def test_a_picture_that_changed_or_vanished_is_left_out(tmp_path: Path) -> None:
    """The page is written all the same."""
    kept, gone, changed = shelve(tmp_path, *(Image.new("RGB", (20, 20), (n, 0, 0)) for n in range(3)))
    (tmp_path / gone.file).unlink()
    Image.new("RGB", (20, 20), "white").save(tmp_path / changed.file)

    assert list(make_thumbnails([gone, changed, kept], partial(read_media, tmp_path))) == [kept.digest]


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    """Nothing moves on the page."""
    red = Image.new("RGB", (20, 20), "red")
    folder = tmp_path / "messages/b"
    folder.mkdir(parents=True)
    red.save(folder / "0.gif", save_all=True, append_images=[Image.new("RGB", (20, 20), "blue")])
    gif = MediaShelf(tmp_path, "messages/b").get("0.gif", "A square")

    pixel = read(make_thumbnails([gif], partial(read_media, tmp_path))[gif.digest]).getpixel((9, 9))

    assert isinstance(pixel, tuple)
    assert pixel[0] > 240
    assert pixel[2] < 15
