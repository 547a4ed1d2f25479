"""Applications in files: what is taken, and that nothing is dropped in silence."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.cardspec.profile import load_profile
from app.domain.made_up import made_up_resident
from app.workflow.application_file import (
    MOST_BYTES,
    ApplicationFileUnreadable,
    ApplicationPlaceUnknown,
    ApplicationValueWrong,
    read_application,
)
from app.workflow.drafts import is_path, resident_of, values_of
from app.workflow.files import FileTooLarge, FileUnreadable
from app.workflow.form import load_form
from tests.helpers.application_files import content_of, write_application

DOCUMENT = Path(__file__).parents[2] / "docs" / "application-file.md"


def write(folder: Path, content: object) -> Path:
    path = folder / "application.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("number", [0, 1, 9])
def test_a_whole_person_goes_through_a_file_and_back(tmp_path: Path, number: int) -> None:
    read = read_application(write_application(tmp_path, number))
    assert resident_of(read.values) == dataclasses.replace(
        made_up_resident(number), photo=None, face_photo=None
    )
    assert read.picture == (tmp_path / "photo.jpg").read_bytes()


def test_every_place_of_the_form_is_one_of_a_file() -> None:
    assert [field.path for field in load_form(load_profile()).fields() if not is_path(field.path)] == []
    assert all(is_path(path) for path in values_of(made_up_resident(0)))


def test_the_example_of_the_document_is_a_whole_application(tmp_path: Path) -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    content = json.loads(blocks[0])
    (tmp_path / content["photo"]).write_bytes(b"a picture")
    read = read_application(write(tmp_path, content))
    assert read.values["health.allergies.0.reaction"] == "皮疹"
    assert read.values["addresses.0.text"] == "样例省样例市样例区样例村1号"
    assert read.picture == b"a picture"


def test_a_byte_order_mark_and_empty_values_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    text = json.dumps({"name": "测试甲", "ethnic": None, "phones": [], "nobody": "", "photo": None})
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    read = read_application(path)
    assert (dict(read.values), read.picture) == ({"name": "测试甲"}, None)


def test_addresses_go_by_their_kind_or_their_place(tmp_path: Path) -> None:
    by_kind = {"addresses": [{"kind": "2", "text": "二"}, {"kind": "1", "text": "一"}]}
    by_place = {"addresses": [{"text": "一"}, {"text": "二"}]}
    by_row = {"addresses": {"1": {"text": "二"}, "0": {"text": "一"}}}
    for content in (by_kind, by_place, by_row):
        read = read_application(write(tmp_path, content))
        assert read.values == {"addresses.0.text": "一", "addresses.1.text": "二"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"nmae": "测试甲"}, "nmae"),
        ({"face_photo": "a.jpg"}, "face_photo"),
        ({"other_document": {"kind": "2", "nr": "1"}}, "other_document.nr"),
        ({"phones": ["1", "2", "3"]}, "phones.2"),
        ({"payments": {"9": "1"}}, "payments.9"),
        ({"contacts": [{"name": "样例", "phone": "1", "e-mail": "x"}]}, "contacts.0.e-mail"),
        ({"contacts": [{}, {}, {}, {"name": "样例"}]}, "contacts.3.name"),
        ({"health": {"alerts": {"asthma": {"since": "01"}}}}, "health.alerts.asthma.since"),
        ({"health": {"allergies": [{}] * 3 + [{"substance": "x"}]}}, "health.allergies.3.substance"),
        ({"addresses": [{"kind": "3", "text": "三"}]}, "addresses.0.kind"),
        ({"addresses": [{"kind": "1", "text": "一"}, {"kind": "1", "text": "二"}]}, "addresses.2.text"),
        ({"addresses": ["一"]}, "addresses.0"),
        # A person's data in a name's place is not repeated.
        ({"张三丰样例": "x"}, "?"),
    ],
)  # fmt: skip
def test_a_name_that_the_form_does_not_have_is_refused(
    tmp_path: Path, content: dict[str, Any], place: str
) -> None:
    with pytest.raises(ApplicationPlaceUnknown) as caught:
        read_application(write(tmp_path, content))
    assert caught.value.params() == {"file": "application.json", "place": place}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"sex": 1}, "sex"),
        ({"name": True}, "name"),
        ({"health": {"alerts": {"asthma": 0}}}, "health.alerts.asthma"),
        ({"phones": [13800000000]}, "phones.0"),
        ({"photo": 7}, "photo"),
        ({"photo": ["a.jpg"]}, "photo"),
    ],
)
def test_a_value_that_is_no_text_is_refused(tmp_path: Path, content: dict[str, Any], place: str) -> None:
    with pytest.raises(ApplicationValueWrong) as caught:
        read_application(write(tmp_path, content))
    assert caught.value.place == place


DEEP = '{"health": ' * 40 + '"x"' + "}" * 40


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no-json"),
        (b"\x00\x01\x02\xff" * 100, "no-json"),
        ("姓名".encode("gb18030"), "no-json"),
        (b'{"name": "a",}', "no-json"),
        (b'["name"]', "no-object"),
        (b'"name"', "no-object"),
        (b'{"name": "a", "name": "b"}', "twice"),
        (b'{"health": {"abo": "1", "abo": "1"}}', "twice"),
        (b'{"phones": ["1"], "phones.0": "2"}', "twice"),
        (DEEP.encode(), "deep"),
        (b"[" * 500_000, "deep"),
        (b'{"a":' * 100_000, "deep"),
        (b'{"name":' + b"[" * 700 + b'"x"' + b"]" * 700 + b"}", "deep"),
    ],
    ids=range(13),
)
def test_what_is_no_application_is_refused(tmp_path: Path, raw: bytes, reason: str) -> None:
    path = tmp_path / "application.json"
    path.write_bytes(raw)
    with pytest.raises(ApplicationFileUnreadable) as caught:
        read_application(path)
    assert caught.value.reason == reason


def test_files_too_large_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    path.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(FileTooLarge):
        read_application(path)
    for name in ("none.json", "nul\0.json", "."):
        with pytest.raises(FileUnreadable):
            read_application(tmp_path / name)
    with pytest.raises(FileUnreadable):
        read_application(write(tmp_path, {"name": "测试甲", "photo": "none.jpg"}))
    with pytest.raises(FileTooLarge):
        read_application(write(tmp_path, {"name": "测试甲", "photo": "/dev/zero"}))


def test_a_file_of_a_person_has_the_names_of_the_resident() -> None:
    known = {"photo", "consent"} | {path.split(".")[0] for path in values_of(made_up_resident(0))}
    assert {name for name, value in content_of(made_up_resident(0)).items() if value} == known
