"""The papers of a desk: values in, PDF out (docs/papers.md says what each carries).

``PaperRenderer.open().draw(FeeReceipt(...), PaperFacts(...))`` gives the bytes of a PDF; the same input
gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path

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
    """Templates with their fonts. Made once a process: fonts load at the first paper."""

    @classmethod
    def open(cls, folder: Path | None = None) -> PaperRenderer:
        """The renderer of the shipped templates; a file of ``folder`` takes the place of one."""
        raise NotImplementedError

    def draw(self, paper: Paper, facts: PaperFacts) -> bytes:
        """A PDF of the paper, or a known error before anything is drawn."""
        raise NotImplementedError

    def text_version(self, paper: type[Paper], text: str) -> str:
        """The version of a text (``consent``) that this paper prints today: what a record keeps."""
        raise NotImplementedError
