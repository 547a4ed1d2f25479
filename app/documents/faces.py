"""The two faces of a card: plain values in, PDF pages of exactly 85.60 x 53.98 mm out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.documents.errors import FaceDataInvalid
from app.documents.face_design import FaceDesign, FaceMark, Stock
from app.documents.face_drawing import draw_pages
from app.documents.face_layout import PlacedElement, place, place_marks
from app.documents.fonts import FontBook, FontChain, FontShelf

__all__ = ["FaceInput", "FaceMark", "FacePages", "FaceRenderer", "Plastic", "render_faces"]


class Plastic(StrEnum):
    """What the desk's hopper holds: white cards, or cards with the constant parts on them."""

    WHITE = "white"
    PREPRINTED = "preprinted"


@dataclass(frozen=True, repr=False)
class FaceInput:
    """What stands on one person's card. ``sex`` and ``ethnic`` are words (男, 汉 or 汉族), pictures are
    JPEG or PNG; an empty text or a missing picture leaves its place free, without a frame. ``back``
    names a layout of the design. ``seal_text`` is the issuer's name unless it says something else."""

    name: str
    number: str
    issuer_name: str
    sex: str = ""
    ethnic: str = ""
    photo: bytes | None = None
    vendor_code: str = ""
    co_brand: str = ""
    seal_text: str = ""
    bank_name: str = ""
    bank_card_number: str = ""
    bank_mark: bytes | None = None
    scheme_mark: bytes | None = None
    marks: tuple[FaceMark, ...] = ()
    back: str = "back"
    plastic: Plastic = Plastic.WHITE

    def texts(self) -> dict[str, str]:
        """The texts by the names that designs use."""
        return {
            "resident.name": self.name,
            "resident.sex": self.sex,
            "resident.ethnic": self.ethnic,
            "card.card_number": self.number,
            "card.issuer_name": self.issuer_name,
            "card.seal_text": self.seal_text or self.issuer_name,
            "card.vendor_code": self.vendor_code,
            "card.co_brand": self.co_brand,
            # A bank's mark holds its name already.
            "bank.name": "" if self.bank_mark else self.bank_name,
            "bank.card_number": self.bank_card_number,
        }

    def images(self) -> dict[str, bytes | None]:
        """The pictures by the names that designs use."""
        return {
            "resident.photo": self.photo,
            "bank.mark": self.bank_mark,
            "bank.scheme_mark": self.scheme_mark,
        }


@dataclass(frozen=True, repr=False)
class FacePages:
    """PDF files: the front, the back, and both as two pages."""

    front: bytes
    back: bytes
    both: bytes


class FaceRenderer:
    """A design with its fonts. Made once a process: fonts load at the first card that needs them."""

    def __init__(self, design: FaceDesign, fonts: FontBook) -> None:
        self._design = design
        self._fonts = fonts
        self._chains: dict[str, FontChain] = {}
        for element in (*design.front, *(e for back in design.backs.values() for e in back)):
            if element.chain not in fonts.chain_names:
                raise FaceDataInvalid("fonts.toml", f"element {element.id}: no chain {element.chain}")

    @classmethod
    def open(cls, design: FaceDesign | None = None, *, shelf: FontShelf | None = None) -> FaceRenderer:
        """The renderer of a design, by default the national one, with the fonts that it names.

        ``shelf`` holds the fonts that papers have loaded already.
        """
        design = design or FaceDesign.load()
        return cls(design, FontBook.open(*design.font_lists, shelf=shelf))

    def layout(self, face: FaceInput) -> tuple[tuple[PlacedElement, ...], tuple[PlacedElement, ...]]:
        """What is drawn on the front and on the back, at its place, marks last."""
        if face.back not in self._design.backs:
            raise FaceDataInvalid(f"{face.back}.toml", "the file is missing")
        sides = []
        with self._fonts.drawing:
            for corner, elements in (
                ("front", self._design.front),
                (face.back, self._design.backs[face.back]),
            ):
                placed = place(elements, face.texts(), face.images(), self._chain)
                if face.plastic is Plastic.PREPRINTED:
                    placed = tuple(item for item in placed if item.stock is Stock.PRINTED)
                sides.append(placed + place_marks(face.marks, self._design.marks, corner, self._chain))
        return sides[0], sides[1]

    def render(self, face: FaceInput) -> FacePages:
        """Both faces as PDF, or a known error before anything is drawn. Safe from several threads."""
        with self._fonts.drawing:
            front, back = self.layout(face)
            return FacePages(
                draw_pages([front], self._chain),
                draw_pages([back], self._chain),
                draw_pages([front, back], self._chain),
            )

    def _chain(self, name: str) -> FontChain:
        if name not in self._chains:
            self._chains[name] = self._fonts.chain(name)
        return self._chains[name]


def render_faces(face: FaceInput, renderer: FaceRenderer | None = None) -> FacePages:
    """Both faces of one card. Without a ``renderer`` the national design and its fonts are loaded."""
    return (renderer or FaceRenderer.open()).render(face)
