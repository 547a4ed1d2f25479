"""Templates as data: a place's own file takes over, and every mistake is told by file, line and row."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from app.base.resources import resource
from app.documents.paper_design import Template
from app.documents.paper_errors import PaperDataInvalid
from app.documents.paper_reading import load_design
from app.documents.paper_values import value_types
from app.documents.papers import PAPERS, FeeReceipt, Paper, PaperRenderer
from app.domain.codes import load_codes
from tests.documents import papers_made_up as made
from tests.documents.measure import read_page
from tests.documents.test_papers import text_of


def own(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    """A place's folder with one shipped file in it, edited; each edit must find its text."""
    text = resource("papers", name).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_templates_are_whole() -> None:
    design = load_design()
    assert set(design.templates) == {paper.template for paper in PAPERS}
    for template in design.templates.values():
        assert isinstance(template, Template) and template.version and template.title.en
        # A resident reads both languages: no label stands in Chinese alone, but for a row's number.
        for block in template.blocks:
            labels = [*block.cells, *block.slots, *(c for c in block.head if c.value != "#")]
            assert all(label.zh and label.en for label in labels), (template.file, block.line)
    assert {path.name for path in resource("papers").iterdir()} == {
        *(template.file for template in design.templates.values()),
        "words.toml",
        "marks.toml",
    }


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.template)
def test_every_value_of_a_paper_stands_on_it(paper: type[Paper]) -> None:
    """What nobody prints, nobody should have to hand over."""
    template = load_design().templates[paper.template]
    used = {template.number, template.void, *(block.value for block in template.blocks)}
    for block in template.blocks:
        used |= {part.value for part in (*block.cells, *block.slots)} | {block.pinned}
        used |= {block.aside.value} if block.aside else set()
    assert {field.name for field in dataclasses.fields(paper)} <= used


def test_every_value_of_a_row_stands_in_its_table() -> None:
    for template in load_design().templates.values():
        for block in template.blocks:
            if block.value:
                rows = value_types(template.paper)[block.value].rows
                assert rows is not None
                names = {field.name for field in dataclasses.fields(rows)}
                assert names <= {column.value for column in block.head}


def test_a_place_replaces_one_paper_and_keeps_the_others(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        "fee-receipt.toml",
        ('zh = "居民健康卡工本费收据"', 'zh = "样例省居民健康卡收费票据"'),
        ("landscape = true\n", ""),
        ('version = "1"', 'version = "XX-3"'),
    )
    renderer = PaperRenderer.open(folder)
    page = read_page(renderer.draw(made.FEE, made.LIVE))
    assert "样例省居民健康卡收费票据" in page.text and "fee-receipt XX-3" in page.text
    assert (round(page.width), round(page.height)) == (148, 210)
    shipped = PaperRenderer.open()
    assert renderer.draw(made.SLIP, made.LIVE) == shipped.draw(made.SLIP, made.LIVE)


def test_a_place_decides_what_stands_whole(tmp_path: Path) -> None:
    folder = own(tmp_path, "fee-receipt.toml", ('void = "voided"', 'whole = ["person_number"]'))
    text = text_of(PaperRenderer.open(folder).draw(made.FEE, made.LIVE))
    assert made.NUMBER in text
    assert PaperRenderer.open(folder).template(FeeReceipt).whole == {"person_number"}


def test_a_place_has_its_own_words_and_marks(tmp_path: Path) -> None:
    own(tmp_path, "words.toml", ('zh = "扫码", en = "scan"', 'zh = "聚合码", en = "QR payment"'))
    own(tmp_path, "marks.toml", ('en = "COPY {copy}"', 'en = "REPRINT {copy}"'))
    text = text_of(PaperRenderer.open(tmp_path).draw(made.FEE, replace(made.LIVE, copy=1)))
    assert "聚合码" in text and "补打第1次REPRINT1" in text and "COPY" not in text


def test_a_text_keeps_its_old_versions(tmp_path: Path) -> None:
    newer = '[[text]]\nid = "consent"\nversion = "2027-1"\nzh = "新的同意书全文。"\nen = "New text."\n'
    folder = own(tmp_path, "application-form.toml", ("\n[[block]]", f"\n{newer}\n[[block]]"))
    renderer = PaperRenderer.open(folder)
    assert renderer.text_version(type(made.FORM), "consent") == "2027-1"
    assert "新的同意书全文" in text_of(renderer.draw(made.FORM, made.LIVE))
    old = text_of(renderer.draw(replace(made.FORM, consent_version="2026-1"), made.LIVE))
    assert "新的同意书全文" not in old and "撤回同意" in old and "Textversion2026-1" in old


def test_every_version_of_the_consent_that_a_desk_records_can_be_printed() -> None:
    texts = load_design().templates["application-form"].texts
    printed = [text.version for text in texts if text.id == "consent"]
    recorded = [row.code for row in load_codes()["consent"].codes]
    assert recorded == printed


def test_a_place_has_its_own_fonts(tmp_path: Path) -> None:
    (tmp_path / "fonts.toml").write_text('[chains]\ntext = ["hanamin-a", "hanamin-b"]\n', "utf-8")
    pdf = PaperRenderer.open(tmp_path).draw(made.PROOF, made.LIVE)
    assert b"HanaMinA" in pdf and b"WenQuanYi" not in pdf
    assert b"WenQuanYi" in PaperRenderer.open().draw(made.PROOF, made.LIVE)


FEE = "fee-receipt.toml"
FIRST_CELL = '{ value = "payer", zh = "交款人", en = "Received from", span = 3 }'


class Mistake(NamedTuple):
    """An edit of a shipped file; ``where`` is "block" or "text" for the nearest such head above it (and
    the row), "here" for the edited line itself, or what is told."""

    file: str
    old: str
    new: str
    where: str
    problem: str


MISTAKES = (
    Mistake(FEE, 'paper = "fee-receipt"', 'paper = "other"', "here", "paper must be fee-receipt"),
    Mistake(FEE, 'paper = "fee-receipt"', 'paper = "fee-receipt', "line 3", "it is no TOML"),
    Mistake(FEE, 'size = "A5"', 'size = "B5"', "here", "A4 or A5"),
    Mistake(FEE, 'version = "1"', "version = 1", "here", "version is missing"),
    Mistake(FEE, 'version = "1"', 'version = "1"\ncolour = "red"', "line 1", "colour is not known here"),
    Mistake(FEE, "margins = [10, 13, 7, 13]", "margins = [10, 13, 7]", "here", "list of 4 numbers"),
    Mistake(FEE, "margins = [10, 13, 7, 13]", "margins = [10, 13, 3, 13]", "here", "5 mm or more"),
    Mistake(FEE, 'number = "number"', 'number = "numero"', "here", "no value 'numero'"),
    Mistake(FEE, 'void = "voided"', 'void = "shift"', "here", "yes or no"),
    Mistake(FEE, 'void = "voided"', 'whole = ["shift"]', "here", "shift is never masked"),
    Mistake(
        FEE,
        'title = { zh = "居民健康卡工本费收据", en',
        "title = { en",
        "here",
        "words are { zh, en }",
    ),
    Mistake(FEE, "columns = 6", 'columns = "6"', "block", "columns is no whole number"),
    Mistake(FEE, "columns = 6", "columns = 9", "block", "columns are 1 to 6"),
    Mistake(FEE, "label_width = 26", "label_width = true", "block", "label_width is no number"),
    Mistake(FEE, "row_height = 8.2", "row_height = 2", "block", "row_height is 4 mm or more"),
    Mistake(FEE, 'kind = "fields"', 'kind = "grid"', "block", "kind is one of fields, table"),
    Mistake(FEE, "gap = 2.5", 'empty = "gone"', "block", "empty is one of blank, dash, omit"),
    Mistake(FEE, "gap = 2.5", 'aside = "qr"', "block", "aside is { kind, value, size }"),
    Mistake(
        FEE, "gap = 2.5", 'aside = { kind = "bar", value = "number", size = [20, 20] }', "block", "qr or"
    ),
    Mistake(
        FEE,
        "gap = 2.5",
        'aside = { kind = "picture", value = "number", size = [20, 20] }',
        "block",
        "as",
    ),
    Mistake(
        FEE, "gap = 2.5", 'aside = { kind = "qr", value = "number", size = [20, 5] }', "block", "10 mm"
    ),
    Mistake(FEE, FIRST_CELL, '{ value = "payer" }', "block, cells 1", "zh is missing"),
    Mistake(FEE, FIRST_CELL, '"payer"', "block, cells 1", "a row is a table in braces"),
    Mistake(FEE, FIRST_CELL, '{ value = "x", zh = "甲" }', "block, cells 1", "there is no value 'x'"),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", bold = true }', "block, cells 1", "bold is not"
    ),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", span = 0 }', "block, cells 1", "span is 1 to 6"
    ),
    Mistake(FEE, FIRST_CELL, '{ value = "payer", zh = "甲", large = 1 }', "block, cells 1", "yes or no"),
    Mistake(FEE, FIRST_CELL, '{ value = "payer", zh = 1 }', "block, cells 1", "zh is no text"),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", capitals = true }', "block, cells 1", "for money"
    ),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", choices = true }', "block, cells 1", "a list"
    ),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", empty = "x" }', "block, cells 1", "empty is one"
    ),
    Mistake(
        FEE, FIRST_CELL, '{ value = "payer", zh = "甲", when = "x" }', "block, cells 1", "no value 'x'"
    ),
    Mistake(
        FEE,
        FIRST_CELL,
        '{ value = "payer", zh = "甲", when = "means=gold" }',
        "block, cells 1",
        "means is never 'gold'",
    ),
    Mistake(FEE, 'when = "voided"', 'when = "!gone"', "block", "there is no value 'gone'"),
    Mistake(FEE, 'kind = "signatures"', 'kind = "fields"', "block", "a grid needs cells"),
    Mistake(FEE, 'kind = "signatures"', 'kind = "table"', "block", "a table needs value and head"),
    Mistake(FEE, 'kind = "signatures"', 'kind = "text"', "block", "there is no text ''"),
    Mistake(FEE, "slots = [", "cells = [", "block, cells 2", "value is missing"),
    Mistake(
        "closing-report.toml", 'value = "voided"', 'value = "shift"', "block", "shift holds no rows"
    ),
    Mistake(
        "closing-report.toml", 'value = "amount_fen"', 'value = "x"', "block, head 2", "no value 'x'"
    ),
    Mistake("closing-report.toml", "share = 1.5", "share = 0", "block, head 1", "share is above 0"),
    Mistake(
        "application-form.toml",
        'value = "name", zh',
        'value = "contacts", zh',
        "block, cells 1",
        "in a cell",
    ),
    Mistake("temporary-proof.toml", "兹证明 {name}", "兹证明 {nome}", "text", "no value 'nome'"),
    Mistake("temporary-proof.toml", "兹证明 {name}", "兹证明 {name", "text", "a brace is not closed"),
    Mistake("application-form.toml", "本人（或", "{photo}（或", "text", "can not stand in a sentence"),
    Mistake("temporary-proof.toml", 'id = "terms"', 'id = "proof"', "text", "twice in one version"),
    Mistake(
        "application-form.toml", 'pinned = "consent_version"', 'pinned = "x"', "block", "no value 'x'"
    ),
    Mistake("words.toml", 'zh = "扫码"', 'zh = ""', "means.scan", "words are { zh, en }"),
    Mistake("words.toml", "[means]", "more = 1\n[means]", "more", "a list of words is a table"),
    Mistake(
        "marks.toml", 'void = { zh = "作废", en = "VOID" }', "", "words.void", "words are { zh, en }"
    ),
    Mistake("marks.toml", "[notes]", "[note]", "notes", "the table is missing"),
    Mistake("marks.toml", "angle = 32", 'angle = "steep"', "band.angle", "it is no number"),
)


def place(mistake: Mistake) -> str:
    """Where the mistake is by the lines of the file; nothing above the edit has moved."""
    text = resource("papers", mistake.file).read_text(encoding="utf-8")
    lines, edited = text.splitlines(), text[: text.index(mistake.old)].count("\n") + 1
    kind, _, rest = mistake.where.partition(", ")
    if kind in ("block", "text"):
        above = [n for n, line in enumerate(lines, 1) if line == f"[[{kind}]]" and n <= edited]
        return f"line {above[-1]}" + (f", {rest}" if rest else "")
    return f"line {edited}" if kind == "here" else kind


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.problem)
def test_a_mistake_is_told_by_file_line_and_row(tmp_path: Path, mistake: Mistake) -> None:
    folder = own(tmp_path, mistake.file, (mistake.old, mistake.new))
    with pytest.raises(PaperDataInvalid) as refused:
        load_design(folder)
    assert refused.value.file == mistake.file
    assert refused.value.where == place(mistake)
    assert mistake.problem in refused.value.problem


def test_a_word_that_a_template_needs_is_asked_for_where_it_is_needed(tmp_path: Path) -> None:
    own(tmp_path, "words.toml", ('scan = { zh = "扫码", en = "scan" }', ""))
    with pytest.raises(PaperDataInvalid) as refused:
        load_design(tmp_path)
    assert refused.value.file == FEE and "cells" in refused.value.where
    assert refused.value.problem == "words.toml has no means.scan"


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / FEE).write_bytes(b'paper = "\xff\xfe"')
    with pytest.raises(PaperDataInvalid, match="UTF-8"):
        load_design(tmp_path)


def test_a_missing_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(resource("papers"), tmp_path / "papers")
    (tmp_path / "papers" / "loss-report.toml").unlink()
    monkeypatch.setattr("app.documents.paper_reading.resource", tmp_path.joinpath)
    with pytest.raises(PaperDataInvalid, match=r"loss-report\.toml.*the file is missing"):
        load_design()
