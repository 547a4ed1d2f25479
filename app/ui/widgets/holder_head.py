"""Whose card it is: photo, name, masked number, the card's state, what the clerk must know."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import label
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.pictures import PhotoFrame
from app.workflow.card_views import CardView, ResidentView
from app.workflow.views import Mark


class HolderHead(QWidget):
    """The head of a page about one card."""

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self.photo = PhotoFrame(messages.text("Photo"), messages.text("No photo"))
        self.photo.setFixedSize(10 * GRID, 12 * GRID + 4)
        self.name = label(size=TypeSize.HEAD, bold=True)
        self.facts = label(tone="muted")
        self.state = StateLabel(Mark.WAITING, "")
        self.lapses = label(tone="attention")
        self.minor = StateLabel(Mark.ATTENTION, messages.text("Minor: a guardian comes, or an agent"))
        set_tone(self.minor.word, "attention")
        states = QHBoxLayout()
        states.setSpacing(2 * GRID)
        for part in (self.state, self.lapses, self.minor):
            states.addWidget(part)
        states.addStretch(1)
        beside = QVBoxLayout()
        beside.setSpacing(GRID // 2)
        beside.addWidget(self.name)
        beside.addWidget(self.facts)
        beside.addLayout(states)
        beside.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2 * GRID)
        line.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(beside, 1)

    def show_card(self, view: ResidentView, card: CardView) -> None:
        text = self._messages.text
        self.name.setText(view.name)
        self.facts.setText(f"{view.masked_number} · {text('Card')} {card.number}")
        self.photo.set_picture(view.photo)
        self.minor.setVisible(view.minor)
        self.state.set_state(card.mark, self._messages.sentence(card.word))
        self.show_lapse(card.lapses_ms)

    def show_lapse(self, at_ms: int | None) -> None:
        told = "" if at_ms is None else self._messages.moment(at_ms)
        self.lapses.setText(self._messages.text("ends by itself at {time}", time=told) if told else "")
        self.lapses.setVisible(bool(told))
