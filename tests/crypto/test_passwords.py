"""Passwords and PINs: their rules, their verifiers, and what the verifiers cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from argon2.low_level import Type, hash_secret

from app.base.ids import SystemRandom
from app.base.threads import WINDOW_THREAD
from app.crypto import passwords
from app.crypto.common_passwords import COMMON
from app.crypto.passwords import (
    PRODUCTION,
    PasswordCost,
    PasswordRule,
    PasswordTooWeak,
    PinRule,
    PinTooWeak,
    VerifierDamaged,
    check_password,
    hash_password,
    hash_pin,
    needs_rehash,
    password_key,
    rehash_password,
    require_password,
    require_pin,
    spend_a_check,
)

QUICK = PasswordCost(memory_kib=8, passes=1, lanes=1)
GOOD = "three grey herons"


class Given:
    """A random source that gives what it was told, so that a vector can be held against it."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def token_bytes(self, count: int) -> bytes:
        return self._value[:count]


def test_the_production_cost_is_that_of_the_design() -> None:
    verifier = hash_password(GOOD, SystemRandom())
    assert verifier.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert check_password(verifier, GOOD)
    assert not needs_rehash(verifier)
    assert PasswordCost(65536, 3, 1) == PRODUCTION


def test_the_verifier_is_argon2id_of_the_normalised_password_under_the_drawn_salt() -> None:
    salt = bytes(range(16))
    expected = hash_secret(GOOD.encode(), salt, 1, 8, 1, 32, Type.ID).decode()
    assert hash_password(GOOD, Given(salt), cost=QUICK) == expected


# RFC 9106 gives its vector with a secret and associated data, which PHC strings do not carry; this one
# is the argon2 project's own (test.c: version 0x13, argon2id, 2 passes, 64 MiB, "password", "somesalt").
def test_the_library_meets_the_reference_vector() -> None:
    key = password_key("password", b"somesalt", PasswordCost(65536, 2, 1))
    assert key.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


def test_the_same_password_has_another_verifier_each_time() -> None:
    one, two = (hash_password(GOOD, SystemRandom(), cost=QUICK) for _ in range(2))
    assert one != two
    assert GOOD not in one
    assert check_password(one, GOOD)
    assert check_password(two, GOOD)


@pytest.mark.parametrize(
    "wrong", ["", "three grey heron", "Three grey herons", "three grey herons ", "密"]
)
def test_another_password_is_not_it(wrong: str) -> None:
    assert not check_password(hash_password(GOOD, SystemRandom(), cost=QUICK), wrong)


def test_a_password_that_can_not_be_typed_is_a_wrong_one() -> None:
    assert not check_password(hash_password(GOOD, SystemRandom(), cost=QUICK), "three\udcff herons")


def test_full_width_keys_give_the_same_password() -> None:
    verifier = hash_password("abc-4711 灰鹭", SystemRandom(), cost=QUICK)
    assert check_password(verifier, "ａｂｃ－４７１１　灰鹭")


def test_a_raised_cost_is_noticed_and_made_good() -> None:
    old = hash_password(GOOD, SystemRandom(), cost=QUICK)
    raised = PasswordCost(16, 2, 1)
    assert not needs_rehash(old, QUICK)
    assert needs_rehash(old, raised)
    assert needs_rehash(old)
    new = rehash_password(GOOD, SystemRandom(), cost=raised)
    assert not needs_rehash(new, raised)
    assert check_password(new, GOOD)


def test_a_password_of_older_rules_is_rehashed_all_the_same() -> None:
    assert check_password(rehash_password("short", SystemRandom(), cost=QUICK), "short")


@pytest.mark.parametrize(
    "verifier",
    [
        "",
        "no verifier",
        "$argon2id$v=19$m=8,t=1,p=1$",
        "$argon2id$v=19$m=8,t=1,p=1$!!!!$????",
        "$argon2i$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$7Lk9Gt6cyAO0Cw0pCTjrEVkRhEjoWrx3EYrEj8/FO2E",
        "$argon2id$v=16$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$7Lk9Gt6cyAO0Cw0pCTjrEVkRhEjoWrx3EYrEj8/FO2E",
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$7Lk9Gt4",
        "$argon2id$v=19$m=8,t=1,p=1$!!!!!!!!!!!!!!!!!!!!!!$7Lk9Gt6cyAO0Cw0pCTjrEVkRhEjoWrx3EYrEj8/FO2E",
        # One that would take all memory of the desk, or stand still for hours.
        "$argon2id$v=19$m=4194304,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$7Lk9Gt6cyAO0Cw0pCTjrEVkRhEjoWrx3EYrEj8/FO2E",
        "$argon2id$v=19$m=8,t=4000,p=1$AAECAwQFBgcICQoLDA0ODw$7Lk9Gt6cyAO0Cw0pCTjrEVkRhEjoWrx3EYrEj8/FO2E",
    ],
)
def test_what_is_no_verifier_of_ours_is_said(verifier: str) -> None:
    with pytest.raises(VerifierDamaged):
        check_password(verifier, GOOD)
    if "!!!!$7" not in verifier:  # whose cost can be read
        with pytest.raises(VerifierDamaged):
            needs_rehash(verifier)


def test_every_changed_character_of_a_verifier_is_noticed() -> None:
    verifier = hash_password(GOOD, SystemRandom(), cost=QUICK)
    opened = []
    for at in range(len(verifier)):
        changed = verifier[:at] + ("A" if verifier[at] != "A" else "B") + verifier[at + 1 :]
        try:
            if check_password(changed, GOOD):
                opened.append(at)
        except VerifierDamaged:
            pass
    # The last character of 16 and of 32 bytes in base64 has bits that hold nothing.
    assert set(opened) <= {verifier.rindex("$") - 1, len(verifier) - 1}


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", PasswordRule.SHORT),
        ("sevenup", PasswordRule.SHORT),
        ("x" * 129, PasswordRule.LONG),
        ("grey\therons", PasswordRule.CHARACTERS),
        ("grey \udcff herons", PasswordRule.CHARACTERS),
        ("Password123", PasswordRule.COMMON),
        ("ｐａｓｓｗｏｒｄ１", PasswordRule.COMMON),
        ("12345678", PasswordRule.PATTERN),
        ("7890123456", PasswordRule.PATTERN),
        ("abcdefghij", PasswordRule.PATTERN),
        ("hgfedcba", PasswordRule.PATTERN),
        ("66666666", PasswordRule.PATTERN),
        ("abababab", PasswordRule.PATTERN),
        ("Li.Yingshi", PasswordRule.NAME),
        ("li.yingshi1990", PasswordRule.NAME),
        ("1990Li.Yingshi", PasswordRule.NAME),
        ("应诗李应诗李0001", PasswordRule.NAME),
    ],
)
def test_a_weak_password_is_refused_by_its_rule(password: str, rule: PasswordRule) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        hash_password(password, SystemRandom(), "li.yingshi", "应诗李", cost=QUICK)
    assert refused.value.password_rule == rule
    if password:
        assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "x1y2z3w4",
        "correct horse battery staple",
        "灰鹭三只飞过河边",
        "a" * 62 + "bcd" * 22,
        "li.yingshi liked tea",
    ],
)
def test_a_good_password_passes(password: str) -> None:
    require_password(password, "li.yingshi", "")


@pytest.mark.parametrize("word", sorted(COMMON))
def test_every_common_password_is_long_enough_to_need_its_line(word: str) -> None:
    assert len(word) >= 8
    assert word == passwords.normalised(word).casefold()
    with pytest.raises(PasswordTooWeak):
        require_password(word)
    with pytest.raises(PasswordTooWeak):
        require_password(word.upper())


@pytest.mark.parametrize(
    ("pin", "rule"),
    [
        ("", PinRule.DIGITS),
        ("123", PinRule.DIGITS),
        ("123456789", PinRule.DIGITS),
        ("12a4", PinRule.DIGITS),
        ("４8²7", None),  # NFKC makes them digits
        ("٤٨٢٧", PinRule.DIGITS),
        ("0000", PinRule.PATTERN),
        ("77777777", PinRule.PATTERN),
        ("1234", PinRule.PATTERN),
        ("8901", PinRule.PATTERN),
        ("4321", PinRule.PATTERN),
        ("2468", PinRule.PATTERN),
        ("1212", PinRule.PATTERN),
        ("1122", PinRule.PATTERN),
        ("852852", PinRule.PATTERN),
        ("1990", PinRule.DATE),
        ("0521", PinRule.DATE),
        ("0229", PinRule.DATE),
        ("900521", PinRule.DATE),
        ("000229", PinRule.DATE),
        ("199005", PinRule.DATE),
        ("19900521", PinRule.DATE),
        ("8274", None),
        ("0230", None),
        ("199013", None),
        ("19900532", None),
        ("82739", None),
        ("8273914", None),
    ],
)
def test_a_pin_that_is_tried_first_is_refused(pin: str, rule: PinRule | None) -> None:
    if rule is None:
        verifier = hash_pin(pin, SystemRandom(), cost=QUICK)
        assert check_password(verifier, pin)
        assert not check_password(verifier, pin[::-1] + "0")
        return
    with pytest.raises(PinTooWeak) as refused:
        hash_pin(pin, SystemRandom(), cost=QUICK)
    assert refused.value.pin_rule == rule


def passes(pin: str) -> bool:
    try:
        require_pin(pin)
    except PinTooWeak:
        return False
    return True


def test_no_birthday_is_a_pin() -> None:
    day, texts = date(1930, 1, 1), set()
    while day < date(2027, 1, 1):
        texts |= {f"{day:{form}}" for form in ("%Y%m%d", "%y%m%d", "%m%d", "%Y%m", "%Y")}
        day += timedelta(days=1)
    assert not [text for text in texts if passes(text)]


def test_most_pins_are_left() -> None:
    assert sum(passes(f"{number:04}") for number in range(10_000)) > 9_000


def test_a_check_for_nobody_takes_what_a_check_takes() -> None:
    """In the processor's own time of this thread, which a busy machine does not stretch."""
    cost = PasswordCost(16 * 1024, 2, 1)
    verifier = hash_password(GOOD, SystemRandom(), cost=cost)

    def taken(act: Callable[[], object]) -> float:
        start = time.thread_time()
        act()
        return time.thread_time() - start

    acts = (lambda: check_password(verifier, "another one"), lambda: spend_a_check(cost))
    rounds = [[taken(act) for act in acts] for _ in range(9)]
    checked, spent = (min(column) for column in zip(*rounds, strict=True))
    assert 0.3 < spent / checked < 3


@pytest.mark.parametrize(
    "cost", [(7, 1, 1), (8, 0, 1), (8, 1, 0), (8, 1, 2), (1 << 21, 1, 1), (8, 65, 1), (1 << 20, 1, 17)]
)
def test_a_cost_beyond_reason_is_a_bug(cost: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="argon2"):
        PasswordCost(*cost)


def test_nothing_of_it_runs_on_the_windows_thread() -> None:
    verifier = hash_password(GOOD, SystemRandom(), cost=QUICK)
    refused = []

    def window() -> None:
        for act in (
            lambda: hash_password(GOOD, SystemRandom(), cost=QUICK),
            lambda: check_password(verifier, GOOD),
            lambda: spend_a_check(QUICK),
        ):
            try:
                act()
            except RuntimeError as fault:
                refused.append(fault)
        require_password(GOOD)  # rules may be asked while somebody types

    thread = threading.Thread(target=window, name=WINDOW_THREAD)
    thread.start()
    thread.join()
    assert len(refused) == 3
