"""What changed between the data of a lost card and those of the card in its place (counter.md, 1 G)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.workflow.views import IDENTITY, NUMBERS, EnrolDraft, Provenance

PHOTO: Final = "photo"


@dataclass(frozen=True)
class Corrections:
    """``paths`` of the form that differ, in its order. ``unproved``: who the person is changed, and a
    second person compares that with the papers before a card is made."""

    paths: tuple[str, ...] = ()
    unproved: bool = False


def corrections(before: EnrolDraft, after: EnrolDraft) -> Corrections:
    """What ``after`` says otherwise than ``before``.

    A name that today's document says is proved by it, as in enrolment. Another number is not: the
    document says whose it is, and nothing of who had the old one.
    """
    paths = [
        path
        for path in dict.fromkeys((*before.values, *after.values))
        if before.value(path).text != after.value(path).text
    ]
    if (before.photo, before.face_photo) != (after.photo, after.face_photo):
        paths.append(PHOTO)
    identity = [path for path in paths if path in IDENTITY]
    read = after.document is not None and all(
        after.value(path).provenance is Provenance.CHIP for path in identity
    )
    another = any(path in NUMBERS for path in identity)
    return Corrections(tuple(paths), bool(identity) and (another or not read))
