"""What is wrong with one value: the field, the problem and the remedy, as a known error."""

from __future__ import annotations

from app.base.errors import KangkaError


class FieldProblem(KangkaError):
    """A value that the desk refuses. ``field`` is its path in a resident: ``contacts.0.phone``."""

    field: str
