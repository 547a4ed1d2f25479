"""Losses: when a provisional one ends by itself, and whether a caller knows the holder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.base.errors import N_, KangkaError
from app.domain.desk_rules import DeskRules, Question
from app.domain.id_number import fold_number
from app.domain.names import fold_name, fold_text
from app.domain.resident import Resident

_DAY_MS: Final = 86_400_000


class LossChannel(StrEnum):
    """How a loss was reported."""

    COUNTER = "counter"
    PHONE = "phone"


class LossCause(StrEnum):
    """What became of the card, as the holder says."""

    LOST = "lost"
    STOLEN = "stolen"
    UNKNOWN = "unknown"


@dataclass(eq=False)
class AnswersNotEnough(KangkaError):
    """A caller who answered fewer questions than are asked for, or one not as the record has it."""

    right: int
    needed: int

    code = "loss.answers-not-enough"
    cause = N_("{right} of the answers agree with the record; {needed} are needed and none may differ.")
    meaning = N_("By telephone nobody shows a document, so the card was not reported lost.")
    remedy = N_("Ask another question, or ask the caller to come to the counter with a document.")


@dataclass(eq=False)
class WrittenLossByPhone(KangkaError):
    """A written loss by telephone."""

    code = "loss.written-by-phone"
    cause = N_("A loss in writing is reported at the counter, with a document.")
    meaning = N_("Nothing was recorded.")
    remedy = N_("Record a provisional loss, and ask the caller to come in time.")


@dataclass(eq=False)
class LossNumberDiffers(KangkaError):
    """A loss slip that is not the one of this card's loss."""

    code = "loss.number-differs"
    cause = N_("The number of the loss slip is not that of this card's loss.")
    meaning = N_("The loss stays as it is.")
    remedy = N_("Enter the number of this card's slip, or leave it out if the slip is not at hand.")


@dataclass(eq=False)
class LossTimeWrong(KangkaError):
    """A loss before the card was handed over, or tomorrow."""

    code = "loss.time-wrong"
    cause = N_(
        "The card can not have been lost then: it was handed over later, or that time is to come."
    )
    meaning = N_("Nothing was recorded.")
    remedy = N_("Ask again since when the card is missing, or leave the time out.")


@dataclass(eq=False)
class FoundTooLate(KangkaError):
    """A lost card that turned up after another one was ordered in its place."""

    code = "loss.found-too-late"
    cause = N_("This card is dead: another one was ordered in its place.")
    meaning = N_("It never becomes valid again, and must not be given back to the holder.")
    remedy = N_("Take the card back and block its chip.")


def lapses_at(reported_ms: int, days: int) -> int | None:
    """When a provisional loss ends by itself; None where the place's rule is never (0 days)."""
    return reported_ms + days * _DAY_MS if days else None


def check_answers(holder: Resident, told: Mapping[Question, str], rules: DeskRules) -> None:
    """Nothing, or ``AnswersNotEnough``: the caller must know the holder."""
    asked = {question: text for question, text in told.items() if text.strip()}
    right = sum(
        question in rules.questions and _agrees(holder, question, text)
        for question, text in asked.items()
    )
    if right < rules.answers or right < len(asked):
        raise AnswersNotEnough(right=right, needed=rules.answers)


def _agrees(holder: Resident, question: Question, text: str) -> bool:
    known: dict[Question, set[str]] = {
        Question.NAME: {fold_name(holder.name)},
        Question.PHONE: {_digits(phone) for phone in holder.phones},
        Question.CONTACT: {fold_name(contact.name) for contact in holder.contacts},
        Question.BIRTH_DATE: {holder.birth_date},
        Question.ADDRESS: {fold_text(address.text) for address in holder.addresses},
    }
    return _FOLD[question](text) in known[question]


def _digits(text: str) -> str:
    return "".join(char for char in fold_number(text) if char.isdigit())


_FOLD: Final = {
    Question.NAME: fold_name,
    Question.PHONE: _digits,
    Question.CONTACT: fold_name,
    Question.BIRTH_DATE: _digits,
    Question.ADDRESS: fold_text,
}
