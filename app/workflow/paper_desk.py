"""Papers drawn and kept for printing: which desk, who printed, which marks; every print is recorded.

A paper is made of what is recorded (card_papers, order_papers, till papers); here it becomes a PDF in
the workplace's folder of papers, which is what a printer, or a person, takes it from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.documents.papers import Paper, PaperFacts, PaperRenderer
from app.documents.raster import page_count, page_png
from app.domain.audit import AuditEvent, AuditKind
from app.domain.records import Records
from app.workflow.faces import marks_of
from app.workflow.files import make_private, write_file
from app.workflow.gate import Session
from app.workflow.workplace import Workplace

PAPERS_FOLDER = "papers"
_SCREEN_DPI = 110


@dataclass(eq=False)
class PaperWithoutNumber(KangkaError):
    """A paper that nobody numbered, and so nobody could find again."""

    template: str

    code = "paper.without-number"
    cause = N_("This {template} has no number.")
    meaning = N_("It was not printed, because nobody could find it again.")
    remedy = N_("Print it from the page of the card or the application that it belongs to.")


@dataclass(frozen=True)
class PrintedPaper:
    """A paper as it lies ready: its file and how many pages it has."""

    template: str
    number: str
    path: Path
    pages: int


class PaperDesk:
    """Draws papers for one workplace. The renderer opens at the first paper: fonts take their time."""

    def __init__(
        self,
        renderer: Callable[[], PaperRenderer],
        *,
        session: Session,
        records: Records,
        workplace: Workplace,
        clock: Clock,
        folder: Path,
    ) -> None:
        self._open = renderer
        self._renderer: PaperRenderer | None = None
        self._session = session
        self._records = records
        self._workplace = workplace
        self._clock = clock
        self._folder = folder

    def pdf(self, paper: Paper, copy: int = 0) -> bytes:
        """The paper as PDF; ``copy`` is which reprint it is, 0 the first print."""
        if self._renderer is None:
            self._renderer = self._open()
        return self._renderer.draw(paper, self._facts(copy))

    def pictures(self, paper: Paper, dpi: int = _SCREEN_DPI) -> tuple[bytes, ...]:
        """Every page as PNG, as it would be printed."""
        pdf = self.pdf(paper)
        return tuple(page_png(pdf, page, dpi=dpi) for page in range(page_count(pdf)))

    def print(self, paper: Paper, copy: int = 0) -> PrintedPaper:
        """Draw the paper, keep it for the printer, and record that it was printed."""
        number = str(getattr(paper, "number", ""))
        if not number:
            raise PaperWithoutNumber(paper.template)
        pdf = self.pdf(paper, copy)
        make_private(self._folder)
        again = f"-copy{copy}" if copy else ""
        path = self._folder / f"{number}-{paper.template}{again}.pdf"
        write_file(path, pdf)
        event = AuditEvent(
            AuditKind.PAPER,
            realm=self._workplace.realm,
            subject=paper.template,
            number=number,
            facts={"copy": copy} if copy else {},
        )
        # It is printed, whatever the clock says.
        self._records.durable("paper", lambda unit: unit.audit(event), begins=False)
        return PrintedPaper(paper.template, number, path, page_count(pdf))

    def _facts(self, copy: int) -> PaperFacts:
        place = self._workplace
        return PaperFacts(
            centre=place.name,
            desk=place.desk,
            terminal=place.terminal_number,
            institution=place.institution_code,
            operator=self._session.actor.name,
            printed_at_ms=self._clock.now_ms(),
            marks=marks_of(place.realm, simulated=place.simulated),
            copy=copy,
        )
