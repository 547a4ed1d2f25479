"""A person's own key: it opens that person's details alone, and without it they are noise."""

from __future__ import annotations

import pytest

from app.base.ids import SystemRandom
from app.crypto.person_keys import PersonKeys, detail_digest
from app.crypto.sealing import Place, SealBroken, Sealer
from app.crypto.sm3 import sm3

RANDOM = SystemRandom()
ONE, TWO = (Place("person_key", "sealed", f"person-{number}") for number in (1, 2))
DETAIL = Place("audit_detail", "sealed", "row-1")
TEXT = "一份细节".encode()


@pytest.fixture
def keys() -> PersonKeys:
    return PersonKeys(Sealer({1: b"s" * 16}, RANDOM), RANDOM)


def test_a_detail_opens_with_the_key_kept_for_the_person(keys: PersonKeys) -> None:
    key, kept = keys.draw(ONE)
    blob = key.seal(DETAIL, TEXT)
    assert TEXT not in blob
    assert keys.open(ONE, kept).open(DETAIL, blob) == TEXT


def test_nobody_elses_key_opens_it(keys: PersonKeys) -> None:
    (one, _), (two, _) = keys.draw(ONE), keys.draw(TWO)
    with pytest.raises(SealBroken):
        two.open(DETAIL, one.seal(DETAIL, TEXT))


def test_a_key_does_not_open_in_another_persons_row(keys: PersonKeys) -> None:
    _, kept = keys.draw(ONE)
    with pytest.raises(SealBroken):
        keys.open(TWO, kept)


def test_a_detail_does_not_open_in_another_row(keys: PersonKeys) -> None:
    key, _ = keys.draw(ONE)
    with pytest.raises(SealBroken):
        key.open(Place("audit_detail", "sealed", "row-2"), key.seal(DETAIL, TEXT))


def test_another_store_does_not_open_the_key(keys: PersonKeys) -> None:
    _, kept = keys.draw(ONE)
    with pytest.raises(SealBroken):
        PersonKeys(Sealer({1: b"t" * 16}, RANDOM), RANDOM).open(ONE, kept)


def test_the_digest_is_of_what_is_kept_and_needs_no_key(keys: PersonKeys) -> None:
    key, _ = keys.draw(ONE)
    blob = key.seal(DETAIL, TEXT)
    assert detail_digest(blob) == sm3(blob)
    changed = blob[:-1] + bytes((blob[-1] ^ 1,))
    assert detail_digest(changed) != detail_digest(blob)
    # The same detail sealed again has another digest: it is no fingerprint of what was said.
    assert detail_digest(key.seal(DETAIL, TEXT)) != detail_digest(blob)


def test_a_key_shows_nothing(keys: PersonKeys) -> None:
    key, _ = keys.draw(ONE)
    assert repr(key) == "PersonKey()"
