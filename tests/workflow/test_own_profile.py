"""A province's own folder reaches what it must: codes, the card, both faces, reading, and the form."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.base.resources import resource
from app.domain.id_number import check_digit
from app.main import Options, open_desk
from tests.documents.measure import read_page

NUMBER = "41010219900307125" + check_digit("41010219900307125")
APPLICATION = {
    "consent": "2026-1",
    "name": "样例丁",
    "sex": "1",
    "ethnic": "99",
    "birth_date": "19900307",
    "citizen_id": NUMBER,
    "addresses": [{"kind": "1", "text": "样例村1号"}],
    "contacts": [{"name": "样例乙", "relation": "1", "phone": "13800000000"}],
}
CODES = """
extends = true
[[code]]
code = "99"
zh = "样例族群"
en = "sample group"
initials = "yl"
"""
PROFILE = """
extends = "national"
id = "sample"
title = "样例省"
[rules]
validity_years = 7
[[file]]
directory = "DDF1"
name = "EF06"
[[file.field]]
key = "XM"
length = 40
"""


@pytest.fixture
def province(tmp_path: Path) -> Path:
    folder = tmp_path / "province"
    (folder / "codes").mkdir(parents=True)
    (folder / "profile.toml").write_text(PROFILE, encoding="utf-8")
    (folder / "codes" / "ethnic.toml").write_text(CODES, encoding="utf-8")
    shutil.copytree(resource("faces", "national"), folder / "faces")
    front = folder / "faces" / "front.toml"
    text = front.read_text(encoding="utf-8")
    front.write_text(text.replace("中华人民共和国卫生部监制", "样例省监制"), encoding="utf-8")
    return folder


def test_a_provinces_folder_reaches_card_faces_form_and_reading(tmp_path: Path, province: Path) -> None:
    file = tmp_path / "application.json"
    file.write_text(json.dumps(APPLICATION, ensure_ascii=False), encoding="utf-8")
    never = threading.Event()
    national = Options(data=tmp_path / "data")
    with open_desk(national) as desk, pytest.raises(KangkaError):
        desk.enrol_file(file)
    with open_desk(Options(data=tmp_path / "data", profile=province)) as desk:
        room = next(field.room for field in desk.form().fields() if field.path == "name")
        application = desk.enrol_file(file)
        desk.write_face(application, tmp_path / "face.pdf", None, 300)
        desk.issue(application, lambda _event: None, never)
        card = desk.read_card(never)
    assert room == 40
    fields = card["fields"]
    assert (fields["XM"], fields["MZ"], card["state"]) == ("样例丁", "99", "personalized")
    assert int(fields["KYXQ"][:4]) == int(fields["FKSJ"][:4]) + 7
    pdf = (tmp_path / "face.pdf").read_bytes()
    assert "样例省监制" in read_page(pdf).text
    assert "样例族群" in read_page(pdf, 1).text
