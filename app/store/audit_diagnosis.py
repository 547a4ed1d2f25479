"""What was done to a chain that is not whole, told from its hashes and links.

A row's hash covers its own number and the hash of the row before, so a row that was moved still says
where it belongs: its hash fits its columns under its true number alone. From rows that stand where they
belong the links lead to those that do not; what then remains was changed or put in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.audit import ChainFault, ChainProblem
from app.store.audit_chain import HASH, HASHED, PREV, SEQ, Row

Digest = Callable[[Iterable[object]], bytes]
FitsAs = Callable[["Link", Iterable[int]], int | None]
# How far a row whose forerunner is gone is looked for, and how often in one chain.
_REACH: Final = 2_000
# Rows put in before it are few: each costs its maker a hash, and those taken out cost nothing.
_REACH_BACK: Final = 100
_MOST_TRIES: Final = 40_000


@dataclass(frozen=True)
class Link:
    """A row as it stands: its number, both hashes, and whether its hash fits its columns there."""

    seq: int
    prev: bytes
    hash: bytes
    fits: bool


def diagnose(
    desk: str,
    genesis: bytes,
    pages: Iterable[list[Row]],
    row_at: Callable[[str, int], Row | None],
    digest: Digest,
) -> list[ChainProblem]:
    """The problems of one chain by sequence; rows of one kind side by side are one problem."""
    links = [
        Link(row[SEQ], row[PREV], row[HASH], digest(row[:HASH]) == row[HASH])
        for page in pages
        for row in page
    ]

    def fits_as(link: Link, numbers: Iterable[int]) -> int | None:
        """The first of ``numbers`` under which the row's hash fits its columns."""
        row = row_at(desk, link.seq)
        if row is None:
            return None
        before, after, wanted = row[:SEQ], row[SEQ + 1 : HASH], row[HASH]
        return next((seq for seq in numbers if digest((*before, seq, *after)) == wanted), None)

    true = _true_numbers(links, genesis, fits_as)
    found = sorted(set(_judged(links, true, genesis)))
    return list(_joined(desk, found))


def _true_numbers(links: list[Link], genesis: bytes, fits_as: FitsAs) -> dict[int, int]:
    """By the number at which a row stands, the one at which its hash fits; rows without are left out."""
    true = {link.seq: link.seq for link in links if link.fits}
    children: dict[bytes, list[Link]] = {}
    for link in links:
        if not link.fits:
            children.setdefault(link.prev, []).append(link)
    ends = [(genesis, 0), *((link.hash, link.seq) for link in links if link.fits)]
    _follow(ends, children, true, fits_as)
    in_place = _in_place(links, genesis)
    tries = _MOST_TRIES
    for link in links:
        if link.seq in true or link.seq in in_place or tries <= 0:
            continue
        # Its forerunner is gone too: look around where it stands, the nearest first.
        at = fits_as(link, _around(link.seq))
        tries -= _REACH if at is None else abs(at - link.seq)
        if at is not None:
            true[link.seq] = at
            _follow([(link.hash, at)], children, true, fits_as)
    return true


def _in_place(links: list[Link], genesis: bytes) -> set[int]:
    """Rows that a neighbour which stands where it belongs knows as its own neighbour."""
    known = set()
    follows: bytes | None = genesis
    for index, link in enumerate(links):
        after = links[index + 1] if index + 1 < len(links) else None
        if link.prev == follows or (after is not None and after.fits and after.prev == link.hash):
            known.add(link.seq)
        follows = link.hash if link.fits else None
    return known


def _follow(
    ends: list[tuple[bytes, int]],
    children: dict[bytes, list[Link]],
    true: dict[int, int],
    fits_as: FitsAs,
) -> None:
    """Give their true numbers to all rows that can be reached from ``ends`` (hash and number)."""
    while ends:
        parent, seq = ends.pop()
        for child in children.get(parent, ()):
            if child.seq not in true and fits_as(child, (seq + 1,)) is not None:
                true[child.seq] = seq + 1
                ends.append((child.hash, seq + 1))


def _around(seq: int) -> Iterator[int]:
    for step in range(1, _REACH):
        yield seq + step
        if step < min(seq, _REACH_BACK):
            yield seq - step


def _judged(links: list[Link], true: dict[int, int], genesis: bytes) -> Iterator[tuple[int, ChainFault]]:
    """Each fault with the number of its row."""
    if not true:
        # No row of this chain belongs to it: somebody began it.
        yield from ((link.seq, ChainFault.INSERTED) for link in links)
        return
    at_true = _genuine(links, true)
    genuine = {link.seq for link in at_true.values()}
    changed = {link.seq for link in links if link.seq not in true and link.seq not in at_true}
    inserted = sorted(link.seq for link in links if link.seq not in genuine | changed)
    removed = sorted(set(range(1, max(at_true) + 1)) - at_true.keys() - changed)
    yield from ((seq, ChainFault.CHANGED) for seq in changed)
    yield from ((seq, ChainFault.INSERTED) for seq in inserted)
    yield from ((seq, ChainFault.REMOVED) for seq in removed)
    for seq, link in at_true.items():
        # Rows after one that was taken out or put in may merely have been numbered anew.
        shift = bisect_left(removed, seq) - bisect_left(inserted, link.seq)
        if seq - link.seq not in (0, shift):
            yield seq, ChainFault.REORDERED
        before = at_true.get(seq - 1)
        parent = genesis if seq == 1 else None if before is None else before.hash
        if parent is not None and link.prev != parent:
            # A seam: each row fits itself, and the second was written after another than the first.
            yield max(seq - 1, 1), ChainFault.SPLICED
            yield seq, ChainFault.SPLICED


def _genuine(links: list[Link], true: dict[int, int]) -> dict[int, Link]:
    """The row of each true number. Of two that claim one, the row that the next one followed."""
    followed = Counter(link.prev for link in links)
    best: dict[int, Link] = {}
    for link in links:
        seq = true.get(link.seq)
        if seq is None:
            continue
        rival = best.get(seq)
        if rival is None or _claim(link, seq, followed) > _claim(rival, seq, followed):
            best[seq] = link
    return best


def _claim(link: Link, seq: int, followed: Counter[bytes]) -> tuple[bool, bool]:
    return link.hash in followed, link.seq == seq


def _joined(desk: str, found: list[tuple[int, ChainFault]]) -> Iterator[ChainProblem]:
    """Neighbouring rows of one fault as one problem."""
    runs: dict[ChainFault, list[list[int]]] = {}
    for seq, fault in found:
        of_fault = runs.setdefault(fault, [])
        if of_fault and of_fault[-1][1] == seq - 1:
            of_fault[-1][1] = seq
        else:
            of_fault.append([seq, seq])
    joined = [(first, last, fault) for fault, spans in runs.items() for first, last in spans]
    return (ChainProblem(desk, first, last, fault) for first, last, fault in sorted(joined))


assert HASHED[SEQ] == "seq"  # noqa: S101 - rows are cut at these places
