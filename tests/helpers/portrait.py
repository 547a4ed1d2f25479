"""Test pictures whose every edge is known: a flat colour with one dark corner, no face at all."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def plate(
    width: int = 236,
    height: int = 295,
    kind: str = "JPEG",
    colour: tuple[int, int, int] = (30, 120, 200),
) -> bytes:
    """A picture of one colour, its upper left twelfth dark, as JPEG or PNG bytes."""
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).rectangle((0, 0, width // 12, height // 12), (10, 10, 10))
    stream = io.BytesIO()
    image.save(stream, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return stream.getvalue()
