"""Pages as pictures: exact dots, a driver's panel, grey, and bytes that are no page."""

from __future__ import annotations

import io
import threading

import pytest
from PIL import Image, ImageChops

from app.documents.errors import PageUnreadable
from app.documents.faces import FaceRenderer
from app.documents.raster import Bitmap, page_count, page_png, render_page
from tests.documents.people import SAMPLE


@pytest.fixture(scope="module")
def both(renderer: FaceRenderer) -> bytes:
    return renderer.render(SAMPLE).both


def picture(bitmap: Bitmap) -> Image.Image:
    mode = "L" if bitmap.channels == 1 else "RGB"
    return Image.frombytes(mode, (bitmap.width, bitmap.height), bitmap.pixels)


@pytest.mark.parametrize(("dpi", "size"), [(300, (1011, 638)), (600, (2022, 1275)), (96, (324, 204))])
def test_a_card_has_the_dots_of_its_size(both: bytes, dpi: int, size: tuple[int, int]) -> None:
    bitmap = render_page(both, dpi=dpi)
    assert (bitmap.width, bitmap.height, bitmap.channels) == (*size, 3)
    assert len(bitmap.pixels) == size[0] * size[1] * 3


def test_png_holds_the_page_and_its_resolution(both: bytes) -> None:
    image = Image.open(io.BytesIO(page_png(both, 1, 300)))
    assert image.format == "PNG" and image.size == (1011, 638)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert image.tobytes() == render_page(both, 1).pixels


def test_a_larger_panel_has_the_page_in_its_middle_unstretched(both: bytes) -> None:
    page = picture(render_page(both, 1, grey=True))
    panel = picture(render_page(both, 1, grey=True, panel=(1016, 648)))
    assert panel.size == (1016, 648)
    # A shifted page rounds a grey edge differently here and there, by less than the eye sees.
    difference = ImageChops.difference(panel.crop((2, 5, 2 + 1011, 5 + 638)), page)
    assert difference.getextrema()[1] < 30 and sum(difference.histogram()[1:]) < 20
    moved = ImageChops.difference(panel.crop((3, 5, 3 + 1011, 5 + 638)), page)
    assert sum(moved.histogram()[30:]) > 1000
    assert panel.crop((0, 0, 1016, 5)).getextrema() == (255, 255)


def test_bars_are_whole_dots(both: bytes) -> None:
    """Across the code at 300 dpi: edges are sharp, every bar and gap is three dots times its modules."""
    page = picture(render_page(both, 1, grey=True))
    row = [page.getpixel((x, 480)) for x in range(340, 800)]
    dark = [value < 128 for value in row]
    first, last = dark.index(True), len(dark) - 1 - dark[::-1].index(True)
    assert last - first + 1 == 402
    lengths, run = [], 1
    for before, here in zip(dark[first:last], dark[first + 1 : last + 1], strict=True):
        if before == here:
            run += 1
        else:
            lengths.append(run)
            run = 1
    assert all(length in (3, 6, 9, 12) for length in lengths)
    assert {value for value in row if 60 < value < 250} == set()


def test_colours_come_in_the_order_red_green_blue(both: bytes) -> None:
    front = picture(render_page(both, 0))
    red, green, blue = front.getpixel(
        (round(42.95 / 25.4 * 300) - 40, round((53.98 - 23.5 - 5) / 25.4 * 300))
    )
    assert red > 200 and green < 80 and blue < 80


def test_pages_are_counted_and_foreign_bytes_refused(both: bytes) -> None:
    assert page_count(both) == 2
    for broken in (b"", b"%PDF-1.4 nothing", both[:200]):
        with pytest.raises(PageUnreadable):
            page_count(broken)
        with pytest.raises(PageUnreadable):
            render_page(broken)
    for number in (2, -1):
        with pytest.raises(PageUnreadable) as refused:
            render_page(both, number)
        assert refused.value.params() == {"page": number}


def test_several_threads_may_draw_at_once(both: bytes) -> None:
    wanted = render_page(both, 1, 150).pixels
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(render_page(both, 1, 150).pixels)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4
