"""The papers of a desk: values in, PDF out (docs/papers.md says what each carries).

``PaperRenderer.open().draw(FeeReceipt(...), PaperFacts(...))`` gives the bytes of a PDF; the same input
gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from app.documents.fonts import FontBook, FontShelf
from app.documents.paper_design import PaperDesign, Template
from app.documents.paper_drawing import draw_paper
from app.documents.paper_errors import PaperTextUnknown
from app.documents.paper_facts import (
    PAPERS,
    AcceptanceReceipt,
    ApplicationForm,
    ClosingReport,
    Collector,
    FeeReceipt,
    FormAllergy,
    FormContact,
    FormImmunization,
    HandOverSlip,
    LossKind,
    LossReport,
    Means,
    OpenCaseRow,
    Paper,
    PaperFacts,
    Representative,
    TemporaryProof,
    Term,
    VoidedRow,
    WaivedRow,
)
from app.documents.paper_money import capital_amount
from app.documents.paper_page import PageMaker
from app.documents.paper_reading import load_design
from app.documents.paper_type import Typesetter
from app.documents.paper_values import Values

__all__ = [
    "PAPERS",
    "AcceptanceReceipt",
    "ApplicationForm",
    "ClosingReport",
    "Collector",
    "FeeReceipt",
    "FormAllergy",
    "FormContact",
    "FormImmunization",
    "HandOverSlip",
    "LossKind",
    "LossReport",
    "Means",
    "OpenCaseRow",
    "Paper",
    "PaperFacts",
    "PaperRenderer",
    "Representative",
    "TemporaryProof",
    "Term",
    "VoidedRow",
    "WaivedRow",
    "capital_amount",
]


class PaperRenderer:
    """Templates with their fonts. Made once a process: fonts load at the first paper or face."""

    def __init__(self, design: PaperDesign, fonts: FontBook) -> None:
        self._design = design
        self._fonts = fonts

    @classmethod
    def open(cls, folder: Path | None = None, *, shelf: FontShelf | None = None) -> PaperRenderer:
        """The renderer of the shipped templates; a file of ``folder`` takes the place of one.

        ``shelf`` holds the fonts that faces have loaded already.
        """
        design = load_design(folder)
        return cls(design, FontBook.open(*design.font_lists, shelf=shelf))

    def draw(self, paper: Paper, facts: PaperFacts) -> bytes:
        """A PDF of the paper, or a known error before anything is drawn. Safe from several threads."""
        template = self.template(type(paper))
        values = Values(paper, facts, template.whole, self._design.words)
        with self._fonts.drawing:
            typesetter = Typesetter(self._fonts, paper.template)
            pages = PageMaker(template, values, facts, typesetter, self._design.marks).pages()
            size = (template.width, template.height)
            return draw_paper(pages, size, typesetter.chain, template.title.zh)

    def template(self, paper: type[Paper]) -> Template:
        """The template of a paper: its size, its margins, what it prints whole."""
        return self._design.templates[paper.template]

    def text_version(self, paper: type[Paper], text: str) -> str:
        """The version of a text (``consent``) that this paper prints today: what a record keeps."""
        found = self.template(paper).newest(text)
        if found is None:
            raise PaperTextUnknown(paper.template, text, "-")
        return found.version
