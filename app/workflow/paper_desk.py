"""Papers drawn and kept for printing: which desk, who printed, which marks; every print is recorded.

A paper is made of what is recorded (card_papers, order_papers, till papers); here it becomes a PDF in
the workplace's folder of papers, which is what a printer, or a person, takes it from. The original of a
paper is printed once. Each later print, whoever asks for it and on whatever day, is marked as the copy
that it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.documents.papers import Paper, PaperFacts, PaperRenderer
from app.documents.raster import page_count, page_png
from app.domain.records import Records, Unit
from app.workflow.faces import marks_of
from app.workflow.files import make_private, write_file
from app.workflow.gate import Session
from app.workflow.workplace import Workplace

PAPERS_FOLDER = "papers"
_SCREEN_DPI = 110
_MINUTE_MS = 60_000


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
    """A paper as it lies ready: its file, its pages, and which copy it is (0: the original)."""

    template: str
    number: str
    path: Path
    pages: int
    copy: int = 0


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
        self._opening = threading.Lock()
        self._session = session
        self._records = records
        self._workplace = workplace
        self._clock = clock
        self._folder = folder

    def preview(self, paper: Paper) -> bytes:
        """The paper as PDF to be looked at: marked as a preview on every page, counted nowhere."""
        return self._draw(paper, replace(self._facts(), draft=True))

    def pictures(self, paper: Paper, dpi: int = _SCREEN_DPI) -> tuple[bytes, ...]:
        """Every page of the preview as PNG."""
        pdf = self.preview(paper)
        return tuple(page_png(pdf, page, dpi=dpi) for page in range(page_count(pdf)))

    def printed(self, paper: Paper) -> int:
        """How often the paper was printed: 0 while its original was not."""
        number = _number_of(paper)
        return self._records.read(lambda unit: self._prints(unit, paper, number))

    def print(self, paper: Paper) -> PrintedPaper:
        """Count the print, and keep the paper for the printer: the original once, then marked copies.

        The count is durable before there is a paper. A print that fails after it is followed by a copy
        that says so; one that can not be drawn at all fails before it, and uses nothing up.
        """
        number, realm = _number_of(paper), self._workplace.realm
        facts = replace(self._facts(), copy=self.printed(paper))
        pdf = self._draw(paper, facts)
        make_private(self._folder)

        def count(unit: Unit) -> tuple[int, int]:
            return unit.papers.print(realm, paper.template, number), unit.at_ms

        # A clock that went back does not keep a paper from whoever waits for it.
        found, at_ms = self._records.durable("paper", count, begins=False)
        # Somebody else may have printed it meanwhile; what it says of itself is what is recorded.
        if (found, at_ms // _MINUTE_MS) != (facts.copy, facts.printed_at_ms // _MINUTE_MS):
            pdf = self._draw(paper, replace(facts, copy=found, printed_at_ms=at_ms))
        again = f"-copy{found}" if found else ""
        path = self._folder / f"{number}-{paper.template}{again}.pdf"
        write_file(path, pdf)
        return PrintedPaper(paper.template, number, path, page_count(pdf), found)

    def _draw(self, paper: Paper, facts: PaperFacts) -> bytes:
        with self._opening:
            if self._renderer is None:
                self._renderer = self._open()
        return self._renderer.draw(paper, facts)

    def _prints(self, unit: Unit, paper: Paper, number: str) -> int:
        return unit.papers.prints(self._workplace.realm, paper.template, number)

    def _facts(self) -> PaperFacts:
        place = self._workplace
        return PaperFacts(
            centre=place.name,
            desk=place.desk,
            terminal=place.terminal_number,
            institution=place.institution_code,
            operator=self._session.actor.name,
            printed_at_ms=self._clock.now_ms(),
            marks=marks_of(place.realm, simulated=place.simulated),
        )


def _number_of(paper: Paper) -> str:
    number = str(getattr(paper, "number", ""))
    if not number:
        raise PaperWithoutNumber(paper.template)
    return number
