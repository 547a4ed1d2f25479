"""The pages behind the entries: built when first asked for, one in sight, as high as it must be."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget

from app.ui.context import Context
from app.ui.navigation import PAGES
from app.ui.pages.page import Page
from app.ui.theme import GRID

# The least width a page makes do with; a smaller screen (or a larger scale) scrolls it.
LEAST_WIDTH = 100 * GRID


class Pages(dict[str, Page]):
    """The pages by name, each built when it is first asked for: the window opens at once."""

    def __init__(self, context: Context, stack: QStackedWidget) -> None:
        super().__init__()
        self._context = replace(context, shelf=stack)
        self._stack = stack

    def __missing__(self, name: str) -> Page:
        page = PAGES[name](self._context)
        self._stack.addWidget(page)
        self[name] = page
        return page

    def drop(self) -> None:
        """Let every page go with all that stands on it: the next person begins with none."""
        for page in self.values():
            self._stack.removeWidget(page)
            page.hide()
            page.deleteLater()
        self.clear()


class PageStack(QStackedWidget):
    """The page in sight alone says how high it must be; the frame around it stands still."""

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        if shown is None:
            return QSize(LEAST_WIDTH, 0)
        # Wrapped sentences need the less height the wider they may be.
        layout = shown.layout()
        if layout is not None and layout.hasHeightForWidth():
            wide = max(self.width(), LEAST_WIDTH)
            return QSize(LEAST_WIDTH, layout.totalMinimumHeightForWidth(wide))
        return QSize(LEAST_WIDTH, shown.minimumSizeHint().height())

    def heightForWidth(self, _width: int) -> int:
        # The scroll area would take the height that pages like best for the one they need.
        return self.minimumSizeHint().height()
