"""Money and blank cards: fees due, receipts, shifts, closings; each blank card and what happened to it.

Numbers for people are unique by realm; the desk's letter stands in them. Money is whole fen. A closing
holds the till's state as it was counted, as canonical JSON, and no statement of the program changes it.
"""

from __future__ import annotations

NUMBER = 5
NAME = "till and stock"

_REALM = "realm {text} NOT NULL CHECK (realm IN ('live', 'test', 'training'))"

STATEMENTS = (
    f"""CREATE TABLE shift (
        id {{text}} NOT NULL PRIMARY KEY,
        {_REALM},
        desk {{text}} NOT NULL,
        number {{text}} NOT NULL,
        clerk_id {{text}} NOT NULL,
        clerk_name {{text}} NOT NULL,
        opened_ms {{integer}} NOT NULL,
        opened_seq {{integer}} NOT NULL,
        float_fen {{integer}} NOT NULL CHECK (float_fen >= 0),
        opening_cards {{integer}} NOT NULL CHECK (opening_cards >= 0),
        closed_ms {{integer}},
        closed_seq {{integer}},
        UNIQUE (realm, number),
        CHECK ((closed_ms IS NULL) = (closed_seq IS NULL))
    ){{strict}}""",
    # A desk has one drawer and one box, so one shift at a time answers for them.
    "CREATE UNIQUE INDEX shift_one_open ON shift (realm, desk) WHERE closed_ms IS NULL",
    f"""CREATE TABLE receipt (
        {_REALM},
        number {{text}} NOT NULL,
        desk {{text}} NOT NULL,
        shift_id {{text}} NOT NULL REFERENCES shift (id),
        application_id {{text}} NOT NULL REFERENCES application (id),
        person_id {{text}} NOT NULL REFERENCES person (id),
        reason {{text}} NOT NULL,
        fen {{integer}} NOT NULL CHECK (fen > 0),
        rule {{text}} NOT NULL,
        method {{text}} NOT NULL CHECK (method IN ('cash', 'scan', 'waived')),
        waiver {{text}},
        state {{text}} NOT NULL CHECK (state IN ('issued', 'voided')),
        clerk_id {{text}} NOT NULL,
        clerk_name {{text}} NOT NULL,
        second_id {{text}},
        second_name {{text}},
        at_ms {{integer}} NOT NULL,
        seq {{integer}} NOT NULL,
        copies {{integer}} NOT NULL DEFAULT 0 CHECK (copies >= 0),
        void_reason {{text}},
        void_clerk {{text}},
        void_second_id {{text}},
        void_second {{text}},
        void_ms {{integer}},
        void_shift_id {{text}} REFERENCES shift (id),
        PRIMARY KEY (realm, number),
        CHECK ((method = 'waived') = (waiver IS NOT NULL)),
        CHECK ((method = 'waived') = (second_id IS NOT NULL)),
        CHECK ((state = 'voided') = (void_second_id IS NOT NULL)),
        CHECK ((state = 'voided') = (void_shift_id IS NOT NULL))
    ){{strict}}""",
    "CREATE INDEX receipt_shift ON receipt (shift_id, seq)",
    "CREATE INDEX receipt_void_shift ON receipt (void_shift_id) WHERE void_shift_id IS NOT NULL",
    "CREATE INDEX receipt_application ON receipt (application_id)",
    # One receipt at a time settles an application; the voided ones before it keep their numbers.
    "CREATE UNIQUE INDEX receipt_one_good ON receipt (realm, application_id) WHERE state = 'issued'",
    f"""CREATE TABLE fee_due (
        {_REALM},
        application_id {{text}} NOT NULL REFERENCES application (id),
        person_id {{text}} NOT NULL REFERENCES person (id),
        desk {{text}} NOT NULL,
        reason {{text}} NOT NULL,
        fen {{integer}} NOT NULL CHECK (fen >= 0),
        rule {{text}} NOT NULL,
        funding {{text}},
        proof {{text}},
        owed_ms {{integer}} NOT NULL,
        seq {{integer}} NOT NULL,
        receipt {{text}},
        PRIMARY KEY (realm, application_id),
        FOREIGN KEY (realm, receipt) REFERENCES receipt (realm, number),
        CHECK (receipt IS NULL OR fen > 0)
    ){{strict}}""",
    "CREATE INDEX fee_due_open ON fee_due (desk, seq) WHERE receipt IS NULL AND fen > 0",
    "CREATE INDEX fee_due_free ON fee_due (desk, seq) WHERE fen = 0",
    f"""CREATE TABLE closing (
        {_REALM},
        number {{text}} NOT NULL,
        desk {{text}} NOT NULL,
        shift_id {{text}} NOT NULL UNIQUE REFERENCES shift (id),
        state {{text}} NOT NULL,
        counted_fen {{integer}} NOT NULL CHECK (counted_fen >= 0),
        counted_cards {{integer}} NOT NULL CHECK (counted_cards >= 0),
        explanation {{text}} NOT NULL,
        closed_by_id {{text}} NOT NULL,
        closed_by {{text}} NOT NULL,
        second_id {{text}},
        second_name {{text}},
        closed_ms {{integer}} NOT NULL,
        seq {{integer}} NOT NULL,
        PRIMARY KEY (realm, number)
    ){{strict}}""",
    "CREATE INDEX closing_desk ON closing (desk, seq)",
    f"""CREATE TABLE blank_card (
        {_REALM},
        serial {{text}} NOT NULL,
        desk {{text}} NOT NULL,
        box {{text}} NOT NULL,
        state {{text}} NOT NULL CHECK (state IN
            ('on-hand', 'bound', 'issued', 'spoiled', 'returned', 'destroyed')),
        listed {{integer}} NOT NULL CHECK (listed IN (0, 1)),
        taken_ms {{integer}} NOT NULL,
        case_id {{text}} UNIQUE REFERENCES making (id),
        events {{integer}} NOT NULL CHECK (events > 0),
        PRIMARY KEY (realm, serial),
        CHECK (state NOT IN ('bound', 'issued') OR case_id IS NOT NULL)
    ){{strict}}""",
    "CREATE INDEX blank_card_state ON blank_card (realm, desk, state, serial)",
    f"""CREATE TABLE blank_event (
        {_REALM},
        serial {{text}} NOT NULL,
        turn {{integer}} NOT NULL CHECK (turn > 0),
        event {{text}} NOT NULL,
        state {{text}} NOT NULL,
        reason {{text}},
        desk {{text}} NOT NULL,
        actor_id {{text}} NOT NULL,
        at_ms {{integer}} NOT NULL,
        seq {{integer}} NOT NULL,
        PRIMARY KEY (realm, serial, turn),
        FOREIGN KEY (realm, serial) REFERENCES blank_card (realm, serial)
    ){{strict}}""",
    "CREATE INDEX blank_event_desk ON blank_event (desk, seq)",
    # Chips that were used before the stock was kept: no list brought them, and every shift begins after.
    """INSERT INTO blank_card (realm, serial, desk, box, state, listed, taken_ms, case_id, events)
        SELECT chip.realm, chip.serial, bound.desk, '',
            CASE making.state WHEN 'verified' THEN 'issued' WHEN 'spoiled' THEN 'spoiled'
                ELSE 'bound' END,
            0, chip.bound_ms, chip.case_id, 1
        FROM chip
        JOIN making ON making.id = chip.case_id
        JOIN intent bound ON bound.case_id = chip.case_id AND bound.kind = 'bind-chip'""",
    """INSERT INTO blank_event
            (realm, serial, turn, event, state, reason, desk, actor_id, at_ms, seq)
        SELECT realm, serial, 1, 'bind', state, NULL, desk, 'program', taken_ms, 0 FROM blank_card""",
)
