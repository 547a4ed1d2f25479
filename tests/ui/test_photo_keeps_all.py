"""A photo that is taken later takes nothing away: what was read and agreed to stays with the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.domain.evidence import DocumentEvidence
from app.ui.main_window import MainWindow
from app.ui.pages.enrol import EnrolPage

READ = DocumentEvidence(
    kind="citizen",
    number="41010219900101001X",
    issued_by=None,
    valid_from="20200101",
    valid_to=None,
    long_term=True,
    text=bytes(256),
    photo_wlt=bytes(1024),
    module_number="05.01-20260101-0000000001-0000000001",
    module_bytes=bytes(16),
)


def test_what_was_read_and_agreed_to_stays(
    window: MainWindow, rest: Callable[[MainWindow], None], tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(b"\xff\xd8 a camera's picture")
    window.go("enrol", {})
    page = window.page
    assert isinstance(page, EnrolPage)
    page.draft = replace(page.draft, evidence=READ, name_agreed=True)
    page.fit_photo(picture)
    rest(window)
    assert page.photo.filled
    assert page.draft.evidence is READ
    assert page.draft.name_agreed
