"""Who works here, how they prove it, what stands before a name, and the workplace's settings.

``way_due`` says that the person's own way to the data key is still to be made of their password. A
staff member's name stands sealed in ``staff.sealed`` and is found again by a keyed token. Verifiers
are argon2id and open nothing. ``sign_in_guard`` is kept by the token of the name that was typed, so that
a name that nobody has is waited for like any other and does not stand anywhere.
"""

from __future__ import annotations

NUMBER = 2
NAME = "staff"

STATEMENTS = (
    # A name is never given to a second person: it stands on papers for good.
    """CREATE TABLE staff (
        id {text} NOT NULL PRIMARY KEY,
        name_token {blob} NOT NULL UNIQUE,
        sealed {blob} NOT NULL,
        role {text} NOT NULL CHECK (role IN
            ('clerk', 'supervisor', 'system-admin', 'security-admin', 'audit-admin')),
        active {integer} NOT NULL CHECK (active IN (0, 1)),
        person_token {blob},
        since_ms {integer} NOT NULL,
        changed_ms {integer} NOT NULL,
        changed_seq {integer} NOT NULL
    ){strict}""",
    # One person, one role, where the person's document number was recorded.
    """CREATE UNIQUE INDEX staff_person ON staff (person_token)
        WHERE active = 1 AND person_token IS NOT NULL""",
    """CREATE TABLE staff_secret (
        staff_id {text} NOT NULL PRIMARY KEY REFERENCES staff (id),
        password {text} NOT NULL,
        password_ms {integer} NOT NULL,
        pin {text},
        pin_failures {integer} NOT NULL DEFAULT 0,
        way_due {integer} NOT NULL CHECK (way_due IN (0, 1)),
        sign_in_ms {integer}
    ){strict}""",
    """CREATE TABLE sign_in_guard (
        token {blob} NOT NULL PRIMARY KEY,
        failures {integer} NOT NULL,
        owed_ms {integer} NOT NULL,
        counted_ms {integer} NOT NULL,
        desk {text} NOT NULL,
        seq {integer} NOT NULL
    ){strict}""",
    """CREATE TABLE setting (
        desk {text} NOT NULL,
        name {text} NOT NULL,
        value {text} NOT NULL,
        at_ms {integer} NOT NULL,
        seq {integer} NOT NULL,
        PRIMARY KEY (desk, name)
    ){strict}""",
)
