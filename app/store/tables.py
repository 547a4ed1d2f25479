"""The tables as queries see them, bound to one database: two stores can be open at once."""

from __future__ import annotations

from typing import Final

from peewee import Database, Table

from app.store.audit_chain import COLUMNS as AUDIT_COLUMNS

# Every table with its columns, in the order of the migrations. A test compares the two.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(columns.split())
    for name, columns in {
        "migration": "number name applied_ms program",
        "meta": "name value",
        "desk": "desk seq last_ms",
        "counter": "realm desk kind value",
        "person": "id realm created_ms",
        "person_number": "realm kind token person_id since_ms",
        "application": "id realm person_id number created_ms begun state",
        "application_version": "application_id version profile_id profile_hash frozen_ms"
        " at_ms seq sealed",
        "making": "id realm number person_id application_id application_version state plan_id reason"
        " opened_ms opened_seq changed_ms changed_seq",
        "chip": "realm serial issue_serial product_id case_id bound_ms",
        "intent": "id case_id kind target desk boot seq at_ms outcome outcome_ms",
        "step_timing": "desk device step slot turn ms",
        "audit": " ".join(AUDIT_COLUMNS),
        "audit_detail": "desk seq person_id sealed",
        "person_key": "person_id created_ms sealed",
        "desk_key": "desk created_ms public sealed",
        "audit_head": "desk seq occasion reference moment at_ms hash public signature",
        "staff": "id name_token sealed role active person_token since_ms changed_ms changed_seq",
        "staff_secret": "staff_id password password_ms pin pin_failures way_due sign_in_ms",
        "sign_in_guard": "token failures owed_ms counted_ms desk seq",
        "setting": "desk name value at_ms seq",
        "card": "id realm person_id application_id state before_state lapses_ms issue_count"
        " changed_ms changed_seq version",
        "card_event": "id realm card_id turn kind state next valid_ms at_ms desk seq actor_id"
        " second_id reason number sealed",
        "shift": "id realm desk number clerk_id clerk_name opened_ms opened_seq float_fen"
        " opening_cards closed_ms closed_seq",
        "receipt": "realm number desk shift_id application_id person_id reason fen rule method"
        " waiver state clerk_id clerk_name second_id second_name at_ms seq"
        " void_reason void_clerk void_second_id void_second void_ms void_shift_id",
        "fee_due": "realm application_id person_id desk reason fen rule funding proof owed_ms seq"
        " receipt",
        "closing": "realm number desk shift_id state counted_fen counted_cards explanation"
        " closed_by_id closed_by second_id second_name closed_ms seq",
        "blank_card": "realm serial desk box state listed taken_ms case_id events",
        "blank_event": "realm serial turn event state reason desk actor_id at_ms seq",
        "search_token": "realm token person_id",
        "paper_print": "realm template number prints",
    }.items()
}


class Tables:
    """One attribute a table, each with its columns under ``c``."""

    def __init__(self, database: Database) -> None:
        def table(name: str) -> Table:
            return Table(name).bind(database)

        self.migration = table("migration")
        self.meta = table("meta")
        self.desk = table("desk")
        self.counter = table("counter")
        self.person = table("person")
        self.person_number = table("person_number")
        self.application = table("application")
        self.application_version = table("application_version")
        self.making = table("making")
        self.chip = table("chip")
        self.intent = table("intent")
        self.step_timing = table("step_timing")
        self.audit = table("audit")
        self.audit_detail = table("audit_detail")
        self.person_key = table("person_key")
        self.desk_key = table("desk_key")
        self.audit_head = table("audit_head")
        self.staff = table("staff")
        self.staff_secret = table("staff_secret")
        self.sign_in_guard = table("sign_in_guard")
        self.setting = table("setting")
        self.card = table("card")
        self.card_event = table("card_event")
        self.shift = table("shift")
        self.receipt = table("receipt")
        self.fee_due = table("fee_due")
        self.closing = table("closing")
        self.blank_card = table("blank_card")
        self.blank_event = table("blank_event")
        self.search_token = table("search_token")
        self.paper_print = table("paper_print")
