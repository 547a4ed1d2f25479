"""A draft knows where each value came from, and whose it is."""

from __future__ import annotations

from types import MappingProxyType

from app.workflow.views import DocumentView, DraftValue, EnrolDraft, Provenance, Sentence

DOCUMENT = DocumentView(Sentence("Identity card"), (), "05.03-20261122-0000000001-0000000001")


def read(**values: str) -> EnrolDraft:
    return EnrolDraft(
        MappingProxyType({path: DraftValue(text, text) for path, text in values.items()}), DOCUMENT
    )


def test_provenance_follows_the_text() -> None:
    draft = EnrolDraft()
    assert draft.empty
    assert draft.value("name").provenance is Provenance.EMPTY
    typed = draft.with_text("name", "测试甲")
    assert typed.value("name").provenance is Provenance.TYPED
    assert not typed.empty
    assert typed.with_text("name", "").value("name").provenance is Provenance.EMPTY


def test_a_corrected_value_that_is_put_back_is_the_chips_again() -> None:
    draft = read(name="测试甲")
    assert draft.value("name").provenance is Provenance.CHIP
    changed = draft.with_text("name", "测试乙")
    assert changed.value("name").provenance is Provenance.CORRECTED
    assert changed.with_text("name", "测试甲").value("name").provenance is Provenance.CHIP
    assert changed.with_text("name", "").value("name").provenance is Provenance.CORRECTED


def test_reading_keeps_what_was_typed_and_lays_the_document_over_it() -> None:
    draft = EnrolDraft().with_text("phones.0", "19900001234").with_text("name", "测试申")
    taken = draft.taking(read(name="测试甲", citizen_id="41010219900101001X"))
    assert taken.value("phones.0").text == "19900001234"
    assert taken.value("name").text == "测试甲"
    assert taken.document is DOCUMENT


def test_another_persons_document_begins_a_new_draft() -> None:
    first = EnrolDraft().taking(read(name="测试甲", citizen_id="41010219900101001X"))
    first = first.with_text("phones.0", "19900001234")
    second = first.taking(read(name="测试乙", citizen_id="410102199002020020"))
    assert second.value("phones.0").text == ""
    assert second.value("name").text == "测试乙"


def test_the_same_document_read_again_keeps_what_was_typed() -> None:
    first = EnrolDraft().taking(read(citizen_id="41010219900101001X"))
    first = first.with_text("phones.0", "19900001234")
    assert first.taking(read(citizen_id="41010219900101001X")).value("phones.0").text == "19900001234"


def test_a_number_typed_for_another_person_begins_a_new_draft() -> None:
    typed = (
        EnrolDraft().with_text("citizen_id", "410102199002020020").with_text("phones.0", "19900001234")
    )
    taken = typed.taking(read(name="测试甲", citizen_id="41010219900101001X"))
    assert taken.value("phones.0").text == ""


def test_two_permit_holders_without_a_citizen_number_are_two_people() -> None:
    first = EnrolDraft().taking(read(**{"name": "测试甲", "other_document.number": "E00000001"}))
    first = first.with_text("phones.0", "19900001234")
    second = first.taking(read(**{"name": "测试乙", "other_document.number": "E00000002"}))
    assert second.value("phones.0").text == ""


def test_a_number_corrected_by_hand_is_still_the_same_document() -> None:
    first = EnrolDraft().taking(read(citizen_id="41010219900101001X"))
    first = first.with_text("citizen_id", "410102199002020020").with_text("phones.0", "19900001234")
    assert first.taking(read(citizen_id="41010219900101001X")).value("phones.0").text == "19900001234"
