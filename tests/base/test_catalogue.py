"""The catalogue: what it says, and that every text of the program has its Chinese."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog

from app.base.catalogue import Catalogue, CatalogueMissing, known_language
from app.base.errors import KangkaError
from app.base.resources import read_toml, resource
from app.domain.audit import AuditKind
from app.domain.staff import Role as Staff
from app.domain.staff import load_permissions
from tools.catalogue import BadCatalogue, compile_folder, merge

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
# Calls whose first argument is a text for people, as function or as method.
MARKS = {"N_", "_"}
SPEAKERS = {"text", "say"}

ENTRIES = """
msgid "The {role} reader did not take the command."
msgstr "{role}读写器没有接受命令。"

msgid "Leave the card in place."
msgstr "请勿移动卡片。"

msgid "Bytes {raw}, status {sw:04X}, on {day}: {fields}"
msgstr "{day}:字节 {raw},状态 {sw:04X},{fields}"

msgctxt "role"
msgid "card"
msgstr "卡片"

msgctxt "fields"
msgid "name"
msgstr "姓名"
"""


class Role(StrEnum):
    CARD = "card"


@dataclass(eq=False)
class Fault(KangkaError):
    role: str

    code = "test.fault"
    cause = "The {role} reader did not take the command."
    remedy = "Leave the card in place."


def make_locale(root: Path, **areas: str) -> Path:
    folder = root / "zh_CN"
    folder.mkdir(parents=True)
    for name, entries in areas.items():
        (folder / f"{name}.po").write_text(HEAD + entries, encoding="utf-8")
    return folder


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    folder = make_locale(tmp_path, area=ENTRIES)
    compile_folder(folder, folder / "LC_MESSAGES" / "kangka.mo")
    return tmp_path


def test_a_fault_in_both_languages(locale: Path) -> None:
    text = Catalogue("zh", locale_root=locale).error(Fault(role="card"))
    assert text.code == "test.fault"
    assert text.cause == "卡片读写器没有接受命令。"
    assert text.meaning == ""
    assert text.message == "卡片读写器没有接受命令。请勿移动卡片。"
    english = Catalogue("en", locale_root=locale).error(Fault(role="card"))
    assert english.message == "The card reader did not take the command. Leave the card in place."


def test_words_of_ours_are_translated_and_others_stand(locale: Path) -> None:
    chinese = Catalogue("zh", locale_root=locale)
    msgid = "The {role} reader did not take the command."
    assert chinese.text(msgid, role=Role.CARD) == "卡片读写器没有接受命令。"
    assert chinese.text(msgid, role="ACS 00") == "ACS 00读写器没有接受命令。"
    assert chinese.word("role", "card") == "卡片"
    assert chinese.word("fields", "card") == "card"
    assert chinese.word("role", "") == ""


def test_lists_bytes_dates_and_numbers_have_their_forms(locale: Path) -> None:
    msgid = "Bytes {raw}, status {sw:04X}, on {day}: {fields}"
    params = {"raw": b"\x0a\xff", "sw": 0x63C2, "day": dt.date(2026, 11, 2), "fields": ("name", "x")}
    assert (
        Catalogue("zh", locale_root=locale).text(msgid, **params)
        == "2026-11-02:字节 0AFF,状态 63C2,姓名、x"
    )
    assert (
        Catalogue("en", locale_root=locale).text(msgid, **params | {"fields": {"b", "a"}})
        == "Bytes 0AFF, status 63C2, on 2026-11-02: a, b"
    )


def test_the_empty_text_is_not_the_catalogues_header(locale: Path) -> None:
    assert Catalogue("zh", locale_root=locale).text("") == ""


def test_a_person_s_braces_are_not_filled(locale: Path) -> None:
    assert "{0.__class__}" in Catalogue("zh", locale_root=locale).text(
        "The {role} reader did not take the command.", role="{0.__class__}"
    )


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("zh", "zh"),
        ("en", "en"),
        ("en_US.UTF-8", "en"),
        ("en-GB", "en"),
        ("ZH_cn", "zh"),
        ("zh.UTF-8", "zh"),
        ("fr", "zh"),
        ("", "zh"),
        (None, "zh"),
    ],
)
def test_a_language_is_known_or_falls_back(asked: str | None, spoken: str) -> None:
    assert known_language(asked) == spoken


def test_without_compiled_messages_chinese_refuses_and_english_speaks(tmp_path: Path) -> None:
    with pytest.raises(CatalogueMissing) as caught:
        Catalogue("zh", locale_root=tmp_path)
    english = Catalogue("en", locale_root=tmp_path).error(caught.value)
    assert "locale/zh_CN/LC_MESSAGES/kangka.mo" in english.cause
    assert "make catalogue" in english.message


def test_areas_are_merged_and_must_agree(tmp_path: Path) -> None:
    one = 'msgid "Card"\nmsgstr "卡"\n'
    folder = make_locale(tmp_path / "a", one=one, two=one + '\nmsgid "Desk"\nmsgstr "柜台"\n')
    assert {message.id: message.string for message in merge(folder) if message.id} == {
        "Card": "卡",
        "Desk": "柜台",
    }
    folder = make_locale(tmp_path / "b", one=one, two='msgid "Card"\nmsgstr "卡片"\n')
    with pytest.raises(BadCatalogue, match=r"'Card' is translated in two ways, by one\.po and two\.po"):
        merge(folder)


@pytest.mark.parametrize("entries", ['#, fuzzy\nmsgid "Card"\nmsgstr "卡"\n', "no entry\n"])
def test_a_broken_or_fuzzy_entry_stops_the_build(tmp_path: Path, entries: str) -> None:
    with pytest.raises(BadCatalogue, match=r"area\.po"):
        merge(make_locale(tmp_path, area=entries))


# ---- the program's own texts -----------------------------------------------------------------------


def texts_of(source: str, name: str) -> Iterator[tuple[str, str]]:
    """Each text for people in ``source`` with its place; a text built at run time is no text."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = node.func
        first = node.args[0]
        marked = isinstance(called, ast.Name) and called.id in MARKS
        spoken = isinstance(called, ast.Attribute) and called.attr in SPEAKERS
        if (marked or spoken) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, f"{name}:{node.lineno}"
        elif (marked or spoken) and isinstance(first, ast.JoinedStr):
            yield f"(an f-string can not be translated) {ast.unparse(first)}", f"{name}:{node.lineno}"


def program_texts() -> dict[str, str]:
    """Every text of app/ that has words of its own, with the first place where it stands."""
    found: dict[str, str] = {}
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for text, place in texts_of(source, str(path.relative_to(ROOT))):
            if any(
                character.isalpha() for literal, *_ in Formatter().parse(text) for character in literal
            ):
                found.setdefault(text, place)
    for path in sorted(resource("forms").glob("*.toml")):
        for label in labels_of(read_toml(path)):
            found.setdefault(label, str(path.relative_to(ROOT)))
    return found


def labels_of(part: object) -> Iterator[str]:
    """Every ``label`` of a form's tables."""
    if isinstance(part, dict):
        if isinstance(part.get("label"), str):
            yield part["label"]
        for inner in part.values():
            yield from labels_of(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from labels_of(inner)


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return merge(resource("locale", "zh_CN"))


def test_every_text_of_the_program_has_its_chinese(chinese: Catalog) -> None:
    missing = [
        f"{place}: {text}" for text, place in program_texts().items() if chinese.get(text) is None
    ]
    assert not missing, f"{len(missing)} without Chinese in resources/locale/zh_CN:\n" + "\n".join(
        missing
    )


def test_a_translation_names_the_same_parameters(chinese: Catalog) -> None:
    wrong = [
        f"{message.id!r} names {sorted(placeholders(str(message.id)))}, "
        f"its Chinese {sorted(placeholders(str(message.string)))}"
        for message in chinese
        if message.id and placeholders(str(message.id)) != placeholders(str(message.string))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_translation_is_of_a_text_that_still_stands(chinese: Catalog) -> None:
    constants = {
        node.value
        for path in sorted(APP.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    constants |= program_texts().keys()
    gone = [str(m.id) for m in chinese if m.id and not m.context and m.id not in constants]
    assert not gone, "these texts stand nowhere in app/ or in a form:\n" + "\n".join(gone)


def without_english(chinese: Catalog, english: Catalog) -> list[str]:
    """Words of ours that an English sentence would show as a bare code.

    A word of several parts is English as it stands ("date of birth"), and so is a context all of whose
    codes are plain words ("realm": live, test, training). Once one word of a context has its English,
    every other one of it has too: acts begin a sentence, events are nouns, whatever they look like.
    """
    spoken = {message.context for message in english if message.id}
    codes: dict[str, list[str]] = {}
    for message in chinese:
        if message.id and message.context and " " not in str(message.id):
            codes.setdefault(message.context, []).append(str(message.id))
    return [
        f"{context}: {code}"
        for context, found in codes.items()
        if context in spoken or not all(code.isascii() and code.isalpha() for code in found)
        for code in found
        if english.get(code, context) is None
    ]


def test_every_word_of_ours_has_its_english(chinese: Catalog) -> None:
    assert without_english(chinese, merge(resource("locale", "en"))) == []


def test_an_english_word_is_one_of_ours(chinese: Catalog) -> None:
    english = merge(resource("locale", "en"))
    gone = [(m.context, m.id) for m in english if m.id and chinese.get(str(m.id), m.context) is None]
    assert gone == []


def test_every_act_and_role_has_its_word(chinese: Catalog) -> None:
    words = [("act", act) for act in load_permissions().levels] + [("role", role) for role in Staff]
    words += [("audit", kind) for kind in AuditKind]
    for catalogue in (chinese, merge(resource("locale", "en"))):
        assert [word for word in words if catalogue.get(word[1], word[0]) is None] == []


def test_a_bare_code_is_found() -> None:
    chinese, english = Catalog(), Catalog()
    for context, words in {
        "realm": ("live", "test"),
        "act": ("till", "hand-over", "enrol"),
        "field": ("date of birth", "name"),
    }.items():
        for word in words:
            chinese.add(word, "字", context=context)
    assert without_english(chinese, english) == ["act: till", "act: hand-over", "act: enrol"]
    english.add("name", "name", context="field")
    english.add("live", "live", context="realm")
    english.add("hand-over", "Handing over a card", context="act")
    assert without_english(chinese, english) == ["realm: test", "act: till", "act: enrol"]


def test_the_extractor_sees_what_it_must() -> None:
    source = 'N_("a")\n_("b")\ncatalogue.text("c", n=1)\ncontext.say("d")\nlabel.text(x)\nN_(f"e{x}")'
    texts = [text for text, _ in texts_of(source, "x.py")]
    assert texts[:4] == ["a", "b", "c", "d"]
    assert texts[4].startswith("(an f-string")


def test_the_compiled_catalogue_of_this_checkout_speaks_chinese(chinese: Catalog) -> None:
    catalogue = Catalogue("zh")
    for message in chinese:
        if message.id and not message.context:
            expected = str(message.string)
            assert catalogue._messages.gettext(str(message.id)) == expected
