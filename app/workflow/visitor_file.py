"""Who came for a card, as a file or standard input says it: a command line holds no personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.base.errors import N_, KangkaError
from app.domain.desk_rules import Question
from app.domain.visitor import Checked, Visitor

# One person's few entries; more is none.
MOST_BYTES: Final = 1 << 16
_ANSWERS: Final = "answers"
_SEEN: Final = "seen"
_TEXTS: Final = ("kind", "number", "name", "document", "phone", "relation")
_NAMES: Final = frozenset((*_TEXTS, _SEEN, _ANSWERS))
_QUESTIONS: Final = frozenset(question.value for question in Question)


@dataclass(eq=False)
class VisitorFileUnreadable(KangkaError):
    """What was given is not the entries of one visitor."""

    file: str
    reason: str

    code = "visitor.file-unreadable"
    cause = N_("{file} does not say who came: {reason}.")
    meaning = N_("Nothing was taken from it, and nothing was done.")
    remedy = N_(
        'Give one JSON object in UTF-8 with "number" and "seen", and for an agent "kind", "name", '
        '"document", "phone" and "relation".'
    )


@dataclass(frozen=True, repr=False)
class VisitorFile:
    """A visitor, and for a call what they answered."""

    visitor: Visitor
    answers: Mapping[Question, str] = field(default_factory=dict)


def read_visitor(raw: bytes, file: str) -> VisitorFile:
    """The visitor in JSON; ``VisitorFileUnreadable``. A document was read by a reader, or ``seen``."""
    content = _object(raw, file)
    told = content.pop(_ANSWERS, {})
    seen = content.pop(_SEEN, False)
    if not isinstance(told, dict) or not isinstance(seen, bool):
        raise VisitorFileUnreadable(file, "not-text")
    for names, known in ((content, _NAMES), (told, _QUESTIONS)):
        if names.keys() - known:
            raise VisitorFileUnreadable(file, "unknown-entry")
        if any(not isinstance(value, str) for value in names.values()):
            raise VisitorFileUnreadable(file, "not-text")
    checked = Checked.SEEN if seen else Checked.NO
    answers = {Question(name): text for name, text in told.items()}
    return VisitorFile(Visitor(checked=checked, **content), answers)


def _object(raw: bytes, file: str) -> dict[str, Any]:
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        raise VisitorFileUnreadable(file, "deep") from None
    except ValueError:
        raise VisitorFileUnreadable(file, "no-json") from None
    if not isinstance(content, dict):
        raise VisitorFileUnreadable(file, "no-object")
    return content
