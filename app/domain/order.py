"""What belongs to the order of a card besides the resident: who applies, who agreed, who approved.

rules.md, Personal data and Who may have a card: consent with the version of its text and the signer; a
guardian or an agent with a document of their own. counter.md, 1: an agent's name, document, phone and
relation are all asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# The reason code of an order where nothing else was said; the fee schedule knows the others.
FIRST_ISSUE: Final = "first-issue"
# The ordinary reason of another card, where nobody proved one that is cheaper.
REISSUE: Final = "lost"


class ApplicantKind(StrEnum):
    """Who stands at the counter for a card: the resident, a child's guardian, or an agent."""

    SELF = "self"
    GUARDIAN = "guardian"
    AGENT = "agent"


@dataclass(frozen=True, repr=False)
class Consent:
    """Agreement to keep and use the data: ``version`` of the text that was signed, by whom, when (UTC
    milliseconds)."""

    version: str
    signer: ApplicantKind
    at_ms: int


@dataclass(frozen=True, repr=False)
class Applicant:
    """Who applied. ``document_kind`` is a code of the identity document table; ``relation`` that of the
    relation table; ``reason`` says why the resident did not come. For ``SELF`` all but the kind is None.
    """

    kind: ApplicantKind
    name: str | None = None
    document_kind: str | None = None
    document_number: str | None = None
    phone: str | None = None
    relation: str | None = None
    reason: str | None = None


@dataclass(frozen=True, repr=False)
class Approval:
    """Who approved an order, and the second person where it took four eyes."""

    actor_id: str
    actor_name: str
    at_ms: int
    second_id: str | None = None
    second_name: str | None = None


class ApplicationState(StrEnum):
    """The life of an application (resources/lives/application.toml)."""

    DRAFT = "draft"
    TO_VERIFY = "to-verify"
    TO_APPROVE = "to-approve"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    DONE = "done"


# Nothing happens to an application any more; its life says the same.
CLOSED_APPLICATION: Final = frozenset({ApplicationState.WITHDRAWN, ApplicationState.DONE})


class ApplicationEvent(StrEnum):
    """What happens to an application; the events of resources/lives/application.toml."""

    SUBMIT = "submit"
    VERIFY = "verify"
    REFER = "refer"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    MADE = "made"
    SPOIL = "spoil"
