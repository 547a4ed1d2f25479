"""What is wrong with one value: the field, the problem and the remedy, as a known error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.base.errors import N_, KangkaError


class FieldProblem(KangkaError):
    """A value that the desk refuses. ``field`` is its path in a resident: ``contacts.0.phone``."""

    field: str


@dataclass(eq=False)
class FieldMissing(FieldProblem):
    """Something that the paper form requires."""

    field: str

    code = "resident.missing"
    cause = N_("{field} is missing.")
    meaning = N_("The form can not be accepted without it.")
    remedy = N_("Ask the resident for {field} and enter it.")


@dataclass(eq=False)
class TextTooLong(FieldProblem):
    """More bytes than the field's place on the chip has."""

    field: str
    takes: int
    room: int

    code = "resident.too-long"
    cause = N_("{field} takes {takes} bytes, and the card has room for {room}.")
    meaning = N_("It does not go on the card whole, and nothing is cut in silence.")
    remedy = N_("Shorten it together with the resident; a name goes to the centre.")


@dataclass(eq=False)
class TooManyItems(FieldProblem):
    """More entries than the card has places."""

    field: str
    count: int
    room: int

    code = "resident.too-many"
    cause = N_("There are {count} entries of {field}, and the card has places for {room}.")
    meaning = N_("The rest would not be on the card.")
    remedy = N_("Keep the {room} that matter most to the resident.")


@dataclass(eq=False)
class NoPlaceOnCard(FieldProblem):
    """A recorded value for which this card's layout has no field."""

    field: str

    code = "resident.no-place"
    cause = N_("This place's card has no field for {field}.")
    meaning = N_("The value would be lost without a word.")
    remedy = N_("Take the entry out, or record it as another medical alert.")


@dataclass(eq=False)
class ForbiddenCharacter(FieldProblem):
    """A separator, a line end or a control character; ``character`` is its code point."""

    field: str
    character: str

    code = "resident.forbidden-character"
    cause = N_("{field} holds the character {character}, which no platform's file can carry in a field.")
    meaning = N_("The record would arrive broken.")
    remedy = N_("Take the character out, or write a full-width comma.")


@dataclass(eq=False)
class InvisibleCharacter(FieldProblem):
    """A character in a name that nobody can see; ``character`` is its code point."""

    field: str
    character: str

    code = "resident.invisible-character"
    cause = N_("{field} holds the invisible character {character}.")
    meaning = N_("Two names that look alike would be two people to every machine.")
    remedy = N_("Delete the name and type it again.")


@dataclass(eq=False)
class BlankInText(FieldProblem):
    """Blanks at an end, or inside a Chinese name."""

    field: str

    code = "resident.blank"
    cause = N_("{field} has blanks where none belong.")
    meaning = N_("The same person would not be found by it again.")
    remedy = N_("Take the blanks out.")


@dataclass(eq=False)
class OtherNameDot(FieldProblem):
    """A dot in a name that is not U+00B7."""

    field: str

    code = "resident.name-dot"
    cause = N_("The dot in {field} is not the one that names are written with (U+00B7).")
    meaning = N_("The name would differ from the one in the police's records.")
    remedy = N_("Replace it by the name dot.")


@dataclass(eq=False)
class NotDigits(FieldProblem):
    """Something else than digits where the card has digits alone."""

    field: str

    code = "resident.not-digits"
    cause = N_("{field} must be digits alone.")
    meaning = N_("The card can not hold anything else there.")
    remedy = N_("Type it again as digits.")


@dataclass(eq=False)
class NotADate(FieldProblem):
    """No day of the calendar, or one that is still to come."""

    field: str

    code = "resident.not-a-date"
    cause = N_("{field} is not a day that has been.")
    meaning = N_("No paper or card may carry it.")
    remedy = N_("Type the day as eight digits: year, month and day.")


@dataclass(eq=False)
class NumberDisagrees(FieldProblem):
    """Birth date or sex contradict the number of the identity document."""

    field: str

    code = "resident.number-disagrees"
    cause = N_("{field} is not what the identity number says.")
    meaning = N_("One of the two is wrong.")
    remedy = N_("Take {field} from the number; a different proof needs a supervisor.")


@dataclass(eq=False)
class SexNotStated(FieldProblem):
    """Sex 0 or 9 for a holder of an identity card, who is 1 or 2."""

    field: str

    code = "resident.sex-not-stated"
    cause = N_("{field} must be male or female for a holder of an identity card.")
    meaning = N_("The card's face would print nothing sensible.")
    remedy = N_("Take it from the identity card.")


@dataclass(eq=False)
class ContactIsHolder(FieldProblem):
    """The person to call in an emergency is the holder."""

    field: str

    code = "resident.contact-is-holder"
    cause = N_("{field} is the resident.")
    meaning = N_("In an emergency there would be no one to call.")
    remedy = N_("Enter another person.")


@dataclass(eq=False)
class PhoneShape(FieldProblem):
    """No telephone number."""

    field: str

    code = "resident.phone"
    cause = N_("{field} is not a telephone number.")
    meaning = N_("No one could be called by it.")
    remedy = N_("Enter the number with its digits, as 13800000000 or 0371-00000000.")


@dataclass(eq=False)
class ResidentRefused(KangkaError):
    """A record with problems where a faultless one is needed; ``problems`` has each by itself."""

    fields: tuple[str, ...]

    code = "resident.refused"
    cause = N_("The record has problems in: {field}.")
    meaning = N_("No card can be made from it yet.")
    remedy = N_("Correct the fields that are named.")

    problems: tuple[FieldProblem, ...] = ()

    def params(self) -> dict[str, Any]:
        return {"field": self.fields}
