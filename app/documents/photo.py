"""A picture made to fit the card: cut to 20 x 25 mm, once for the face and once for the chip."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from app.documents.errors import PhotoTooRich, PhotoUnreadable

# 20.00 x 25.00 mm at 300 dots an inch (card.md, Card faces), and the size that identity cards carry.
FACE_PIXELS = (236, 295)
CHIP_PIXELS = (102, 126)
# JPEG qualities tried for the chip, best first; below the last one a face is no longer one.
_QUALITIES = range(92, 34, -4)
_FACE_QUALITY = 92
# How much of the picture's middle is kept where no quality fits: a tighter cut has less in it
# (counter.md, 2.23).
_CUTS = (1.0, 0.9, 0.8, 0.7)
# A picture of more pixels than this is a bomb, not a photograph.
_MAX_PIXELS = 50_000_000


@dataclass(frozen=True, repr=False)
class FittedPhoto:
    """JPEG for the face at 300 dpi, and for the chip within its room."""

    face: bytes
    chip: bytes


def fit_photo(picture: bytes, room: int) -> FittedPhoto:
    """``picture`` (JPEG, PNG, BMP) cut to the shape; the chip's copy takes at most ``room`` bytes.

    ``PhotoUnreadable`` for what is no picture, ``PhotoTooRich`` where even a tighter cut at the lowest
    quality does not fit.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG", "BMP")) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise PhotoUnreadable("photo")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
        raise PhotoUnreadable("photo") from None
    return FittedPhoto(
        face=_jpeg(ImageOps.fit(upright, FACE_PIXELS, Image.Resampling.LANCZOS), _FACE_QUALITY),
        chip=_within(upright, room),
    )


def _within(upright: Image.Image, room: int) -> bytes:
    whole = ImageOps.fit(upright, FACE_PIXELS, Image.Resampling.LANCZOS)
    for share in _CUTS:
        source = upright if share == 1.0 else _middle(whole, share)
        picture = ImageOps.fit(source, CHIP_PIXELS, Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            raw = _jpeg(picture, quality)
            if len(raw) <= room:
                return raw
    raise PhotoTooRich("photo", room)


def _middle(picture: Image.Image, share: float) -> Image.Image:
    """``share`` of a picture's width and height, about its middle."""
    wide, high = picture.width * (1 - share) / 2, picture.height * (1 - share) / 2
    box = (round(wide), round(high), round(picture.width - wide), round(picture.height - high))
    return picture.crop(box)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True)
    return stream.getvalue()
