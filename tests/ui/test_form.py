"""The form is the paper's: its order, its room on the chip, each field the resident's own."""

from __future__ import annotations

from app.cardspec.profile import load_profile
from app.domain.codes import load_codes
from app.domain.made_up import made_up_resident
from app.workflow.drafts import resident_of, values_of
from app.workflow.form import FieldKind, load_form


def test_the_order_is_the_paper_forms() -> None:
    paths = [field.path for field in load_form(load_profile()).fields()]
    assert len(paths) == len(set(paths))
    # annex A of the Specification, as card.md lists it
    paper = [
        "name", "birth_date", "sex", "ethnic", "citizen_id", "other_document.kind", "rural_insurance",
        "health_record", "phones.0", "marital", "contacts.0.name", "contacts.2.phone",
        "addresses.0.text", "addresses.1.text", "payments.0", "health.abo", "health.rh",
        "health.alerts.asthma", "health.allergies.0.substance", "health.immunizations.9.date",
    ]  # fmt: skip
    places = [paths.index(path) for path in paper]
    assert places == sorted(places)


def test_room_is_the_chips() -> None:
    rooms = {field.path: field.room for field in load_form(load_profile()).fields()}
    assert rooms["name"] == 30
    assert rooms["addresses.1.text"] == 100
    assert rooms["contacts.2.phone"] == 20
    assert rooms["health.allergies.2.reaction"] == 100
    assert rooms["health.immunizations.9.vaccine"] == 20
    assert rooms["birth_date"] is None


def test_every_code_field_has_its_table() -> None:
    codes = load_codes()
    for field in load_form(load_profile()).fields():
        assert (field.table is not None) == (field.kind is FieldKind.CODE), field.path
        if field.table is not None:
            assert codes[field.table].codes, field.path


def test_every_value_of_a_whole_resident_has_a_box_and_comes_back() -> None:
    paths = {field.path for field in load_form(load_profile()).fields()}
    resident = made_up_resident(0)
    values = values_of(resident)
    assert set(values) <= paths
    assert resident_of(values) == resident


def test_only_the_first_row_of_a_repeated_group_is_required() -> None:
    form = load_form(load_profile())
    required = {field.path for field in form.fields() if field.required}
    assert {"contacts.0.name", "contacts.0.relation", "contacts.0.phone"} <= required
    assert not any(path.startswith("contacts.1") for path in required)
