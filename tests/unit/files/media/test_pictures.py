"""Pictures as they go out."""

from __future__ import annotations

import contextlib
import random
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps, TiffImagePlugin

from stormctl.domain.bank.message import MediaKind
from stormctl.files.media.pictures import clean_picture
from stormctl.files.media.problems import BadMediaError

PLACE = b"52.5200N-SECRET"
ORIENTATION = 0x0112
DESCRIPTION = 0x010E


def make_image(width: int = 24, height: int = 16, mode: str = "RGB") -> Image.Image:
    """Make a picture whose left half differs from its right."""
    image = Image.new(mode, (width, height), "white")
    image.paste("teal", (0, 0, width // 2, height // 2))
    return image


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Encode a picture."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def make_exif(orientation: int = 1) -> Image.Exif:
    """Make EXIF with a place in words and in figures."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = orientation, PLACE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: tuple(TiffImagePlugin.IFDRational(n) for n in (52, 31, 12))})
    return exif


def decode(content: bytes) -> Image.Image:
    """Decode a picture."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Make a picture that no format makes small."""
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))  # noqa: S311 - no secret, only noise


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_no_place_leaves_the_house(kind: str, suffix: str) -> None:
    """EXIF and XMP are gone, whatever format carried them."""
    xmp = {} if kind == "PNG" else {"xmp": b"<x:xmpmeta>" + PLACE}
    content = encode(make_image(), kind, exif=make_exif(), **xmp)

    picture = clean_picture(f"a{suffix}", suffix, content)

    assert PLACE in content
    assert PLACE not in picture.content
    assert not decode(picture.content).getexif()


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("GIF", ".gif")])
def test_not_a_pixel_changes(kind: str, suffix: str) -> None:
    """Metadata is cut out of the file, and the picture is the same to the bit."""
    content = encode(make_image(), kind, comment=PLACE)

    picture = clean_picture(f"a{suffix}", suffix, content)

    same = ImageChops.difference(decode(content).convert("RGB"), decode(picture.content).convert("RGB"))
    assert same.getbbox() is None
    assert PLACE not in picture.content
    assert picture == clean_picture(f"a{suffix}", suffix, picture.content)


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_a_picture_that_lies_on_its_side_is_set_upright(kind: str, suffix: str) -> None:
    """What EXIF says of the orientation is carried out before EXIF goes."""
    content = encode(make_image(), kind, exif=make_exif(orientation=6))

    picture = clean_picture(f"a{suffix}", suffix, content)

    turned = decode(picture.content)
    assert turned.size == (16, 24)
    assert turned.convert("RGB").getpixel((15, 0))[0] < 100  # type: ignore[index]  # of an RGB picture
    assert PLACE not in picture.content


def test_turning_a_photo_keeps_its_tables() -> None:
    """The quality is neither lowered nor raised."""
    content = encode(make_image(64, 64), "JPEG", quality=71, subsampling=1, exif=make_exif(orientation=3))

    picture = clean_picture("a.jpg", ".jpg", content)

    assert decode(content).quantization == decode(picture.content).quantization  # type: ignore[attr-defined]  # of a JPEG


def test_a_colour_profile_stays() -> None:
    """Without it the colours would be others."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encode(make_image(), "JPEG", icc_profile=profile, exif=make_exif(orientation=6))

    picture = clean_picture("a.jpg", ".jpg", content)

    assert decode(picture.content).info["icc_profile"] == profile


def test_an_animation_stays_one() -> None:
    """Its pictures, their times and how often it repeats are kept."""
    frames = [make_image(), make_image().transpose(Image.Transpose.ROTATE_180)]
    content = encode(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70, loop=3, comment=PLACE
    )

    picture = clean_picture("a.gif", ".gif", content)

    film = decode(picture.content)
    assert (picture.kind, picture.mime) == (MediaKind.GIF, "image/gif")
    assert (getattr(film, "n_frames", 1), film.info["loop"], film.info["duration"]) == (2, 3, 70)
    assert PLACE not in picture.content


@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/png")])
def test_webp_goes_out_as_what_facebook_takes(mode: str, mime: str) -> None:
    """What can be seen through stays so."""
    image = make_image(mode=mode)
    image.paste((9, 9, 9, 0)[: len(mode)], (0, 0, 4, 4))

    picture = clean_picture("a.webp", ".webp", encode(image, "WEBP"))

    assert (picture.mime, picture.kind) == (mime, MediaKind.IMAGE)
    assert decode(picture.content).mode == mode


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/png")])
def test_a_picture_that_is_too_big_is_made_smaller(mode: str, mime: str) -> None:
    """Until X takes it, and not by more than it needs."""
    content = encode(noise(1500, 1200, mode), "PNG", compress_level=1)

    picture = clean_picture("a.png", ".png", content)

    assert len(content) > 5_000_000 >= len(picture.content) > 1_500_000
    assert (picture.mime, decode(picture.content).format) == (mime, mime.removeprefix("image/").upper())


def test_further_pictures_behind_a_photo_are_cut_off() -> None:
    """Telephones hang a second picture, or a film, behind the first: it may show more than was meant."""
    content = encode(make_image(), "MPO", save_all=True, append_images=[make_image()])

    picture = clean_picture("a.jpg", ".jpg", content + PLACE)

    assert (decode(content).format, decode(picture.content).format) == ("MPO", "JPEG")
    assert picture.content.count(b"\xff\xd8\xff") == 1
    assert PLACE not in picture.content


def test_an_animated_webp_is_refused() -> None:
    """Neither platform takes one."""
    content = encode(make_image(), "WEBP", save_all=True, append_images=[make_image(mode="L").convert("RGB")])

    with pytest.raises(BadMediaError, match="animated WEBP"):
        clean_picture("a.webp", ".webp", content)


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("GIF", ".gif")])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_picture_that_breaks_off_is_refused(kind: str, suffix: str, share: float) -> None:
    """A half picture would be refused on the day."""
    content = encode(noise(40, 40), kind)

    with pytest.raises(BadMediaError) as caught:
        clean_picture("a", suffix, content[: int(len(content) * share)])

    assert caught.value.code == "media-type"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_carried_out(orientation: int) -> None:
    """As Pillow's own reading of EXIF has it."""
    content = encode(make_image(), "PNG", exif=make_exif(orientation))

    picture = clean_picture("a.png", ".png", content)

    expected = ImageOps.exif_transpose(decode(content))
    assert ImageChops.difference(expected, decode(picture.content)).getbbox() is None


_SEEDS = [
    (encode(make_image(), kind, **({} if kind == "GIF" else {"exif": make_exif(6)})), suffix)
    for kind, suffix in (("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("GIF", ".gif"))
]


@given(st.sampled_from(_SEEDS), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=9))
def test_a_damaged_picture_is_cleaned_or_refused(
    seed: tuple[bytes, str], changes: list[tuple[int, int]]
) -> None:
    """Whatever a volunteer's file holds, it never makes the check fail, nor warn."""
    content, suffix = bytearray(seed[0]), seed[1]
    for place, byte in changes:
        content[place % len(content)] = byte

    with contextlib.suppress(BadMediaError):
        picture = clean_picture("a", suffix, bytes(content))
        assert not decode(picture.content).getexif()


@pytest.mark.parametrize(
    ("kind", "suffix"), [("JPEG", ".png"), ("PNG", ".jpg"), ("GIF", ".png"), ("WEBP", ".jpg")]
)
def test_a_picture_of_another_kind_than_its_name_says_goes_out_with_a_warning(kind: str, suffix: str) -> None:
    """Platforms look at the bytes; the next person looks at the name."""
    content = encode(make_image(), kind)

    picture = clean_picture(f"a{suffix}", suffix, content)

    (remark,) = picture.remarks
    assert (remark.code, remark.message) == (
        "media-type",
        f"“a{suffix}” is really a {kind} picture, and goes out as one",
    )
    assert decode(picture.content).size == (24, 16)


def test_an_animated_png_is_told_to_stand_still() -> None:
    """Its first picture goes out; one that does not move is no matter."""
    frames = [make_image(), make_image().transpose(Image.Transpose.ROTATE_180)]
    moving = encode(frames[0], "PNG", save_all=True, append_images=frames[1:])

    told = [clean_picture("a.png", ".png", content) for content in (moving, encode(frames[0], "PNG"))]

    assert [[remark.code for remark in picture.remarks] for picture in told] == [["media-still"], []]
    assert [getattr(decode(picture.content), "n_frames", 1) for picture in told] == [1, 1]


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("PNG", "RGB", (8193, 40)),
        ("PNG", "RGBA", (40, 9000)),
        ("PNG", "P", (9000, 40)),
        ("JPEG", "RGB", (9000, 40)),
        ("JPEG", "RGB", (9000, 2800)),
        ("PNG", "P", (9000, 2800)),
        ("PNG", "LA", (9000, 2800)),
        ("WEBP", "RGB", (9000, 40)),
    ],
)
def test_a_picture_with_longer_sides_than_x_takes_is_made_smaller(
    kind: str, mode: str, size: tuple[int, int]
) -> None:
    """Up to 8,192 pixels a side, in its proportions, and with what was on the left still there."""
    suffix = ".jpg" if kind == "JPEG" else f".{kind.lower()}"
    content = encode(make_image(*size).convert(mode), kind)

    picture = clean_picture(f"a{suffix}", suffix, content)

    made = decode(picture.content)
    assert max(made.size) <= 8192
    assert made.width / made.height == pytest.approx(size[0] / size[1], rel=0.03)
    left, right = (made.convert("L").getpixel((at, made.height // 4)) for at in (1, made.width - 2))
    assert left < 130 < right  # type: ignore[operator]  # of a grey picture


def test_a_wide_picture_that_lies_on_its_side_is_set_upright_too() -> None:
    """Making it smaller does not forget how it was held."""
    content = encode(make_image(9000, 2800), "PNG", exif=make_exif(orientation=6))

    made = decode(clean_picture("a.png", ".png", content).content)

    assert made.width < made.height <= 8192


@pytest.mark.parametrize(("size", "is_taken"), [((8192, 4), True), ((4, 4), True), ((3, 8), False)])
def test_a_picture_has_four_pixels_a_side(size: tuple[int, int], is_taken: bool) -> None:
    """X refuses smaller ones, which are there by mistake."""
    content = encode(make_image(*size), "PNG")

    with contextlib.nullcontext() if is_taken else pytest.raises(BadMediaError, match="X takes 4×4"):
        clean_picture("a.png", ".png", content)
