"""Lists of blank cards: taken in whole or refused by their rows; cards that leave the box say why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.catalogue import Catalogue
from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.staff import NotPermitted, Role
from app.domain.stock import BlankNotOnHand, BlankState, NoSuchBlank, StockCounts
from app.workflow.files import FileTooLarge, FileUnreadable
from app.workflow.stock_desk import (
    ListRow,
    StockDesk,
    StockListEmpty,
    StockListRefused,
    StockReasonNeeded,
    folded,
    read_list,
)
from app.workflow.till_views import TakenIn
from tests.helpers.people import People, people
from tests.store.till_support import serials

SERIALS = st.lists(st.binary(min_size=8, max_size=8).map(lambda raw: raw.hex()), min_size=1, unique=True)


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[People]:
    with people(tmp_path / "store", ManualClock()) as opened:
        opened.session.begin(opened.members[Role.SUPERVISOR].actor)
        yield opened


@pytest.fixture
def stock(staff: People) -> StockDesk:
    return StockDesk(staff.gate, staff.store.records, Realm.TRAINING)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "K-12.csv"
    path.write_text("\n".join(serials(3)) + "\n", encoding="utf-8")
    return path


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# ---- the file --------------------------------------------------------------------------------------


def test_a_plain_list_takes_its_box_from_its_name(listed: Path) -> None:
    assert read_list(listed) == [ListRow(n, s, "K-12") for n, s in enumerate(serials(3), 1)]


@pytest.mark.parametrize("head", ["", "serial,box\n", "芯片序列号,箱号\n", "\ufeffSERIAL,box\n"])
def test_a_list_may_name_boxes_and_its_columns(tmp_path: Path, head: str) -> None:
    one, two = serials(2)
    path = write(tmp_path / "list.csv", f"{head}{one.lower()}, A1 \n\n {two} ,\n")
    first = 1 + bool(head)
    assert read_list(path) == [ListRow(first, one, "A1"), ListRow(first + 2, two, "list")]


@given(SERIALS)
def test_every_list_of_serials_reads_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[str]
) -> None:
    path = write(tmp_path_factory.mktemp("lists") / "box.txt", "\r\n".join(found))
    assert [row.serial for row in read_list(path)] == [serial.upper() for serial in found]


def test_bad_rows_are_named_all_at_once(tmp_path: Path) -> None:
    good, other = serials(2)
    rows = [
        good,
        "serial",
        "41",
        good,
        "Z" * 16,
        good + "0",
        f"{other},A,B",
        "１" * 16,
        f"{other}," + "箱" * 41,
    ]
    with pytest.raises(StockListRefused) as caught:
        read_list(write(tmp_path / "bad.csv", "\n".join(rows)))
    fault = caught.value
    assert (fault.unreadable, fault.twice, fault.here) == ((2, 3, 5, 6, 7, 8, 9), (4,), ())
    assert fault.params()["here"] == "-"
    assert "2, 3, 5, 6, 7, 8, 9" in Catalogue("en").error(fault).cause


def test_of_many_bad_rows_the_first_are_named(tmp_path: Path) -> None:
    with pytest.raises(StockListRefused) as caught:
        read_list(write(tmp_path / "bad.csv", "x\n" * 30))
    assert len(caught.value.unreadable) == 30
    assert caught.value.params()["unreadable"].endswith("19, 20, …")


@pytest.mark.parametrize("text", ["", "\n\n", "serial,box\n"])
def test_an_empty_list_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StockListEmpty):
        read_list(write(tmp_path / "empty.csv", text))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\xff\xfe41", FileUnreadable), (b'"41', FileUnreadable), (b"4" * (4 << 20) + b"1", FileTooLarge)],
)
def test_a_file_that_is_no_list_is_refused(
    tmp_path: Path, content: bytes, kind: type[Exception]
) -> None:
    path = tmp_path / "no-list.csv"
    path.write_bytes(content)
    with pytest.raises(kind):
        read_list(path)
    with pytest.raises(FileUnreadable):
        read_list(tmp_path / "missing.csv")


# ---- the desk --------------------------------------------------------------------------------------


def test_a_list_is_taken_in_once(stock: StockDesk, staff: People, listed: Path) -> None:
    assert stock.take_in(listed) == TakenIn(3, 3, ("K-12",))
    assert stock.counts() == StockCounts(3, 0, 0, 0, 0, 0, 0)
    again = write(listed.with_name("again.csv"), "\n".join(["00" * 8, *serials(2)]))
    with pytest.raises(StockListRefused) as caught:
        stock.take_in(again)
    assert (caught.value.file, caught.value.here) == ("again.csv", (2, 3))
    assert stock.counts().on_hand == 3
    assert staff.ledger.told()[-1][::4] == ("refused", StockListRefused.code)


def test_several_boxes_of_one_list_are_one_act(stock: StockDesk, staff: People, tmp_path: Path) -> None:
    one, two, three = serials(3)
    path = write(tmp_path / "boxes.csv", f"{one},A\n{two},B\n{three},A\n")
    before = len(staff.commits)
    assert stock.take_in(path) == TakenIn(3, 3, ("A", "B"))
    assert len(staff.commits) == before + 1
    assert [(card.serial, card.box) for card in stock.cards(BlankState.ON_HAND)] == [
        (one, "A"),
        (two, "B"),
        (three, "A"),
    ]


def test_cards_leave_the_box_with_a_reason(stock: StockDesk, staff: People, listed: Path) -> None:
    stock.take_in(listed)
    bad, back, _good = serials(3)
    for reason in ("", "  ", "长" * 61):
        with pytest.raises(StockReasonNeeded):
            stock.spoil(bad, reason)
    with pytest.raises(StockReasonNeeded):
        stock.give_back([back], "")
    with pytest.raises(NoSuchBlank):
        stock.spoil("FF" * 8, "弯折")
    spoiled = stock.spoil(f" {bad.lower()} ", " 弯折 ")
    assert (spoiled.state, spoiled.reason) == (BlankState.SPOILED, "弯折")
    with pytest.raises(BlankNotOnHand):
        stock.spoil(bad, "弯折")
    assert stock.give_back([back], "多领") == 1
    assert [card.serial for card in stock.cards(BlankState.RETURNED)] == [back]
    assert stock.counts() == StockCounts(1, 0, 0, 1, 1, 0, 0)
    assert staff.ledger.told()[-1][:3] == ("stock", "give-back", back)


def test_what_is_no_serial_is_no_card() -> None:
    for typed in ("", "41", "Z" * 16, "0" * 17, "'; DROP TABLE"):
        with pytest.raises(NoSuchBlank) as caught:
            folded(typed)
        assert len(caught.value.serial) <= 40


def test_who_may_take_in_is_the_supervisor(stock: StockDesk, staff: People, listed: Path) -> None:
    staff.session.begin(staff.members[Role.CLERK].actor)
    assert stock.counts().on_hand == 0
    with pytest.raises(NotPermitted):
        stock.take_in(listed)
    with pytest.raises(NotPermitted):
        stock.give_back(serials(1), "多领")
    assert staff.ledger.told()[-1] == ("refused", "stock-give-back", None, None, NotPermitted.code)
    staff.session.begin(staff.members[Role.SYSTEM].actor)
    for act in (stock.counts, lambda: stock.cards(BlankState.ON_HAND), lambda: stock.spoil("x", "y")):
        with pytest.raises(NotPermitted):
            act()
