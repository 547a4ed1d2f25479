"""Both faces measured from the PDF. The figures are card.md's own, written out here by hand."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from app.base.resources import resource
from app.documents.errors import (
    BarcodeImpossible,
    FaceDataInvalid,
    GlyphMissing,
    PhotoUnreadable,
    TextDoesNotFit,
)
from app.documents.face_design import FaceDesign
from app.documents.faces import FaceMark, FaceRenderer, Plastic, render_faces
from app.documents.raster import page_count, render_page
from tests.documents.measure import Page, Rect, read_page, streams
from tests.documents.people import NUMBER, NUMBER_X, SAMPLE, sample
from tests.helpers.portrait import plate

WIDTH, HEIGHT = 85.60, 53.98
NEAR = 0.30  # card.md: tolerance of the faces
PHOTO_NEAR = 0.10  # card.md: width and height of the photo
PLAIN = {
    "label_left": 31.00,
    "tops": (12.00, 17.82, 23.64, 29.47),
    "value_top": 33.98,
    "issuer": (31.00, 65.00),
}
BANK = {
    "label_left": 27.00,
    "tops": (11.00, 15.82, 20.64, 25.47),
    "value_top": 28.58,
    "issuer": (27.00, 61.00),
}


@pytest.fixture(scope="module")
def front(renderer: FaceRenderer) -> Page:
    return read_page(renderer.render(SAMPLE).front)


@pytest.fixture(scope="module")
def back(renderer: FaceRenderer) -> Page:
    return read_page(renderer.render(SAMPLE).back)


def bars_of(page: Page) -> Rect:
    """The one path that is some six high and wider than anything else drawn."""
    (only,) = [s.box for s in page.paths() if abs(s.box.height - 6.00) < NEAR and s.box.width > 20]
    return only


def check_back(page: Page, figures: dict[str, object]) -> None:
    """Every text of the back at its place: left edges and tops of its ink."""
    left = figures["label_left"]
    for label, top in zip(
        ("姓名：", "性别：", "民族：", "居民健康卡号码："), figures["tops"], strict=True
    ):  # type: ignore[call-overload]
        ink = page.ink(label, 8)
        assert ink.left == pytest.approx(left, abs=NEAR), label
        assert ink.top == pytest.approx(top, abs=NEAR), label
    value = page.ink(NUMBER)
    assert value.left == pytest.approx(left, abs=NEAR)
    assert value.top == pytest.approx(figures["value_top"], abs=NEAR)
    issuer = page.ink("河南省卫生健康委员会", 8.6)
    from_left, to_right = figures["issuer"]  # type: ignore[misc]
    assert issuer.left == pytest.approx(from_left, abs=NEAR)
    assert issuer.right == pytest.approx(to_right, abs=NEAR)
    assert issuer.top > 2.00 and issuer.bottom < 2.00 + 8.50


def test_pages_are_as_large_as_the_card(renderer: FaceRenderer) -> None:
    pages = renderer.render(SAMPLE)
    assert [page_count(pdf) for pdf in (pages.front, pages.back, pages.both)] == [1, 1, 2]
    for page in (read_page(pages.front), read_page(pages.back), read_page(pages.both, 1)):
        assert (page.width, page.height) == pytest.approx((WIDTH, HEIGHT), abs=0.001)


def test_front_stands_where_the_standard_says(front: Page) -> None:
    (mark,) = [s.box for s in front.paths()]
    assert (mark.width, mark.height) == pytest.approx((18.70, 18.70), abs=NEAR)
    assert (mark.left + mark.right) / 2 == pytest.approx(42.95, abs=NEAR)
    assert HEIGHT - (mark.top + mark.bottom) / 2 == pytest.approx(23.50, abs=NEAR)
    name = front.ink("居民健康卡", 28)
    assert WIDTH - name.right == pytest.approx(15.00, abs=NEAR)
    assert HEIGHT - name.bottom == pytest.approx(37.57, abs=NEAR)
    supervisor = front.ink("中华人民共和国卫生部监制", 9)
    assert supervisor.left == pytest.approx(24.80, abs=NEAR)
    assert HEIGHT - supervisor.bottom == pytest.approx(4.00, abs=NEAR)


def test_back_stands_where_the_standard_says(back: Page) -> None:
    photo = back.image()
    assert (photo.left, photo.top) == pytest.approx((4.00, 11.00), abs=NEAR)
    assert (photo.width, photo.height) == pytest.approx((20.00, 25.00), abs=PHOTO_NEAR)
    check_back(back, PLAIN)
    assert HEIGHT - back.ink(NUMBER).top == pytest.approx(20.00, abs=NEAR)
    bars = bars_of(back)
    assert (bars.left, bars.width, bars.height) == pytest.approx((31.00, 34.00, 6.00), abs=NEAR)
    assert HEIGHT - bars.bottom == pytest.approx(10.55, abs=NEAR)
    brand = back.ink("样例社区卫生服务中心", 6)
    assert (brand.left + brand.right) / 2 == pytest.approx(31.00 + 34.00 / 2, abs=NEAR)
    assert HEIGHT - brand.bottom == pytest.approx(4.00, abs=NEAR)
    vendor = back.ink("KT20261122")
    assert WIDTH - vendor.right == pytest.approx(2.00, abs=NEAR)
    assert HEIGHT - vendor.bottom == pytest.approx(2.00, abs=NEAR)


def test_the_seal_is_a_ring_with_a_star(back: Page) -> None:
    rings = [s for s in back.paths() if abs(s.pen - 1.2) < 0.01 and s.box.width > 10]
    (ring,) = rings
    # PDFium counts the pen twice over in a path's bounds, so the ring is measured from its middle.
    assert (ring.box.left + ring.box.right) / 2 == pytest.approx(2.00 + 12.00 / 2, abs=NEAR)
    assert HEIGHT - (ring.box.top + ring.box.bottom) / 2 == pytest.approx(4.50 + 12.00 / 2, abs=NEAR)
    (star,) = [s.box for s in back.paths() if abs(s.box.width - 4.00) < NEAR]
    assert star.height == pytest.approx(4.00, abs=NEAR)
    assert (star.left + star.right) / 2 == pytest.approx(8.00, abs=NEAR)


def test_the_seals_ink_is_twelve_millimetres_across(renderer: FaceRenderer) -> None:
    bitmap = render_page(renderer.render(SAMPLE).back, dpi=600)
    picture = Image.frombytes("RGB", (bitmap.width, bitmap.height), bitmap.pixels)
    dot = 25.4 / 600
    red = picture.crop((0, round(36.5 / dot), round(20 / dot), bitmap.height)).point(
        lambda v: 255 * (v < 128)
    )
    left, top, right, bottom = red.getchannel("G").getbbox()
    assert (right - left) * dot == pytest.approx(12.00, abs=0.1)
    assert (bottom - top) * dot == pytest.approx(12.00, abs=0.1)
    assert left * dot == pytest.approx(2.00, abs=NEAR)


def test_a_bank_card_moves_what_the_standard_moves(renderer: FaceRenderer) -> None:
    face = sample(back="back-bank", bank_name="样例银行", bank_card_number="6200000000000000001")
    page = read_page(renderer.render(face).back)
    check_back(page, BANK)
    assert HEIGHT - page.ink(NUMBER).top == pytest.approx(25.40, abs=NEAR)
    bars = bars_of(page)
    assert bars.left == pytest.approx(27.00, abs=NEAR)
    assert HEIGHT - bars.bottom == pytest.approx(16.50, abs=NEAR)
    first = page.ink("6", 12)
    assert (first.left + first.right) / 2 == pytest.approx(17.50, abs=NEAR)
    assert HEIGHT - (first.top + first.bottom) / 2 == pytest.approx(12.50, abs=NEAR)
    bank = page.ink("样例银行")
    assert bank.left == pytest.approx(4.00, abs=NEAR) and bank.right <= 24.00
    assert bank.top >= 2.00 and bank.bottom <= 10.50
    assert page.ink("河南省卫生健康委员会", 8.6).height > bank.height


def test_marks_of_bank_and_scheme_are_shown_whole(renderer: FaceRenderer) -> None:
    face = sample(
        back="back-bank",
        photo=None,
        bank_name="样例银行",
        scheme_mark=plate(400, 200, "PNG"),
    )
    mark = read_page(renderer.render(face).back).image()
    assert WIDTH - mark.right == pytest.approx(2.00, abs=NEAR)
    assert mark.width / mark.height == pytest.approx(2.0, abs=0.01)
    with_logo = read_page(
        renderer.render(sample(back="back-bank", photo=None, bank_mark=plate(100, 100))).back
    )
    logo = with_logo.image()
    assert logo.left >= 4.00 and logo.right <= 24.00 and logo.top >= 2.00 - 0.01 and logo.bottom <= 10.51


def test_the_measuring_sees_what_moves(renderer: FaceRenderer, tmp_path: Path) -> None:
    """Control: with the data moved by half a millimetre the same check fails, and by as much."""
    folder = tmp_path / "faces"
    shutil.copytree(resource("faces", "national"), folder)
    back = folder / "back.toml"
    text = back.read_text("utf-8")
    for was, now in (
        ("top = 17.82", "top = 18.32"),
        ("bottom = 10.55", "bottom = 11.05"),
        ("top = 11.00", "top = 11.50"),
    ):
        assert was in text
        text = text.replace(was, now)
    back.write_text(text, "utf-8")
    moved = read_page(FaceRenderer.open(FaceDesign.load(folder)).render(SAMPLE).back)
    still = read_page(renderer.render(SAMPLE).back)
    with pytest.raises(AssertionError):
        check_back(moved, PLAIN)
    assert moved.ink("性别：").top - still.ink("性别：").top == pytest.approx(0.50, abs=0.01)
    assert bars_of(still).bottom - bars_of(moved).bottom == pytest.approx(0.50, abs=0.01)
    assert moved.image().top - still.image().top == pytest.approx(0.50, abs=0.01)
    assert moved.ink("姓名：") == still.ink("姓名：")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"back": "back-bank", "bank_name": "样例银行", "bank_card_number": "6200000000000000001"},
        {"marks": tuple(FaceMark)},
        {"back": "back-bank", "marks": (FaceMark.TRAINING, FaceMark.SIMULATED)},
        {"name": "阿卜杜热合曼·买买提吐尔逊·阿卜杜克里木江样例"},
    ],
)
def test_nothing_leaves_the_card(renderer: FaceRenderer, changes: dict[str, object]) -> None:
    pages = renderer.render(sample(**changes))
    for page in (read_page(pages.both, 0), read_page(pages.both, 1)):
        boxes = [glyph.ink for glyph in page.glyphs] + [shape.box for shape in page.shapes]
        assert len(boxes) > 10
        for box in boxes:
            assert box.left >= 0 and box.top >= 0 and box.right <= WIDTH and box.bottom <= HEIGHT


def test_text_reads_in_order(front: Page, back: Page) -> None:
    assert front.text.split("\n") == ["居民健康卡", "中华人民共和国卫生部监制"]
    assert back.text.split("\n") == [
        "河南省卫生健康委员会",
        "姓 名：测试甲",
        "性 别：女",
        "民 族：汉",
        "居民健康卡号码：",
        NUMBER,
        "样例社区卫生服务中心",
        "KT20261122",
        "河南省卫生健康委员会",
    ]


def test_inks_are_black_and_red_alone(renderer: FaceRenderer) -> None:
    """card.md: text K100; seal and card mark C0 M100 Y100 K0."""
    pages = renderer.render(sample(photo=None))
    found = set()
    for pdf in (pages.front, pages.back):
        (content,) = [s for s in streams(pdf) if b" Tj" in s]
        found |= set(re.findall(rb"([\d.]+ [\d.]+ [\d.]+ [\d.]+) [kK]\b", content))
        assert not re.search(rb"\b(rg|RG|g|G)\b", re.sub(rb"<[0-9A-F]*>", b"", content))
        lines = content.split(b"\n")
        assert any(b"0 0 0 1 k" in line and b" Tj" in line for line in lines)
    assert found == {b"0 0 0 1", b"0 1 1 0"}


def test_every_font_is_an_embedded_subset(renderer: FaceRenderer) -> None:
    pdf = renderer.render(sample(name="𠀀𪚥㛃", marks=(FaceMark.TRAINING,))).both
    assert b"Helvetica" not in pdf
    names = re.findall(rb"/BaseFont /(\S+)", pdf)
    assert len(names) >= 2 and all(re.match(rb"[A-Z]{6}\+", name) for name in names)
    assert pdf.count(b"/FontFile2") == len(names)


def test_the_same_card_gives_the_same_bytes(renderer: FaceRenderer) -> None:
    assert renderer.render(SAMPLE) == renderer.render(SAMPLE) == render_faces(SAMPLE)


def test_no_photo_leaves_no_frame(renderer: FaceRenderer) -> None:
    page = read_page(renderer.render(sample(photo=None)).back)
    assert not [box for box in (s.box for s in page.shapes) if box.right < 25 and box.top < 36]
    assert page.ink("姓名：").left == pytest.approx(31.00, abs=NEAR)


def test_a_placed_face_shows_nothing_of_a_person_in_a_trace(renderer: FaceRenderer) -> None:
    _, back = renderer.layout(SAMPLE)
    named = next(item for item in back if item.id == "name")
    coded = next(item for item in back if item.bars)
    assert "测试甲" in "".join(line.text for line in named.lines)
    assert "测试甲" not in repr(back) and NUMBER not in repr(back)
    # The bars are the number in another writing.
    assert repr(coded.bars[0]) not in repr(coded)


def test_printed_stock_takes_the_persons_part_alone(renderer: FaceRenderer) -> None:
    pages = renderer.render(sample(plastic=Plastic.PREPRINTED))
    assert read_page(pages.front).glyphs == () and read_page(pages.front).shapes == ()
    page, white = read_page(pages.back), read_page(renderer.render(SAMPLE).back)
    assert page.text.split() == ["测试甲", "女", "汉", NUMBER]
    # What is printed stands where the labels on the plastic leave off.
    assert page.ink("测试甲") == white.ink("测试甲")
    assert bars_of(page) == bars_of(white) and page.image() == white.image()


def test_marks_stand_on_both_faces_and_the_code_still_reads(renderer: FaceRenderer) -> None:
    pages = renderer.render(sample(marks=(FaceMark.TRAINING, FaceMark.SIMULATED)))
    for number in (0, 1):
        text = read_page(pages.both, number).text
        assert text.count("训练 TRAINING") == 2 and text.count("模拟 SIMULATED") == 2
        assert "SPECIMEN" not in text
    specimen = renderer.render(sample(marks=(FaceMark.SPECIMEN,)))
    assert "样卡 SPECIMEN" in read_page(specimen.front).text
    assert "样卡 SPECIMEN" in read_page(specimen.back).text
    assert "样卡" not in read_page(renderer.render(SAMPLE).back).text
    assert read_code(pages.back) == NUMBER


def read_code(pdf: bytes, dpi: int = 300) -> str:
    bitmap = render_page(pdf, dpi=dpi, grey=True)
    picture = Image.frombytes("L", (bitmap.width, bitmap.height), bitmap.pixels)
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.Code128)
    return str(code.text)


@pytest.mark.parametrize(
    "number", [NUMBER, NUMBER_X, "830000198709232345", "E12345678", "HRV410119870923"]
)
def test_the_code_reads_back_from_a_300_dpi_page(renderer: FaceRenderer, number: str) -> None:
    assert read_code(renderer.render(sample(number=number)).back) == number


def test_a_number_that_ends_in_x_has_a_narrower_centred_code(renderer: FaceRenderer) -> None:
    digits = bars_of(read_page(renderer.render(SAMPLE).back))
    assert digits.width == pytest.approx(34.04, abs=0.03)
    bars = bars_of(read_page(renderer.render(sample(number=NUMBER_X)).back))
    assert bars.width == pytest.approx(26.4, abs=0.05)
    assert (bars.left + bars.right) / 2 == pytest.approx(31.00 + 34.00 / 2, abs=NEAR)


@pytest.mark.parametrize(
    ("name", "size", "lines"),
    [
        ("测试甲", 8, 1),
        ("欧阳测试样例甲乙丙丁戊己庚", 8, 1),
        ("阿卜杜热合曼·买买提吐尔逊·阿卜杜克里木", 6.5, 2),
        ("一二三四五六七八九十一二三四五六七八九十样例", 6.5, 2),
        ("Sample Abdurrahman Konstantin Featherstonehaugh-Cholmondeley", 6.5, 2),
        ("样例" * 20, 5.5, 2),
        ("样例·" * 24, 4.5, 3),
    ],
)
def test_a_long_name_is_printed_whole(
    renderer: FaceRenderer, name: str, size: float, lines: int
) -> None:
    _, back = renderer.layout(sample(name=name))
    (placed,) = [item for item in back if item.id == "name"]
    assert "".join(line.text for line in placed.lines) == name
    assert {line.size for line in placed.lines} == {size} and len(placed.lines) == lines
    page = read_page(renderer.render(sample(name=name)).back)
    ink = page.ink(name)
    assert ink.right <= WIDTH - 4.00 + NEAR
    assert ink.bottom < page.ink("性别：").top
    # Whole and copyable: line ends aside the text is the name.
    assert name.replace(" ", "") in re.sub(r"\s", "", page.text)


def test_names_break_between_their_parts(renderer: FaceRenderer) -> None:
    _, back = renderer.layout(sample(name="阿卜杜热合曼·买买提吐尔逊·阿卜杜克里木"))
    (placed,) = [item for item in back if item.id == "name"]
    assert [line.text for line in placed.lines] == ["阿卜杜热合曼·买买提吐尔逊·", "阿卜杜克里木"]


def test_a_name_below_the_smallest_size_is_refused(renderer: FaceRenderer) -> None:
    with pytest.raises(TextDoesNotFit) as refused:
        renderer.render(sample(name="样例" * 60))
    assert refused.value.params() == {"element": "name", "smallest_size": 4.5}
    with pytest.raises(TextDoesNotFit):
        renderer.render(sample(back="back-bank", bank_card_number="6" * 40))
    with pytest.raises(TextDoesNotFit):
        renderer.render(sample(seal_text="样例" * 30))


def test_a_long_issuer_stands_in_two_even_lines(renderer: FaceRenderer) -> None:
    page = read_page(
        renderer.render(sample(issuer_name="新疆维吾尔自治区卫生健康委员会", seal_text="样例章")).back
    )
    assert page.text.split("\n")[:2] == ["新疆维吾尔自治区", "卫生健康委员会"]
    ink = page.ink("新疆维吾尔自治区卫生健康委员会")
    assert (ink.left, ink.right) == pytest.approx((31.00, 65.00), abs=NEAR)
    assert ink.top >= 2.00 and ink.bottom <= 10.50


@pytest.mark.parametrize("name", ["𠀀𪚥", "𪜀𫝀", "𫠝𬺞", "𬺡䶮㛃", "龘测试"])
def test_rare_characters_print_and_copy(renderer: FaceRenderer, name: str) -> None:
    page = read_page(renderer.render(sample(name=name)).back)
    assert f"姓 名：{name}" in page.text
    assert page.ink(name).height > 2.0


@pytest.mark.parametrize(
    ("char", "shown"),
    [("\U00030edd", "U+30EDD"), ("\ue81e", "U+E81E"), ("\U000e0100", "U+E0100"), ("\t", "U+0009")],
)
def test_a_character_nobody_draws_is_named(renderer: FaceRenderer, char: str, shown: str) -> None:
    with pytest.raises(GlyphMissing) as refused:
        renderer.render(sample(name=f"测{char}试"))
    assert refused.value.params() == {"element": "name", "character": shown}


def test_the_ethnic_group_stands_without_its_last_word(renderer: FaceRenderer) -> None:
    assert "民 族：维吾尔\n" in read_page(renderer.render(sample(ethnic="维吾尔族")).back).text
    assert "民 族：汉\n" in read_page(renderer.render(sample(ethnic="汉")).back).text
    assert "性 别：\n" in read_page(renderer.render(sample(sex="")).back).text


def test_a_photo_fills_its_frame_without_being_stretched(renderer: FaceRenderer) -> None:
    wide = renderer.render(sample(photo=plate(600, 295, "PNG"))).back
    bitmap = render_page(wide)
    picture = Image.frombytes("RGB", (bitmap.width, bitmap.height), bitmap.pixels)
    dots = 300 / 25.4
    for x, y in ((4.5, 11.5), (23.5, 35.5), (14, 23)):
        assert picture.getpixel((round(x * dots), round(y * dots))) == (30, 120, 200)
    for x, y in ((3.5, 20), (24.6, 20), (14, 10.5), (14, 36.5)):
        assert picture.getpixel((round(x * dots), round(y * dots))) == (255, 255, 255)


@pytest.mark.parametrize("photo", [b"no picture", plate()[:400], b"GIF89a" + bytes(40)])
def test_a_damaged_photo_is_refused(renderer: FaceRenderer, photo: bytes) -> None:
    with pytest.raises(PhotoUnreadable) as refused:
        renderer.render(sample(photo=photo))
    assert refused.value.params() == {"element": "photo"}


def test_a_number_no_scanner_reads_is_refused(renderer: FaceRenderer) -> None:
    for number in ("护照12345", "A1B2C3D4E5F6G7H8I9"):
        with pytest.raises(BarcodeImpossible):
            renderer.render(sample(number=number))


def test_an_unknown_layout_is_refused(renderer: FaceRenderer) -> None:
    with pytest.raises(FaceDataInvalid):
        renderer.render(sample(back="back-of-nowhere"))


def test_a_card_is_drawn_in_well_under_a_tenth_of_a_second(renderer: FaceRenderer) -> None:
    renderer.render(SAMPLE)
    spent = []
    for _ in range(5):
        start = time.process_time()
        renderer.render(SAMPLE)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.1
