"""What a clerk should look at in a record that can go on a card: remarks, never refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.base import gb18030
from app.base.errors import N_
from app.domain import names
from app.domain.problems import FieldProblem
from app.domain.resident import Resident
from app.domain.validation import CardLayout


@dataclass(eq=False)
class PrivateUseCharacter(FieldProblem):
    """A character without an agreed meaning in a name; ``character`` is its code point.

    counter.md, 2.8: flagged, and never replaced by one that looks like it.
    """

    field: str
    character: str

    code = "resident.private-use"
    cause = N_("{field} holds the character {character}, which has no meaning that all systems share.")
    meaning = N_("It is kept as it was read; other systems may show another character or a box.")
    remedy = N_("Compare the name with the document, and note the character for the centre.")


@dataclass(eq=False)
class NameOnCard(FieldProblem):
    """A name whose shortened form the resident agreed to."""

    field: str
    takes: int
    room: int

    code = "resident.name-shortened"
    cause = N_(
        "{field} takes {takes} bytes and the chip has room for {room}: it will be shortened there."
    )
    meaning = N_(
        "The record and the faces keep the whole name; the resident agreed to the shorter form."
    )
    remedy = N_("Nothing is to be done; look at the form that is shown once more.")


def resident_notices(resident: Resident, layout: CardLayout) -> tuple[FieldProblem, ...]:
    """Every remark about one record, in the order of the form."""
    return (*_private_use(resident), *_shortened(resident, layout))


def name_room(layout: CardLayout) -> int | None:
    """Bytes that the chip has for the holder's name; None where the layout has no place for it."""
    sources = ((field.source, field.length) for file in layout.files for field in file.fields)
    return next((length for source, length in sources if source == "card.chip_name"), None)


def _private_use(resident: Resident) -> Iterator[FieldProblem]:
    named = [("name", resident.name)]
    named += [(f"contacts.{n}.name", contact.name) for n, contact in enumerate(resident.contacts)]
    for field, name in named:
        places = names.private_use(name)
        if places:
            yield PrivateUseCharacter(field=field, character=f"U+{ord(name[places[0]]):04X}")


def _shortened(resident: Resident, layout: CardLayout) -> Iterator[FieldProblem]:
    room = name_room(layout)
    if room is None or layout.rules.get("long_name") != "shorten":
        return
    takes = len(gb18030.encode("".join(c for c in resident.name if not "\ud800" <= c <= "\udfff")))
    if takes > room:
        yield NameOnCard(field="name", takes=takes, room=room)
