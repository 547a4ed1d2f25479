"""Papers as they would be printed, one at a time, and their printing: seen before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.base.errors import KangkaError
from app.ui.context import Context
from app.ui.theme import GRID, TypeSize, theme
from app.ui.widgets.basic import Button, clear, label, scrolled
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.workflow.card_views import Paper
from app.workflow.paper_desk import PrintedPaper
from app.workflow.views import Mark


@dataclass(frozen=True)
class Wanted:
    """A paper to be looked at: its template and number, and how it is had (off the window's thread)."""

    template: str
    number: str
    fetch: Callable[[], Paper]


def as_wanted(papers: Sequence[Paper]) -> tuple[Wanted, ...]:
    """Papers that an act just gave."""
    return tuple(
        Wanted(paper.template, str(getattr(paper, "number", "")), lambda paper=paper: paper)
        for paper in papers
    )


class PaperPage(QWidget):
    """One page, as wide as there is room, never wider than it was drawn."""

    def __init__(self, png: bytes, name: str) -> None:
        super().__init__()
        self._picture = QPixmap()
        self._picture.loadFromData(png, "PNG")
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def filled(self) -> bool:
        return not self._picture.isNull()

    def sizeHint(self) -> QSize:
        return QSize(48 * GRID, self.heightForWidth(48 * GRID))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        wide = max(1, self._picture.width())
        return round(min(width, wide) * self._picture.height() / wide)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        wide = min(self.width(), max(1, self._picture.width()))
        area = QRectF(0, 0, wide, self.heightForWidth(self.width()))
        ratio = self.devicePixelRatioF()
        target = QSize(round(area.width() * ratio), round(area.height() * ratio))
        # Halving by area keeps the small type of a paper readable.
        small = self._picture.scaled(
            target, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawPixmap(area, small, QRectF(small.rect()))
        painter.setPen(QPen(QColor(theme().line), 1))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.end()


class PaperView(QWidget):
    """``print`` is the page's F7. A paper is printed once by it; another copy is a deliberate press."""

    def __init__(
        self, context: Context, *, reprint: bool = False, parent: QWidget | None = None
    ) -> None:
        """``reprint``: what is shown may have been printed before; F7 prints it again, as a copy."""
        super().__init__(parent)
        self._context = context
        self._messages = context.messages
        self._reprint = reprint
        self._papers: tuple[Wanted, ...] = ()
        self._at = 0
        self._asked = 0
        self._paper: Paper | None = None
        self._printing = False
        self._cursor = False
        # How often each paper was printed by whomever, by its template and number; and which ones here.
        self._counts: dict[tuple[str, str], int] = {}
        self._here: set[tuple[str, str]] = set()
        text = self._messages.text
        self.name = label(bold=True, wrap=True)
        self.state = StateLabel(Mark.WAITING, "", size=TypeSize.SMALL)
        self.fault = ErrorPanel(self._messages)
        self.next_button = Button(text("Next paper"))
        self.next_button.clicked.connect(self.next_paper)
        self.print_button = Button(text("Print"), "F7")
        self.print_button.clicked.connect(self._press)
        self._pages = QVBoxLayout()
        self._pages.setContentsMargins(0, 0, GRID, 0)
        self._pages.setSpacing(GRID)
        self.area = scrolled(self._pages)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.area.setAccessibleName(text("Preview of the paper"))
        head = QHBoxLayout()
        head.setSpacing(GRID)
        names = QVBoxLayout()
        names.setSpacing(GRID // 2)
        names.addWidget(self.name)
        names.addWidget(self.state)
        head.addLayout(names, 1)
        head.addWidget(self.next_button)
        head.addWidget(self.print_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.fault)
        column.addWidget(self.area, 1)
        self.show_papers(())

    # ------------------------------------------------------------------------------------------ showing

    def show_papers(self, papers: Sequence[Wanted]) -> None:
        """Show the first of these; none empties the view."""
        self._papers = tuple(papers)
        self._at = 0
        self._show()

    def next_paper(self) -> None:
        if self._papers:
            self._at = (self._at + 1) % len(self._papers)
            self._show()

    @property
    def filled(self) -> bool:
        """Whether there is any paper here."""
        return bool(self._papers)

    @property
    def pages(self) -> list[PaperPage]:
        """The pages in sight."""
        found = (self._pages.itemAt(n).widget() for n in range(self._pages.count()))
        return [page for page in found if isinstance(page, PaperPage)]

    @property
    def unprinted(self) -> bool:
        """Whether a paper that an act gave was not printed yet."""
        return not self._reprint and any(not self._counts.get(self._key(one)) for one in self._papers)

    def _show(self) -> None:
        self._asked += 1
        self._paper = None
        clear(self._pages)
        self.fault.clear()
        self.next_button.setVisible(len(self._papers) > 1)
        for part in (self.name, self.state, self.print_button):
            part.setVisible(bool(self._papers))
        if not self._papers:
            return
        wanted, asked = self._papers[self._at], self._asked
        text = self._messages.text
        kind = self._messages.word("paper", wanted.template)
        of = f"  {self._at + 1}/{len(self._papers)}" if len(self._papers) > 1 else ""
        self.name.setText(f"{kind[:1].upper()}{kind[1:]} {wanted.number}{of}")
        self.state.set_state(Mark.WORKING, text("Being drawn"))
        self._enable()
        papers = self._context.desk.papers

        def draw() -> tuple[Paper, tuple[bytes, ...], int]:
            paper = wanted.fetch()
            return paper, papers.pictures(paper), papers.printed(paper)

        def drawn(found: tuple[Paper, tuple[bytes, ...], int]) -> None:
            if asked == self._asked:
                self._drawn(*found)

        def failed(fault: KangkaError) -> None:
            if asked == self._asked:
                self.state.set_state(Mark.STOP, text("Not drawn"))
                self.fault.show_fault(fault)

        self._context.run("papers.pictures", lambda _task: draw(), done=drawn, failed=failed)

    def _drawn(self, paper: Paper, pictures: tuple[bytes, ...], printed: int) -> None:
        self._paper = paper
        self._counts[self._key(self._papers[self._at])] = printed
        for number, png in enumerate(pictures, 1):
            name = self._messages.text("Page {page} of {of}", page=number, of=len(pictures))
            self._pages.addWidget(PaperPage(png, f"{self.name.text()} {name}"))
        self._pages.addStretch(1)
        self._tell_printed()
        self._enable()

    # ----------------------------------------------------------------------------------------- printing

    def print(self) -> None:
        """F7: print what is in sight, if that was not done yet."""
        if not self._papers:
            return
        key = self._key(self._papers[self._at])
        if key not in self._here and (self._reprint or not self._counts.get(key)):
            self._press()

    def _press(self) -> None:
        """The button itself: the first print, later each a further copy."""
        if self._paper is None or self._printing:
            return
        paper, key, asked = self._paper, self._key(self._papers[self._at]), self._asked
        self._printing = True
        self.fault.clear()
        self._enable()
        desk = self._context.desk

        def done(printed: PrintedPaper) -> None:
            self._counts[key] = printed.copy + 1
            self._here.add(key)
            if asked == self._asked:
                self._tell_printed()

        def failed(fault: KangkaError) -> None:
            if asked == self._asked:
                self.fault.show_fault(fault)

        task = self._context.run(
            "papers.print", lambda _task: desk.papers.print(paper), done=done, failed=failed
        )
        task.finished.connect(self._printing_over)

    def _printing_over(self) -> None:
        self._printing = False
        self._enable()

    def _tell_printed(self) -> None:
        text = self._messages.text
        key = self._key(self._papers[self._at])
        if not self._counts.get(key):
            self.state.set_state(Mark.WAITING, text("Not printed yet"))
            self.print_button.say(text("Print"), "F7")
        elif self._reprint and key not in self._here:
            self.state.set_state(Mark.WAITING, text("As it was first printed; a print is marked a copy"))
            self.print_button.say(text("Print"), "F7")
        else:
            self.state.set_state(Mark.GOOD, text("Printed"))
            self.print_button.say(text("Print another copy"), "")

    def take_cursor(self) -> None:
        """The cursor waits on the preview until the paper can be printed."""
        self._cursor = True
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self._enable()

    def _enable(self) -> None:
        ready = self._paper is not None and not self._printing
        if not ready and self.window().focusWidget() is self.print_button:
            # A button that is switched off loses the cursor to nobody.
            self._cursor = True
            self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self.print_button.setEnabled(ready)
        if ready and self._cursor:
            self._cursor = False
            if self.window().focusWidget() is self.area:
                self.print_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @staticmethod
    def _key(wanted: Wanted) -> tuple[str, str]:
        return wanted.template, wanted.number
