"""Made-up people for training and tests, who look made up: 样例甲子 of an address that says so.

The same number and seed give the same person. Their citizen numbers have a true check digit, so that
everything can be practised, in the area 410102 that training uses throughout.
"""

from __future__ import annotations

import datetime as dt
import random

from app.domain.id_number import check_digit
from app.domain.resident import (
    Address,
    Allergy,
    Contact,
    Health,
    Immunization,
    OtherDocument,
    Resident,
)

_PREFIXES = ("样例", "测试", "训练", "练习")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
# Names as they come to counters: a dot, and characters beyond the common ones (extensions B to F).
_UNUSUAL = ("样例·古丽", "样例𠅤", "样例𫖮", "样例𬭎", "样例𭤨")
_AREA = "410102"
_FIRST_BIRTH = dt.date(1940, 1, 1)
_BIRTH_DAYS = 28_000
_ALERTS = ("asthma", "heart", "cerebrovascular", "epilepsy", "coagulation", "diabetes", "glaucoma")
_MORE_ALERTS = ("dialysis", "transplant", "missing-organ", "prosthesis", "pacemaker")
ALERTS = _ALERTS + _MORE_ALERTS


def made_up_resident(
    number: int, seed: int = 1, photo: bytes | None = None, face_photo: bytes | None = None
) -> Resident:
    """Person ``number`` (from 0); each third one has every field of the form filled."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable people, no secret
    born = _FIRST_BIRTH + dt.timedelta(days=dice.randrange(_BIRTH_DAYS))
    # The order code tells two people born on one day apart; odd is male (GB 11643).
    order = 1 + number % 998
    citizen_id = f"{_AREA}{born:%Y%m%d}{order:03d}"
    whole = number % 3 == 0
    return Resident(
        name=_name(number),
        sex="1" if order % 2 else "2",
        ethnic="01" if number % 7 else f"{1 + number % 56:02d}",
        birth_date=f"{born:%Y%m%d}",
        citizen_id=citizen_id + check_digit(citizen_id),
        # A household register beside the identity card, with a number that is nobody's.
        other_document=OtherDocument("2", f"YL{number:010d}") if whole else None,
        phones=_phones(dice, 2 if whole else 1),
        payments=("3", "1", "7")[: 3 if whole else 1],
        addresses=_addresses(dice, whole),
        contacts=_contacts(dice, number, 3 if whole else 1),
        education=str(dice.randrange(1, 10)),
        marital=dice.choice(("10", "20", "30", "40", "90")),
        occupation=dice.choice("01345XY"),
        health_record=f"{_AREA}0010{number:07d}"[:17] if whole else None,
        rural_insurance=f"{_AREA}{number:012d}" if whole else None,
        health=_health(dice, whole),
        photo=photo,
        face_photo=face_photo,
    )


def _name(number: int) -> str:
    if number % 10 == 9:
        unusual = _UNUSUAL[number // 10 % len(_UNUSUAL)]
        again = number // (10 * len(_UNUSUAL))
        return unusual + (_STEMS[again % 10] if again else "")
    prefix = _PREFIXES[number // 60 % len(_PREFIXES)]
    again = number // (60 * len(_PREFIXES))
    cycle = _STEMS[number % 10] + _BRANCHES[number % 12]
    return prefix + cycle + (_STEMS[again % 10] if again else "")


def _phones(dice: random.Random, count: int) -> tuple[str, ...]:
    # 1990000xxxx: no carrier has given out the block.
    return tuple(f"1990000{dice.randrange(10_000):04d}" for _ in range(count))


def _addresses(dice: random.Random, whole: bool) -> tuple[Address, ...]:
    registered = Address("1", f"河南省郑州市样例区训练路{dice.randrange(1, 300)}号")
    residence = Address("2", f"河南省郑州市样例区练习村{dice.randrange(1, 60)}组")
    return (registered, residence) if whole else (registered,)


def _contacts(dice: random.Random, number: int, count: int) -> tuple[Contact, ...]:
    relations = ("1", "5", "7")
    return tuple(
        Contact(f"联系样例{_STEMS[(number + n) % 10]}", relations[n], *_phones(dice, 1))
        for n in range(count)
    )


def _health(dice: random.Random, whole: bool) -> Health:
    if not whole:
        return Health(abo=str(dice.randrange(1, 6)), rh="1")
    vaccines = ("乙肝疫苗", "百白破疫苗", "麻腮风疫苗", "流感疫苗", "狂犬病疫苗")
    return Health(
        abo=str(dice.randrange(1, 6)),
        rh=str(dice.randrange(1, 4)),
        alerts={name: dice.choice(("00", "01")) for name in ALERTS},
        other_alert="训练用警示",
        psychiatric="00",
        allergies=tuple(Allergy(f"样例药{letter}", "皮疹") for letter in "甲乙丙"),
        immunizations=tuple(
            Immunization(vaccines[n % len(vaccines)], f"{2010 + n}0{dice.randrange(1, 10)}15")
            for n in range(10)
        ),
    )
