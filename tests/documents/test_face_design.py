"""A design's files: what may be said in them, and which mistake is told how."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.base.resources import resource
from app.documents.errors import FaceDataInvalid
from app.documents.face_design import FaceDesign, parse_path
from app.documents.faces import FaceRenderer
from tests.documents.people import SAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "own"
    shutil.copytree(resource("faces", "national"), copy)
    return copy


def test_the_national_design_has_its_layouts() -> None:
    design = FaceDesign.load()
    assert set(design.backs) == {"back", "back-bank"}
    # A layout that extends another has all of its elements, in its order, and its own after them.
    plain = [element.id for element in design.backs["back"]]
    assert [element.id for element in design.backs["back-bank"]][: len(plain)] == plain


def test_a_province_extends_the_national_files(folder: Path) -> None:
    own = folder.parent / "province"
    own.mkdir()
    for name in ("front", "back"):
        (own / f"{name}.toml").write_text(f'extends = "../own/{name}.toml"\n', "utf-8")
    with (own / "back.toml").open("a", encoding="utf-8") as stream:
        stream.write('[[element]]\nid = "ethnic"\nleft = 50.0\nink = [100, 0, 0, 0]\n')
    shutil.copy(folder / "marks.toml", own)
    with pytest.raises(FaceDataInvalid, match="exactly one of left"):
        FaceDesign.load(own)
    text = (own / "back.toml").read_text("utf-8").replace("left = 50.0\n", "top = 24.00\n")
    (own / "back.toml").write_text(text, "utf-8")
    design = FaceDesign.load(own)
    (ethnic,) = [element for element in design.backs["back"] if element.id == "ethnic"]
    assert (ethnic.top, ethnic.ink, ethnic.after) == (24.00, (1.0, 0.0, 0.0, 0.0), "ethnic-label")
    assert FaceRenderer.open(design).render(SAMPLE).back.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("file", "was", "now", "problem"),
    [
        ("front.toml", "width = 85.60", "width = 85.00", "width and height"),
        ("front.toml", 'id = "card-mark"\n', "", "no id"),
        ("front.toml", "M 0 .07", "M 0", "no"),
        ("front.toml", "M 0 .07", "Q 0 .07", "path step"),
        ("front.toml", 'text = "居民健康卡"', "", "text or source"),
        ("front.toml", 'chain = "title"', 'chain = "gothic"', "no chain gothic"),
        ("front.toml", "bottom = 4.00", "bottom = 4.00\nshadow = true", "shadow"),
        ("front.toml", "ink = [0, 100, 100, 0]", "ink = [0, 100, 100]", "unpack"),
        ("front.toml", "ink = [0, 100, 100, 0]", "ink = [0, 400, 100, 0]", "per cent"),
        ("back.toml", 'kind = "barcode"', 'kind = "hologram"', "hologram"),
        ("back.toml", 'source = "card.co_brand"', 'source = "card.colour"', "no such source"),
        ("back.toml", 'after = "name-label"', 'after = "seal"', "does not come before"),
        ("back.toml", "left = 4.00\ntop = 11.00", "left = 4.00", "exactly one of top"),
        ("back.toml", "height = 6.00\n", "", "width and height"),
        ("back.toml", 'align = "centre"', 'align = "right"', "align"),
        ("back.toml", "left = 31.00\ntop = 12.00", 'left = "31"\ntop = 12.00', "no number"),
        ("back-bank.toml", 'extends = "back.toml"', 'extends = "back-bank.toml"', "extends itself"),
        ("back-bank.toml", 'extends = "back.toml"', 'extends = "none.toml"', "missing"),
        ("marks.toml", "angle = 24\n", "", "angle"),
        ("marks.toml", "[words]", "[words", "no TOML"),
    ],
)
def test_a_mistake_is_named(folder: Path, file: str, was: str, now: str, problem: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert was in text
    FaceRenderer.open(FaceDesign.load(folder))  # control: without the mistake it is a design
    path.write_text(text.replace(was, now, 1), "utf-8")
    with pytest.raises(FaceDataInvalid) as refused:
        FaceRenderer.open(FaceDesign.load(folder))
    assert problem in refused.value.problem


@pytest.mark.parametrize("file", ["front.toml", "back.toml", "marks.toml"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(FaceDataInvalid) as refused:
        FaceDesign.load(folder)
    assert refused.value.file == file


def test_an_element_outside_the_card_is_refused(folder: Path) -> None:
    path = folder / "back.toml"
    path.write_text(
        path.read_text("utf-8").replace("left = 4.00\ntop = 11.00", "left = 70.00\ntop = 11.00"), "utf-8"
    )
    renderer = FaceRenderer.open(FaceDesign.load(folder))
    with pytest.raises(FaceDataInvalid, match="outside the card"):
        renderer.layout(SAMPLE)


def test_paths_are_read_step_by_step() -> None:
    assert parse_path("M 0 1 L -.5 2 Z") == (("M", (0.0, 1.0)), ("L", (-0.5, 2.0)), ("Z", ()))
    for broken in ("M 0", "X 1 2", "L a b"):
        with pytest.raises(ValueError):
            parse_path(broken)
