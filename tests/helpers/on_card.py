"""A made-up person as the csv's values: what the oracle expects, from the person's plain attributes.

The mapping is written out from card-files.csv and card.md; nothing of the profile takes part in it.
"""

from __future__ import annotations

from app.domain.resident import Resident
from tests.helpers.flags import FLAGS
from tests.oracle.writer import Image, expected

ISSUER = {
    "KLB": "1",
    "GFBB": "1.00",
    "FKJGMC": "样例省卫生厅训练",
    "FKJGDM": "4101000000000000000001",
    "YYCSDM": "410100",
}


def values_on_card(person: Resident) -> dict[str, str]:
    """Every value that comes from the person, by the csv's key; what was not given is left out."""
    health, other = person.health, person.other_document
    values: dict[str, str | None] = {
        "KH": person.citizen_id or (other.number if other else None),
        "XM": person.name,
        "XB": person.sex,
        "MZ": person.ethnic,
        "CSRQ": person.birth_date,
        "SFZH": person.citizen_id,
        "WHCD": person.education,
        "HYZK": person.marital,
        "ZY": person.occupation,
        "ZJLB": other.kind if other else None,
        "ZJHM": other.number if other else None,
        "JKDAH": person.health_record,
        "XNHZH": person.rural_insurance,
        "ABOXX": health.abo,
        "RHXX": health.rh,
        "QTYXJSMC": health.other_alert,
        "JSBBZ": health.psychiatric,
    }
    values |= {f"BRDH{n}": phone for n, phone in enumerate(person.phones, 1)}
    values |= {f"YLFYZFFS{n}": payment for n, payment in enumerate(person.payments, 1)}
    for n, address in enumerate(person.addresses, 1):
        values |= {f"DZLB{n}": address.kind, f"DZ{n}": address.text}
    for n, contact in enumerate(person.contacts, 1):
        values |= {
            f"LXRXM{n}": contact.name,
            f"LXRGX{n}": contact.relation,
            f"LXRDH{n}": contact.phone,
        }
    values |= {FLAGS[name]: flag for name, flag in health.alerts.items()}
    return {key: value for key, value in values.items() if value}


def image_of(person: Resident, own: dict[str, str]) -> Image:
    """Every byte of the person's finished card; ``own`` are the card's and the issue's own values."""
    return expected(
        values_on_card(person) | ISSUER | own,
        allergies=[(row.substance, row.reaction or "") for row in person.health.allergies],
        immunizations=[(row.vaccine, row.date or "") for row in person.health.immunizations],
        photo=person.photo or b"",
    )
