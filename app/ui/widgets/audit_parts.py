"""Parts of the audit's page: the alarm of a chain that is not whole, and the filters over its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QTimer

from app.base.clock import CHINA_TIME
from app.base.errors import N_
from app.domain.audit import AuditKind, AuditQuery, ChainProblem
from app.domain.codes import Code, CodeTable
from app.ui.messages import Messages
from app.ui.theme import TypeSize
from app.ui.widgets.basic import label
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.fields import CodeEdit
from app.ui.widgets.loss_forms import Boxes
from app.workflow.audit_desk import AuditBroken
from app.workflow.form import FieldKind

WHO, KIND, DAY, ABOUT = "audit.who", "audit.kind", "audit.day", "audit.about"
# Findings that are named one by one; a chain that was cut to pieces has no end of them.
_NAMED: Final = 4
_DAY_MS: Final = 86_400_000
# The rows follow when the hand rests, not at each key.
_REST_MS: Final = 250


class AlarmPanel(ErrorPanel):
    """What a verification found, with what is to be done; hidden while the chain is whole."""

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self.found = label(size=TypeSize.SMALL, wrap=True)
        self.add(self.found)

    def show_alarm(self, alarm: AuditBroken | None, found: Sequence[ChainProblem] = ()) -> None:
        if alarm is None:
            self.clear()
            return
        self.show_fault(alarm)
        lines = [self._told(problem) for problem in found[:_NAMED]]
        if len(found) > _NAMED:
            lines.append(self._messages.text("and {count} more", count=len(found) - _NAMED))
        self.found.setText("\n".join(lines))
        self.found.setVisible(bool(lines))

    def _told(self, problem: ChainProblem) -> str:
        said = {
            "desk": problem.desk,
            "first": problem.sequence,
            "last": problem.last,
            "audit_fault": problem.fault.value,
        }
        if problem.witness is None:
            return self._messages.text("Desk {desk}, rows {first} to {last}: {audit_fault}.", **said)
        if not problem.sequence:
            return self._messages.text(
                "{witness}: {audit_fault}.", witness=problem.witness, audit_fault=problem.fault.value
            )
        told = N_("Desk {desk}, rows {first} to {last}: {audit_fault}; {witness} says so.")
        return self._messages.text(told, witness=problem.witness, **said)


class AuditFilters(Boxes):
    """Who, what, which day, about what: an empty box asks nothing. ``changed`` when the hand rests."""

    COLUMNS = 4

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._people: tuple[str, ...] = ()
        self._kinds = tuple(kind.value for kind in AuditKind)
        self._add(WHO, N_("Who"), FieldKind.CODE, _choices(WHO, ()))
        words = [messages.word("audit", kind) for kind in self._kinds]
        self._add(KIND, N_("What"), FieldKind.CODE, _choices(KIND, words))
        self._add(DAY, N_("Day"), FieldKind.DATE)
        about = self._add(ABOUT, N_("Case, card, application or chain id"), FieldKind.NUMBER)
        about.editor.setPlaceholderText("X02-C000001")
        self._fill()
        self._rest.timeout.connect(self.changed.emit)

    def set_people(self, names: Mapping[str, str]) -> None:
        """Who may be asked for, by staff id."""
        if self._people == tuple(names):
            return
        self._people = tuple(names)
        edit = self.edit(WHO)
        assert isinstance(edit, CodeEdit)  # noqa: S101 - made so above
        edit.set_table(_choices(WHO, list(names.values())))

    def query(self) -> AuditQuery:
        """What is asked for; a day that is none marks its box and asks for no day."""
        who, kind = _place(self.value(WHO)), _place(self.value(KIND))
        day = _day(self.value(DAY))
        self._mark_day(wrong=bool(self.value(DAY)) and day is None)
        about = self.value(ABOUT).strip()
        return AuditQuery(
            actor=self._people[who] if who is not None and who < len(self._people) else None,
            kind=self._kinds[kind] if kind is not None and kind < len(self._kinds) else None,
            from_ms=day,
            until_ms=None if day is None else day + _DAY_MS,
            about=(about,) if about else (),
        )

    def about(self, told: str) -> None:
        """Ask for the rows of one thing alone."""
        if told:
            self._fill(**{ABOUT.replace(".", "__"): told})
            self._given = {}
            self.changed.emit()

    def clear(self) -> None:
        self._fill()
        self.changed.emit()

    def _typed(self, path: str, text: str) -> None:
        self._values[path] = text
        self._rest.start()

    def _mark_day(self, *, wrong: bool) -> None:
        editor = self.edit(DAY).editor
        if bool(editor.property("wrong")) != wrong:
            editor.setProperty("wrong", wrong)
            editor.style().unpolish(editor)
            editor.style().polish(editor)


def _choices(name: str, words: Sequence[str]) -> CodeTable:
    """Words by their number, in the language of the window."""
    codes = tuple(Code(str(number), word, word, "") for number, word in enumerate(words, 1))
    return CodeTable(name, "counter", "", "", codes)


def _place(number: str) -> int | None:
    return int(number) - 1 if number.isascii() and number.isdigit() and int(number) else None


def _day(typed: str) -> int | None:
    """UTC milliseconds of the beginning of a day in China, YYYYMMDD."""
    try:
        day = dt.datetime.strptime(typed, "%Y%m%d").replace(tzinfo=CHINA_TIME)
    except ValueError:
        return None
    return round(day.timestamp() * 1000)
