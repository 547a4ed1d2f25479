"""Who collected what from what is part of the frozen application, and comes back without loss."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.devices.id_text import decode_text
from app.domain.application import FrozenApplication
from app.domain.evidence import FieldOrigin
from app.main import Options, open_desk
from app.workflow.desk import Desk
from app.workflow.views import EnrolDraft


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(Options(data=tmp_path / "desk")) as opened:
        yield opened


def read(desk: Desk) -> EnrolDraft:
    return desk._parts.enrolment.told(0).taking(desk.read_identity(threading.Event()))


def kept(desk: Desk, draft: EnrolDraft) -> FrozenApplication:
    return desk._parts.applications.get(desk.save(draft))


def test_a_document_that_was_read_stands_in_the_record(desk: Desk) -> None:
    draft = read(desk).with_text("english_name", "SAMPLE")
    frozen = kept(desk, draft)
    evidence = frozen.evidence
    assert evidence is not None
    assert (evidence.collected_by, evidence.collected_at_ms) == ("训练员", frozen.frozen_at_ms)
    document = evidence.document
    assert document is not None
    assert (document.kind, document.number) == ("citizen", frozen.resident.citizen_id)
    assert (document.issued_by, document.valid_from) == ("样例市公安局训练分局", "20200101")
    assert (document.valid_to, document.long_term) == (None, True)
    # The 256 bytes as they came, from which everything else can be read again.
    assert len(document.text) == 256
    assert decode_text(document.text)[0].name == frozen.resident.name
    assert len(document.photo_wlt) == 1024
    assert len(document.module_bytes) == 16
    assert document.module_number.startswith("05.01-")
    assert frozen.resident.name not in repr(evidence) + repr(document)


def test_each_field_says_where_it_came_from(desk: Desk) -> None:
    draft = read(desk)
    corrected = draft.with_text("addresses.0.text", "样例省样例市训练路9号")
    frozen = kept(desk, corrected)
    assert frozen.evidence is not None
    fields = {field.path: field for field in frozen.evidence.fields}
    assert fields["name"].origin is FieldOrigin.CHIP
    assert fields["contacts.0.name"].origin is FieldOrigin.TYPED
    changed = fields["addresses.0.text"]
    assert (changed.origin, changed.read) == (
        FieldOrigin.CORRECTED,
        draft.value("addresses.0.text").read,
    )
    assert {field.read for field in fields.values() if field.origin is not FieldOrigin.CORRECTED} == {
        None
    }
    assert set(fields) == {path for path, value in corrected.values.items() if value.text or value.read}


def test_typed_papers_have_no_document(desk: Desk) -> None:
    frozen = kept(desk, desk.draft_from_training(3))
    assert frozen.evidence is not None
    assert frozen.evidence.document is None
    assert {field.origin for field in frozen.evidence.fields} == {FieldOrigin.TYPED}


def test_a_photo_taken_later_loses_nothing_of_it(desk: Desk) -> None:
    from app.devices.sim.portrait import portrait  # noqa: PLC0415 - a picture for this test

    draft = dataclasses.replace(read(desk), name_agreed=True)
    fitted = desk.fit_photo(draft, portrait(7).printed)
    assert fitted.evidence is draft.evidence is not None
    assert fitted.name_agreed
    assert fitted.photo != draft.photo


def test_nothing_of_a_person_stands_open_in_the_store(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        frozen = kept(desk, read(desk))
    assert frozen.evidence is not None
    assert frozen.evidence.document is not None
    raw = frozen.evidence.document.text
    found = [path for path in tmp_path.rglob("*") if path.is_file() and raw[:40] in path.read_bytes()]
    assert found == []
