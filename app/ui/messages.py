"""Words of the window: the catalogue, and the few forms in which numbers and times are shown."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from app.base.catalogue import Catalogue, ErrorText
from app.base.clock import CHINA_TIME
from app.base.errors import N_
from app.workflow.views import (
    DeviceRole,
    DeviceState,
    IssueStep,
    Mark,
    Provenance,
    Sentence,
    Settlement,
)

if TYPE_CHECKING:
    from app.base.errors import KangkaError
    from app.domain.codes import Code
    from app.workflow.form import FormField

_MARK_WORDS = {
    Mark.WAITING: N_("Waiting"),
    Mark.WORKING: N_("Working"),
    Mark.GOOD: N_("Good"),
    Mark.ATTENTION: N_("Attention"),
    Mark.STOP: N_("Stopped"),
}
_ROLE_WORDS = {
    DeviceRole.ID_READER: N_("Identity reader"),
    DeviceRole.CARD_READER: N_("Card reader"),
    DeviceRole.SAM: N_("SAM"),
    DeviceRole.CARD_PRINTER: N_("Card printer"),
    DeviceRole.RECEIPT_PRINTER: N_("Receipt printer"),
}
_STEP_WORDS = {
    IssueStep.LAY_CARD: N_("Lay the card"),
    IssueStep.AUTHENTICATE: N_("Authenticate card"),
    IssueStep.ISSUER: N_("Issuing data"),
    IssueStep.HOLDER: N_("Holder"),
    IssueStep.PHOTO: N_("Photo"),
    IssueStep.TERMS: N_("Expiry and contact"),
    IssueStep.IDENTITY: N_("Identity"),
    IssueStep.HEALTH: N_("Health"),
    IssueStep.MANAGEMENT: N_("Management"),
    IssueStep.VERIFY: N_("Verify"),
    IssueStep.ACTIVATE: N_("Activate"),
    IssueStep.PRINT: N_("Print"),
    IssueStep.READ_AGAIN: N_("Read again"),
}
_SETTLEMENT_WORDS = {
    Settlement.CONTINUE: N_("Continue this card"),
    Settlement.VERIFY: N_("Verify only"),
    Settlement.SPOIL: N_("Spoil this card"),
}
_PROVENANCE_WORDS = {
    Provenance.EMPTY: N_("Nothing entered"),
    Provenance.CHIP: N_("Read from the document's chip"),
    Provenance.TYPED: N_("Typed"),
    Provenance.CORRECTED: N_("Corrected after reading"),
}


class Messages:
    """The catalogue of one language, with the window's own words."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    @property
    def language(self) -> str:
        return self._catalogue.language

    def text(self, msgid: str, /, **params: object) -> str:
        return self._catalogue.text(msgid, **params)

    def sentence(self, sentence: Sentence) -> str:
        return self._catalogue.text(sentence.text, **sentence.params)

    def word(self, context: str, value: str) -> str:
        """One word of ours (a role, a state, a reason) as ``context`` means it."""
        return self._catalogue.word(context, value)

    def money(self, fen: int) -> str:
        """Yuan with two places, for screens: ``20.00``, ``-0.05``."""
        sign = "-" if fen < 0 else ""
        return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"

    def error(self, fault: KangkaError) -> ErrorText:
        return self._catalogue.error(fault)

    def about(self, fault: KangkaError, label: str) -> tuple[str, str]:
        """Cause and remedy of a fault in one field, under the label that stands on the page."""
        params = {**fault.params(), "field": label}
        return self.text(fault.cause, **params), self.text(fault.remedy, **params)

    def mark(self, mark: Mark) -> str:
        return self.text(_MARK_WORDS[mark])

    def role(self, role: DeviceRole) -> str:
        return self.text(_ROLE_WORDS[role])

    def device_name(self, device: DeviceState) -> str:
        """The make of a device; of a simulated one just that it is none."""
        return self.text("SIMULATED") if device.simulated else device.name

    def step(self, step: IssueStep) -> str:
        return self.text(_STEP_WORDS[step])

    def settlement(self, how: Settlement) -> str:
        return self.text(_SETTLEMENT_WORDS[how])

    def provenance(self, provenance: Provenance) -> str:
        """The whole word, for a tool tip and for who does not see the badge."""
        return self.text(_PROVENANCE_WORDS[provenance])

    def badge(self, provenance: Provenance) -> str:
        """The badge: one character in Chinese, a word in English."""
        return "" if provenance is Provenance.EMPTY else self._catalogue.word("badge", provenance.value)

    def field(self, field: FormField) -> str:
        """A field's label, numbered in a repeated group."""
        label = self.text(field.label)
        return label if field.row is None else f"{label} {field.row + 1}"

    def code(self, row: Code) -> str:
        """A code's word in this language."""
        return row.zh if self.language == "zh" else row.en

    def seconds(self, milliseconds: int) -> str:
        """``0.12 s``."""
        return self.text("{seconds} s", seconds=f"{milliseconds / 1000:.2f}")

    def moment(self, ms: int) -> str:
        """A desk's time for lists: the day and the minute in China."""
        return dt.datetime.fromtimestamp(ms / 1000, CHINA_TIME).strftime("%m-%d %H:%M")

    def second(self, ms: int) -> str:
        """A desk's time to the second, for the audit."""
        return dt.datetime.fromtimestamp(ms / 1000, CHINA_TIME).strftime("%m-%d %H:%M:%S")


def grouped(number: str) -> str:
    """An identity number as people read it: six, eight, four."""
    if len(number) != 18:
        return number
    return f"{number[:6]} {number[6:14]} {number[14:]}"
