"""The command line word by word: names, switches, JSON keys and exit codes that others rely on."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from app.base.catalogue import Catalogue
from app.cli.arguments import parser
from app.domain.made_up import made_up_resident
from app.workflow.services import DeskService
from app.workflow.views import WorkplaceInfo
from tests.helpers.application_files import write_application
from tests.helpers.commands import Kangka

TEXTS = Path(__file__).parent / "vectors" / "identity" / "texts.json"
DECODED: dict[str, Any] = {
    "kind": str,
    "name": str,
    "sex_code": str,
    "ethnic_code": (str, type(None)),
    "birth_date": str,
    "address": (str, type(None)),
    "number": str,
    "issued_by": (str, type(None)),
    "valid_from": (str, type(None)),
    "valid_to": (str, type(None)),
    "long_term": bool,
    "photo_bytes": int,
    "problems": list,
}
OF_SOME_KINDS = {"english_name", "pass_number", "issue_count", "nationality", "former_kind"}
CARD = {
    "atr": str,
    "product": str,
    "chip_serial": str,
    "locks": bool,
    "genuine": bool,
    "state": str,
    "fields": dict,
    "allergies": list,
    "immunizations": list,
    "photo_bytes": int,
}
OUTCOME = {"case": str, "application": str, "state": str, "serial": str, "milliseconds": int}


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


def kinds(content: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in content.items()}


# ---- the program itself ----------------------------------------------------------------------------


def test_its_version(kangka: Kangka) -> None:
    answer = kangka.run("--version")
    assert (answer.code, answer.out) == (0, f"kangka {__version__}\n")


def commands() -> list[str]:
    choices = next(
        action.choices for action in parser()._actions if action.dest == "command" and action.choices
    )
    return list(choices)


def test_every_command_of_this_release_is_there() -> None:
    assert set(commands()) == {
        *("demo", "decode-id", "enrol", "application", "issue", "case", "read-card", "simulate"),
        *("face", "bench", "desk", "init", "recover", "staff", "audit", "till", "stock"),
        *("hand-over", "activate", "report-loss", "found", "reissue", "approve", "adopt"),
        *("keys", "settings"),
    }


@pytest.mark.parametrize("command", ["", *commands(), "application list", "case settle"])
def test_help_says_what_it_does(kangka: Kangka, command: str) -> None:
    answer = kangka.run(*command.split(), "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"usage: kangka {command}".rstrip())
    assert len(answer.out.splitlines()) > 3


@pytest.mark.parametrize(
    "words",
    [
        "",
        "fly",
        "demo",
        "issue",
        "issue --application a --batch b",
        "enrol --from-reader --from a.json",
        "case settle x",
        "case settle x --as burn",
        "demo --out x --people 0",
        "demo --out x --people many",
        "face --application x --out y --dpi 99999",
        "simulate --card-port 70000",
        "--lang fr case list",
        "--devices cardboard case list",
    ],
)
def test_wrong_use_is_told_and_exits_2(kangka: Kangka, words: str) -> None:
    answer = kangka.run("--json", *words.split())
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("usage: kangka")
    assert "Error(" not in answer.err
    assert "_count" not in answer.err


@pytest.mark.parametrize("words", ["case list", "application list", "desk", "read-card", "enrol"])
@pytest.mark.parametrize("switches", ["", "--devices simulated "])
def test_a_live_workplace_that_nobody_set_up_refuses(
    kangka: Kangka, tmp_path: Path, words: str, switches: str
) -> None:
    line = f"{switches}--json {words}".split()
    answer = kangka.run("--data", tmp_path / "live", *line)
    assert answer.error["code"] == "workplace.not-set-up"
    assert "--training" in answer.error["remedy"]
    assert not (tmp_path / "live").exists()


def test_where_nothing_is_named_training_stands_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.main import Options  # noqa: PLC0415 - with the folder that this test names

    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, appauthor: f"/somewhere/{name}")
    assert Options(training=True).folder == Path("/somewhere/kangka/training")
    assert Options(training=False).folder == Path("/somewhere/kangka")


def test_a_window_without_a_display_is_refused(kangka: Kangka, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert kangka("desk").error["code"] == "desk.no-display"


def test_a_window_opens_over_the_workplace(kangka: Kangka, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[WorkplaceInfo, str]] = []

    def run(desk: DeskService, lang: str, _argv: list[str]) -> int:
        opened.append((desk.workplace(), lang))
        return 0

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("app.ui.application.run", run)
    assert kangka("desk", lang="en", json=False).code == 0
    [(place, lang)] = opened
    assert (place.simulated, place.realm.value, lang) == (True, "training", "en")


def test_messages_that_were_not_compiled_are_refused_in_english(
    kangka: Kangka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(language: str) -> Catalogue:
        return Catalogue(language, locale_root=tmp_path)

    monkeypatch.setattr("app.cli.Catalogue", missing)
    answer = kangka("case", "list")
    assert answer.error["code"] == "base.catalogue-missing"
    assert answer.err.isascii()


# ---- decode-id -------------------------------------------------------------------------------------

VECTORS = json.loads(TEXTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["title"])
def test_decode_id_by_the_vectors(kangka: Kangka, tmp_path: Path, vector: dict[str, Any]) -> None:
    path = tmp_path / "text.bin"
    path.write_bytes(bytes.fromhex(vector["hex"]))
    answer = kangka.run("--json", "decode-id", path)
    assert (answer.code, answer.err) == (0, "")
    told = answer.json
    due = {name: value for name, value in vector["expect"].items() if name not in OF_SOME_KINDS}
    due |= {name: vector["expect"][name] for name in OF_SOME_KINDS if vector["expect"][name] is not None}
    assert {name: told[name] for name in due} == due
    assert set(told) == {*due, "photo_bytes", "problems"}
    if not told["problems"]:
        assert all(isinstance(told[name], kind) for name, kind in DECODED.items())
    assert told["photo_bytes"] == 0
    if told["long_term"]:
        assert told["valid_to"] is None
    assert len(told["problems"]) == len(vector["problems"])
    assert all(isinstance(problem, str) for problem in told["problems"])


def test_the_four_layouts_are_among_them() -> None:
    assert {vector["expect"]["kind"] for vector in VECTORS} == {
        *("citizen", "hmt", "foreign-2017", "foreign-2023")
    }


def test_decode_id_takes_a_whole_frame_with_its_photo(kangka: Kangka, tmp_path: Path) -> None:
    text = bytes.fromhex(VECTORS[0]["hex"])
    body = b"\x05\x08\x00\x00\x90\x01\x00\x04\x00" + text + bytes(1024)
    check = 0
    for byte in body:
        check ^= byte
    path = tmp_path / "frame.bin"
    path.write_bytes(b"\xaa\xaa\xaa\x96\x69" + body + bytes((check,)))
    told = kangka.run("--json", "decode-id", path).json
    assert (told["name"], told["photo_bytes"]) == (VECTORS[0]["expect"]["name"], 1024)
    path.write_bytes(path.read_bytes()[:-1] + bytes((check ^ 1,)))
    assert kangka.run("--json", "decode-id", path).error["code"] == "id.frame-damaged"


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "file.unreadable"), (b"", "id.file-unknown"), (bytes(70_000), "file.too-large")],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_decode_id_refuses(
    kangka: Kangka, tmp_path: Path, content: bytes | None, code: str, lang: str
) -> None:
    path = tmp_path / "text.bin"
    if content is not None:
        path.write_bytes(content)
    answer = kangka.run("--lang", lang, "--json", "decode-id", path)
    assert answer.error["code"] == code
    assert answer.err.isascii() == (lang == "en")


@pytest.mark.parametrize(("lang", "label"), [("zh", "证件：居民身份证"), ("en", "Name: 测试甲")])
def test_decode_id_in_words(kangka: Kangka, tmp_path: Path, lang: str, label: str) -> None:
    path = tmp_path / "text.bin"
    path.write_bytes(bytes.fromhex(VECTORS[0]["hex"]))
    answer = kangka.run("--lang", lang, "decode-id", path)
    assert label in answer.out
    assert "None" not in answer.out


# ---- from a file to a card -------------------------------------------------------------------------


def test_an_application_from_a_file_becomes_a_card(kangka: Kangka, tmp_path: Path) -> None:
    person = made_up_resident(0)
    enrolled = kangka("enrol", "--from", write_application(tmp_path / "files")).json
    assert kinds(enrolled) == {"application": str}
    application = str(enrolled["application"])
    shown = kangka("application", "show", application).json
    assert shown["name"] == person.name
    assert shown["cases"] == []
    issued = kangka("issue", "--application", application).json
    assert [kinds(card) for card in issued["cards"]] == [OUTCOME]
    card = kangka("read-card").json
    assert kinds(card) == CARD
    assert (card["state"], card["genuine"], card["product"]) == ("personalized", True, "KT-SECURED")
    assert card["chip_serial"] == issued["cards"][0]["serial"]
    assert bytes.fromhex(card["atr"])[4:12].hex().upper() == card["chip_serial"]
    assert card["photo_bytes"] > 500
    assert card["allergies"] == [
        {"substance": row.substance, "reaction": row.reaction} for row in person.health.allergies
    ]
    assert card["immunizations"] == [
        {"vaccine": row.vaccine, "date": row.date} for row in person.health.immunizations
    ]


def test_fields_have_the_tables_keys_and_codes_two_digits(kangka: Kangka) -> None:
    import csv  # noqa: PLC0415 - the table of the facts, for this test

    table = Path(__file__).parent / "vectors" / "card-files.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kangka.issue(kangka.enrol())
    fields = kangka("read-card").json["fields"]
    assert set(fields) == {row["key"] for row in rows}
    codes = [
        row["key"]
        for row in rows
        if row["tag"] and row["coding"] in {"cn", "b"} and row["length"] == "1"
    ]
    assert all(re.fullmatch(r"\d\d", fields[key]) for key in codes if fields[key] is not None)
    person = made_up_resident(0)
    assert (fields["XB"], fields["MZ"]) == (f"0{person.sex}", person.ethnic)


def test_a_batch_is_made_in_order_and_stops_where_it_is_refused(kangka: Kangka, tmp_path: Path) -> None:
    ids = [kangka.enrol() for _ in range(2)]
    queue = tmp_path / "queue.txt"
    queue.write_text("\n".join([*ids, "", "nobody", ids[0]]), encoding="utf-8")
    answer = kangka("issue", "--batch", queue)
    assert answer.error["code"] == "store.no-application"
    # What was made before is told with the refusal.
    assert [card["application"] for card in answer.json["cards"]] == ids
    assert [card["state"] for card in answer.json["cards"]] == ["verified", "verified"]
    assert len({card["serial"] for card in answer.json["cards"]}) == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_batch_that_can_not_be_read(kangka: Kangka, tmp_path: Path, content: bytes | None) -> None:
    queue = tmp_path / "queue.txt"
    if content is not None:
        queue.write_bytes(content)
    assert kangka("issue", "--batch", queue).error["code"] == "file.unreadable"


def test_an_application_file_is_checked_like_a_typed_form(kangka: Kangka, tmp_path: Path) -> None:
    path = write_application(tmp_path / "files", name="", contacts=[], photo=None)
    answer = kangka("enrol", "--from", path)
    assert answer.error["code"] == "resident.refused"
    for word in ("姓名", "联系人1电话"):
        assert word in answer.error["message"]
    path = write_application(tmp_path / "files", photo="person-0.json")
    assert kangka("enrol", "--from", path).error["code"] == "documents.photo-unreadable"
    assert kangka("application", "list").json == {"applications": []}


def test_pages_of_applications(kangka: Kangka) -> None:
    ids = [kangka.enrol() for _ in range(3)]
    first = kangka("application", "list", "--limit", "2").json["applications"]
    assert [row["id"] for row in first] == ids[:2]
    rest = kangka("application", "list", "--after", ids[1]).json["applications"]
    assert [row["id"] for row in rest] == ids[2:]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("application show nobody", "store.no-application"),
        ("issue --application nobody", "store.no-application"),
        ("face --application nobody --out x.pdf", "store.no-application"),
        ("case show nothing", "store.no-case"),
        ("case settle nothing --as spoil", "store.no-case"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_not_there_is_refused(kangka: Kangka, words: str, code: str, lang: str) -> None:
    answer = kangka(*words.split(), lang=lang)
    assert answer.error["code"] == code
    assert answer.err.isascii() == (lang == "en")
    plain = kangka(*words.split(), lang=lang, json=False)
    assert (plain.code, plain.out, plain.err) == (1, "", answer.err)


# ---- faces -----------------------------------------------------------------------------------------


def test_faces_as_pdf_and_as_one_picture(kangka: Kangka, tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - for this test alone

    application = kangka.enrol()
    pdf, png = tmp_path / "face.pdf", tmp_path / "face.png"
    told = kangka(
        *("face", "--application", application, "--out", pdf, "--png", png, "--dpi", "150")
    ).json
    assert told == {"files": [str(pdf), str(png)]}
    assert pdf.read_bytes().startswith(b"%PDF-")
    with Image.open(png) as picture:
        # 85.60 x 53.98 mm at 150 dots an inch, front above back.
        assert abs(picture.width - 506) <= 1
        assert abs(picture.height - 2 * 319) <= 2


def test_a_face_that_can_not_be_written(kangka: Kangka, tmp_path: Path) -> None:
    application = kangka.enrol()
    out = tmp_path / "nowhere" / "face.pdf"
    answer = kangka("face", "--application", application, "--out", out)
    assert answer.error["code"] == "file.unwritable"


# ---- plain words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("已保存", "待制卡", "启用", "：已校验", "没有未办结业务", "已制成", "姓名 XM：")),
        ("en", ("is kept", "To make", "activated", "is verified", "No case", "personalized", "XM: ")),
    ],
)
def test_the_job_in_words(kangka: Kangka, lang: str, words: tuple[str, ...]) -> None:
    said = kangka("enrol", lang=lang, json=False).out
    application = re.findall(r"[0-9a-f-]{36}", said)[0]
    said += kangka("application", "list", lang=lang, json=False).out
    said += kangka("application", "show", application, lang=lang, json=False).out
    said += kangka("issue", "--application", application, lang=lang, json=False).out
    said += kangka("application", "show", application, lang=lang, json=False).out
    said += kangka("case", "list", lang=lang, json=False).out
    said += kangka("read-card", lang=lang, json=False).out
    assert [word for word in words if word not in said] == []
    if lang == "en":
        ours = re.sub(r"[^\x00-\x7f]+", "", said)
        assert "None" not in ours


# ---- simulate --------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", ["KT-NONE", "KT-SAM"])
def test_simulate_refuses_a_product_that_nobody_described(kangka: Kangka, product: str) -> None:
    answer = kangka.run("--json", "simulate", "--product", product)
    assert answer.error["code"] == "product.unknown"
    assert "KT-SECURED" in answer.error["remedy"]


def test_simulate_says_in_one_line_where_everything_is(
    kangka: Kangka, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()
    from app.devices.sim import serve  # noqa: PLC0415 - its end is brought forward

    run = serve.run_simulation
    stopped.set()
    monkeypatch.setattr(
        serve, "run_simulation", lambda settings, **more: run(settings, stop=stopped, **more)
    )
    answer = kangka.run(
        *("--json", "simulate", "--cards", "2", "--product", "KT-STRICT"),
        *("--card-port", "45963", "--sam-port", "45964"),
    )  # fmt: skip
    assert answer.code == 0
    told = answer.json
    assert kinds(told) == {
        "card_port": int,
        "sam_port": int,
        "id_reader": str,
        "root_key": str,
        "sam_pin": str,
        "city_code": str,
        "product": str,
    }
    assert (told["card_port"], told["sam_port"]) == (45963, 45964)
    assert (told["city_code"], told["product"]) == ("410100", "KT-STRICT")
    assert re.fullmatch(r"[0-9a-fA-F]{32}", told["root_key"])
    assert re.fullmatch(r"\d{6}", told["sam_pin"])


def test_an_empty_application_id_is_refused_like_any_other(kangka: Kangka) -> None:
    answer = kangka("issue", "--application", "")
    assert answer.code == 1
    assert answer.error["code"] == "store.no-application"


def test_folders_with_people_in_them_are_their_owners_alone(kangka: Kangka) -> None:
    assert kangka("application", "list").code == 0
    assert kangka.folder.stat().st_mode & 0o077 == 0
