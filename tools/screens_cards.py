"""A made card's pages for ``screens_day.py``: a resident, hand-over, loss and reissue."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.main_window import MainWindow
from app.workflow.card_views import CardAct
from app.workflow.desk import Desk

Scene = Callable[[Desk, MainWindow], None]
NUMBER = "visitor.number"


class CardScenes:
    """``sit`` signs the clerk in, ``rest`` waits, ``off`` asks the desk off the window's thread."""

    def __init__(
        self,
        sit: Callable[[Desk, MainWindow], None],
        rest: Callable[[MainWindow], None],
        off: Callable[[Callable[[], object]], object],
    ) -> None:
        self._sit = sit
        self._rest = rest
        self._off = off

    def all(self) -> dict[str, Scene]:
        """By the name of the picture."""
        return {
            "resident-ready": self.resident_ready,
            "resident-number": self.resident_number,
            "resident-papers": self.resident_papers,
            "hand-over-choose": self.hand_over_choose,
            "hand-over-collect": self.hand_over_collect,
            "hand-over-agent": self.hand_over_agent,
            "hand-over-refused": self.hand_over_refused,
            "hand-over-done": self.hand_over_done,
            "loss-search": self.loss_search,
            "loss-choose": self.loss_choose,
            "loss-phone": self.loss_phone,
            "loss-done": self.loss_done,
            "loss-reissue": self.loss_reissue,
            "loss-correct": self.loss_correct,
            "loss-corrected": self.loss_corrected,
            "loss-ordered": self.loss_ordered,
            "loss-block": self.loss_block,
        }

    # ----------------------------------------------------------------------------------------- resident

    def resident_ready(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "resident", 3)

    def resident_number(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "resident", 0)
        window.page.show_number()

    def resident_papers(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "resident", 2)
        window.page.open_section(2)
        window.page._preview(window.page.papers.index(0, 0))

    # ---------------------------------------------------------------------------------------- hand-over

    def hand_over_choose(self, desk: Desk, window: MainWindow) -> None:
        self._sit(desk, window)
        window.go("hand_over", {})

    def hand_over_collect(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "hand_over", 3)

    def hand_over_agent(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "hand_over", 3)
        kind = window.page.form.edit("visitor.kind").editor
        kind.selectAll()
        QTest.keyClicks(kind, "2")
        QTest.keyClick(kind, Qt.Key.Key_Return)
        window.page.read_document()

    def hand_over_refused(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "hand_over", 3)
        self._came(desk, window.page.form, 4)
        window.page.hand_over(activate=True)

    def hand_over_done(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "hand_over", 3)
        self._came(desk, window.page.form, 3)
        window.page.hand_over(activate=True)

    # --------------------------------------------------------------------------------------------- loss

    def loss_search(self, desk: Desk, window: MainWindow) -> None:
        self._sit(desk, window)
        window.go("loss", {})

    def loss_choose(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "loss", 0)

    def loss_phone(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "loss", 0, CardAct.REPORT_PROVISIONAL_LOSS)
        channel = window.page.area.report.edit("loss.channel").editor
        channel.selectAll()
        QTest.keyClicks(channel, "2")
        QTest.keyClick(channel, Qt.Key.Key_Return)

    def loss_done(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "loss", 0, CardAct.REPORT_LOSS)
        self._came(desk, window.page.area.visitor, 0)
        window.page.record()

    def loss_reissue(self, desk: Desk, window: MainWindow) -> None:
        self.loss_done(desk, window)
        self._rest(window)
        window.page.primary_button.click()

    def loss_correct(self, desk: Desk, window: MainWindow) -> None:
        """The form of what has changed, with another name typed."""
        self.loss_reissue(desk, window)
        self._rest(window)
        window.page.correct()
        self._rest(window)
        editor = window.page.form.edit("name").editor
        editor.setText("样例改名")
        editor.textEdited.emit("样例改名")
        window.page._check()

    def loss_corrected(self, desk: Desk, window: MainWindow) -> None:
        """Back at the order, with what is corrected."""
        self.loss_correct(desk, window)
        self._rest(window)
        window.page.issue()

    def loss_ordered(self, desk: Desk, window: MainWindow) -> None:
        self.loss_reissue(desk, window)
        self._came(desk, window.page.area.visitor, 0)
        window.page.record()

    def loss_block(self, desk: Desk, window: MainWindow) -> None:
        self._go(desk, window, "loss", 2, CardAct.BLOCK)

    # ------------------------------------------------------------------------------------------- within

    def _go(
        self, desk: Desk, window: MainWindow, page: str, person: int, act: CardAct | None = None
    ) -> None:
        self._sit(desk, window)
        number = self._number(desk, person)
        rows = self._off(lambda: desk.cards.find(number))
        window.go(page, {"card_id": rows[0].card_id, "act": act})
        self._rest(window)

    def _number(self, desk: Desk, person: int) -> str:
        draft = self._off(lambda: desk.draft_from_training(person))
        return draft.value("citizen_id").text

    def _came(self, desk: Desk, form: object, person: int) -> None:
        """The number on a document, and that it was seen."""
        box = form.edit(NUMBER).editor
        box.selectAll()
        QTest.keyClicks(box, self._number(desk, person))
        form.seen.setChecked(True)
