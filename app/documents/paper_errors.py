"""What can go wrong with a paper. Parameters name files, papers and code points, never a person."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class PaperDataInvalid(KangkaError):
    """A template breaks a rule of the format; ``where`` is its line and row."""

    file: str
    where: str
    problem: str

    code = "papers.data-invalid"
    cause = N_("The paper template {file} can not be used ({where}: {problem}).")
    meaning = N_("This paper can not be printed until the template is corrected.")
    remedy = N_("Correct the template, or take it out of the place's own folder to use the shipped one.")


@dataclass(eq=False)
class PaperGlyphMissing(KangkaError):
    """No font draws a character of a paper; ``character`` is its code point, ``U+XXXX``."""

    paper: str
    character: str

    code = "papers.glyph-missing"
    cause = N_("No installed font can draw the character {character} on the {paper}.")
    meaning = N_("The paper is not printed, because no other character may stand in its place.")
    remedy = N_("Install a font that holds {character} and add it to the font list, or check the entry.")


@dataclass(eq=False)
class PaperTooLong(KangkaError):
    """One piece of a paper is longer than a whole page, so no page break helps."""

    paper: str
    where: str

    code = "papers.too-long"
    cause = N_("An entry on the {paper} is longer than a whole page ({where}).")
    meaning = N_("The paper is not printed, because what stands on it must be whole.")
    remedy = N_("Shorten the entry, or ask for a template that gives it more room.")


@dataclass(eq=False)
class PaperTextUnknown(KangkaError):
    """A record names a version of a text that the template does not have (any more)."""

    paper: str
    text: str
    version: str

    code = "papers.text-unknown"
    cause = N_("The template of the {paper} has no text {text} in version {version}.")
    meaning = N_("The paper is not printed, because it would show another text than the one agreed to.")
    remedy = N_("Put the text of that version back into the template; old versions stay in it for good.")
