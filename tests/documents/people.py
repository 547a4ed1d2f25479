"""One made-up card to vary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.documents.faces import FaceInput
from tests.helpers.portrait import plate

NUMBER = "410102198709232345"
NUMBER_X = "41010219870923234X"

SAMPLE = FaceInput(
    name="测试甲",
    number=NUMBER,
    issuer_name="河南省卫生健康委员会",
    sex="女",
    ethnic="汉族",
    photo=plate(),
    vendor_code="KT20261122",
    co_brand="样例社区卫生服务中心",
)


def sample(**changes: Any) -> FaceInput:
    """The sample card with some values changed."""
    return replace(SAMPLE, **changes)
