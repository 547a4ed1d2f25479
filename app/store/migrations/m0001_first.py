"""The first schema: people, frozen applications, cases with their chips and intents, counters, timings.

Personal values stand in ``application_version.sealed`` only (SM4-GCM, decision 12) and, as a keyed
token that says nothing by itself, in ``person_number.token``. ``making`` is the table of cases.
"""

from __future__ import annotations

NUMBER = 1
NAME = "first"

STATEMENTS = (
    # What this store is: realm, store id, key check, desk, program that made it.
    """CREATE TABLE meta (
        name {text} NOT NULL PRIMARY KEY,
        value {text} NOT NULL
    ){strict}""",
    # The desk's own sequence and the time of its last durable row (decision 10).
    """CREATE TABLE desk (
        desk {text} NOT NULL PRIMARY KEY,
        seq {integer} NOT NULL,
        last_ms {integer} NOT NULL
    ){strict}""",
    """CREATE TABLE counter (
        realm {text} NOT NULL,
        desk {text} NOT NULL,
        kind {text} NOT NULL,
        value {integer} NOT NULL CHECK (value > 0),
        PRIMARY KEY (realm, desk, kind)
    ){strict}""",
    """CREATE TABLE person (
        id {text} NOT NULL PRIMARY KEY,
        realm {text} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        created_ms {integer} NOT NULL
    ){strict}""",
    # A person has many documents over the years; one document has one person.
    """CREATE TABLE person_number (
        realm {text} NOT NULL,
        kind {text} NOT NULL,
        token {blob} NOT NULL,
        person_id {text} NOT NULL REFERENCES person (id),
        since_ms {integer} NOT NULL,
        PRIMARY KEY (realm, kind, token)
    ){strict}""",
    "CREATE INDEX person_number_person ON person_number (person_id)",
    """CREATE TABLE application (
        id {text} NOT NULL PRIMARY KEY,
        realm {text} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        person_id {text} NOT NULL REFERENCES person (id),
        number {text} NOT NULL,
        created_ms {integer} NOT NULL,
        begun {integer} NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)),
        UNIQUE (realm, number)
    ){strict}""",
    "CREATE INDEX application_person ON application (person_id)",
    # Those that no card was begun for: a desk's queue, however many it has made.
    "CREATE INDEX application_waiting ON application (id) WHERE begun = 0",
    """CREATE TABLE application_version (
        application_id {text} NOT NULL REFERENCES application (id),
        version {integer} NOT NULL CHECK (version > 0),
        profile_id {text} NOT NULL,
        profile_hash {text} NOT NULL,
        frozen_ms {integer} NOT NULL,
        at_ms {integer} NOT NULL,
        seq {integer} NOT NULL,
        sealed {blob} NOT NULL,
        PRIMARY KEY (application_id, version)
    ){strict}""",
    """CREATE TABLE making (
        id {text} NOT NULL PRIMARY KEY,
        realm {text} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        number {text} NOT NULL,
        person_id {text} NOT NULL REFERENCES person (id),
        application_id {text} NOT NULL,
        application_version {integer} NOT NULL,
        state {text} NOT NULL CHECK (state IN
            ('queued', 'writing', 'written', 'printed', 'verified', 'spoiled', 'unknown')),
        plan_id {text},
        reason {text},
        opened_ms {integer} NOT NULL,
        opened_seq {integer} NOT NULL,
        changed_ms {integer} NOT NULL,
        changed_seq {integer} NOT NULL,
        UNIQUE (realm, number),
        FOREIGN KEY (application_id, application_version)
            REFERENCES application_version (application_id, version)
    ){strict}""",
    "CREATE INDEX making_application ON making (application_id)",
    "CREATE INDEX making_state ON making (state, changed_ms)",
    # One card a person and realm that lives or is being made (decision 3).
    "CREATE UNIQUE INDEX making_one_card ON making (realm, person_id) WHERE state <> 'spoiled'",
    # One case a chip, for good: the row of a spoiled chip stays and keeps its serial taken.
    """CREATE TABLE chip (
        realm {text} NOT NULL,
        serial {text} NOT NULL,
        issue_serial {text} NOT NULL,
        product_id {text} NOT NULL,
        case_id {text} NOT NULL UNIQUE REFERENCES making (id),
        bound_ms {integer} NOT NULL,
        PRIMARY KEY (realm, serial),
        UNIQUE (realm, issue_serial)
    ){strict}""",
    """CREATE TABLE intent (
        id {text} NOT NULL PRIMARY KEY,
        case_id {text} NOT NULL REFERENCES making (id),
        kind {text} NOT NULL CHECK (kind IN ('bind-chip', 'activate', 'print-front', 'print-back')),
        target {text} NOT NULL,
        desk {text} NOT NULL,
        boot {text} NOT NULL,
        seq {integer} NOT NULL,
        at_ms {integer} NOT NULL,
        outcome {text} CHECK (outcome IN ('done', 'not-done', 'unknown')),
        outcome_ms {integer},
        UNIQUE (desk, seq)
    ){strict}""",
    "CREATE INDEX intent_case ON intent (case_id, seq)",
    # The last durations of each step of a device, in a ring of slots, for forecasts.
    """CREATE TABLE step_timing (
        desk {text} NOT NULL,
        device {text} NOT NULL,
        step {text} NOT NULL,
        slot {integer} NOT NULL,
        turn {integer} NOT NULL,
        ms {integer} NOT NULL,
        PRIMARY KEY (desk, device, step, slot)
    ){strict}""",
)
