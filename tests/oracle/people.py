"""Made-up holders for the oracle's own tests: every field filled, and one with next to nothing."""

from __future__ import annotations

from tests.oracle import layout
from tests.oracle.writer import Image, expected

CITY = "410100"
FULL_PHOTO = bytes(range(1, 256)) * 12 + bytes(range(1, 11))
ALLERGIES = (("青霉素", "皮疹"), ("花粉", "打喷嚏"), ("海鲜", "呼吸困难"))
IMMUNIZATIONS = tuple((f"疫苗样例{number}", f"2025{number:02d}15") for number in range(1, 11))

# What takes a shape of its own; everything else is filled to the brim by its coding.
NAMED = {
    "KLB": "1",
    "GFBB": "1.00",
    "FKJGMC": "河南省样例卫生厅",
    "FKSJ": "20261122",
    "KH": "410102199003074255",
    "AQM": "123",
    "FKXLH": "0405060708",
    "YYCSDM": CITY,
    "XM": "张三丰样例𠂇䶮",
    "XB": "01",
    "MZ": "01",
    "CSRQ": "19900307",
    "SFZH": "410102199003074255",
    "KYXQ": "20361122",
    "DZ1": "河南省郑州市样例区测试路一号",
    "ZY": "Y",
    "JKDAH": "41010220260000001",
}


def full_values() -> dict[str, str]:
    """A text for every tagged field of the csv."""
    values: dict[str, str] = {}
    for key, (_, item) in layout.fields().items():
        if key in NAMED:
            values[key] = NAMED[key]
        elif item.coding == "ans":
            values[key] = ("样例" * item.length)[: item.length // 2] + "x" * (item.length % 2)
        elif item.coding == "cn":
            values[key] = "12" * item.length
        else:
            values[key] = "01" * item.length
    return values


def full_image() -> Image:
    """The card of the fully filled person: 3 allergies, 10 immunizations, 3,070 bytes of photo."""
    return expected(full_values(), allergies=ALLERGIES, immunizations=IMMUNIZATIONS, photo=FULL_PHOTO)


def least_values() -> dict[str, str]:
    """What ACTIVATION asks for, and nothing else."""
    values = full_values()
    needed = [key for key, (place, _) in layout.fields().items() if place.path == "DDF1/EF05"]
    return {key: values[key] for key in (*needed, "XM", "XB", "CSRQ")}
