"""The national profile against the standard's tables, a province over it, refusals with their place."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.base.resources import resource
from app.cardspec.codecs import Coding
from app.cardspec.keys import KeyName
from app.cardspec.profile import (
    Author,
    FieldSpec,
    FileSpec,
    Profile,
    ProfileInvalid,
    Protection,
    Structure,
    load_profile,
)
from tests.cardspec.vectors import FOLDER

NATIONAL = load_profile()

with (FOLDER / "card-files.csv").open(encoding="utf-8", newline="") as _stream:
    STANDARD = list(csv.DictReader(_stream))
TAGGED = [row for row in STANDARD if row["structure"] == "variable"]
OTHERS = [row for row in STANDARD if row["structure"] != "variable"]

# The standard's column names its tables in words; the program's tables go by these names.
CODE_TABLES = {
    "GB/T 2261.1": "sex",
    "GB/T 3304": "ethnic",
    "CV07.10.003": "payment",
    "1 registered / 2 residence": "address-kind",
    "GB/T 4761": "relation",
    "GB/T 4658": "education",
    "GB/T 2261.2": "marital",
    "GB/T 6565": "occupation",
    "CV02.01.101": "other-document",
    "CV04.50.005": "abo",
    "1 positive / 2 negative / 3 unknown": "rh",
    "1 ordinary / 2 advanced": "card-class",
}
# WS 218, GB 11643 and GB/T 2260 are rules of a number's making, not tables to choose from.
NO_TABLE = {"", "WS 218", "GB 11643", "GB/T 2260"}


@pytest.mark.parametrize("row", TAGGED, ids=lambda row: row["key"])
def test_each_row_of_the_standard_is_a_field_of_the_profile(row: dict[str, str]) -> None:
    file, field = NATIONAL.field(row["key"])
    assert (file.directory, file.name, file.structure) == (row["directory"], row["file"], "variable")
    assert (field.record, field.tag, field.length) == tuple(
        int(row[name]) for name in ("record", "tag", "length")
    )
    # The certificate is "b" in the standard, and no number
    expected = Coding.OPAQUE if row["key"] == "FKJGZS" else Coding(row["coding"])
    assert field.coding is expected
    assert field.name_zh == row["name_zh"]
    assert row["name_en"].startswith(field.name_en)
    if row["code_table"] in NO_TABLE:
        # a flag's table is in no column: 00 no, 01 yes, FF not recorded (card.md, Codings)
        assert field.code_table == ("flag" if row["coding"] == "b" and row["length"] == "1" else None)
    else:
        assert field.code_table == CODE_TABLES[row["code_table"]]
    check_access(file, row)


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: f"{row['directory']}-{row['file']}")
def test_each_untagged_row_is_a_file_or_several(row: dict[str, str]) -> None:
    first, _, last = row["file"].partition("-")
    number = int(last[-2:]) - int(first[-2:]) + 1 if last else 1
    names = [f"{first[:-2]}{int(first[-2:]) + n:02d}" for n in range(number)]
    for name in names:
        file = NATIONAL.file(f"{row['directory']}/{name}")
        kind, _, rest = row["structure"].partition(",")
        assert file.structure == kind
        assert file.size == int(row["length"])
        if rest:
            records, _, size = rest.removesuffix(" records").partition(" records of ")
            assert (file.records, file.size) == (int(records), int(size))
        assert all(field.key.startswith(row["key"]) for field in file.fields)
        check_access(file, row)


def check_access(file: FileSpec, row: dict[str, str]) -> None:
    assert file.read_key == (None if row["read"] == "free" else KeyName(row["read"]))
    update = row["update"]
    rest = update
    assert file.write_once is update.startswith("before activation ")
    rest = rest.removeprefix("before activation ")
    assert rest.startswith(file.update_key.value)
    if "cipher and MAC" in update:
        assert file.protection is Protection.SECURED
    elif "+ MAC" in update:
        assert file.protection is Protection.MAC
    else:
        assert file.protection is Protection.PLAIN
        assert update.endswith("plain")
    if "STK" in update:
        assert f"STK{file.directory}" in update
    assert (file.erase_key == KeyName.UK2DF03) is ("(erase)" in update)
    assert file.fid == int(file.name, 16)


def test_the_profile_has_nothing_the_standard_lacks() -> None:
    keys = {row["key"] for row in TAGGED}
    assert {f.key for file in NATIONAL.files for f in file.fields if f.tag is not None} == keys
    assert sum(file.structure is not Structure.VARIABLE for file in NATIONAL.files) == 1 + 2 + 2 + 3 + 5
    assert [d.name for d in NATIONAL.directories] == ["DDF1", "DF01", "DF02", "DF03"]
    assert NATIONAL.directory("DDF1").aid == b"WS.SYS.DDF01"
    assert NATIONAL.directory("DF03").aid.hex() == "915600013202"


def test_the_parts_of_cyclic_records_and_the_photo() -> None:
    # card-files.csv, name_en of DF02/EF07, DF02/EF08 and DDF1/EF07
    def parts(path: str) -> list[tuple[str, int]]:
        return [(field.coding.value, field.length) for field in NATIONAL.file(path).fields]

    assert parts("DF02/EF07") == [("ans", 20), ("ans", 100)]
    assert parts("DF02/EF08") == [("ans", 20), ("cn", 4)]
    assert parts("DDF1/EF07") == [("opaque", 3070)]
    assert NATIONAL.file("DDF1/EF07").length_prefix == 2


def test_hospitals_fill_df03_and_the_desk_everything_else() -> None:
    for file in NATIONAL.files:
        assert (file.author is Author.HOSPITAL) is (file.directory == "DF03")
        if file.author is Author.DESK:
            assert all(field.source or file.source for field in file.fields), file.path
    sources = [f.source for file in NATIONAL.files for f in file.fields if f.source and not file.source]
    assert len(sources) == len(set(sources))


def test_every_code_table_of_the_profile_exists() -> None:
    tables = {f.code_table for file in NATIONAL.files for f in file.fields if f.code_table}
    shipped = {path.stem for path in resource("codes").glob("*.toml")}
    assert tables <= shipped


def province(folder: Path, text: str, name: str = "sample-province") -> Profile:
    home = folder / name
    home.mkdir()
    (home / "profile.toml").write_text(text, encoding="utf-8")
    return load_profile(folder=home)


SAMPLE = """
id = "sample-province"
title = "样例省"
extends = "national"

[choices]
marital_table = "marital-form"
issuer_certificate_bytes = 190

[rules]
validity_years = 5
long_name = "shorten"

[[file]]
directory = "DDF1"
name = "EF06"

[[file.field]]
key = "XM"
length = 50

[[file]]
directory = "DF01"
name = "EF09"
fid = 0xEF09
structure = "variable"
read_key = "RK1DF01"
update_key = "UK1DF01"
protection = "secured"

[[file.field]]
key = "YLBZ2"
record = 2
tag = 201
length = 1
coding = "cn"
name_zh = "样例标志2"
name_en = "sample mark 2"

[[file.field]]
key = "YLBZ1"
record = 1
tag = 200
length = 20
coding = "ans"
name_zh = "样例标志1"
name_en = "sample mark 1"
"""


def test_a_province_states_only_what_differs(tmp_path: Path) -> None:
    profile = province(tmp_path, SAMPLE)
    assert (profile.id, profile.title) == ("sample-province", "样例省")
    assert profile.rules == {**NATIONAL.rules, "validity_years": 5, "long_name": "shorten"}
    assert profile.field("XM")[1].length == 50
    assert profile.field("XM")[1].name_zh == "姓名"
    assert profile.field("FKJGZS")[1].length == 190
    assert profile.field("HYZK")[1].code_table == "marital-form"
    added = profile.file("DF01/EF09")
    assert [field.key for field in added.fields] == ["YLBZ1", "YLBZ2"]
    assert added.records == 2
    assert profile.files[: len(NATIONAL.files)] != NATIONAL.files
    assert [file.path for file in profile.files] == [file.path for file in NATIONAL.files] + [
        "DF01/EF09"
    ]
    unchanged = [
        file for file in NATIONAL.files if file.path not in ("DDF1/EF05", "DDF1/EF06", "DF01/EF07")
    ]
    assert [profile.file(file.path) for file in unchanged] == unchanged


def test_a_city_may_extend_its_province(tmp_path: Path) -> None:
    province(tmp_path, SAMPLE)
    city = province(
        tmp_path,
        'id = "sample-city"\ntitle = "样例市"\nextends = "sample-province"\n'
        "[rules]\nvalidity_years = 3\n",
        "sample-city",
    )
    assert city.rules["validity_years"] == 3
    assert city.rules["long_name"] == "shorten"
    assert city.file("DF01/EF09").records == 2


def test_alone_a_city_takes_nothing_that_lies_beside_it(tmp_path: Path) -> None:
    province(tmp_path, SAMPLE)
    city = 'id = "sample-city"\ntitle = "样例市"\nextends = "{}"\n'
    province(tmp_path, city.format("sample-province"), "sample-city")
    with pytest.raises(ProfileInvalid, match="does not ship"):
        load_profile(folder=tmp_path / "sample-city", alone=True)


def test_the_content_hash_follows_the_content_alone(tmp_path: Path) -> None:
    assert load_profile().content_hash == NATIONAL.content_hash
    first = province(tmp_path, SAMPLE)
    again = province(tmp_path, "# a remark changes nothing\n" + SAMPLE, "again")
    other = province(tmp_path, SAMPLE.replace("length = 50", "length = 51"), "other")
    assert first.content_hash == again.content_hash
    assert len({NATIONAL.content_hash, first.content_hash, other.content_hash}) == 3


def test_what_a_profile_does_not_have() -> None:
    with pytest.raises(KeyError):
        NATIONAL.file("DF09/EF01")
    with pytest.raises(KeyError):
        NATIONAL.field("NONE")
    with pytest.raises(StopIteration):
        NATIONAL.directory("DF09")


HEAD = 'id = "p"\ntitle = "p"\nextends = "national"\n'
EF06 = '[[file]]\ndirectory = "DDF1"\nname = "EF06"\n'
NEW = (
    '[[file]]\ndirectory = "DF01"\nname = "EF09"\nfid = 0xEF09\n'
    'update_key = "UK1DF01"\nprotection = "secured"\nstructure = "{structure}"\n{size}'
    '[[file.field]]\nkey = "NEW"\nlength = {length}\ncoding = "ans"\n'
    'name_zh = "新"\nname_en = "new"\n{more}'
)


def new(structure: str = "variable", size: str = "", length: int = 10, more: str = "") -> str:
    return NEW.format(structure=structure, size=size, length=length, more=more)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD + "rules = = 3\n", "line 4"),
        (HEAD + EF06 + "sise = 3\n", "file/0"),
        (HEAD + EF06 + '[[file.field]]\nkey = "XM"\nlength = "long"\n', "file/0/field/0/length"),
        (HEAD + "[rules]\nvalidty_years = 3\n", "validty_years"),
        (HEAD + "[choices]\nissuer_certificate_bytes = 200\n", "choices/issuer_certificate_bytes"),
        ('title = "p"\n', "'id' is a required property"),
        ('id = "p"\ntitle = "p"\n', "rules: validity_years is missing"),
        (HEAD.replace("national", "nowhere"), "No such file"),
        (HEAD.replace("national", "p"), "in a circle"),
        (HEAD + '[[directory]]\nname = "DF07"\n', "directory DF07: fid is missing"),
        (
            HEAD + '[[directory]]\nname = "DF03"\nparent = "DF08"\n',
            "directory DF03: its parent DF08 does not exist",
        ),
        (HEAD + '[[file]]\ndirectory = "DF01"\nname = "EF09"\n', "file DF01/EF09: structure is missing"),
        (HEAD + new().replace('"DF01"', '"DF07"'), "file DF07/EF09: the directory DF07 does not exist"),
        (
            HEAD + '[[file]]\ndirectory = "DF01"\nname = "EF09"\nfid = 1\nstructure = "variable"\n'
            'update_key = "UK1DF01"\nprotection = "plain"\n',
            "file DF01/EF09: it has no field",
        ),
        (HEAD + new().replace("UK1DF01", "UK3DF01"), "file DF01/EF09: 'UK3DF01' is not a valid KeyName"),
        (HEAD + new().replace('"NEW"', '"XM"'), "file DF01/EF09 field XM: this key is used twice"),
        (HEAD + new(more="record = 1\n"), "every record needs a tag of its own"),
        (HEAD + new(more="record = 2\ntag = 200\n"), "its records are not numbered 1 to 1"),
        (HEAD + new(more="tag = 200\n"), "its records are not numbered 1 to 1"),
        (
            HEAD + EF06 + '[[file.field]]\nkey = "XB"\ntag = 11\n',
            "file DDF1/EF06: every record needs a tag of its own",
        ),
        (
            HEAD + new(length=254, more="record = 1\ntag = 200\n"),
            "field NEW: a record's value has at most 253 bytes",
        ),
        (HEAD + new("fixed", "size = 9\n"), "its fields take 10 bytes and its size says 9"),
        (HEAD + new("transparent", "size = 11\n"), "its fields take 10 bytes and its size says 11"),
        (
            HEAD + new("transparent", "size = 11\nlength_prefix = 2\n"),
            "its fields take 10 bytes and its size says 11",
        ),
        (
            HEAD
            + new("transparent", "size = 20\n")
            + '[[file.field]]\nkey = "NEU"\nlength = 10\ncoding = "ans"\n'
            'name_zh = "新"\nname_en = "new"\n',
            "its fields take 20 bytes",
        ),
        (
            HEAD + EF06 + '[[file.field]]\nkey = "XM"\nlength = { choice = "name_bytes" }\n',
            "file DDF1/EF06 field XM: the choice name_bytes is not made",
        ),
        (HEAD + EF06 + '[[file.field]]\nkey = "NEW"\n', "file DDF1/EF06 field NEW: length is missing"),
    ],
)
def test_a_refusal_names_file_and_place(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        province(tmp_path, text, "p")
    assert where in refused.value.reason
    assert refused.value.file in ("p/profile.toml", "nowhere/profile.toml")
    assert str(tmp_path) not in str(refused.value)


def test_a_transparent_file_with_a_prefix_may_keep_bytes_to_spare(tmp_path: Path) -> None:
    profile = province(tmp_path, HEAD + new("transparent", "size = 20\nlength_prefix = 2\n"), "p")
    file = profile.file("DF01/EF09")
    assert file.size == 20
    assert file.fields == (FieldSpec("NEW", 10, Coding.ANS, "新", "new"),)
