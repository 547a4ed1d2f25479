"""Documents of made-up people for identity readers in tests."""

from __future__ import annotations

import datetime as dt

from app.devices.id_text import encode_text
from app.devices.ports import IdentityKind, IdentityText
from app.devices.sim.id_reader import SimulatedDocument

FIRST = IdentityText(
    kind=IdentityKind.CITIZEN,
    name="测试甲",
    sex_code="1",
    ethnic_code="01",
    birth_date=dt.date(1980, 1, 1),
    address="河南省郑州市中原区测试路1号",
    number="410102198001010018",
    issued_by="郑州市公安局测试分局",
    valid_from=dt.date(2020, 1, 1),
    valid_to=dt.date(2040, 1, 1),
    long_term=False,
)
SECOND = IdentityText(
    kind=IdentityKind.HMT,
    name="测试乙",
    sex_code="1",
    ethnic_code=None,
    birth_date=dt.date(1991, 2, 3),
    address="广东省深圳市福田区样例路2号",
    number="810000199102030035",
    issued_by="深圳市公安局",
    valid_from=dt.date(2019, 9, 1),
    valid_to=dt.date(2024, 9, 1),
    long_term=False,
    pass_number="H00000001",
    issue_count="01",
)


def document(text: IdentityText) -> SimulatedDocument:
    """A document with this text and a photo of bytes that are all different from nought."""
    return SimulatedDocument(encode_text(text), bytes(1 + i % 251 for i in range(1024)))
