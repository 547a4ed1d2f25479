"""Made-up people for the fault harnesses, each said twice: as the product takes them in, and as values.

The two sides share literals and nothing else. ``Victim.image`` is every byte of the finished card by the
oracle's own layout and codings: a wrong decode or plan of the product has no place to hide.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from app.cardspec.profile import Profile
from app.domain.application import CardData, FrozenApplication, Realm
from app.domain.resident import (
    Address,
    Allergy,
    Contact,
    Health,
    Immunization,
    OtherDocument,
    Resident,
)
from tests.helpers.flags import FLAGS
from tests.oracle import layout
from tests.oracle.writer import Image, cyclic_record, expected

CITY_CODE = "410100"
PHOTO_BYTES = 3070
# A value shorter than this may stand on two people's cards by chance.
_NEEDLE_BYTES = 8
_FIRST_BIRTH = dt.date(1950, 1, 1)
# What everybody's card of this desk has in common.
_SHARED = {
    "KLB": "1",
    "GFBB": "1.00",
    "FKJGMC": "样例省卫生厅训练",
    "FKJGDM": "4101000000000000000001",
    "FKSJ": "20261122",
    "YYCSDM": CITY_CODE,
    "KYXQ": "20361122",
}


@dataclass(frozen=True, repr=False)
class Victim:
    """One person: the application that the desk froze, and the card's values by the csv's keys."""

    number: int
    application: FrozenApplication
    values: dict[str, str]
    allergies: tuple[tuple[str, str], ...]
    immunizations: tuple[tuple[str, str], ...]
    photo: bytes

    def image(self, factor: bytes, certificate: bytes) -> Image:
        """Every byte of this person's finished card on the chip of ``factor``."""
        own = {"FKXLH": factor[-5:].hex().upper(), "FKJGZS": certificate.hex()}
        return expected(
            self.values | own,
            allergies=self.allergies,
            immunizations=self.immunizations,
            photo=self.photo,
        )

    def needles(self) -> dict[str, bytes]:
        """Encoded values that are this person's alone, by key: what must be on no other card."""
        found: dict[str, bytes] = {}
        for key, (_, item) in layout.fields().items():
            value = self.values.get(key, "")
            if value and key not in _SHARED:
                found[key] = layout.encode(item.coding, item.length, value).rstrip(b"\0\xff")
        for number, parts in enumerate(self.allergies, 1):
            found[f"GM{number}"] = cyclic_record("GM", parts).rstrip(b"\0")
        for number, parts in enumerate(self.immunizations, 1):
            found[f"MY{number}"] = cyclic_record("MY", parts)
        # A tear leaves blocks apart, so each block of the picture is a needle of its own.
        for at in range(0, len(self.photo), 64):
            found[f"ZP at {at}"] = self.photo[at : at + 64][:16]
        return {key: value for key, value in found.items() if len(value) >= _NEEDLE_BYTES}


def victim(number: int, profile: Profile) -> Victim:
    """Person ``number``: even ones have every field of the card, odd ones what they must have."""
    return _full(number, profile) if number % 2 == 0 else _lean(number, profile)


def citizen_id(number: int) -> tuple[str, str]:
    """A number of the made-up area and its birth date, with the check digit of GB 11643."""
    born = f"{_FIRST_BIRTH + dt.timedelta(days=number // 900):%Y%m%d}"
    body = f"410102{born}{100 + number % 900:03d}"
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[weighed % 11], born


def _photo(number: int, size: int) -> bytes:
    noise = random.Random(f"photo {number}").randbytes(size)  # noqa: S311 - a picture nobody looks at
    return b"\xff\xd8" + noise[:-4] + b"\xff\xd9"


def _full(number: int, profile: Profile) -> Victim:
    own, born = citizen_id(number)
    tag = f"{number:06d}"
    photo = _photo(number, PHOTO_BYTES)
    allergies = tuple((f"样例药{n}号{tag}", f"皮疹样例{tag}第{n}次") for n in (1, 2, 3))
    immunizations = tuple((f"苗{n}样例{tag}", f"20{10 + n}0615") for n in range(10))
    contacts = tuple((f"联系样例{n}{tag}", str(n), f"1990001{tag}{n}") for n in (1, 5, 7))
    flags = {name: f"0{(number >> place) % 2}" for place, name in enumerate(FLAGS)}
    resident = Resident(
        name=f"测试甲{tag}",
        sex="1",
        ethnic="02",
        birth_date=born,
        citizen_id=own,
        other_document=OtherDocument("2", f"YL{tag}0001"),
        phones=(f"1990000{tag}", f"1990002{tag}"),
        payments=("3", "1", "7"),
        addresses=(Address("1", f"样例区训练路{tag}号"), Address("2", f"样例区练习村{tag}组")),
        contacts=tuple(Contact(*row) for row in contacts),
        education="4",
        marital="20",
        occupation="Y",
        health_record=f"41010200100{tag}",
        rural_insurance=f"410102900000{tag}",
        health=Health(
            abo="2",
            rh="3",
            alerts=flags,
            other_alert=f"训练用警示{tag}",
            psychiatric="00",
            allergies=tuple(Allergy(*row) for row in allergies),
            immunizations=tuple(Immunization(*row) for row in immunizations),
        ),
        photo=photo,
    )
    values = _SHARED | {
        "KH": own,
        "AQM": tag[-3:],
        "XM": f"测试甲{tag}",
        "XB": "1",
        "MZ": "02",
        "CSRQ": born,
        "SFZH": own,
        "BRDH1": f"1990000{tag}",
        "BRDH2": f"1990002{tag}",
        "YLFYZFFS1": "3",
        "YLFYZFFS2": "1",
        "YLFYZFFS3": "7",
        "DZLB1": "1",
        "DZ1": f"样例区训练路{tag}号",
        "DZLB2": "2",
        "DZ2": f"样例区练习村{tag}组",
        "WHCD": "4",
        "HYZK": "20",
        "ZY": "Y",
        "ZJLB": "2",
        "ZJHM": f"YL{tag}0001",
        "JKDAH": f"41010200100{tag}",
        "XNHZH": f"410102900000{tag}",
        "ABOXX": "2",
        "RHXX": "3",
        "QTYXJSMC": f"训练用警示{tag}",
        "JSBBZ": "00",
    }
    for place, (name, relation, phone) in enumerate(contacts, 1):
        values |= {f"LXRXM{place}": name, f"LXRGX{place}": relation, f"LXRDH{place}": phone}
    values |= {key: flags[name] for name, key in FLAGS.items()}
    frozen = _frozen(number, resident, profile)
    return Victim(number, frozen, values, allergies, immunizations, photo)


def _lean(number: int, profile: Profile) -> Victim:
    own, born = citizen_id(number)
    tag = f"{number:06d}"
    photo = _photo(number, 700)
    immunizations = ((f"苗甲样例{tag}", "20200101"), (f"苗乙样例{tag}", "20210101"))
    resident = Resident(
        name=f"样例𠅤{tag}",
        sex="2",
        ethnic=None,
        birth_date=born,
        citizen_id=own,
        phones=(f"1990000{tag}",),
        payments=("2",),
        addresses=(Address("1", f"样例区训练路{tag}号"),),
        contacts=(Contact(f"联系样例{tag}", "8", f"1990001{tag}"),),
        education="8",
        marital="10",
        occupation="5",
        health=Health(abo="5", immunizations=tuple(Immunization(*row) for row in immunizations)),
        photo=photo,
    )
    values = _SHARED | {
        "KH": own,
        "AQM": tag[-3:],
        "XM": f"样例𠅤{tag}",
        "XB": "2",
        "CSRQ": born,
        "SFZH": own,
        "BRDH1": f"1990000{tag}",
        "YLFYZFFS1": "2",
        "DZLB1": "1",
        "DZ1": f"样例区训练路{tag}号",
        "LXRXM1": f"联系样例{tag}",
        "LXRGX1": "8",
        "LXRDH1": f"1990001{tag}",
        "WHCD": "8",
        "HYZK": "10",
        "ZY": "5",
        "ABOXX": "5",
    }
    return Victim(number, _frozen(number, resident, profile), values, (), immunizations, photo)


def _frozen(number: int, resident: Resident, profile: Profile) -> FrozenApplication:
    return FrozenApplication(
        id=f"00000000-0000-7000-8000-{number:012d}",
        version=1,
        realm=Realm.TRAINING,
        person_id=f"00000000-0000-7000-8001-{number:012d}",
        profile_id=profile.id,
        profile_hash=profile.content_hash,
        resident=resident,
        card=CardData(
            card_class=_SHARED["KLB"],
            spec_version=_SHARED["GFBB"],
            issuer_name=_SHARED["FKJGMC"],
            issuer_code=_SHARED["FKJGDM"],
            issue_date=_SHARED["FKSJ"],
            expiry=_SHARED["KYXQ"],
            card_number=resident.number,
            chip_name=resident.name,
            security_code=f"{number % 1000:03d}",
            city_code=CITY_CODE,
        ),
        frozen_at_ms=1_795_000_000_000,
    )
