"""Anybody: a strategy of people whose every field is drawn at the edges of what a card can hold.

Each is said twice, as the product takes them in and as values by the csv's keys, drawn once and given
to both. What the product makes of the one is held against what the oracle makes of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

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
from tests.helpers.victims import citizen_id
from tests.oracle import text
from tests.oracle.writer import Image, expected

# As tests.helpers.making.application puts them on every card.
SHARED = {
    "KLB": "1",
    "GFBB": "1.00",
    "FKJGMC": "样例省卫生厅训练",
    "FKJGDM": "4101000000000000000001",
    "FKSJ": "20261122",
    "AQM": "001",
    "YYCSDM": "410100",
    "KYXQ": "20361122",
}

# One, two and four bytes of GB 18030, blanks within, private use, and those that 2022 moved.
_LETTERS = st.one_of(
    st.sampled_from("样例测试张三丰甲乙丙·ABCxyz019- "),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x20000, max_codepoint=0x323AF),
    st.characters(min_codepoint=0xE000, max_codepoint=0xF8FF),
    st.sampled_from([chr(point) for point in text.MOVED.values()]),
)


@dataclass(frozen=True)
class Anybody:
    """One person: for the product, and for the oracle."""

    resident: Resident
    values: dict[str, str]
    allergies: tuple[tuple[str, str], ...]
    immunizations: tuple[tuple[str, str], ...]
    photo: bytes

    def image(self, factor: bytes, certificate: bytes) -> Image:
        """Every byte of the finished card."""
        own = {"FKXLH": factor[-5:].hex().upper(), "FKJGZS": certificate.hex()}
        return expected(
            SHARED | self.values | own,
            allergies=self.allergies,
            immunizations=self.immunizations,
            photo=self.photo,
        )


def ans(room: int, least: int = 0) -> st.SearchStrategy[str]:
    """Text of at most ``room`` bytes without blanks around it, often filling the room to the byte."""
    return st.lists(_LETTERS, min_size=least, max_size=room).map(lambda letters: _fit(letters, room))


def _fit(letters: list[str], room: int) -> str:
    kept = ""
    for letter in letters:
        if len(text.encode(kept + letter)) <= room:
            kept += letter
    return kept.strip(" ")


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


@st.composite
def anybody(draw: st.DrawFn) -> Anybody:
    """Any holder that a card has room for."""

    def maybe(strategy: st.SearchStrategy[str]) -> str:
        return draw(st.just("") | strategy)

    def some(strategy: st.SearchStrategy[Any], most: int) -> tuple[Any, ...]:
        return tuple(draw(st.lists(strategy, max_size=most)))

    own, born = citizen_id(draw(st.integers(0, 30_000)))
    document = draw(st.none() | st.tuples(digits(1, 1), ans(18, 1).filter(bool)))
    citizen = own if document is None else draw(st.sampled_from([own, ""]))
    name = "测" + draw(ans(28))
    code = digits(1, 2)
    phones = some(ans(20, 1).filter(bool), 2)
    payments = some(digits(1, 1), 3)
    addresses = some(st.tuples(digits(1, 1), ans(100, 1).filter(bool)), 2)
    contacts = some(st.tuples(ans(30, 1).filter(bool), digits(1, 1), ans(20, 1).filter(bool)), 3)
    flags = draw(st.dictionaries(st.sampled_from(sorted(FLAGS)), st.sampled_from(["00", "01"])))
    allergies = some(st.tuples(ans(20, 1).filter(bool), ans(100)), 3)
    immunizations = some(st.tuples(ans(20, 1).filter(bool), st.just("") | digits(8, 8)), 10)
    photo = draw(st.binary(max_size=300) | st.just(b"\xff" * 3070) | st.just(bytes(126)))
    one = {
        "XB": draw(st.sampled_from("0129")),
        "MZ": maybe(code),
        "WHCD": maybe(digits(1, 1)),
        "HYZK": maybe(code),
        "ZY": maybe(st.sampled_from(["0", "1", "X", "Y", "6"])),
        "JKDAH": maybe(ans(17)),
        "XNHZH": maybe(ans(18)),
        "ABOXX": maybe(st.sampled_from("12345")),
        "RHXX": maybe(st.sampled_from("123")),
        "QTYXJSMC": maybe(ans(40)),
        "JSBBZ": maybe(st.sampled_from(["00", "01"])),
    }
    given = {key: value or None for key, value in one.items()}
    resident = Resident(
        name=name,
        sex=one["XB"],
        ethnic=given["MZ"],
        birth_date=born,
        citizen_id=citizen or None,
        other_document=None if document is None else OtherDocument(*document),
        phones=phones,
        payments=payments,
        addresses=tuple(Address(*row) for row in addresses),
        contacts=tuple(Contact(*row) for row in contacts),
        education=given["WHCD"],
        marital=given["HYZK"],
        occupation=given["ZY"],
        health_record=given["JKDAH"],
        rural_insurance=given["XNHZH"],
        health=Health(
            abo=given["ABOXX"],
            rh=given["RHXX"],
            alerts=flags,
            other_alert=given["QTYXJSMC"],
            psychiatric=given["JSBBZ"],
            allergies=tuple(Allergy(substance, what or None) for substance, what in allergies),
            immunizations=tuple(Immunization(vaccine, day or None) for vaccine, day in immunizations),
        ),
        photo=photo or None,
    )
    values = one | {
        "KH": citizen or (document or ("", ""))[1],
        "XM": name,
        "CSRQ": born,
        "SFZH": citizen,
    }
    if document is not None:
        values |= {"ZJLB": document[0], "ZJHM": document[1]}
    for place, phone in enumerate(phones, 1):
        values[f"BRDH{place}"] = phone
    for place, payment in enumerate(payments, 1):
        values[f"YLFYZFFS{place}"] = payment
    for place, (kind, where) in enumerate(addresses, 1):
        values |= {f"DZLB{place}": kind, f"DZ{place}": where}
    for place, (who, relation, phone) in enumerate(contacts, 1):
        values |= {f"LXRXM{place}": who, f"LXRGX{place}": relation, f"LXRDH{place}": phone}
    for flag, value in flags.items():
        values[FLAGS[flag]] = value
    return Anybody(resident, values, allergies, immunizations, photo)
