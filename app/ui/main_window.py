"""The frame of the desk: title with its badge, navigation, the page, the strip of devices (ui.md)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.base.errors import KangkaError
from app.domain.application import Realm
from app.ui.context import Context
from app.ui.navigation import BELONGS, PAGES, entries_for
from app.ui.pages.home import HomePage
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import NavButton, Picture, RowButton, clear, label
from app.ui.widgets.marks import StateLabel
from app.workflow.views import DeviceState, Mark

_DEVICES_EVERY_MS = 2000
# The least width a page makes do with; a smaller screen (or a larger scale) scrolls it.
_LEAST_WIDTH = 100 * GRID


class Pages(dict[str, Page]):
    """The pages by name, each built when it is first asked for: the window opens at once."""

    def __init__(self, context: Context, stack: QStackedWidget) -> None:
        super().__init__()
        self._context = context
        self._stack = stack

    def __missing__(self, name: str) -> Page:
        page = PAGES[name](self._context)
        self._stack.addWidget(page)
        self[name] = page
        return page


class PageStack(QStackedWidget):
    """The page in sight alone says how high it must be; the frame around it stands still."""

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        if shown is None:
            return QSize(_LEAST_WIDTH, 0)
        # Wrapped sentences need the less height the wider they may be.
        layout = shown.layout()
        if layout is not None and layout.hasHeightForWidth():
            wide = max(self.width(), _LEAST_WIDTH)
            return QSize(_LEAST_WIDTH, layout.totalMinimumHeightForWidth(wide))
        return QSize(_LEAST_WIDTH, shown.minimumSizeHint().height())

    def heightForWidth(self, _width: int) -> int:
        # The scroll area would take the height that pages like best for the one they need.
        return self.minimumSizeHint().height()


class MainWindow(QMainWindow):
    """One window for one desk."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.messages = context.messages
        self._asking_devices = False
        self._closing = False
        self._stack = PageStack()
        self.pages = Pages(context, self._stack)
        self._entries: dict[str, QPushButton] = {}
        self._build()
        context.navigator.asked.connect(self.go)
        context.happenings.changed.connect(self._show_happenings)
        context.tasks.unheard.connect(self._unheard)
        context.tasks.changed.connect(self._forget_notice)
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
        self.go("home", {})
        home = self.pages["home"]
        assert isinstance(home, HomePage)  # noqa: S101 - named so above
        home.begin_shift()

    @property
    def page(self) -> Page:
        """The page in sight."""
        shown = self._stack.currentWidget()
        assert isinstance(shown, Page)  # noqa: S101 - nothing else is put into the stack
        return shown

    def go(self, name: str, params: dict[str, Any]) -> None:
        """Show a page, unless the one in sight has a reason to stay."""
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
        self.setWindowTitle(f"{target.title} — {self._told()}")
        self._mark_entry(name)
        target.enter(**params)

    def closeEvent(self, event: QCloseEvent) -> None:
        """A card under way is finished or stopped first; what is not saved is lost only knowingly."""
        why = self.page.can_leave()
        if why:
            self._notify(why)
            event.ignore()
            return
        for name, page in list(self.pages.items()):
            why = page.before_closing()
            if why and self.notice.word.text() != why:
                self.go(name, {})
                self._notify(why)
                event.ignore()
                return
        self.page.leave()
        self._closing = True
        self._ask_again.stop()
        self.context.tasks.close()
        event.accept()

    # --------------------------------------------------------------------------------------- building

    def _build(self) -> None:
        whole = QWidget()
        set_tone(whole, "ground")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title_bar())
        band = QFrame()
        band.setFixedHeight(GRID // 2 if self._marked else 1)
        set_tone(band, "band-training" if self._marked else "band-live")
        column.addWidget(band)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._navigation())
        middle.addWidget(self._page_area(), 1)
        column.addLayout(middle, 1)
        column.addWidget(self._strip())
        self.setCentralWidget(whole)
        self.setMinimumSize(80 * GRID, 45 * GRID)
        for number, entry in enumerate(entries_for(self.context.desk.level), start=1):
            shortcut = QShortcut(QKeySequence(f"Alt+{number}"), self)
            shortcut.activated.connect(lambda page=entry.page: self.go(page, {}))
        QShortcut(QKeySequence("Alt+0"), self).activated.connect(self.context.happenings.see)

    @property
    def _marked(self) -> bool:
        place = self.context.desk.workplace()
        return place.realm is not Realm.LIVE or place.simulated

    def _badge_words(self) -> str:
        place = self.context.desk.workplace()
        words = {
            Realm.TRAINING: [self.messages.text("TRAINING")],
            Realm.TEST: [self.messages.text("TEST CARDS")],
            Realm.LIVE: [],
        }[place.realm]
        if place.simulated:
            words.append(self.messages.text("SIMULATED"))
        return " · ".join(words)

    def _told(self) -> str:
        place = self.context.desk.workplace()
        desk = self.messages.text("Desk {desk}", desk=place.desk)
        told = f"{self.messages.text('Health card desk')} — {place.name} · {desk}"
        return f"{told} [{self._badge_words()}]" if self._marked else told

    def _title_bar(self) -> QFrame:
        place = self.context.desk.workplace()
        bar = QFrame()
        set_tone(bar, "bar")
        bar.setFixedHeight(6 * GRID)
        line = QHBoxLayout(bar)
        line.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        line.setSpacing(GRID + 4)
        line.addWidget(Picture("app", 24))
        line.addWidget(label(self.messages.text("Health card desk"), bold=True))
        desk = self.messages.text("Desk {desk}", desk=place.desk)
        self.place = label(f"{place.name} · {desk}", tone="muted")
        line.addWidget(self.place)
        line.addStretch(1)
        self.badge = label(self._badge_words(), bold=True, tone="training")
        self.badge.setFixedHeight(4 * GRID)
        if not self._marked:
            self.badge.hide()
        line.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignVCenter)
        return bar

    def _navigation(self) -> QFrame:
        frame = QFrame()
        set_tone(frame, "nav")
        frame.setFixedWidth(20 * GRID)
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 2 * GRID, 0, 2 * GRID)
        column.setSpacing(GRID // 2)
        group = QButtonGroup(self)
        group.setExclusive(True)
        for number, entry in enumerate(entries_for(self.context.desk.level), start=1):
            button = NavButton(self.messages.text(entry.word), entry.drawing)
            button.setToolTip(f"Alt+{number}")
            button.setAccessibleDescription(f"Alt+{number}")
            button.clicked.connect(lambda _on=False, page=entry.page: self.go(page, {}))
            group.addButton(button)
            self._entries[entry.page] = button
            column.addWidget(button)
        column.addStretch(1)
        return frame

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
        head.addWidget(Picture("person", 16))
        head.addSpacing(GRID // 2)
        head.addWidget(label(self.context.desk.workplace().operator))
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
        line.addWidget(self._happened_mark)
        line.addWidget(self._happened)
        return strip

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
        if devices == getattr(self, "_shown_devices", None):
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
        home = self.pages["home"]
        assert isinstance(home, HomePage)  # noqa: S101 - named so above
        home.show_devices(devices)

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
        newest = self.context.happenings.newest
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
