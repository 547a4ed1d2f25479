"""The four layouts of identity text: vectors, twins, and what is said of impossible values."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.devices.id_frame import IdFrameDamaged, IdReadFailed, answer_frame
from app.devices.id_text import (
    LAYOUTS,
    IdentityProblem,
    IdFileUnknown,
    IdKindUnknown,
    decode_identity,
    decode_text,
    encode_text,
)
from app.devices.ports import IdentityKind, IdentityText

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "identity" / "texts.json").read_text("utf-8")
)
CITIZEN = bytes.fromhex(VECTORS[0]["hex"])
FORM = "The document's {} does not have the form it should have."
BIRTH_DIFFERS = "The date of birth in the document's number differs from its date of birth."
TERM_REVERSED = "The document's last day of validity lies before the day from which it is valid."
PHOTO = bytes(i * 5 & 0xFF for i in range(1024))


def shown(text: IdentityText) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in dataclasses.asdict(text).items()
    }


def with_field(raw: bytes, kind: IdentityKind, name: str, value: str) -> bytes:
    """``raw`` with one field of the layout replaced."""
    at = 0
    for part, size in LAYOUTS[kind]:
        if part == name:
            return raw[:at] + value.encode("utf-16-le").ljust(size, b"\0")[:size] + raw[at + size :]
        at += size
    raise AssertionError(name)


def vector(kind: IdentityKind) -> bytes:
    return next(bytes.fromhex(v["hex"]) for v in VECTORS if v["expect"]["kind"] == kind.value)


def problems(raw: bytes) -> list[str]:
    return [str(problem) for problem in decode_text(raw)[1]]


@pytest.mark.parametrize("item", VECTORS, ids=lambda item: item["title"])
def test_vectors(item: dict[str, Any]) -> None:
    raw = bytes.fromhex(item["hex"])
    text, found = decode_text(raw)
    assert shown(text) == item["expect"]
    assert sorted(str(problem) for problem in found) == sorted(item["problems"])


@pytest.mark.parametrize("item", [v for v in VECTORS if not v["problems"]], ids=lambda v: v["title"])
def test_encoding_is_the_twin(item: dict[str, Any]) -> None:
    raw = bytes.fromhex(item["hex"])
    text, _ = decode_text(raw)
    encoded = encode_text(text)
    if text.kind is IdentityKind.FOREIGN_2017:  # the version is no field of an IdentityText
        raw = with_field(raw, text.kind, "version", "  ")
    assert encoded == raw


@pytest.mark.parametrize("kind", list(IdentityKind))
def test_every_layout_has_256_bytes_and_its_mark_at_248(kind: IdentityKind) -> None:
    names = [name for name, _ in LAYOUTS[kind]]
    sizes = [size for _, size in LAYOUTS[kind]]
    assert sum(sizes) == 256
    assert sum(sizes[: names.index("mark")]) == 248


# Any character of Unicode but surrogates; what pads a field can not end it.
def words(units: int) -> st.SearchStrategy[str]:
    return (
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=units)
        .map(lambda text: text.rstrip(" "))
        .filter(lambda text: len(text.encode("utf-16-le")) <= 2 * units)
    )


def some(units: int) -> st.SearchStrategy[str | None]:
    return words(units).map(lambda text: text or None)


days = st.none() | st.dates()


@st.composite
def texts(draw: st.DrawFn) -> IdentityText:
    kind = draw(st.sampled_from(IdentityKind))
    chinese = kind in (IdentityKind.CITIZEN, IdentityKind.HMT)
    long_term = draw(st.booleans())
    english = {IdentityKind.FOREIGN_2017: 60, IdentityKind.FOREIGN_2023: 46}.get(kind, 0)
    letters = st.text("ABCXYZ -.'", max_size=english).map(str.rstrip).map(lambda text: text or None)
    return IdentityText(
        kind=kind,
        name=draw(words(15)),
        sex_code=draw(words(1)),
        ethnic_code=draw(some(2)) if chinese else None,
        birth_date=draw(days),
        address=draw(some(35)) if chinese else None,
        number=draw(words(15 if kind is IdentityKind.FOREIGN_2017 else 18)),
        issued_by=draw(some({IdentityKind.FOREIGN_2017: 4, IdentityKind.FOREIGN_2023: 0}.get(kind, 15))),
        valid_from=draw(days),
        valid_to=None if long_term else draw(days),
        long_term=long_term,
        english_name=draw(letters) if not chinese else None,
        pass_number=draw(some(9)) if kind is IdentityKind.HMT else None,
        issue_count=draw(some(2)) if kind in (IdentityKind.HMT, IdentityKind.FOREIGN_2023) else None,
        nationality=draw(some(3)) if not chinese else None,
        former_kind=draw(some(3)) if kind is IdentityKind.FOREIGN_2023 else None,
    )


@given(texts())
def test_what_is_encoded_is_decoded(text: IdentityText) -> None:
    raw = encode_text(text)
    assert len(raw) == 256
    assert decode_text(raw)[0] == text


@given(
    st.binary(min_size=248, max_size=248), st.sampled_from(" \0JIY"), st.binary(min_size=6, max_size=6)
)
def test_no_bytes_are_too_strange_to_say_something(head: bytes, mark: str, tail: bytes) -> None:
    text, found = decode_text(head + mark.encode("utf-16-le") + tail)
    assert text.number.encode("utf-16-le") is not None
    assert all("{" not in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("kind", "name", "value", "sentence"),
    [
        ("citizen", "name", " ", "The document's name is empty."),
        ("citizen", "name", "测\ud800", None),
        ("citizen", "sex", "3", "The document's sex is not in its code table."),
        ("citizen", "ethnic", " ", "The document's ethnic group is empty."),
        ("citizen", "ethnic", "58", "The document's ethnic group is not in its code table."),
        ("hmt", "ethnic", "58", "The document's ethnic group is not in its code table."),
        ("citizen", "birth", "19810230", "The document's date of birth is not a date."),
        ("citizen", "birth", "1981年", "The document's date of birth is not a date."),
        ("citizen", "birth", "19800102", BIRTH_DIFFERS),
        ("citizen", "sex", "2", "The sex in the document's number differs from its sex."),
        ("citizen", "number", " ", "The document's number is empty."),
        ("citizen", "number", "41010219800101001", FORM.format("number")),
        ("citizen", "number", "910102198001010018", FORM.format("number")),
        ("citizen", "number", "410102198001010019", "The document's number has a wrong check digit."),
        ("hmt", "number", "410102198001010018", FORM.format("number")),
        ("hmt", "pass_number", "X1", FORM.format("pass number")),
        ("hmt", "pass_number", " ", "The document's pass number is empty."),
        ("hmt", "issue_count", "A", FORM.format("issue count")),
        ("citizen", "address", " ", "The document's address is empty."),
        ("citizen", "from", " ", "The document's first day of validity is empty."),
        ("citizen", "to", "20400231", "The document's last day of validity is not a date."),
        ("citizen", "to", "20191231", TERM_REVERSED),
        ("foreign-2017", "number", "US1110074010114", FORM.format("number")),
        ("foreign-2017", "english_name", " ", "The document's English name is empty."),
        ("foreign-2017", "nationality", "us", FORM.format("nationality")),
        ("foreign-2023", "number", "810000199102030037", FORM.format("number")),
        ("foreign-2023", "nationality", " ", "The document's nationality is empty."),
    ],
)  # fmt: skip
def test_each_impossible_value_is_one_sentence(
    kind: str, name: str, value: str, sentence: str | None
) -> None:
    which = IdentityKind(kind)
    raw = vector(which)
    at = with_field(raw, which, name, "") if sentence is None else with_field(raw, which, name, value)
    if sentence is None:  # half of a character, which no str.encode would make
        place = with_field(bytes(256), which, name, "测").index("测".encode("utf-16-le"))
        at = raw[:place] + b"\x00\xd8" + raw[place + 2 :]
        sentence = f"The document's {name} holds half a character, shown as a replacement mark."
    assert problems(at) == [sentence]


@pytest.mark.parametrize("kind", [IdentityKind.FOREIGN_2017, IdentityKind.FOREIGN_2023])
def test_a_foreign_resident_may_have_no_chinese_name(kind: IdentityKind) -> None:
    raw = with_field(vector(kind), kind, "name", " ")
    text, found = decode_text(raw)
    assert (text.name, found) == ("", [])


def test_fields_padded_with_nothing_read_the_same() -> None:
    raw = with_field(CITIZEN, IdentityKind.CITIZEN, "name", "测试甲")
    raw = raw[:248] + bytes(8)
    assert decode_text(raw) == decode_text(CITIZEN)


def test_a_sex_that_is_not_stated_contradicts_no_number() -> None:
    assert problems(with_field(CITIZEN, IdentityKind.CITIZEN, "sex", "9")) == []


def test_a_problem_has_its_parameters_apart_for_the_catalogue() -> None:
    problem = IdentityProblem("The document's {field} is empty.", "name")
    assert problem.params == {"field": "name"}
    assert str(problem) == "The document's name is empty."


@pytest.mark.parametrize(("mark", "shown_as"), [("Q", "Q"), ("家", "'家'")])
def test_an_unknown_kind_is_refused_with_its_mark(mark: str, shown_as: str) -> None:
    raw = CITIZEN[:248] + mark.encode("utf-16-le") + CITIZEN[250:]
    with pytest.raises(IdKindUnknown) as caught:
        decode_text(raw)
    assert caught.value.mark == shown_as


@pytest.mark.parametrize("size", [0, 255, 257])
def test_another_length_is_no_text(size: int) -> None:
    with pytest.raises(IdFileUnknown) as caught:
        decode_text(bytes(size))
    assert caught.value.size == size


def test_a_field_that_does_not_fit_is_not_cut() -> None:
    text, _ = decode_text(CITIZEN)
    with pytest.raises(ValueError, match="name takes 32 bytes and has room for 30"):
        encode_text(dataclasses.replace(text, name="样" * 16))


def test_a_text_alone_has_no_photo() -> None:
    text, photo, found = decode_identity(CITIZEN)
    assert (text, found) == decode_text(CITIZEN)
    assert photo == b""


@pytest.mark.parametrize("extra", [b"", bytes(1024)], ids=["1295", "2321"])
def test_a_whole_frame_brings_text_and_photo(extra: bytes) -> None:
    head = bytes.fromhex("010004000400" if extra else "01000400")
    raw = answer_frame(0x90, head + CITIZEN + PHOTO + extra)
    assert len(raw) == (2321 if extra else 1295)
    text, photo, found = decode_identity(raw)
    assert (text, found) == decode_text(CITIZEN)
    assert photo == PHOTO


def test_a_frame_that_is_damaged_or_cut_is_said_to_be() -> None:
    raw = answer_frame(0x90, bytes.fromhex("01000400") + CITIZEN + PHOTO)
    for bad in (raw[:-1] + bytes((raw[-1] ^ 1,)), raw[:-1]):
        with pytest.raises(IdFrameDamaged):
            decode_identity(bad)


def test_a_frame_that_says_what_failed_is_believed() -> None:
    with pytest.raises(IdReadFailed):
        decode_identity(answer_frame(0x41))


def test_other_bytes_are_no_document() -> None:
    with pytest.raises(IdFileUnknown):
        decode_identity(b"hello")
