"""The simulated card printer: what it says and what is on the card, in every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.devices.ports import (
    CardJammed,
    CardPrinter,
    PageUnknown,
    PrinterFault,
    PrinterUnreachable,
    RibbonOut,
    Side,
)
from app.devices.sim.card_printer import PrintFault, SimulatedCardPrinter
from app.devices.sim.portrait import CHIP_LIMIT, CHIP_SIZE, PRINT_SIZE, portrait

PDF = b"%PDF-1.4 a page"
JOB = "0192f0c4-7b1a-7c33-9f11-0a0b0c0d0e0f"


@pytest.fixture
def printer(tmp_path: Path) -> SimulatedCardPrinter:
    return SimulatedCardPrinter(tmp_path / "faces", ribbon=10)


def test_pages_become_files(printer: SimulatedCardPrinter, tmp_path: Path) -> None:
    port: CardPrinter = printer
    port.preflight()
    port.print_face(JOB, Side.FRONT, PDF)
    port.print_face(JOB, Side.BACK, PDF + b" back")
    assert (tmp_path / "faces" / f"{JOB}-front.pdf").read_bytes() == PDF
    assert (tmp_path / "faces" / f"{JOB}-back.pdf").read_bytes() == PDF + b" back"
    assert port.capabilities.simulated and port.capabilities.dpi == 300
    assert "SIMULATED" in port.name and printer.ribbon_left == 8


def test_a_page_printed_again_keeps_the_first(printer: SimulatedCardPrinter) -> None:
    printer.print_face(JOB, Side.FRONT, PDF)
    printer.print_face(JOB, Side.FRONT, PDF + b" again")
    first, second = printer.pages
    assert first.path.read_bytes() == PDF and second.path.read_bytes() == PDF + b" again"
    assert second.path.name == f"{JOB}-front-2.pdf"


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("fault", "told", "then", "printed"),
    [
        (PrintFault.JAM, CardJammed, CardJammed, False),
        (PrintFault.RIBBON_OUT, RibbonOut, RibbonOut, False),
        (PrintFault.GONE_BEFORE, PrinterUnreachable, PrinterUnreachable, False),
        (PrintFault.GONE_AFTER, PageUnknown, PrinterUnreachable, True),
    ],
)
def test_each_fault_at_each_side(  # noqa: PLR0917 - a row of the table
    printer: SimulatedCardPrinter,
    side: Side,
    fault: PrintFault,
    told: type[PrinterFault],
    then: type[PrinterFault],
    printed: bool,
) -> None:
    other = Side.BACK if side is Side.FRONT else Side.FRONT
    printer.arm(fault, side)
    printer.print_face(JOB, other, PDF)
    with pytest.raises(told) as refused:
        printer.print_face(JOB, side, PDF)
    assert refused.value.params() == {"printer": printer.name}
    # What is on the card is known to the folder, whatever the printer said.
    assert [page.side for page in printer.pages] == ([other, side] if printed else [other])
    assert all(page.path.read_bytes() == PDF for page in printer.pages)
    # It stays as it is until somebody repairs it, and takes no page meanwhile.
    with pytest.raises(then):
        printer.preflight()
    with pytest.raises(then):
        printer.print_face(JOB, side, PDF)
    printer.repair(ribbon=5)
    printer.preflight()
    printer.print_face(JOB, side, PDF)
    assert printer.pages[-1].side is side


def test_a_ribbon_ends_by_itself(tmp_path: Path) -> None:
    printer = SimulatedCardPrinter(tmp_path, ribbon=1)
    printer.print_face(JOB, Side.FRONT, PDF)
    with pytest.raises(RibbonOut):
        printer.print_face(JOB, Side.BACK, PDF)
    assert len(printer.pages) == 1


@pytest.mark.parametrize("job", ["", "测试甲", "../up", "a/b", "a b", "x" * 200])
def test_a_job_is_an_id_and_never_a_path(printer: SimulatedCardPrinter, job: str) -> None:
    with pytest.raises(ValueError):
        printer.print_face(job, Side.FRONT, PDF)
    assert printer.pages == ()


def test_a_page_is_a_pdf(printer: SimulatedCardPrinter) -> None:
    with pytest.raises(ValueError):
        printer.print_face(JOB, Side.FRONT, b"\x89PNG")


def test_portraits_fit_the_chip_and_the_face() -> None:
    from io import BytesIO  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415

    seen = set()
    for seed in range(40):
        made = portrait(seed)
        assert made.chip[:3] == b"\xff\xd8\xff" and len(made.chip) <= CHIP_LIMIT == 3070
        assert Image.open(BytesIO(made.chip)).size == CHIP_SIZE == (102, 126)
        assert Image.open(BytesIO(made.printed)).size == PRINT_SIZE == (236, 295)
        # A white background, as the standard asks of a photo.
        assert min(Image.open(BytesIO(made.printed)).convert("L").crop((0, 0, 20, 40)).tobytes()) > 245
        seen.add(made.chip)
    assert len(seen) == 40 and portrait(7) == portrait(7)
