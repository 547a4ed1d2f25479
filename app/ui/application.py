"""Starting the window: the program's own set-up, then one main window over a desk."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app.base.catalogue import Catalogue
from app.base.threads import claim_window_thread, release_window_thread
from app.ui.context import Context
from app.ui.garbage import WindowCollector
from app.ui.main_window import MainWindow
from app.ui.messages import Messages
from app.ui.tasks import TaskRunner
from app.ui.theme import DARK, LIGHT, Theme, apply_theme, font, system_theme
from app.workflow.services import DeskService

_THEMES = {"light": LIGHT, "dark": DARK}


def run(desk: DeskService, lang: str, argv: Sequence[str]) -> int:
    """Show the window until it is closed; returns the exit code.

    ``argv`` is what stood after the command: ``--theme light|dark`` (default: the system's) and
    ``--full-screen``.
    """
    parser = argparse.ArgumentParser(prog="kangka desk", add_help=False)
    parser.add_argument("--theme", choices=[*_THEMES, "system"], default="system")
    parser.add_argument("--full-screen", action="store_true")
    chosen = parser.parse_args(list(argv))
    app = make_application(lang, _THEMES.get(chosen.theme))
    window = make_window(desk, Catalogue(lang))
    show(window, full_screen=chosen.full_screen)
    try:
        return app.exec()
    finally:
        release_window_thread()


def show(window: MainWindow, *, full_screen: bool = False) -> None:
    """The window over the whole screen, with the keyboard, also where no window manager makes it so."""
    window.resize(window.screen().availableSize())
    if full_screen:
        window.showFullScreen()
    else:
        window.showMaximized()
    # Without a window manager nobody else gives it the keyboard, and every key of the day is a shortcut.
    window.activateWindow()


def make_application(lang: str, chosen: Theme | None = None) -> QApplication:
    """The one QApplication: type, style, theme (None follows the system), Qt's own words."""
    claim_window_thread()
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("kangka")
    if app.findChild(WindowCollector) is None:
        WindowCollector(app)
    app.setStyle("Fusion")
    app.setFont(font())
    if lang == "zh":
        QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
        translator = QTranslator(app)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load("qtbase_zh_CN", folder):
            app.installTranslator(translator)
    else:
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    apply_theme(app, chosen if chosen is not None else system_theme())
    if chosen is None:
        app.styleHints().colorSchemeChanged.connect(lambda: apply_theme(app, system_theme()))
    return app


def make_window(desk: DeskService, catalogue: Catalogue) -> MainWindow:
    """A main window over a desk, not shown yet."""
    return MainWindow(Context(desk=desk, tasks=TaskRunner(), messages=Messages(catalogue)))
