"""What can go wrong when a face is drawn. Parameters name elements and code points, never a person."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class GlyphMissing(KangkaError):
    """No font of the chain draws a character; ``character`` is its code point, ``U+XXXX``."""

    element: str
    character: str

    code = "documents.glyph-missing"
    cause = N_("No installed font can draw the character {character} in {element}.")
    meaning = N_("The card is not printed, because no other character may stand in its place.")
    remedy = N_("Install a font that holds {character} and add it to the font list, or check the entry.")


@dataclass(eq=False)
class TextDoesNotFit(KangkaError):
    """A text is too long even at the smallest size that its design allows (points)."""

    element: str
    smallest_size: float

    code = "documents.text-does-not-fit"
    cause = N_("The text of {element} does not fit its place, even at {smallest_size} point.")
    meaning = N_("The card is not printed, because a text on it must be whole.")
    remedy = N_("Check the entry; if it is right, ask for a face design that gives it more room.")


@dataclass(eq=False)
class PhotoUnreadable(KangkaError):
    """A picture for a face is neither JPEG nor PNG, or is damaged."""

    element: str

    code = "documents.photo-unreadable"
    cause = N_("The picture for {element} can not be read.")
    meaning = N_("The card is not printed without its picture.")
    remedy = N_("Take the photo again, or choose a JPEG or PNG file.")


@dataclass(eq=False)
class PhotoTooRich(PhotoUnreadable):
    """A picture that no cut and no quality makes small enough for the chip."""

    element: str
    room: int

    code = "documents.photo-too-rich"
    cause = N_("The picture for {element} does not fit into the card's {room} bytes at any quality.")
    meaning = N_("Made still smaller, the face on it could not be told any more.")
    remedy = N_("Take the photo again before a plain white background.")


@dataclass(eq=False)
class BarcodeImpossible(KangkaError):
    """A number can not become a bar code that a counter's scanner reads."""

    characters: int

    code = "documents.barcode-impossible"
    cause = N_(
        "A number of {characters} characters can not be printed as a bar code that scanners read."
    )
    meaning = N_("The card is not printed.")
    remedy = N_("Check the document number; it may hold Latin letters and digits only.")


@dataclass(eq=False)
class FontsMissing(KangkaError):
    """Of a chain's families none is on this machine; ``files`` are the names looked for."""

    chain: str
    files: str

    code = "documents.fonts-missing"
    cause = N_("None of the fonts for {chain} is installed (looked for {files}).")
    meaning = N_("Nothing can be printed until a font is there.")
    remedy = N_("Install one of these fonts, or name another in the font list.")


@dataclass(eq=False)
class FontUnusable(KangkaError):
    """A font file that can not be embedded: damaged, or without TrueType outlines."""

    file: str

    code = "documents.font-unusable"
    cause = N_("The font file {file} is damaged or has no TrueType outlines.")
    meaning = N_("Nothing can be printed with this font.")
    remedy = N_("Replace the file by the TrueType edition of the font, or take it off the font list.")


@dataclass(eq=False)
class FaceDataInvalid(KangkaError):
    """A file of a face design breaks a rule of the format."""

    file: str
    problem: str

    code = "documents.face-data-invalid"
    cause = N_("The face design {file} can not be used: {problem}.")
    meaning = N_("No card can be printed with this design.")
    remedy = N_("Correct the design file, or use the national design.")


@dataclass(eq=False)
class PageUnreadable(KangkaError):
    """Bytes that should be a page of a PDF are not."""

    page: int

    code = "documents.page-unreadable"
    cause = N_("Page {page} can not be drawn.")
    meaning = N_("Nothing was sent to the printer.")
    remedy = N_("Make the page again.")
