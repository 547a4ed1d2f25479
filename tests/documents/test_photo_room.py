"""A photo and the chip's room: lesser quality first, then a tighter cut, then a refusal."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from app.documents import photo
from app.documents.errors import PhotoTooRich
from app.documents.photo import CHIP_PIXELS, fit_photo

SHAPE = (236, 295)
ROOM = 1000


def framed() -> bytes:
    """A calm middle within a wild frame: only a tighter cut leaves of the frame what fits."""
    wild = random.Random(23).randbytes(SHAPE[0] * SHAPE[1])  # noqa: S311
    image = Image.frombytes("L", SHAPE, wild).convert("RGB")
    image.paste((230, 200, 180), (36, 45, 200, 250))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def test_where_no_quality_fits_the_cut_is_tighter(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = fit_photo(framed(), ROOM)
    assert len(fitted.chip) <= ROOM
    with Image.open(io.BytesIO(fitted.chip)) as chip:
        assert chip.size == CHIP_PIXELS
    # The face is not cut: it is what it is with all the room there is.
    assert fitted.face == fit_photo(framed(), 1 << 16).face
    monkeypatch.setattr(photo, "_CUTS", (1.0,))
    with pytest.raises(PhotoTooRich):
        fit_photo(framed(), ROOM)


def test_a_chip_without_room_for_any_face_says_how_much_it_has() -> None:
    with pytest.raises(PhotoTooRich) as refused:
        fit_photo(framed(), 300)
    assert refused.value.params() == {"element": "photo", "room": 300}
