"""Fonts by coverage: everybody's characters are drawn, and what is drawn copies back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin_dict.pinyin_data import kmandarin_8105

from app.base.resources import resource
from app.documents.errors import FontsMissing, FontUnusable, GlyphMissing
from app.documents.face_design import BLACK, Element, Kind, Stock
from app.documents.face_drawing import draw_pages
from app.documents.face_layout import Box, PlacedElement, PlacedLine
from app.documents.fonts import FontBook, FontShelf, to_unicode_cmap
from tests.documents.measure import Page, read_page

# 通用规范汉字表 (2013): 8,105 characters, of which 196 lie beyond the basic plane or in extension A.
STANDARD_LIST = "".join(chr(code) for code in sorted(kmandarin_8105.pinyin_dict))
# Extensions B, C, D, E and F, the first and some from inside; A; and U+9FB4 of GB 18030-2022.
RARE = "𠀀𠮷𡃁𤭢𦈡𧒽𨭎𩾌𪚥𪛖𪜀𪟝𫀀𫜴𫝀𫞎𫠝𫠠𫢫𬀩𬺡𬺰𭀖𮯠㐀㛃䶵龴"


@pytest.fixture(scope="module")
def book() -> FontBook:
    return FontBook.open()


def pages_of(text: str, book: FontBook) -> tuple[bytes, int]:
    """``text`` on card-sized pages, 20 characters a line, 12 lines a page."""
    element = Element("text", Kind.TEXT, Stock.PRINTED, ink=BLACK, text=text)
    rows = [text[at : at + 20] for at in range(0, len(text), 20)]
    pages = []
    for at in range(0, len(rows), 12):
        lines = tuple(
            PlacedLine(row, 4.0, 6.0 + 4 * index, 70.0, 9)
            for index, row in enumerate(rows[at : at + 12])
        )
        pages.append(
            [PlacedElement("text", Kind.TEXT, Stock.PRINTED, Box(4, 4, 78, 48), element, lines)]
        )
    return draw_pages(pages, book.chain), len(pages)


def copied_by_poppler(pdf: bytes, folder: Path) -> str:
    path = folder / "text.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(
        ["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True, timeout=60
    )
    return "".join(run.stdout.decode().split())


def copied_by_pdfium(pdf: bytes, count: int) -> list[Page]:
    return [read_page(pdf, number) for number in range(count)]


@pytest.mark.parametrize("text", [STANDARD_LIST, RARE], ids=["8105", "rare"])
def test_every_character_prints_and_copies_back(text: str, book: FontBook, tmp_path: Path) -> None:
    pdf, count = pages_of(text, book)
    assert copied_by_poppler(pdf, tmp_path) == text
    pages = copied_by_pdfium(pdf, count)
    assert "".join(glyph.char for page in pages for glyph in page.glyphs) == text
    # Each of them leaves ink: a blank glyph would copy as well as a drawn one.
    for page in pages:
        for glyph in page.glyphs:
            assert glyph.ink.width > 0.1 and glyph.ink.height > 0.05, glyph.char


def test_the_list_is_the_whole_list() -> None:
    assert len(STANDARD_LIST) == len(set(STANDARD_LIST)) == 8105
    assert sum(ord(char) > 0xFFFF for char in STANDARD_LIST) > 100


def test_text_is_split_where_the_font_changes(book: FontBook) -> None:
    chain = book.chain("text")
    runs = chain.runs("测试𠀀甲", "name")
    assert [run.text for run in runs] == ["测试", "𠀀", "甲"]
    assert runs[0].font is runs[2].font is not runs[1].font
    # A Han character is as wide as its size in every font.
    assert chain.width("测试𠀀甲", 10, "name") == pytest.approx(40, abs=0.01)


@pytest.mark.parametrize(
    "char", ["\U00030edd", "\ue000", "\U000f0000", "\x00", "\u200b", "\ud800", "\u0600"]
)
def test_nobody_draws_a_substitute(char: str, book: FontBook) -> None:
    with pytest.raises(GlyphMissing) as refused:
        book.chain("text").runs(f"甲{char}", "name")
    assert refused.value.character == f"U+{ord(char):04X}"
    assert char not in str(refused.value)


def test_a_glyph_without_ink_does_not_count(book: FontBook) -> None:
    """U+3095 lies in the first font's table with an empty outline: a later font draws it, or nobody."""
    chain = book.chain("text")
    first = chain.runs("甲", "name")[0].font
    assert ord("\u3095") in first.outlines.face.charToGlyph and not first.draws("\u3095")
    assert chain.runs("\u3095", "name")[0].font is not first
    assert chain.runs(" \u3000", "name")[0].font is first


def test_fonts_are_loaded_once_and_only_when_needed(tmp_path: Path) -> None:
    shelf = FontShelf()
    book = FontBook.open(shelf=shelf)
    assert len(shelf) == 0
    first = book.chain("text").runs("甲", "name")[0].font
    assert book.chain("seal").runs("乙", "seal")[0].font is first
    # Faces and papers have books of their own, and a place's list may say more of another family.
    own = province_list(tmp_path, '[chains]\ntext = ["wqy-zenhei"]\n')
    for other in (FontBook.open(shelf=shelf), FontBook.open(own, shelf=shelf)):
        assert other.chain("text").runs("丙", "name")[0].font is first
    assert len(shelf) == 1
    assert FontBook.open().chain("text").runs("丙", "name")[0].font is not first


def province_list(folder: Path, body: str) -> Path:
    path = folder / "fonts.toml"
    path.write_text(body, "utf-8")
    return path


def test_a_province_puts_its_own_font_first(tmp_path: Path) -> None:
    own = province_list(
        tmp_path,
        '[[family]]\nid = "own"\nfiles = ["own.ttf"]\nbody = [0.8, -0.2]\n'
        '[chains]\ntext = ["own", "wqy-zenhei"]\n',
    )
    (tmp_path / "own.ttf").symlink_to("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf")
    chain = FontBook.open(own).chain("text")
    assert chain.runs("甲", "name")[0].font.family.id == "own"
    assert chain.body == (0.8, -0.2)
    # Its private-use glyphs are its own affair, and used only where it says so.
    with pytest.raises(GlyphMissing):
        chain.runs("\uf137", "name")
    allowed = province_list(
        tmp_path,
        '[[family]]\nid = "own"\nfiles = ["own.ttf"]\nprivate_use = true\n[chains]\ntext = ["own"]\n',
    )
    assert FontBook.open(allowed).chain("text").runs("\uf137", "name")


def test_a_machine_without_fonts_is_told_which(tmp_path: Path) -> None:
    none = province_list(
        tmp_path, '[[family]]\nid = "none"\nfiles = ["deep/none.ttf"]\n[chains]\ntext = ["none"]\n'
    )
    with pytest.raises(FontsMissing) as refused:
        FontBook.open(none).chain("text")
    assert refused.value.params() == {"chain": "text", "files": "none.ttf"}


@pytest.mark.parametrize("kind", ["cff", "damaged"])
def test_a_font_that_can_not_be_embedded_is_refused(tmp_path: Path, kind: str) -> None:
    if kind == "cff":
        (tmp_path / "own.ttf").symlink_to("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
    else:
        (tmp_path / "own.ttf").write_bytes(b"\x00\x01\x00\x00" + bytes(60))
    own = province_list(
        tmp_path, '[[family]]\nid = "own"\nfiles = ["own.ttf"]\n[chains]\ntext = ["own"]\n'
    )
    with pytest.raises(FontUnusable) as refused:
        FontBook.open(own).chain("text").runs("甲", "name")
    assert refused.value.params() == {"file": "own.ttf"}


def test_the_shipped_list_names_what_set_up_installs() -> None:
    files = FontBook.open().files()
    assert {"wqy-zenhei", "hanamin-a", "hanamin-b"} <= files.keys()
    assert resource("fonts.toml").is_file()


@given(st.lists(st.integers(1, 0x10FFFF).filter(lambda c: not 0xD800 <= c < 0xE000), max_size=250))
def test_the_unicode_map_is_utf_16_in_blocks_of_a_hundred(chars: list[int]) -> None:
    lines = to_unicode_cmap("X", [0, *chars]).split("\n")
    pairs = [line.strip("<>").split("> <") for line in lines if line.startswith("<") and "> <" in line][
        1:
    ]
    decoded = {int(code, 16): bytes.fromhex(to).decode("utf-16-be") for code, to in pairs}
    assert decoded == {code: chr(char) for code, char in enumerate(chars, 1)}
    announced = [int(line.split()[0]) for line in lines if line.endswith(" beginbfchar")]
    assert sum(announced) == len(chars) and all(count <= 100 for count in announced)
