"""The program from its first to its last moment: the window closes, and what is open behind it too."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.base.threads import on_window_thread, release_window_thread
from app.domain.audit import AuditKind, AuditQuery
from app.domain.staff import Role
from app.main import open_desk, open_window
from app.opening import Options, made_up_staff
from app.ui import application
from app.ui.main_window import MainWindow


def test_a_closed_window_signs_its_clerk_out_and_leaves_the_audit_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dressed: QApplication
) -> None:
    release_window_thread()  # the program claims it by itself
    folder = tmp_path / "workplace"
    clerk = next(person for person in made_up_staff() if person.role is Role.CLERK)
    seen: list[str] = []

    def show(window: MainWindow, *, full_screen: bool = False) -> None:
        window.show()
        poll = QTimer(window, interval=50)

        def turn() -> None:
            if window.context.tasks.busy():
                return
            if window.covered:
                window.door.name.set_text(clerk.name)
                window.door.password.set_text(clerk.password)
                window.door.enter()
            else:
                seen.append(window.bar.person.text())
                poll.stop()
                window.close()

        poll.timeout.connect(turn)
        poll.start()

    monkeypatch.setattr(application, "show", show)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert open_window(Options(data=folder)) == 0
    assert seen == [f"{clerk.name} · 经办人  ▾"]
    assert not on_window_thread()
    with open_desk(Options(data=folder)) as desk:
        desk.sign_in.begin_made_up(Role.AUDIT)
        kinds = {row.kind for row in desk.audit.page(AuditQuery(limit=100)).rows}
        assert {AuditKind.SIGN_IN.value, AuditKind.SIGN_OUT.value} <= kinds
        assert desk.audit.verify(full=True).ok
