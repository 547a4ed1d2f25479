"""How often each paper was printed, so that its unmarked original comes once.

The prints that the audit knows are counted on. A receipt's copies were counted on its own row before;
what was asked for there and never printed is counted too, because nobody can say that it was not.
"""

from __future__ import annotations

NUMBER = 7
NAME = "paper prints"

STATEMENTS = (
    """CREATE TABLE paper_print (
        realm {text} NOT NULL CHECK (realm IN ('live', 'test', 'training')),
        template {text} NOT NULL,
        number {text} NOT NULL,
        prints {integer} NOT NULL CHECK (prints > 0),
        PRIMARY KEY (realm, template, number)
    ){strict}""",
    """INSERT INTO paper_print (realm, template, number, prints)
        SELECT realm, subject, number, count(*) FROM audit
        WHERE kind = 'paper' AND realm IS NOT NULL AND subject IS NOT NULL AND number IS NOT NULL
        GROUP BY realm, subject, number""",
    """UPDATE paper_print SET prints = (SELECT receipt.copies + 1 FROM receipt
            WHERE receipt.realm = paper_print.realm AND receipt.number = paper_print.number)
        WHERE template = 'fee-receipt' AND EXISTS (SELECT 1 FROM receipt
            WHERE receipt.realm = paper_print.realm AND receipt.number = paper_print.number
            AND receipt.copies + 1 > paper_print.prints)""",
    """INSERT INTO paper_print (realm, template, number, prints)
        SELECT realm, 'fee-receipt', number, copies + 1 FROM receipt
        WHERE copies > 0 AND NOT EXISTS (SELECT 1 FROM paper_print known
            WHERE known.realm = receipt.realm AND known.template = 'fee-receipt'
            AND known.number = receipt.number)""",
    "ALTER TABLE receipt DROP COLUMN copies",
)
