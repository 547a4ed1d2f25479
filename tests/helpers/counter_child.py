"""Does the acts of a counter, by its real workflows and with real simulated chips, in forks that die.

Run as ``python -m tests.helpers.counter_child``; jobs and answers are those of the story's child.
Each act looks at the card first, so that one that was killed can be done again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from app.domain.application import Realm
from app.domain.card import Card, CardState
from app.domain.staff import Presence
from app.domain.till import PayMethod
from app.workflow.card_views import HandOverForm, LossForm, ReissueForm
from tests.helpers.story_child import Killer, plant, say_to, serve, watch
from tests.workflow.card_support import Counter

LIVING: Final = (CardState.COLLECTED, CardState.IN_USE)


def cards(counter: Counter) -> list[Card]:
    """The resident's cards, the first one first."""

    def look(unit: Any) -> list[Card]:
        orders = [found for state in ("approved", "done") for found in unit.applications.in_state(state)]
        persons = {unit.applications.get(found).person_id for found in orders}
        return [card for person in persons for card in reversed(unit.cards.of_person(person))]

    return counter.store.records.read(look)


def begin(counter: Counter) -> None:
    """A card made on a chip, and the till open."""
    counter.made()
    counter.store.records.durable("open-shift", lambda unit: unit.till.open_shift(Realm.TRAINING, 0))


def hand_over(counter: Counter) -> None:
    (card,) = cards(counter)
    if card.state is CardState.READY:
        form = HandOverForm(counter.himself(card.id), activate=False)
        counter.desk.hand_over(card.id, form)


def activate(counter: Counter) -> None:
    (card,) = cards(counter)
    if card.state is not CardState.IN_USE:
        counter.desk.activate(card.id, threading.Event())


def provisional_loss(counter: Counter) -> None:
    (card,) = cards(counter)
    if card.state in LIVING:
        counter.desk.report_loss(card.id, LossForm(counter.himself(card.id), provisional=True))


def found(counter: Counter) -> None:
    (card,) = cards(counter)
    if card.state is CardState.PROVISIONALLY_LOST:
        counter.desk.found(card.id, counter.found_form(card.id))


def written_loss(counter: Counter) -> None:
    (card,) = cards(counter)
    if card.state in LIVING:
        counter.desk.report_loss(card.id, LossForm(counter.himself(card.id)))


def reissue(counter: Counter) -> None:
    card = cards(counter)[0]
    if card.state is CardState.LOST:
        counter.desk.reissue(card.id, ReissueForm(counter.himself(card.id)))


def pay(counter: Counter) -> None:
    def take(unit: Any) -> None:
        for due in unit.till.dues():
            unit.till.take(due.application_id, PayMethod.CASH)

    counter.store.records.durable("take-fee", take)


def block(counter: Counter) -> None:
    card = cards(counter)[0]
    if card.state is not CardState.BLOCKED:
        fresh = Presence(counter.session.actor, "block-card", counter.clock.now_ms())
        counter.desk.block(card.id, threading.Event(), fresh=fresh)


def recover(counter: Counter) -> None:
    card = cards(counter)[0]
    if card.state is not CardState.RECOVERED:
        counter.desk.recover(card.id)


# Each act and the state of the first card after it.
ACTS: Final[dict[str, tuple[Callable[[Counter], None], CardState]]] = {
    "hand-over": (hand_over, CardState.COLLECTED),
    "activate": (activate, CardState.IN_USE),
    "provisional-loss": (provisional_loss, CardState.PROVISIONALLY_LOST),
    "found": (found, CardState.IN_USE),
    "written-loss": (written_loss, CardState.LOST),
    "reissue": (reissue, CardState.DEAD),
    "pay": (pay, CardState.DEAD),
    "block": (block, CardState.BLOCKED),
    "recover": (recover, CardState.RECOVERED),
}


def _work(job: dict[str, Any], out: int) -> None:
    killer = Killer(job["kill"])
    counter = Counter(Path(job["folder"]), seed=job["seed"])
    if job["step"] == "begin":
        begin(counter)
    else:
        counter.heard = killer.commit
        plant(job["mode"])
        watch(killer)
        ACTS[job["step"]][0](counter)
    counter.heard = lambda _point: None
    say_to(out, {"points": killer.points, "statements": killer.statements})
    counter.bench.keep()
    counter.close()


if __name__ == "__main__":
    serve(_work)
