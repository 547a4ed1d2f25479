"""People found again: keyed tokens of the parts of a record (decision 12), alike on both engines.

A token says nothing without the store's index key; with it, which people share a term. What is kept of a
person is made anew with every version of an application.
"""

from __future__ import annotations

NUMBER = 6
NAME = "search"

STATEMENTS = (
    """CREATE TABLE search_token (
        realm {text} NOT NULL,
        token {blob} NOT NULL,
        person_id {text} NOT NULL REFERENCES person (id),
        PRIMARY KEY (realm, token, person_id)
    ){strict}""",
    "CREATE INDEX search_token_person ON search_token (person_id)",
)
