"""Cards with a life of their own, what happened to them, and the states of applications.

A card is made by one case and bears its id. Until now a case was all there was of a card, so that a
verified one stood for a living card; a reissue makes a second case for the same person, and the rule of
one living card moves from the case to the card (decision 3). ``card_event.sealed`` holds who acted by
name and whatever is personal (SM4-GCM); ``turn`` counts a card's events without a gap.
"""

from __future__ import annotations

NUMBER = 4
NAME = "cards"

_STATES = (
    "'making', 'ready', 'collected', 'in-use', 'provisionally-lost', 'lost', 'dead', 'blocking',"
    " 'blocked', 'spoiled', 'recovered', 'destroyed'"
)
_LIVING = "'making', 'ready', 'collected', 'in-use', 'provisionally-lost', 'lost'"
_KINDS = (
    "'made', 'spoil', 'hand-over', 'activate', 'report-provisional-loss', 'report-loss', 'lapse',"
    " 'find', 'reissue', 'cancel', 'recover', 'begin-block', 'block', 'not-blocked',"
    " 'destroy'"
)

STATEMENTS = (
    f"""CREATE TABLE card (
        id {{text}} NOT NULL PRIMARY KEY REFERENCES making (id),
        realm {{text}} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        person_id {{text}} NOT NULL REFERENCES person (id),
        application_id {{text}} NOT NULL REFERENCES application (id),
        state {{text}} NOT NULL CHECK (state IN ({_STATES})),
        before_state {{text}} CHECK (before_state IN ({_LIVING})),
        lapses_ms {{integer}} CHECK (lapses_ms IS NULL OR state = 'provisionally-lost'),
        issue_count {{integer}} NOT NULL CHECK (issue_count > 0),
        changed_ms {{integer}} NOT NULL,
        changed_seq {{integer}} NOT NULL,
        version {{integer}} NOT NULL CHECK (version >= 0)
    ){{strict}}""",
    f"""CREATE TABLE card_event (
        id {{text}} NOT NULL PRIMARY KEY,
        realm {{text}} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        card_id {{text}} NOT NULL REFERENCES card (id),
        turn {{integer}} NOT NULL CHECK (turn > 0),
        kind {{text}} NOT NULL CHECK (kind IN ({_KINDS})),
        state {{text}} NOT NULL CHECK (state IN ({_STATES})),
        next {{text}} NOT NULL CHECK (next IN ({_STATES})),
        valid_ms {{integer}} NOT NULL,
        at_ms {{integer}} NOT NULL,
        desk {{text}} NOT NULL,
        seq {{integer}} NOT NULL,
        actor_id {{text}} NOT NULL,
        second_id {{text}},
        reason {{text}},
        number {{text}},
        sealed {{blob}},
        UNIQUE (card_id, turn),
        UNIQUE (realm, number)
    ){{strict}}""",
    # The cards of cases from before: a verified one lay ready, and its making was its one event.
    """INSERT INTO card (id, realm, person_id, application_id, state, issue_count, changed_ms,
            changed_seq, version)
        SELECT id, realm, person_id, application_id,
            CASE state WHEN 'verified' THEN 'ready' WHEN 'spoiled' THEN 'spoiled' ELSE 'making' END,
            1, changed_ms, changed_seq, CASE WHEN state IN ('verified', 'spoiled') THEN 1 ELSE 0 END
        FROM making""",
    """INSERT INTO card_event (id, realm, card_id, turn, kind, state, next, valid_ms, at_ms, desk, seq,
            actor_id, reason)
        SELECT id, realm, id, 1, CASE state WHEN 'verified' THEN 'made' ELSE 'spoil' END, 'making',
            CASE state WHEN 'verified' THEN 'ready' ELSE 'spoiled' END, changed_ms, changed_ms,
            (SELECT min(desk) FROM desk), changed_seq, 'program', reason
        FROM making WHERE state IN ('verified', 'spoiled')""",
    "DROP INDEX making_one_card",
    f"CREATE UNIQUE INDEX card_one_living ON card (realm, person_id) WHERE state IN ({_LIVING})",
    "CREATE INDEX card_person ON card (person_id)",
    "CREATE INDEX card_application ON card (application_id)",
    "CREATE INDEX card_state ON card (state, id)",
    """ALTER TABLE application ADD COLUMN state {text} NOT NULL DEFAULT 'draft' CHECK (state IN
        ('draft', 'to-verify', 'to-approve', 'approved', 'returned', 'withdrawn', 'done'))""",
    # What was kept before was complete, and a card could be made of it at once.
    """UPDATE application SET state = CASE WHEN id IN
        (SELECT application_id FROM making WHERE state = 'verified') THEN 'done' ELSE 'approved' END""",
    # One whose card was spoiled waits for another.
    """UPDATE application SET begun = 0 WHERE begun = 1 AND id NOT IN
        (SELECT application_id FROM making WHERE state <> 'spoiled')""",
    # Few are approved at any time: most wait for somebody, or are done.
    "DROP INDEX application_waiting",
    "CREATE INDEX application_state ON application (state, id)",
)
