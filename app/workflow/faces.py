"""The two faces of an application's card, as pages for a printer and as pictures for people."""

from __future__ import annotations

from app.documents.faces import FaceInput, FaceMark, FacePages, FaceRenderer
from app.documents.raster import page_png
from app.domain.application import FrozenApplication, Realm
from app.domain.codes import CodeTables
from app.workflow.views import Faces
from app.workflow.workplace import Workplace

_MARKS = {
    Realm.LIVE: (),
    Realm.TEST: (FaceMark.SPECIMEN,),
    Realm.TRAINING: (FaceMark.TRAINING,),
}


def marks_of(realm: Realm, *, simulated: bool) -> tuple[FaceMark, ...]:
    """What cards and papers of a realm bear across them, and what they bear of simulated devices."""
    return (*_MARKS[realm], FaceMark.SIMULATED) if simulated else _MARKS[realm]


class FaceMaker:
    """Draws faces for one workplace; the last card's pages are kept, since they are asked for often."""

    def __init__(self, renderer: FaceRenderer, codes: CodeTables, workplace: Workplace) -> None:
        self._renderer = renderer
        self._codes = codes
        self._workplace = workplace
        self._last: tuple[tuple[str, int], FacePages] | None = None

    def pages(self, application: FrozenApplication) -> FacePages:
        """Both faces as PDF, or the refusal that names what can not be drawn."""
        key = (application.id, application.version)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._renderer.render(self._input(application)))
        return self._last[1]

    def pictures(self, application: FrozenApplication, dpi: int) -> Faces:
        """Both faces as PNG."""
        pages = self.pages(application)
        return Faces(page_png(pages.front, dpi=dpi), page_png(pages.back, dpi=dpi), dpi)

    def _input(self, application: FrozenApplication) -> FaceInput:
        resident, card = application.resident, application.card
        return FaceInput(
            name=resident.name,
            number=card.card_number,
            issuer_name=card.issuer_name,
            sex=self._word("sex", resident.sex),
            ethnic=self._word("ethnic", resident.ethnic),
            photo=resident.face_photo,
            vendor_code=self._workplace.vendor + card.issue_date,
            marks=marks_of(application.realm, simulated=self._workplace.simulated),
        )

    def _word(self, table: str, code: str | None) -> str:
        row = self._codes[table].find(code) if code else None
        return row.zh if row is not None else ""
