"""Open cases: what is known of a card whose making was interrupted, and what may be done."""

from __future__ import annotations

from app.base.errors import N_
from app.domain.application import FrozenApplication
from app.domain.masking import masked_number
from app.domain.ports import Case, CaseState, Intent, IntentKind
from app.workflow.issue import CHIP_DONE
from app.workflow.views import CaseRow, Mark, Sentence, Settlement

_WORDS = {
    CaseState.QUEUED: (Mark.WAITING, N_("To make")),
    CaseState.WRITING: (Mark.ATTENTION, N_("Half-made")),
    CaseState.WRITTEN: (Mark.ATTENTION, N_("Chip written, faces to print")),
    CaseState.PRINTED: (Mark.ATTENTION, N_("Printed, to be verified")),
    CaseState.VERIFIED: (Mark.GOOD, N_("Made and verified")),
    CaseState.SPOILED: (Mark.STOP, N_("Spoiled")),
    CaseState.UNKNOWN: (Mark.ATTENTION, N_("Unknown")),
}
_DOUBTS = {
    IntentKind.BIND_CHIP: N_("Writing this chip was begun; the chip itself tells how far it came."),
    IntentKind.ACTIVATE: N_("Activation was begun; whether the chip took it is not known."),
    IntentKind.PRINT_FRONT: N_("The front was sent to the printer; whether it came out is not known."),
    IntentKind.PRINT_BACK: N_("The back was sent to the printer; whether it came out is not known."),
}


# training-product.md, Others: such a product is marked, and the host alone refuses to rewrite it.
NEVER_LOCKS = Sentence(
    N_("This kind of chip never locks: nothing but this program keeps its data from being rewritten.")
)


def word_of(state: CaseState) -> tuple[Mark, Sentence]:
    """A case's state as the five marks and a word."""
    mark, text = _WORDS[state]
    return mark, Sentence(text)


def case_row(
    case: Case, intents: list[Intent], application: FrozenApplication, *, locks: bool = True
) -> CaseRow:
    """A case as the list shows it; ``locks`` says whether its chip's product locks at all."""
    mark, word = word_of(case.state)
    return CaseRow(
        id=case.id,
        application_id=case.application_id,
        name=application.resident.name,
        masked_number=masked_number(application.card.card_number),
        state=case.state,
        mark=mark,
        word=word,
        opened_ms=case.opened_ms,
        known=tuple(_known(case, intents, locks)),
        offers=offers(case),
    )


def offers(case: Case) -> tuple[Settlement, ...]:
    """What may be done: verifying makes sense only for a chip that is known to be whole."""
    if case.state in (CaseState.VERIFIED, CaseState.SPOILED):
        return ()
    if case.state in CHIP_DONE:
        return (Settlement.CONTINUE, Settlement.VERIFY, Settlement.SPOIL)
    return (Settlement.CONTINUE, Settlement.SPOIL)


def _known(case: Case, intents: list[Intent], locks: bool) -> list[Sentence]:
    if case.chip_serial is None:
        return [Sentence(N_("No card has been touched yet."))]
    known = [Sentence(N_("Chip {serial} was bound to it."), {"serial": case.chip_serial})]
    known += [Sentence(_DOUBTS[intent.kind]) for intent in intents if intent.outcome is None]
    if not locks:
        if case.state in CHIP_DONE:
            known.append(Sentence(N_("The chip was written and read back.")))
        known.append(NEVER_LOCKS)
    elif case.state in CHIP_DONE:
        known.append(Sentence(N_("The chip was written, read back and locked.")))
    elif not any(intent.kind is IntentKind.ACTIVATE for intent in intents):
        known.append(Sentence(N_("The chip is not activated yet.")))
    return known
