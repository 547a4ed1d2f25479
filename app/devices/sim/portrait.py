"""Portraits of people who do not exist: drawn shapes, and seen to be drawn, from a number.

The simulated camera and identity reader give these, so that training never needs a real face.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

# 2 x 2.5 cm at 130 and at 300 dots an inch: the chip's picture and the printed one.
CHIP_SIZE = (102, 126)
PRINT_SIZE = (236, 295)
# card.md: EF07 takes an image of at most 3,070 bytes.
CHIP_LIMIT = 3070

_SKIN = ((244, 212, 184), (232, 194, 160), (220, 178, 142), (205, 160, 125))
_HAIR = ((32, 28, 30), (54, 40, 34), (72, 64, 60), (150, 150, 152))
_CLOTH = ((52, 92, 110), (110, 62, 72), (70, 96, 66), (86, 76, 120), (120, 100, 60))
_OVERSAMPLING = 4


@dataclass(frozen=True, repr=False)
class Portrait:
    """One made-up person as JPEG: the chip's picture (at most 3,070 bytes) and the printed one."""

    chip: bytes
    printed: bytes


# The same people come again and again, in a demonstration and to the window.
@lru_cache(maxsize=64)
def portrait(seed: int) -> Portrait:
    """The portrait of a number: the same number gives the same bytes."""
    picture = _draw(seed)
    small = picture.resize(CHIP_SIZE, Image.Resampling.LANCZOS)
    quality = 88
    chip = _jpeg(small, quality)
    while len(chip) > CHIP_LIMIT:
        quality -= 4
        chip = _jpeg(small, quality)
    return Portrait(chip, _jpeg(picture.resize(PRINT_SIZE, Image.Resampling.LANCZOS), 90))


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True, dpi=(300, 300))
    return stream.getvalue()


def _draw(seed: int) -> Image.Image:
    rng = random.Random(seed)  # noqa: S311 - a drawing, no secret
    skin, hair, cloth = rng.choice(_SKIN), rng.choice(_HAIR), rng.choice(_CLOTH)
    long_hair, glasses = rng.random() < 0.5, rng.random() < 0.3
    wide, brow, mouth = rng.uniform(0.29, 0.34), rng.uniform(-0.01, 0.01), rng.uniform(0.5, 1.0)
    width, height = (side * _OVERSAMPLING for side in PRINT_SIZE)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, rx: float, ry: float, fill: tuple[int, int, int] | str) -> None:
        draw.ellipse(
            ((x - rx) * width, y * height - ry * width, (x + rx) * width, y * height + ry * width), fill
        )

    dark = tuple(part * 3 // 4 for part in skin)
    if long_hair:
        oval(0.5, 0.46, wide + 0.09, 0.46, hair)
        draw.rectangle(
            ((0.5 - wide - 0.08) * width, 0.46 * height, (0.5 + wide + 0.08) * width, 0.82 * height),
            hair,
        )
    oval(0.5, 1.06, 0.48, 0.36, cloth)
    draw.rectangle(
        (0.41 * width, 0.62 * height, 0.59 * width, 0.82 * height), (dark[0], dark[1], dark[2])
    )
    draw.polygon(
        [(0.38 * width, 0.80 * height), (0.62 * width, 0.80 * height), (0.5 * width, 0.92 * height)],
        (dark[0], dark[1], dark[2]),
    )
    for side in (-1, 1):
        oval(0.5 + side * (wide + 0.005), 0.47, 0.045, 0.07, skin)
    oval(0.5, 0.45, wide, 0.38, skin)
    # Hair as a cap with a parting: a chord of the head, a little larger than it.
    top = (0.45 * height - 0.44 * width, 0.45 * height + 0.30 * width)
    draw.chord(
        ((0.5 - wide - 0.04) * width, top[0], (0.5 + wide + 0.04) * width, top[1]), 193, 347, hair
    )
    for side in (-1, 1):
        x = 0.5 + side * 0.135
        oval(x, 0.455, 0.052, 0.030, "white")
        oval(x, 0.455, 0.027, 0.027, (30, 26, 26))
        draw.line(
            (
                (x - 0.07) * width,
                (0.405 + brow) * height,
                (x + 0.07) * width,
                (0.405 - side * brow) * height,
            ),
            hair,
            round(0.018 * width),
        )
        if glasses:
            draw.ellipse(
                (
                    (x - 0.105) * width,
                    0.455 * height - 0.085 * width,
                    (x + 0.105) * width,
                    0.455 * height + 0.085 * width,
                ),
                outline=(60, 60, 70),
                width=round(0.014 * width),
            )
    shade = (dark[0], dark[1], dark[2])
    draw.line((0.5 * width, 0.47 * height, 0.475 * width, 0.555 * height), shade, round(0.014 * width))
    draw.line((0.475 * width, 0.555 * height, 0.52 * width, 0.555 * height), shade, round(0.014 * width))
    draw.arc(
        (
            (0.5 - 0.09 * mouth) * width,
            0.58 * height,
            (0.5 + 0.09 * mouth) * width,
            0.645 * height,
        ),
        20,
        160,
        (168, 84, 80),
        round(0.022 * width),
    )
    return image
