"""The papers as people hold them: what stands on them, whole or masked, marked, inside its cell."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest
import zxingcpp
from PIL import Image

from app.documents.errors import PhotoUnreadable
from app.documents.face_design import FaceMark
from app.documents.paper_errors import PaperGlyphMissing, PaperTextUnknown, PaperTooLong
from app.documents.paper_type import Typesetter
from app.documents.papers import PAPERS, Means, OpenCaseRow, Paper, PaperFacts, PaperRenderer, Term
from app.documents.raster import page_count, render_page
from app.domain.audit import parse_head
from tests.documents import papers_made_up as made
from tests.documents.measure import Glyph, Page, Rect, read_page

WORST_FACTS = replace(made.LONG_FACTS, marks=(), copy=0)


@pytest.fixture(scope="module")
def papers() -> PaperRenderer:
    return PaperRenderer.open()


@pytest.fixture(scope="module")
def another() -> PaperRenderer:
    """A second one, that no other test draws with."""
    return PaperRenderer.open()


def name_of(paper: object) -> str:
    return getattr(paper, "template", "?")


def pages_of(pdf: bytes) -> list[Page]:
    return [read_page(pdf, number) for number in range(page_count(pdf))]


def text_of(pdf: bytes) -> str:
    """All that copies out of a paper, without blanks and ends of lines."""
    return "".join("".join(page.text.split()) for page in pages_of(pdf))


def codes_of(pdf: bytes, page: int = 0) -> list[str]:
    bitmap = render_page(pdf, page, 150)
    image = Image.frombytes("RGB", (bitmap.width, bitmap.height), bitmap.pixels)
    return [code.text for code in zxingcpp.read_barcodes(image) if code.format.name == "QRCode"]


# What stands where


def written(page: Page) -> list[Glyph]:
    """What stands on the page, without the marks that lie across it."""
    return [glyph for glyph in page.glyphs if glyph.size < 30]


def crossed(page: Page) -> list[str]:
    """Characters through whose ink a line of the form goes: they left their cell."""
    upright, level = [], []
    for shape in page.paths():
        if shape.box.width < 0.5 < shape.box.height:
            upright.append(((shape.box.left + shape.box.right) / 2, shape.box.top, shape.box.bottom))
        elif shape.box.height < 0.5 < shape.box.width:
            level.append(((shape.box.top + shape.box.bottom) / 2, shape.box.left, shape.box.right))
    found = []
    for glyph in written(page):
        ink = glyph.ink
        # A tenth of a millimetre of every edge is the reader's rounding.
        across = any(
            ink.left + 0.1 < x < ink.right - 0.1 and top < ink.bottom and bottom > ink.top
            for x, top, bottom in upright
        )
        down = any(
            ink.top + 0.1 < y < ink.bottom - 0.1 and left < ink.right and right > ink.left
            for y, left, right in level
        )
        if across or down:
            found.append(glyph.char)
    return found


def overlaps(page: Page) -> list[str]:
    """Pairs of characters whose ink covers the same place."""
    cells: dict[tuple[int, int], list[tuple[str, Rect]]] = defaultdict(list)
    for glyph in written(page):
        ink = glyph.ink
        for x in range(int(ink.left // 4), int(ink.right // 4) + 1):
            for y in range(int(ink.top // 4), int(ink.bottom // 4) + 1):
                cells[x, y].append((glyph.char, ink))
    found = []
    for members in cells.values():
        for number, (char, one) in enumerate(members):
            for other_char, other in members[number + 1 :]:
                wide = min(one.right, other.right) - max(one.left, other.left)
                high = min(one.bottom, other.bottom) - max(one.top, other.top)
                if wide > 0.3 and high > 0.3:
                    found.append(char + other_char)
    return found


def outside(page: Page, margins: tuple[float, float, float, float]) -> list[str]:
    top, right, bottom, left = margins
    return [
        glyph.char
        for glyph in page.glyphs
        if glyph.ink.left < left - 0.1
        or glyph.ink.right > page.width - right + 0.1
        or glyph.ink.top < top - 0.1
        or glyph.ink.bottom > page.height - bottom + 0.1
    ]


@pytest.mark.parametrize("paper", made.ORDINARY, ids=name_of)
def test_an_ordinary_paper_is_one_sheet(papers: PaperRenderer, paper: Paper) -> None:
    for facts in (made.LIVE, replace(made.MARKED, copy=12), replace(made.MARKED, draft=True)):
        count = page_count(papers.draw(paper, facts))
        # Two pages are one sheet: the application form has a back.
        assert count == (2 if paper is made.FORM else 1)


@pytest.mark.parametrize(
    ("paper", "facts"),
    [(paper, made.LIVE) for paper in made.ORDINARY] + [(paper, WORST_FACTS) for paper in made.LONGEST],
    ids=name_of,
)
def test_nothing_leaves_its_cell_its_line_or_the_margins(
    papers: PaperRenderer, paper: Paper, facts: PaperFacts
) -> None:
    margins = papers.template(type(paper)).margins
    for page in pages_of(papers.draw(paper, facts)):
        assert not crossed(page)
        assert not overlaps(page)
        assert not outside(page, margins)


def test_a_text_that_is_not_wrapped_is_found_outside_its_cell(
    papers: PaperRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before this one."""
    monkeypatch.setattr(Typesetter, "lines", lambda self, text, room, size: (text.replace("\n", " "),))
    margins = papers.template(type(made.LONGEST[4])).margins
    page = read_page(papers.draw(made.LONGEST[4], WORST_FACTS))
    assert crossed(page) and outside(page, margins)


def test_lines_too_near_are_found_to_overlap(
    papers: PaperRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.documents.paper_setting.LEADING", 0.6)
    assert overlaps(read_page(papers.draw(made.LONGEST[4], WORST_FACTS)))


@pytest.mark.parametrize("paper", made.LONGEST, ids=name_of)
def test_what_is_long_is_whole_and_copies(papers: PaperRenderer, paper: Paper) -> None:
    pdf = papers.draw(paper, WORST_FACTS)
    text = text_of(pdf) + "".join(code for n in range(page_count(pdf)) for code in codes_of(pdf, n))
    wanted = [value for value in vars(paper).values() if isinstance(value, str) and len(value) > 20]
    rows = [one for value in vars(paper).values() if isinstance(value, tuple) for one in value]
    wanted += [one for one in rows if isinstance(one, str)]
    terms = [value for value in (*vars(paper).values(), *rows) if isinstance(value, Term)]
    wanted += [words for term in terms for words in (term.zh, term.en)]
    assert wanted and (terms or paper is made.LONGEST[5])
    for value in wanted:
        assert "".join(value.split()) in text
    assert WORST_FACTS.centre in text


def test_ten_rows_are_ten_rows_and_a_long_table_has_its_head_on_every_page(
    papers: PaperRenderer,
) -> None:
    text = text_of(papers.draw(made.LONGEST[0], made.LIVE))
    for number in range(10):
        assert f"{2010 + number}年12月25日" in text
    rows = tuple(
        OpenCaseRow(f"X01-C{number:06d}", Term("待确认打印"), made.MOMENT) for number in range(120)
    )
    pages = pages_of(papers.draw(replace(made.CLOSING, open_cases=rows), made.LIVE))
    with_rows = [page for page in pages if "X01-C000" in page.text]
    assert len(with_rows) >= 3
    assert all("开始时间" in page.text for page in with_rows)
    assert all(row.number in "".join(page.text for page in pages) for row in rows)


def test_an_entry_longer_than_a_page_is_a_known_fault(papers: PaperRenderer) -> None:
    with pytest.raises(PaperTooLong) as refused:
        papers.draw(replace(made.LOSS, cause=Term("样例" * 4000)), made.LIVE)
    assert refused.value.paper == "loss-report" and refused.value.where.startswith("line ")
    assert "样例" not in str(refused.value)


# Form and identity


@pytest.mark.parametrize("paper", made.ORDINARY, ids=name_of)
def test_the_same_values_give_the_same_bytes(
    papers: PaperRenderer, another: PaperRenderer, paper: Paper
) -> None:
    first = papers.draw(paper, made.MARKED)
    assert first == papers.draw(paper, made.MARKED)
    assert first == another.draw(paper, made.MARKED)
    assert first != papers.draw(paper, made.LIVE)


@pytest.mark.parametrize("paper", made.ORDINARY, ids=name_of)
def test_every_paper_names_the_desk(papers: PaperRenderer, paper: Paper) -> None:
    text = text_of(papers.draw(paper, made.LIVE))
    for fact in (made.LIVE.centre, "L01", made.LIVE.terminal, made.LIVE.institution, made.LIVE.operator):
        assert fact in text
    assert "2026-11-2214:03" in text and "No." + paper.number in text  # type: ignore[attr-defined]


def test_papers_have_the_sizes_of_paper(papers: PaperRenderer) -> None:
    sizes = {}
    for paper in made.ORDINARY:
        page = read_page(papers.draw(paper, made.LIVE))
        sizes[paper.template] = (round(page.width), round(page.height))
    assert sizes == {
        "application-form": (210, 297),
        "closing-report": (210, 297),
        "fee-receipt": (210, 148),
        "acceptance-receipt": (148, 210),
        "temporary-proof": (148, 210),
        "hand-over-slip": (148, 210),
        "loss-report": (148, 210),
    }
    assert set(sizes) == {paper.template for paper in PAPERS}


def test_the_photo_is_20_by_25_millimetres(papers: PaperRenderer) -> None:
    photo = read_page(papers.draw(made.FORM, made.LIVE)).image()
    assert (photo.width, photo.height) == pytest.approx((20.0, 25.0), abs=0.05)


def test_a_photo_that_is_none_is_a_known_fault(papers: PaperRenderer) -> None:
    with pytest.raises(PhotoUnreadable):
        papers.draw(replace(made.FORM, photo=b"GIF89a nothing"), made.LIVE)


# Characters


@pytest.mark.parametrize("paper", made.ORDINARY, ids=name_of)
def test_characters_beyond_the_basic_plane_copy_as_what_they_are(
    papers: PaperRenderer, paper: Paper
) -> None:
    facts = replace(made.LIVE, operator=made.RARE)
    named = replace(paper, name=made.RARE) if hasattr(paper, "name") else paper
    pdf = papers.draw(named, facts)
    assert made.RARE in text_of(pdf)


def test_a_character_that_no_font_draws_is_a_known_fault(papers: PaperRenderer) -> None:
    for value in ("样例\ue000", "样例\U000f0000", "样例\u202e甲", "样例\x07"):
        with pytest.raises(PaperGlyphMissing) as refused:
            papers.draw(replace(made.RECEIPT, name=value), made.LIVE)
        assert refused.value.character == f"U+{ord(value[2]):04X}"
        assert refused.value.paper == "acceptance-receipt"
        assert "样例" not in str(refused.value)


# What is personal


@pytest.mark.parametrize("paper", (*made.ORDINARY, *made.LONGEST), ids=name_of)
def test_numbers_and_phones_stand_whole_on_the_application_form_alone(
    papers: PaperRenderer, paper: Paper
) -> None:
    text = text_of(papers.draw(paper, made.LIVE))
    whole = paper.template == "application-form"
    assert (made.NUMBER in text) is whole
    assert (made.PHONE in text) is whole
    if not whole and hasattr(paper, "name"):
        assert "410102********2345" in text


def test_which_values_are_whole_is_said_by_the_templates(papers: PaperRenderer) -> None:
    said = {paper.template: papers.template(paper).whole for paper in PAPERS}
    assert said.pop("application-form") == {
        "citizen_id",
        "other_number",
        "rural_insurance",
        "health_record",
        "phone",
        "second_phone",
        "representative_number",
        "representative_phone",
    }
    assert all(not keys for keys in said.values())


@pytest.mark.parametrize("paper", (*made.ORDINARY, made.FACTS), ids=name_of)
def test_a_person_is_in_no_representation(paper: object) -> None:
    assert "样例" not in repr(paper) and made.NUMBER not in repr(paper)


# Marks


@pytest.mark.parametrize("paper", made.ORDINARY, ids=name_of)
@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (FaceMark.TRAINING, "训练TRAINING"),
        (FaceMark.SIMULATED, "模拟SIMULATED"),
        (FaceMark.SPECIMEN, "样张SPECIMEN"),
    ],
)
def test_a_mark_stands_across_every_page(
    papers: PaperRenderer, paper: Paper, mark: FaceMark, words: str
) -> None:
    assert words not in text_of(papers.draw(paper, made.LIVE))
    for number, page in enumerate(pages_of(papers.draw(paper, replace(made.LIVE, marks=(mark,))))):
        found = [glyph for glyph in page.glyphs if glyph.size > 30]
        assert "".join(glyph.char for glyph in found) == words
        box = found[0].ink
        for glyph in found:
            box |= glyph.ink
        # Across most of the page, rising, and inside it.
        assert (
            box.left > 5 and box.right < page.width - 5 and box.top > 5 and box.bottom < page.height - 5
        )
        assert box.width > 0.6 * page.width
        assert found[0].ink.top > found[-1].ink.top
        small = "".join(page.text.split()).count(words)
        assert small >= (2 if number == 0 else 1)


def test_a_reprint_and_a_preview_say_what_they_are(papers: PaperRenderer) -> None:
    for paper in made.ORDINARY:
        first = text_of(papers.draw(paper, made.LIVE))
        # A name that looks like a place to be filled in is a name.
        later = replace(made.LIVE, copy=2, operator="李{copy}", printed_at_ms=made.MOMENT + 86_400_000)
        second = text_of(papers.draw(paper, later))
        draft = text_of(papers.draw(paper, replace(made.LIVE, draft=True)))
        for words in ("补打", "COPY", "预览", "DRAFT"):
            assert words not in first
        assert "补打第2次COPY2" in second and "预览" not in second
        assert "李{copy}2026-11-2314:03补打" in second
        assert "预览DRAFT" in draft and "尚未打印" in draft and "补打" not in draft


def test_a_voided_receipt_keeps_its_number_and_says_who_voided_it(papers: PaperRenderer) -> None:
    assert "作废" not in text_of(papers.draw(made.FEE, made.LIVE))
    voided = replace(
        made.FEE,
        voided=True,
        voided_at_ms=made.MOMENT,
        voided_by="训练主管乙",
        void_reason=Term("重复收费", "charged twice"),
    )
    text = text_of(papers.draw(voided, made.LIVE))
    for words in ("作废VOID", made.FEE.number, "训练主管乙", "重复收费", "人民币贰拾元整"):
        assert words in text


# Each paper's own


def test_codes_read_back_at_150_dots_an_inch(papers: PaperRenderer) -> None:
    for facts in (made.LIVE, made.MARKED, replace(made.MARKED, copy=3)):
        for paper in (made.RECEIPT, made.PROOF, made.LOSS):
            assert codes_of(papers.draw(paper, facts)) == [paper.number]
        assert codes_of(papers.draw(made.CLOSING, facts)) == [made.CLOSING.witness]
    longest = papers.draw(made.LONGEST[5], made.LONG_FACTS)
    assert [code for n in range(page_count(longest)) for code in codes_of(longest, n)] == [
        made.CLOSING.witness
    ]


def test_a_closing_report_is_a_witness_of_the_audit(papers: PaperRenderer) -> None:
    pdf = papers.draw(made.CLOSING, made.LIVE)
    # What is scanned, and what is typed as it stands there, is what a verification is given.
    assert [parse_head(code) for code in codes_of(pdf)] == [made.HEAD]
    shown = " ".join(read_page(pdf).text.split())
    line = re.search(r"KGKH1[|0-9A-FX ]*", shown)
    assert line is not None
    typed = parse_head(line[0])
    assert (typed.desk, typed.seq, typed.hash) == ("X01", 1204, made.HEAD.hash)


def test_a_list_stands_in_both_languages_with_what_was_said_in_one(papers: PaperRenderer) -> None:
    told = replace(
        made.FORM, alerts=(Term("哮喘", "asthma"), Term("对花粉敏感")), payments=(Term("自费"),)
    )
    text = text_of(papers.draw(told, made.LIVE))
    assert "哮喘、对花粉敏感" in text and "asthma,对花粉敏感" in text and text.count("自费") == 1


def test_a_fee_receipt_shows_the_amount_in_figures_and_in_capitals(papers: PaperRenderer) -> None:
    text = text_of(papers.draw(replace(made.FEE, received_fen=12345, due_fen=20000), made.LIVE))
    assert "人民币壹佰贰拾叁元肆角伍分" in text and "¥123.45" in text and "¥200.00" in text
    free = replace(made.FEE, received_fen=0, means=Means.NONE, waiver=Term("制卡质量问题", "our fault"))
    text = text_of(papers.draw(free, made.LIVE))
    assert "人民币零元整" in text and "制卡质量问题" in text


def test_the_chosen_word_alone_is_ticked(papers: PaperRenderer) -> None:
    """Two strokes of the pen make a tick, and they stand before the word that was chosen."""
    for means, word in ((Means.CASH, "现金"), (Means.SCAN, "扫码")):
        page = read_page(papers.draw(replace(made.FEE, means=means), made.LIVE))
        strokes = [s.box for s in page.paths() if abs(s.pen - 1.1) < 0.01]
        assert len(strokes) == 2
        ink = page.ink(word)
        assert all(ink.left - 5 < stroke.left < ink.left for stroke in strokes)
        assert all(ink.top - 1 < stroke.top < ink.bottom for stroke in strokes)


def test_a_form_leaves_what_it_does_not_know_to_the_hand(papers: PaperRenderer) -> None:
    text = text_of(papers.draw(made.FORM, made.LIVE))
    assert "—" not in text
    assert "卡内姓名" not in text
    assert "卡内姓名（截断）" in text_of(papers.draw(replace(made.FORM, chip_name="样例甲"), made.LIVE))
    receipt = text_of(papers.draw(replace(made.RECEIPT, ready_on=None), made.LIVE))
    assert "—" in receipt and "收取材料" not in receipt


def test_a_provisional_loss_says_when_it_lapses_and_a_written_one_that_it_does_not(
    papers: PaperRenderer,
) -> None:
    provisional = text_of(papers.draw(made.LOSS, made.LIVE))
    assert "2026-11-2914:03" in provisional and "本次为临时挂失" in provisional
    written = text_of(papers.draw(made.LONGEST[6], made.LIVE))
    assert "自动解除时间" not in written and "本次为正式挂失" in written and "挂失人签名" in written


def test_a_proof_is_dated_to_its_last_day(papers: PaperRenderer) -> None:
    page = read_page(papers.draw(replace(made.PROOF, last_day=dt.date(2027, 1, 9)), made.LIVE))
    day = page.ink("2027年1月9日", 15)
    assert day.height > 3.5 and "兹证明样例甲子已申领" in "".join(page.text.split())


def test_the_consent_printed_is_the_one_agreed_to(papers: PaperRenderer) -> None:
    newest = papers.text_version(type(made.FORM), "consent")
    text = text_of(papers.draw(made.FORM, made.LIVE))
    assert f"Textversion{newest}" in text and "撤回同意" in text
    assert text_of(papers.draw(replace(made.FORM, consent_version=newest), made.LIVE)) == text
    with pytest.raises(PaperTextUnknown) as refused:
        papers.draw(replace(made.FORM, consent_version="1999-1"), made.LIVE)
    assert refused.value.params() == {
        "paper": "application-form",
        "text": "consent",
        "version": "1999-1",
    }
    with pytest.raises(PaperTextUnknown):
        papers.text_version(type(made.FORM), "nothing")


def test_signatures_never_stand_on_a_page_alone(papers: PaperRenderer) -> None:
    """However long the closing report grows, its last page says something before it is signed."""
    for count in range(0, 40, 3):
        rows = tuple(OpenCaseRow(f"C{n}", Term("待确认"), made.MOMENT) for n in range(count))
        last = pages_of(papers.draw(replace(made.CLOSING, open_cases=rows), made.LIVE))[-1]
        assert "复核人签名" in last.text and "核验行" in last.text


def test_pages_follow_one_another(papers: PaperRenderer) -> None:
    pages = pages_of(papers.draw(made.LONGEST[5], made.LIVE))
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"第{number}页共{len(pages)}页" in "".join(page.text.split())
        assert made.CLOSING.number in page.text
    assert all(a.text != b.text for a, b in pairwise(pages))


def test_nothing_but_the_text_and_the_pictures_is_in_the_file(papers: PaperRenderer) -> None:
    """No time of making and no name in the file's own data."""
    pdf = papers.draw(made.FORM, made.LIVE)
    assert made.NUMBER.encode() not in pdf and made.NUMBER.encode("utf-16-be") not in pdf
    assert b"D:20000101000000" in pdf and b"D:2026" not in pdf
