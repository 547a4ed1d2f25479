"""The original of a paper is printed once, whatever fails and whoever asks; a look counts nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest

from app.documents.fonts import FontShelf
from app.documents.paper_errors import PaperGlyphMissing
from app.documents.papers import Paper, PaperFacts, PaperRenderer
from app.domain.application import DeskFacts, Realm
from app.domain.staff import Role
from app.workflow.files import FileUnwritable
from app.workflow.paper_desk import PaperDesk, PrintedPaper
from app.workflow.workplace import Workplace
from tests.documents import papers_made_up as made
from tests.helpers.people import NAMES, People, people
from tests.store.support import ManualClock

PLACE = Workplace(
    name="样例社区卫生服务中心",
    desk="01",
    institution_code="4101020000000000000001",
    terminal_number="410102000012",
    vendor="KT",
    realm=Realm.TRAINING,
    simulated=False,
    facts=DeskFacts("样例发卡机构", "4101020000000000000001", "410100", 30, 30),
)
NOBODY_DRAWS = replace(made.RECEIPT, name="样例\uf137")


@dataclass
class Renderer:
    """The product's renderer, which tells of each drawing; ``meanwhile`` happens during one."""

    real: PaperRenderer
    drawn: list[PaperFacts]

    def meanwhile(self) -> None:
        """Nothing, unless a test says what."""

    def draw(self, paper: Paper, facts: PaperFacts) -> bytes:
        self.drawn.append(facts)
        pdf = self.real.draw(paper, facts)
        self.meanwhile()
        return pdf


@pytest.fixture(scope="module")
def real() -> PaperRenderer:
    return PaperRenderer.open(shelf=FontShelf())


@pytest.fixture
def renderer(real: PaperRenderer) -> Renderer:
    return Renderer(real, [])


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[People]:
    with people(tmp_path / "store", ManualClock(made.MOMENT)) as found:
        found.session.begin(found.members[Role.CLERK].actor)
        yield found


def desk_of(staff: People, renderer: Renderer, folder: Path) -> PaperDesk:
    return PaperDesk(
        lambda: renderer,  # type: ignore[arg-type,return-value]  # it draws, and tells of it
        session=staff.session,
        records=staff.store.records,
        workplace=PLACE,
        clock=staff.clock,
        folder=folder,
    )


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


def words_on(printed: PrintedPaper) -> str:
    return words_of(printed.path.read_bytes())


def test_the_original_comes_once_and_copies_say_so(
    staff: People, renderer: Renderer, tmp_path: Path
) -> None:
    desk = desk_of(staff, renderer, tmp_path / "papers")
    original = desk.print(made.FEE)
    assert (original.copy, desk.printed(made.FEE)) == (0, 1)
    assert "补打" not in words_on(original)
    staff.clock.advance(86_400_000)
    staff.session.begin(staff.members[Role.SUPERVISOR].actor)
    # Another day, another person, another run of the program.
    later = desk_of(staff, renderer, tmp_path / "papers")
    first, second = later.print(made.FEE), later.print(made.FEE)
    assert (first.copy, second.copy) == (1, 2)
    assert len({original.path, first.path, second.path}) == 3
    words = words_on(second)
    assert "补打第2次COPY2" in words and f"{NAMES[Role.SUPERVISOR]}2026-11-2314:03补打" in words
    # One drawing a print, and the form of the same application has an original of its own.
    assert [facts.copy for facts in renderer.drawn] == [0, 1, 2]
    assert later.print(replace(made.FORM, number=made.FEE.number)).copy == 0
    told = [(event.number, event.facts, actor.name) for event, actor in staff.ledger.events[-4:]]
    assert told == [
        (made.FEE.number, {}, NAMES[Role.CLERK]),
        (made.FEE.number, {"copy": 1}, NAMES[Role.SUPERVISOR]),
        (made.FEE.number, {"copy": 2}, NAMES[Role.SUPERVISOR]),
        (made.FEE.number, {}, NAMES[Role.SUPERVISOR]),
    ]


def test_a_print_that_failed_after_it_was_counted_gives_no_second_original(
    staff: People, renderer: Renderer, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    (folder / f"{made.RECEIPT.number}-acceptance-receipt.pdf").mkdir(parents=True)
    desk = desk_of(staff, renderer, folder)
    with pytest.raises(FileUnwritable):
        desk.print(made.RECEIPT)
    assert desk.printed(made.RECEIPT) == 1
    assert "补打第1次COPY1" in words_on(desk.print(made.RECEIPT))


def test_a_paper_that_can_not_be_drawn_uses_nothing_up(
    staff: People, renderer: Renderer, tmp_path: Path
) -> None:
    desk = desk_of(staff, renderer, tmp_path / "papers")
    with pytest.raises(PaperGlyphMissing):
        desk.print(NOBODY_DRAWS)
    assert desk.printed(NOBODY_DRAWS) == 0
    assert desk.print(made.RECEIPT).copy == 0


def test_of_two_who_print_at_once_one_has_the_original(
    staff: People, renderer: Renderer, tmp_path: Path
) -> None:
    desk = desk_of(staff, renderer, tmp_path / "papers")
    printed: list[PrintedPaper] = []

    def beside() -> None:
        renderer.meanwhile = lambda: None  # type: ignore[method-assign]
        printed.append(desk.print(made.PROOF))

    renderer.meanwhile = beside  # type: ignore[method-assign]
    printed.append(desk.print(made.PROOF))
    assert [paper.copy for paper in printed] == [0, 1]
    assert ["补打" in words_on(paper) for paper in printed] == [False, True]


def test_a_look_is_marked_and_counts_nothing(staff: People, renderer: Renderer, tmp_path: Path) -> None:
    desk = desk_of(staff, renderer, tmp_path / "papers")
    rows = len(staff.ledger.events)
    for paper in (made.FEE, made.LOSS, replace(made.FEE, number="")):
        words = words_of(desk.preview(paper))
        assert "预览DRAFT" in words and "补打" not in words
    assert len(desk.pictures(made.FEE)) == 1
    assert (desk.printed(made.FEE), len(staff.ledger.events)) == (0, rows)
    assert not (tmp_path / "papers").exists()
    assert "预览" not in words_on(desk.print(made.FEE))
