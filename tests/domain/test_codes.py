"""Code tables: each with its standard, found by code, form, label and initials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.base.resources import resource
from app.cardspec import codecs
from app.cardspec.profile import load_profile
from app.domain.codes import CodeTableInvalid, CodeTableMissing, UnknownCode, load_codes

CODES = load_codes()
PROFILE = load_profile()


@pytest.mark.parametrize("name", sorted(CODES.tables))
def test_each_table_is_whole(name: str) -> None:
    table = CODES[name]
    assert table.name == name
    assert table.standard and table.title_zh and table.title_en
    assert table.codes
    for code in table.codes:
        assert code.zh and code.en
        assert code.initials.isascii() and code.initials.islower()
        assert table.find(code.code) is code
        assert table.by_label(code.zh) is code
    forms = [code.form for code in table.codes if code.form]
    assert len(forms) == len(set(forms))


def test_every_code_of_a_card_field_goes_on_the_card_and_comes_back() -> None:
    for file in PROFILE.files:
        for field in file.fields:
            if field.code_table is None:
                continue
            table = CODES[field.code_table]
            for code in table.codes:
                written = codecs.encode(field.coding, field.length, code.code, field.key)
                read = codecs.decode(field.coding, written, field.key)
                assert isinstance(read, str)
                assert table.find(read) is code, (field.key, code.code)


def test_the_ethnic_groups_of_gb_3304() -> None:
    ethnic = CODES["ethnic"]
    assert [code.code for code in ethnic.codes] == [*(f"{n:02d}" for n in range(1, 58)), "97", "98"]
    sample = {"01": "汉", "05": "维吾尔", "11": "满", "44": "俄罗斯", "56": "基诺"}
    assert {code: ethnic.get(code, "ethnic").zh for code in sample} == sample
    assert ethnic.find("57") is not None
    assert [code.code for code in ethnic.codes if code.ask] == ["57"]
    assert ethnic.by_label("汉族") is ethnic.find("1")
    assert ethnic.by_label("Han") is ethnic.find("01")
    assert ethnic.by_label("没有这样的族") is None


def test_the_paper_form_maps_to_the_card() -> None:
    # card.md, "The paper form"
    def boxes(name: str) -> list[str]:
        table = CODES[name]
        count = sum(1 for code in table.codes if code.form)
        return [table.from_form(str(box), name).code for box in range(1, count + 1)]

    assert boxes("marital") == ["10", "20", "30", "40", "90"]
    assert boxes("occupation") == list("013456XY")
    assert boxes("rh") == ["1", "2", "3"]
    assert boxes("marital-form") == list("12345")
    assert boxes("occupation-form") == list("12345678")


def test_the_boxes_of_alerts_are_the_tags_of_the_card() -> None:
    # card.md: alerts 1-4 -> tags 43-46, 5 -> tag 56, 6-13 -> tags 47-54, 99 -> tag 55
    tags = [*range(43, 47), 56, *range(47, 55), 55]
    sources = {field.source: field.tag for file in PROFILE.files for field in file.fields}
    for box, tag in zip([*range(1, 14), 99], tags, strict=True):
        alert = CODES["alert"].from_form(str(box), "alerts").code
        paths = {
            "psychiatric": "resident.health.psychiatric",
            "other": "resident.health.other_alert",
        }
        assert sources[paths.get(alert, f"resident.health.alerts.{alert}")] == tag


def test_a_clerk_finds_a_code_by_what_is_typed() -> None:
    ethnic = CODES["ethnic"]
    assert [code.zh for code in ethnic.search("h")][:2] == ["汉", "回"]
    assert [code.zh for code in ethnic.search("hsk")] == ["哈萨克"]
    assert [code.zh for code in ethnic.search("01")] == ["汉"]
    assert ethnic.search("1")[0].zh == "汉"
    assert [code.zh for code in ethnic.search("维吾")] == ["维吾尔"]
    assert ethnic.search("bmcw") == ()
    assert len(ethnic.search(" ")) == 58
    assert [code.code for code in CODES["occupation"].search("x")] == ["X"]
    assert [code.zh for code in CODES["rh"].search("YX")] == ["阳性", "阴性"]


def test_an_unknown_code_names_field_and_table() -> None:
    for code in ("7", "1x", "", "１"):
        with pytest.raises(UnknownCode) as refused:
            CODES["sex"].get(code, "sex")
        assert refused.value.params() == {"field": "sex", "table": "sex"}
    with pytest.raises(UnknownCode):
        CODES["marital"].from_form("6", "marital")


def test_a_place_may_bring_tables_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "village.toml").write_text(
        'standard = "样例"\ntitle_zh = "村"\ntitle_en = "village"\n'
        '[[code]]\ncode = "1"\nzh = "样例村"\nen = "sample"\ninitials = "ylc"\n',
        encoding="utf-8",
    )
    assert load_codes(tmp_path)["village"].get("01", "village").zh == "样例村"


def test_a_province_adds_a_row_or_says_it_otherwise(tmp_path: Path) -> None:
    row = '[[code]]\ncode = "{}"\nzh = "{}"\nen = "{}"\ninitials = "x"\n'
    text = "extends = true\n" + row.format("99", "其他（本省）", "other here")
    (tmp_path / "ethnic.toml").write_text(text + row.format("97", "其他", "others"), encoding="utf-8")
    ethnic = load_codes(over=tmp_path)["ethnic"]
    assert ethnic.get("99", "ethnic").zh == "其他（本省）"
    assert ethnic.get("97", "ethnic").en == "others"
    assert ethnic.standard == CODES["ethnic"].standard
    assert len(ethnic.codes) == len(CODES["ethnic"].codes) + 1
    assert load_codes(over=tmp_path)["sex"] == CODES["sex"]
    (tmp_path / "ethnic.toml").rename(tmp_path / "village.toml")
    with pytest.raises(CodeTableInvalid) as alone:
        load_codes(over=tmp_path)
    assert alone.value.file == "village.toml"
    (tmp_path / "village.toml").write_text(text + row.format("99", "再", "again"), encoding="utf-8")
    with pytest.raises(CodeTableInvalid) as twice:
        load_codes(over=tmp_path)
    assert "twice" in twice.value.reason


def test_every_table_that_a_profile_may_choose_is_there() -> None:
    schema = json.loads(resource("profiles", "profile.schema.json").read_text(encoding="utf-8"))
    choices = schema["properties"]["choices"]["properties"]
    offered = {
        table for name, rule in choices.items() if name.endswith("_table") for table in rule["enum"]
    }
    assert offered <= CODES.tables.keys()


def test_a_table_that_nobody_installed_is_named() -> None:
    with pytest.raises(CodeTableMissing) as refused:
        CODES["village"]
    assert refused.value.table == "village"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("standard = \n", "line 1"),
        ('standard = "样例"\ntitle_zh = "村"\ntitle_en = "village"\n', "code is missing"),
        (
            'standard = "样例"\ntitle_zh = "村"\ntitle_en = "v"\n[[code]]\ncode = "1"\nzh = "村"\n',
            "en is missing",
        ),
        ('standard = "样例"\ntitle_zh = "村"\ntitle_en = "village"\ncode = [1]\n', "not subscriptable"),
    ],
)
def test_a_table_that_can_not_be_used_is_named_with_its_place(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "village.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CodeTableInvalid) as refused:
        load_codes(tmp_path)
    assert refused.value.file == "village.toml"
    assert reason in refused.value.reason
