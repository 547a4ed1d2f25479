"""Every place on a card and on its faces that a fault may name has a name in both languages."""

from __future__ import annotations

import pytest

from app.base.catalogue import Catalogue
from app.cardspec.profile import load_profile
from app.documents.errors import GlyphMissing
from app.documents.face_design import FaceDesign
from app.personalize.commands import CardBlocked, CardMemoryFault
from app.personalize.execute import ACTIVATE, GENUINE, Stopped
from tests.domain.test_texts import words

PROFILE = load_profile()
DESIGN = FaceDesign.load()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_place_that_a_fault_names_is_a_word_for_people(language: str) -> None:
    files = {file.path for file in PROFILE.files}
    directories = {"MF"} | {directory.name for directory in PROFILE.directories}
    elements = {element.id for side in (DESIGN.front, *DESIGN.backs.values()) for element in side}
    wanted = {("path", place) for place in files | directories}
    wanted |= {("where", place) for place in files | directories}
    wanted |= {("after", step) for step in files | {GENUINE, ACTIVATE, "lay-card", "print"}}
    wanted |= {("element", element) for element in elements}
    assert wanted - words(language) == set()


def test_a_clerk_reads_the_place_and_who_helps_the_clerk_reads_the_file() -> None:
    zh = Catalogue("zh")
    assert "持卡人（DDF1/EF06）" in zh.error(CardMemoryFault("DDF1/EF06")).cause
    assert "身份识别（DF01）" in zh.error(CardBlocked("DF01", permanent=False)).cause
    assert "照片（DDF1/EF07）" in zh.error(Stopped("DDF1/EF07")).cause
    assert "姓名中的字符" in zh.error(GlyphMissing("name", "U+E81E")).cause.replace(" ", "")
