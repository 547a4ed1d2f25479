"""The audit: one chain a desk, its sealed details, persons' keys, the desks' keys and frozen heads.

A row of ``audit`` holds no personal data and is never changed (decision 13). What is a person's stands
in ``audit_detail``, sealed under that person's key; forgetting the key leaves the chain whole.
"""

from __future__ import annotations

NUMBER = 3
NAME = "audit"

STATEMENTS = (
    """CREATE TABLE audit (
        desk {text} NOT NULL,
        seq {integer} NOT NULL CHECK (seq > 0),
        realm {text} CHECK (realm IN ('live', 'test', 'training')),
        at_ms {integer} NOT NULL,
        boot {text} NOT NULL,
        moment {integer} NOT NULL,
        terminal {text},
        institution {text},
        actor {text} NOT NULL,
        role {text} NOT NULL,
        second {text},
        kind {text} NOT NULL,
        act {text},
        person_id {text},
        application_id {text},
        case_id {text},
        subject {text},
        number {text},
        state_before {text},
        state_after {text},
        reason {text},
        fault {text},
        fen {integer},
        facts {text} NOT NULL,
        detail_digest {blob},
        prev {blob} NOT NULL,
        hash {blob} NOT NULL,
        PRIMARY KEY (desk, seq)
    ){strict}""",
    "CREATE INDEX audit_case ON audit (case_id) WHERE case_id IS NOT NULL",
    "CREATE INDEX audit_person ON audit (person_id) WHERE person_id IS NOT NULL",
    # No reference to the row: an erased detail goes, and a thief's deletion of the row is to be seen.
    """CREATE TABLE audit_detail (
        desk {text} NOT NULL,
        seq {integer} NOT NULL,
        person_id {text} NOT NULL,
        sealed {blob} NOT NULL,
        PRIMARY KEY (desk, seq)
    ){strict}""",
    "CREATE INDEX audit_detail_person ON audit_detail (person_id)",
    # No reference to person: a refusal may concern somebody of whom nothing else is kept.
    """CREATE TABLE person_key (
        person_id {text} NOT NULL PRIMARY KEY,
        created_ms {integer} NOT NULL,
        sealed {blob} NOT NULL
    ){strict}""",
    """CREATE TABLE desk_key (
        desk {text} NOT NULL PRIMARY KEY,
        created_ms {integer} NOT NULL,
        public {blob} NOT NULL,
        sealed {blob} NOT NULL
    ){strict}""",
    # Heads that were signed and frozen with a closing or a backup; "verified" is where the last
    # verification ended, one row a desk.
    """CREATE TABLE audit_head (
        desk {text} NOT NULL,
        seq {integer} NOT NULL,
        occasion {text} NOT NULL,
        reference {text} NOT NULL,
        moment {integer} NOT NULL,
        at_ms {integer} NOT NULL,
        hash {blob} NOT NULL,
        public {blob} NOT NULL,
        signature {blob} NOT NULL,
        PRIMARY KEY (desk, occasion, seq)
    ){strict}""",
)
