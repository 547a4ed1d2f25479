"""A picture made to fit: cut to the card's shape, small enough for the chip, nothing else accepted."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.devices.sim.portrait import portrait
from app.documents import photo
from app.documents.errors import PhotoUnreadable
from app.documents.photo import CHIP_PIXELS, FACE_PIXELS, fit_photo

ROOM = 3070


def saved(image: Image.Image, kind: str = "JPEG", **more: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("size", [(236, 295), (1200, 800), (600, 1600), (3, 3)])
def test_any_picture_becomes_both_sizes(kind: str, size: tuple[int, int]) -> None:
    fitted = fit_photo(saved(Image.new("RGB", size, (200, 120, 40)), kind), ROOM)
    for raw, pixels in ((fitted.face, FACE_PIXELS), (fitted.chip, CHIP_PIXELS)):
        with Image.open(io.BytesIO(raw)) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", pixels, "RGB")
    assert len(fitted.chip) <= ROOM


def test_a_portrait_fits_the_chip_and_less_room_takes_a_lesser_quality() -> None:
    picture = portrait(3).printed
    wide, narrow = fit_photo(picture, ROOM), fit_photo(picture, 1800)
    assert len(narrow.chip) <= 1800 < len(wide.chip) <= ROOM
    assert narrow.face == wide.face


def test_a_picture_is_cut_in_its_middle_and_never_stretched() -> None:
    image = Image.new("RGB", (800, 500), (255, 0, 0))
    image.paste((0, 0, 255), (200, 0, 600, 500))
    with Image.open(io.BytesIO(fit_photo(saved(image, "PNG"), ROOM).face)) as face:
        for place in ((5, 5), (230, 290), (118, 147)):
            red, _green, blue = face.getpixel(place)  # type: ignore[misc]
            assert blue > 200
            assert red < 50


def test_a_camera_held_sideways_is_turned() -> None:
    image = Image.new("RGB", (500, 400), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 100, 400))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter: the left edge is the upper one
    with Image.open(io.BytesIO(fit_photo(saved(image, exif=exif), ROOM).face)) as face:
        assert face.convert("L").getpixel((118, 5)) < 60  # type: ignore[operator]
        assert face.convert("L").getpixel((118, 290)) > 200  # type: ignore[operator]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        b"%PDF-1.4",
        saved(Image.new("RGB", (20, 25)))[:40],
        saved(Image.new("P", (20, 25)), "GIF"),
    ],
    ids=["empty", "bare", "pdf", "cut", "gif"],
)
def test_what_is_no_photograph_is_refused(raw: bytes) -> None:
    with pytest.raises(PhotoUnreadable):
        fit_photo(raw, ROOM)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "_MAX_PIXELS", 10_000)
    with pytest.raises(PhotoUnreadable):
        fit_photo(saved(Image.new("1", (200, 200)), "PNG"), ROOM)
    monkeypatch.undo()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotoUnreadable):
        fit_photo(saved(Image.new("1", (200, 200)), "PNG"), ROOM)


def test_a_picture_that_can_not_be_made_small_enough_is_refused() -> None:
    noise = Image.effect_noise((102, 126), 200).convert("RGB")
    with pytest.raises(PhotoUnreadable):
        fit_photo(saved(noise, "PNG"), 500)
