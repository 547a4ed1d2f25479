"""What differs from place to place at the counter, as data (resources/desk-rules.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.base.resources import read_toml, resource
from app.domain.order import ApplicantKind


class Question(StrEnum):
    """What a caller may be asked, that stands in the holder's record."""

    NAME = "name"
    PHONE = "phone"
    CONTACT = "contact"
    BIRTH_DATE = "birth-date"
    ADDRESS = "address"


@dataclass(frozen=True)
class VisitorKind:
    """One kind of 领卡类型: its code, in what capacity the visitor comes, its words."""

    code: str
    standing: ApplicantKind
    zh: str
    en: str


@dataclass(frozen=True)
class ListWord:
    """One word of the slips: of which list, its code, its words."""

    list: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class DeskRules:
    """A place's numbers of days and ages, and its kinds of visitors.

    ``provisional_loss_days`` 0 is a loss that never lapses by itself. ``answers`` is how many of
    ``questions`` a caller must answer as the record has them.
    """

    provisional_loss_days: int
    guardian_below: int
    temporary_proof_days: int
    ready_days: int
    unactivated_days: int
    answers: int
    questions: tuple[Question, ...]
    visitors: tuple[VisitorKind, ...]
    words: tuple[ListWord, ...]

    def word(self, list_: str, code: str) -> ListWord:
        """A word of a list; the code itself where the place has none for it."""
        found = (word for word in self.words if (word.list, word.code) == (list_, code))
        return next(found, ListWord(list_, code, code, ""))

    def visitor(self, code: str) -> VisitorKind | None:
        """The kind with this code, None where the place has none."""
        return next((kind for kind in self.visitors if kind.code == code), None)


def load_desk_rules(path: Path | None = None, *, over: Path | None = None) -> DeskRules:
    """The rules, with a place's own laid ``over`` them; ValueError where they can not be followed."""
    table: dict[str, Any] = dict(read_toml(path or resource("desk-rules.toml")))
    if over is not None:
        own = read_toml(over)
        unknown = own.keys() - table.keys()
        if unknown:
            raise ValueError(f"{over.name}: no such rule: {', '.join(sorted(unknown))}")
        table |= own
    rules = _rules(table)
    numbers = (
        rules.provisional_loss_days,
        rules.guardian_below,
        rules.temporary_proof_days,
        rules.ready_days,
        rules.unactivated_days,
    )
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("days and ages are whole numbers from nought")
    if not 1 <= rules.answers <= len(set(rules.questions)) or len(set(rules.questions)) != len(
        rules.questions
    ):
        raise ValueError("as many answers are asked for as there are questions, or fewer")
    if len({kind.code for kind in rules.visitors}) != len(rules.visitors):
        raise ValueError("two kinds of visitors with one code")
    if {kind.standing for kind in rules.visitors} != set(ApplicantKind):
        raise ValueError("the holder, an agent and a guardian each need a kind of visitor")
    return rules


def _rules(table: Mapping[str, Any]) -> DeskRules:
    telephone = table["telephone"]
    return DeskRules(
        provisional_loss_days=table["provisional_loss_days"],
        guardian_below=table["guardian_below"],
        temporary_proof_days=table["temporary_proof_days"],
        ready_days=table["ready_days"],
        unactivated_days=table["unactivated_days"],
        answers=telephone["answers"],
        questions=tuple(Question(name) for name in telephone["questions"]),
        visitors=tuple(
            VisitorKind(row["code"], ApplicantKind(row["standing"]), row["zh"], row["en"])
            for row in table["visitor"]
        ),
        words=tuple(ListWord(row["list"], row["code"], row["zh"], row["en"]) for row in table["word"]),
    )
