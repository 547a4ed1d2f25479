"""The frame of the desk: the door, title with its badge, navigation, the page, the strip (ui.md)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.base.errors import KangkaError
from app.domain.application import Realm
from app.domain.staff import Actor
from app.domain.stock import StockCounts
from app.ui.context import AuthorityWanted, Context
from app.ui.door import Door
from app.ui.navigation import BELONGS, KEYS, entries_for, is_there
from app.ui.page_stack import Pages, PageStack
from app.ui.pages.home import HomePage
from app.ui.pages.page import Page
from app.ui.tasks import Owner
from app.ui.theme import GRID, TypeSize, set_tone, set_type
from app.ui.title_bar import TitleBar, badge_words
from app.ui.widgets.basic import NavButton, RowButton, clear, label
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.own_secret import OwnSecretSheet, Secret
from app.ui.widgets.people import AuthoritySheet
from app.workflow.approve import ApprovalRow
from app.workflow.sign_in import SignInState
from app.workflow.views import DeviceState, Mark

_DEVICES_EVERY_MS = 2000
# What one person began ends before another is let in; a picture being drawn is nobody's.
_OF_A_PERSON = (Owner.STORE, Owner.CARD, Owner.ID_READER)


class MainWindow(QMainWindow):
    """One window for one desk. Nobody sees a page before they signed in, or while it is locked."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.messages = context.messages
        self._asking_devices = False
        self._shown_devices: list[DeviceState] = []
        self._closing = False
        self._actor: Actor | None = None
        # The cover is down; ``_locked`` once the desk itself knows, ``_locking`` while it is told.
        self._covered = False
        self._locked = False
        self._locking = False
        self._leaving = False
        self._stale = False
        self._before_cover: QWidget | None = None
        self._stack = PageStack()
        self.pages = Pages(context, self._stack)
        self._entries: dict[str, QPushButton] = {}
        self._keys: list[QShortcut] = []
        self._build()
        context.navigator.asked.connect(self.go)
        context.happenings.changed.connect(self._show_happenings)
        context.authorities.wanted.connect(self._ask_people)
        context.tasks.unheard.connect(self._unheard)
        context.tasks.changed.connect(self._forget_notice)
        context.tasks.changed.connect(self._when_idle)
        QApplication.instance().focusChanged.connect(self._follow_focus)
        # What an answer changed on a page is laid out by the time this fires.
        self._refit_soon = QTimer(self, singleShot=True, interval=0)
        self._refit_soon.timeout.connect(self._refit)
        context.tasks.changed.connect(self._refit_soon.start)
        self._ask_again = QTimer(self, interval=_DEVICES_EVERY_MS)
        self._ask_again.timeout.connect(self.ask_devices)
        self._ask_again.start()
        self._show_happenings()
        self.ask_devices()
        present = context.desk.signed_in()
        if present is None:
            self._show_door()
        else:
            self.entered(present)

    @property
    def page(self) -> Page:
        """The page in sight, or behind the cover."""
        shown = self._stack.currentWidget()
        assert isinstance(shown, Page)  # noqa: S101 - nothing else is put into the stack
        return shown

    @property
    def covered(self) -> bool:
        """Whether the door is shut: nobody is signed in, or the desk is locked."""
        return self._top.currentWidget() is self.door

    def go(self, name: str, params: dict[str, Any]) -> None:
        """Show a page that its person has, unless the one in sight has a reason to stay."""
        if not is_there(name, self.context.desk.level):
            return
        target, shown = self.pages[name], self._stack.currentWidget()
        if isinstance(shown, Page) and target is not shown:
            why = shown.can_leave()
            if why:
                self._notify(why)
                self._mark_entry(shown.name)
                return
            shown.leave()
        self._notify("")
        self._stack.setCurrentWidget(target)
        self._refit()
        self._scroll.verticalScrollBar().setValue(0)
        self._scroll.horizontalScrollBar().setValue(0)
        self._heading.setText(target.title)
        self._tell_title()
        self._mark_entry(name)
        target.enter(**params)
        self.ask_counts()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A card under way is finished or stopped first; what is not saved is lost only knowingly."""
        if not self._may_end():
            event.ignore()
            return
        if self.pages:
            self.page.leave()
        self._closing = True
        self._ask_again.stop()
        self.context.tasks.close()
        event.accept()

    # ------------------------------------------------------------------------------------- the door

    def entered(self, actor: Actor) -> None:
        """Somebody is there: the page as they left it, or the first one of theirs."""
        back = self._actor is not None and self._actor.id == actor.id
        self._actor, self._covered, self._locked = actor, False, False
        self.bar.show_person(actor)
        self._show_entries()
        self._show_happenings()
        self._top.setCurrentWidget(self._whole)
        before, self._before_cover = self._before_cover, None
        if self.pages and is_there(self.page.name, self.context.desk.level):
            self._mark_entry(self.page.name)
            self._tell_title()
            if before is not None and self._whole.isAncestorOf(before):
                before.setFocus()
            if not back:
                self._notify("")
            self.ask_counts()
        else:
            self.go("home", {})
        home = self.pages["home"]
        assert isinstance(home, HomePage)  # noqa: S101 - named so above
        home.show_devices(self._shown_devices)
        if not back:
            home.begin_shift()

    def lock(self) -> None:
        """Cover the desk at once; it is locked as soon as what its person began has ended."""
        if self._actor is None or self._covered:
            return
        self.sheet.decline()
        self.own_secret.decline()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        self._before_cover = QApplication.focusWidget()
        self._covered = True
        self.door.ask_unlock(self._actor, ready=False)
        self._show_door(ask=False)
        self._when_idle()

    def sign_out(self) -> None:
        """Leave the desk to nobody. A card at work, and a form that is not saved, are asked about."""
        if self._actor is None or self._covered or self._leaving or not self._may_end():
            return
        self._leaving = True
        self.own_secret.decline()
        self.page.leave()
        task = self.context.run(
            "sign_in", lambda _task: self.context.desk.sign_in.sign_out(), done=self._signed_out
        )
        task.finished.connect(self._left)

    def ask_secret(self, secret: Secret) -> None:
        """One's own password or PIN, over whatever page is in sight; another question goes first."""
        if self._actor is not None and not self._covered and not self.sheet.is_open:
            self.own_secret.ask(secret)

    def _signed_out(self, _nothing: object) -> None:
        self._actor = None
        self._stale = True
        self.bar.show_person(None)
        self._show_door()

    def _left(self) -> None:
        self._leaving = False

    def _show_door(self, *, ask: bool = True) -> None:
        self._top.setCurrentWidget(self.door)
        self.setWindowTitle(self._told())
        if ask:
            self.door.ask_sign_in()

    def _when_idle(self) -> None:
        """Once nothing of a person is under way: lock the desk, or let go of the pages they left."""
        if self._closing or any(self.context.tasks.busy(owner) for owner in _OF_A_PERSON):
            return
        if self._stale and self._actor is None:
            self._stale = False
            self.pages.drop()
        if not self._covered or self._locked or self._locking:
            return
        self._locking = True
        sign_in = self.context.desk.sign_in

        def lock() -> SignInState:
            sign_in.lock()
            return sign_in.state()

        task = self.context.run(
            "sign_in",
            lambda _task: lock(),
            done=self._is_locked,
            failed=self.door.fault.show_fault,
        )
        task.finished.connect(self._lock_told)

    def _is_locked(self, state: SignInState) -> None:
        self._locked = True
        self.door.set_locked(pin=state.pin)

    def _lock_told(self) -> None:
        self._locking = False

    def _may_end(self) -> bool:
        """Whether this person's work may end now; where not, it is said why."""
        if not self.pages:
            return True
        why = self.page.can_leave()
        if self._covered:
            # Behind the cover nothing is shown, so nothing may be lost there either.
            return not why and not any(page.before_closing() for page in self.pages.values())
        if why:
            self._notify(why)
            return False
        for name, page in list(self.pages.items()):
            why = page.before_closing()
            if why and self.notice.word.text() != why:
                self.go(name, {})
                self._notify(why)
                return False
        return True

    def _ask_people(self, wanted: AuthorityWanted) -> None:
        self.sheet.ask(wanted)

    # --------------------------------------------------------------------------------------- building

    def _build(self) -> None:
        self._top = QStackedWidget()
        whole = self._whole = QWidget()
        set_tone(whole, "ground")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        place = self.context.desk.workplace()
        self.bar = TitleBar(self.messages, place)
        self.bar.lock.connect(self.lock)
        self.bar.leave.connect(self.sign_out)
        self.bar.secret.connect(self.ask_secret)
        self.badge, self.place = self.bar.badge, self.bar.place
        column.addWidget(self.bar)
        band = QFrame()
        band.setFixedHeight(GRID // 2 if self._marked else 1)
        set_tone(band, "band-training" if self._marked else "band-live")
        column.addWidget(band)
        below = self._below = QWidget()
        middle = QHBoxLayout(below)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self._navigation())
        middle.addWidget(self._page_area(), 1)
        column.addWidget(below, 1)
        column.addWidget(self._strip())
        self.sheet = AuthoritySheet(below, self.context)
        self.own_secret = OwnSecretSheet(below, self.context)
        self.door = Door(self.context, badge_words(self.messages, place))
        self.door.entered.connect(self.entered)
        self._top.addWidget(whole)
        self._top.addWidget(self.door)
        self.setCentralWidget(self._top)
        self.setMinimumSize(80 * GRID, 45 * GRID)
        QShortcut(QKeySequence("Alt+0"), whole).activated.connect(self.context.happenings.see)
        QShortcut(QKeySequence(Qt.Key.Key_F12), whole).activated.connect(self.lock)
        QShortcut(QKeySequence("Alt+M"), whole).activated.connect(self.bar.show_menu)
        QShortcut(QKeySequence(Qt.Key.Key_F3), below).activated.connect(self._look_for)
        QShortcut(QKeySequence(Qt.Key.Key_F11), self.door).activated.connect(self.door.let_another)

    @property
    def _marked(self) -> bool:
        place = self.context.desk.workplace()
        return place.realm is not Realm.LIVE or place.simulated

    def _told(self) -> str:
        place = self.context.desk.workplace()
        desk = self.messages.text("Desk {desk}", desk=place.desk)
        told = f"{self.messages.text('Health card desk')} — {place.name} · {desk}"
        return f"{told} [{badge_words(self.messages, place)}]" if self._marked else told

    def _tell_title(self) -> None:
        self.setWindowTitle(f"{self.page.title} — {self._told()}")

    def _navigation(self) -> QFrame:
        frame = QFrame()
        set_tone(frame, "nav")
        frame.setFixedWidth(20 * GRID)
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 2 * GRID, 0, 2 * GRID)
        column.setSpacing(GRID // 2)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._entry_column = QVBoxLayout()
        self._entry_column.setSpacing(GRID // 2)
        column.addLayout(self._entry_column)
        column.addStretch(1)
        return frame

    def _show_entries(self) -> None:
        """The entries of who is signed in, each with its key."""
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        for button in self._entries.values():
            self._group.removeButton(button)
        clear(self._entry_column)
        self._keys, self._entries = [], {}
        for told, entry in zip(KEYS, entries_for(self.context.desk.level), strict=False):
            button = NavButton(self.messages.text(entry.word), entry.drawing)
            button.setToolTip(told)
            button.setAccessibleDescription(told)
            button.clicked.connect(lambda _on=False, page=entry.page: self.go(page, {}))
            key = QShortcut(QKeySequence(told), self._below)
            key.activated.connect(lambda page=entry.page: self.go(page, {}))
            self._group.addButton(button)
            self._entry_column.addWidget(button)
            self._entries[entry.page] = button
            self._keys.append(key)

    def _page_area(self) -> QWidget:
        area = QWidget()
        column = QVBoxLayout(area)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 0)
        self._heading = label(size=TypeSize.HEAD, bold=True)
        head.addWidget(self._heading)
        head.addSpacing(3 * GRID)
        # An answer to what the clerk just tried, where the eye is; nothing below it moves.
        self.notice = StateLabel(Mark.ATTENTION, "")
        set_tone(self.notice.word, "attention")
        self.notice.hide()
        head.addWidget(self.notice, 1)
        head.addStretch(1)
        self.search = QLineEdit()
        self.search.setFixedSize(41 * GRID, 4 * GRID)
        self.search.setPlaceholderText(
            self.messages.text("Name, initials, last digits, case number · F3")
        )
        self.search.setAccessibleName(self.messages.text("Look for a resident"))
        set_type(self.search, TypeSize.BODY)
        self.search.returnPressed.connect(self._find)
        head.addWidget(self.search)
        column.addLayout(head)
        scroll = self._scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_tone(self._stack, "clear")
        scroll.setWidget(self._stack)
        scroll.viewport().setAutoFillBackground(False)
        column.addWidget(scroll, 1)
        return area

    def _strip(self) -> QFrame:
        strip = QFrame()
        set_tone(strip, "strip")
        strip.setFixedHeight(5 * GRID)
        line = QHBoxLayout(strip)
        line.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        line.setSpacing(3 * GRID)
        self._dots = QHBoxLayout()
        self._dots.setSpacing(3 * GRID)
        line.addLayout(self._dots)
        line.addStretch(1)
        self._happened_mark = StateLabel(Mark.GOOD, "")
        self._happened = RowButton("")
        self._happened.clicked.connect(self.context.happenings.see)
        happened = QHBoxLayout()
        happened.setSpacing(0)
        happened.addWidget(self._happened_mark)
        happened.addWidget(self._happened)
        line.addLayout(happened)
        self.blanks = label(size=TypeSize.SMALL)
        line.addWidget(self.blanks)
        return strip

    # ---------------------------------------------------------------------------------- counts, search

    def ask_counts(self) -> None:
        """Blank cards left for the strip, and how many applications wait for who may approve them."""
        desk = self.context.desk
        sees_stock = self.context.sees("stock")
        self.blanks.setVisible(sees_stock)
        if sees_stock:
            self.context.run("stock.counts", lambda _task: desk.stock.counts(), done=self._show_stock)
        if self.context.may("approve"):
            self.context.run(
                "approvals.waiting", lambda _task: desk.approvals.waiting(), done=self._show_waiting
            )
        self.search.setVisible(self.context.sees("look-up"))

    def _show_stock(self, counts: StockCounts) -> None:
        self.blanks.setText(self.messages.text("Blank cards {count}", count=counts.on_hand))

    def _show_waiting(self, waiting: list[ApprovalRow]) -> None:
        button = self._entries.get("approvals")
        if isinstance(button, NavButton):
            button.count(len(waiting))

    def _look_for(self) -> None:
        if self.search.isVisible():
            self.search.setFocus()
            self.search.selectAll()

    def _find(self) -> None:
        """Enter: the first page shows who was found."""
        query = self.search.text().strip()
        if query:
            self.go("home", {"query": query})

    # --------------------------------------------------------------------------------- devices, events

    def ask_devices(self) -> None:
        """Bring the strip up to date; never two questions at a time."""
        if self._asking_devices or self._closing:
            return
        self._asking_devices = True
        desk = self.context.desk
        task = self.context.run("devices", lambda _task: desk.devices(), done=self._show_devices)
        task.finished.connect(self._asked_devices)

    def _asked_devices(self) -> None:
        self._asking_devices = False

    def _show_devices(self, devices: list[DeviceState]) -> None:
        home = self.pages.get("home")
        if isinstance(home, HomePage):
            home.show_devices(devices)
        if devices == self._shown_devices:
            return
        self._shown_devices = devices
        clear(self._dots)
        for device in devices:
            words = self.messages.role(device.role)
            if device.detail is not None:
                words = f"{words} {self.messages.sentence(device.detail)}"
            dot = StateLabel(device.mark, words, size=TypeSize.SMALL)
            dot.setAccessibleName(f"{words}: {self.messages.sentence(device.word)}")
            name = self.messages.device_name(device)
            dot.setToolTip(f"{name}: {self.messages.sentence(device.word)}")
            self._dots.addWidget(dot)

    def _refit(self) -> None:
        """The scroll area asks the stack's height anew only when the stack itself is told."""
        QApplication.sendEvent(self._stack, QEvent(QEvent.Type.LayoutRequest))

    def _follow_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Where the screen is too small for a page, what has the cursor is in sight."""
        if now is not None and self._stack.isAncestorOf(now) and not isinstance(now, Page):
            self._scroll.ensureWidgetVisible(now, GRID, 2 * GRID)

    def _notify(self, why: str) -> None:
        self.notice.set_state(Mark.ATTENTION, why)
        self.notice.setVisible(bool(why))

    def _forget_notice(self) -> None:
        """What stood in the way is over."""
        shown = self._stack.currentWidget()
        stays = isinstance(shown, Page) and (shown.can_leave() or shown.before_closing())
        if not stays and not self.notice.isHidden():
            self._notify("")

    def _show_happenings(self) -> None:
        # What happened names residents: it is there for whom residents are.
        sees = self._actor is not None and self.context.sees("look-up")
        newest = self.context.happenings.newest if sees else None
        for part in (self._happened_mark, self._happened):
            part.setVisible(newest is not None)
        if newest is None:
            return
        more = len(self.context.happenings) - 1
        text = newest.text if not more else f"{newest.text}  +{more}"
        self._happened_mark.set_state(newest.mark, "")
        self._happened_mark.setAccessibleName(self.messages.mark(newest.mark))
        self._happened.setText(text)
        self._happened.setToolTip(self.messages.text("Seen: Alt+0"))
        self._happened.setAccessibleName(text)

    def _unheard(self, fault: KangkaError) -> None:
        self.context.happenings.add(Mark.STOP, self.messages.error(fault).message)

    def _mark_entry(self, page: str) -> None:
        entry = self._entries.get(BELONGS.get(page, page))
        if entry is not None:
            entry.setChecked(True)
