"""What is done with one fee, and with one receipt."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.fees import Ground
from app.domain.till import PayMethod, Receipt, ReceiptState
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, GraveButton, PrimaryButton, label, rule
from app.ui.widgets.inputs import Choices
from app.ui.widgets.marks import StateLabel
from app.workflow.till_views import DueRow
from app.workflow.views import Mark


class DuePanel(QWidget):
    """One fee: how much, of whom, by which rule; cash or scan, or waived beside a second person."""

    take = Signal(object)
    waive = Signal(object, object)

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._grounds: tuple[Ground, ...] = ()
        self._may_waive = False
        self.due: DueRow | None = None
        text = messages.text
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self.amount = label(size=TypeSize.HANDS, bold=True)
        self.who = label(bold=True, wrap=True)
        self.reason = label(wrap=True)
        self.rule_told = label(size=TypeSize.SMALL, tone="muted", wrap=True)
        self.cash_button = PrimaryButton(text("Take in cash"), "F6")
        self.cash_button.clicked.connect(lambda: self.take.emit(PayMethod.CASH))
        self.scan_button = Button(text("Taken by scan"), "F8")
        self.scan_button.clicked.connect(lambda: self.take.emit(PayMethod.SCAN))
        for part in (self.amount, self.who, self.reason, self.rule_told):
            column.addWidget(part)
        column.addSpacing(GRID)
        column.addWidget(self.cash_button)
        column.addWidget(self.scan_button)
        column.addStretch(1)
        self._waiver = QWidget()
        low = QVBoxLayout(self._waiver)
        low.setContentsMargins(0, 0, 0, 0)
        low.setSpacing(GRID)
        low.addWidget(rule())
        self.grounds = Choices(text("Waive it, beside a second person"))
        self.grounds.chosen.connect(self._show_proofs)
        self.proofs = Choices(text("Paper that was seen"))
        self.proofs.chosen.connect(lambda _n: self._enable())
        self.waive_button = Button(text("Waive the fee"))
        self.waive_button.clicked.connect(self._waive)
        for part in (self.grounds, self.proofs, self.waive_button):
            low.addWidget(part)
        column.addWidget(self._waiver)
        self.proofs.hide()

    def set_grounds(self, grounds: Sequence[Ground]) -> None:
        if tuple(grounds) == self._grounds:
            return
        self._grounds = tuple(grounds)
        self.grounds.set_words([ground.title(self._messages.language) for ground in grounds])

    def show_due(self, row: DueRow | None) -> None:
        """Another fee: nothing is chosen for it yet."""
        other = self.due is None or row is None or self.due.application_id != row.application_id
        self.due = row
        if row is None:
            return
        text = self._messages.text
        self.amount.setText(text("{yuan} yuan", yuan=self._messages.money(row.fen)))
        self.who.setText(f"{row.masked_name}  {row.number}")
        self.reason.setText(row.reason.title(self._messages.language))
        self.rule_told.setText(text("By the rule {rule}", rule=row.rule))
        if other:
            self.grounds.unchoose()
            self.proofs.unchoose()
            self.proofs.hide()
        self._enable()

    def allow(self, *, take: bool, waive: bool) -> None:
        self.cash_button.setEnabled(take)
        self.scan_button.setEnabled(take)
        self._may_waive = waive
        self._waiver.setVisible(bool(self._grounds))
        self._enable()

    def _ground(self) -> Ground | None:
        number = self.grounds.index
        return None if number is None else self._grounds[number]

    def _show_proofs(self, _number: int) -> None:
        ground = self._ground()
        proofs = () if ground is None else ground.proof
        self.proofs.set_words([self._messages.word("proof", proof) for proof in proofs])
        self.proofs.setVisible(bool(proofs))
        if len(proofs) == 1:
            self.proofs.unchoose()
        self._enable()

    def _enable(self) -> None:
        ground = self._ground()
        proved = ground is not None and (not ground.proof or self.proofs.index is not None)
        self.grounds.setEnabled(self._may_waive)
        self.waive_button.setEnabled(self._may_waive and proved)

    def _waive(self) -> None:
        ground = self._ground()
        if ground is not None:
            number = self.proofs.index
            self.waive.emit(
                ground, ground.proof[number] if ground.proof and number is not None else None
            )


class ReceiptPanel(QWidget):
    """One receipt: what it says, its print, its void."""

    wants_print = Signal()
    void = Signal(object)

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._reasons: tuple[Ground, ...] = ()
        self._new = False
        self._may_void = False
        self.receipt: Receipt | None = None
        text = messages.text
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self.amount = label(size=TypeSize.HANDS, bold=True)
        self.number = label(bold=True, wrap=True)
        self.state = StateLabel(Mark.GOOD, "")
        self.told = label(size=TypeSize.SMALL, tone="muted", wrap=True)
        self.print_button = Button(text("Print the receipt"), "F7")
        self.print_button.clicked.connect(lambda _checked: self.wants_print.emit())
        for part in (self.amount, self.number, self.state, self.told):
            column.addWidget(part)
        column.addSpacing(GRID)
        column.addWidget(self.print_button)
        column.addStretch(1)
        self._voiding = QWidget()
        low = QVBoxLayout(self._voiding)
        low.setContentsMargins(0, 0, 0, 0)
        low.setSpacing(GRID)
        low.addWidget(rule())
        self.reasons = Choices(text("Void it: why, and beside a second person"))
        self.reasons.chosen.connect(lambda _n: self._enable())
        self.void_button = GraveButton(text("Void the receipt"))
        self.void_button.clicked.connect(self._void)
        low.addWidget(self.reasons)
        low.addWidget(self.void_button)
        column.addWidget(self._voiding)

    def set_reasons(self, reasons: Sequence[Ground]) -> None:
        if tuple(reasons) == self._reasons:
            return
        self._reasons = tuple(reasons)
        self.reasons.set_words([reason.title(self._messages.language) for reason in reasons])

    def show_receipt(self, row: Receipt | None, *, new: bool = False) -> None:
        """``new``: it was made just now, so its first print is no copy."""
        other = self.receipt is None or row is None or self.receipt.number != row.number
        if other or new:
            self._new = new
            self.reasons.unchoose()
        self.receipt = row
        if row is None:
            return
        text, word = self._messages.text, self._messages.word
        self.amount.setText(text("{yuan} yuan", yuan=self._messages.money(row.received_fen)))
        self.number.setText(row.number)
        voided = row.state is ReceiptState.VOIDED
        state = word("receipt_state", row.state.value)
        self.state.set_state(Mark.STOP if voided else Mark.GOOD, state)
        told = [
            word("reason", row.reason),
            word("pay_method", row.method.value),
            row.clerk_name,
            self._messages.moment(row.at_ms),
        ]
        if row.waiver:
            told.append(word("reason", row.waiver))
        if voided:
            told += [row.void_second or "", word("reason", row.void_reason or "")]
        self.told.setText(" · ".join(part for part in told if part))
        self.print_button.say(
            text("Print the receipt") if self._new else text("Print a copy, marked as one")
        )
        self._enable()

    def printed(self) -> None:
        """What is printed from now on is a copy."""
        self._new = False
        self.show_receipt(self.receipt)

    def allow(self, *, void: bool, print_: bool) -> None:
        self._may_void = void
        self.print_button.setEnabled(print_)
        self._enable()

    def _enable(self) -> None:
        stands = self.receipt is not None and self.receipt.state is ReceiptState.ISSUED
        self._voiding.setVisible(stands and bool(self._reasons))
        self.reasons.setEnabled(self._may_void)
        self.void_button.setEnabled(self._may_void and stands and self.reasons.index is not None)

    def _void(self) -> None:
        number = self.reasons.index
        if number is not None:
            self.void.emit(self._reasons[number])
