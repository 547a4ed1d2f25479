"""Power cuts: what a medium may hold after one, worked out from a record of what was written to it.

A desk runs once in a process of its own under tests/helpers/vfs/record_io.c, which records every call
that changes a file. ``Disk`` follows the record and knows at each point what is durable and what is
only pending; ``Disk.image`` draws one of the states that a cut at that point may leave.
docs/power-cuts.md says which promises of a medium are taken, and which are not.
"""

from __future__ import annotations

import copy
import json
import os
import random
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

# The smallest piece that a medium writes whole. SQLite takes 4,096; the smaller one tears more.
SECTOR: Final = 512
_HEAD: Final = struct.Struct("=BiqII")
# Told by the desk between its writes: no part of the medium.
MARKS: Final = "marks"
# The wal-index is shared memory: nothing writes it back in any order, and nobody reads it after a cut.
VOLATILE: Final = "-shm"
# Every file of a folder by its relative path.
Image = dict[str, bytes | bytearray]


@dataclass(frozen=True)
class Op:
    """One call that succeeded. ``path`` is relative to the watched folder and empty for that."""

    kind: str
    fd: int
    number: int
    path: str
    data: bytes


@dataclass(frozen=True)
class Recording:
    """What one desk did, and what it told of between: (number of calls made before, what it told)."""

    ops: tuple[Op, ...]
    marks: tuple[tuple[int, dict[str, Any]], ...]
    # What lay in the folder before, all of it durable.
    initial: Mapping[str, bytes]


def read_record(trace: Path, root: Path, initial: Mapping[str, bytes]) -> Recording:
    """The record in ``trace`` of what was done under ``root``; ValueError for what is not modelled."""
    raw, at = memoryview(trace.read_bytes()), 0
    ops: list[Op] = []
    marks: list[tuple[int, dict[str, Any]]] = []
    telling: set[int] = set()
    while at < len(raw):
        code, fd, number, text_length, count = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        text = bytes(raw[at : at + text_length]).decode()
        at += text_length
        data = bytes(raw[at : at + count])
        at += count
        kind = chr(code)
        if kind == "?":
            raise ValueError(f"the desk wrote by {text}, which the record does not hold")
        path = "\0".join(_inside(part, root) for part in text.split("\0")) if text else ""
        if kind == "o":
            telling.discard(fd)
            if path == MARKS:
                telling.add(fd)
                continue
        if fd in telling:
            marks += [(len(ops), json.loads(line)) for line in data.splitlines()]
            continue
        ops.append(Op(kind, fd, number, path, data))
    return Recording(tuple(ops), tuple(marks), initial)


def _inside(path: str, root: Path) -> str:
    relative = os.path.relpath(path, root)
    if relative.startswith(".."):
        raise ValueError("the desk moved something over the border of the watched folder")
    return "" if relative == "." else relative


# The medium ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Write:
    """Bytes written that nobody has synced."""

    at: int
    data: bytes

    @property
    def end(self) -> int:
        return self.at + len(self.data)


@dataclass(frozen=True)
class Resize:
    """A length set that nobody has synced."""

    length: int


@dataclass(frozen=True)
class Entry:
    """One act on a folder's names, all or none of it: a name taken away, a name given to a node."""

    gone: str | None
    name: str | None = None
    node: Node | None = None


@dataclass(eq=False)
class File:
    """``durable`` is what the last sync left; ``pending`` came after it, in its order."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Resize] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _lay(self.durable, change)
        self.pending = []


@dataclass(eq=False)
class Folder:
    """Names: ``durable`` as of the last sync of the folder itself, ``now`` as programs see them."""

    durable: dict[str, Node] = field(default_factory=dict)
    now: dict[str, Node] = field(default_factory=dict)
    pending: list[Entry] = field(default_factory=list)

    def change(self, entry: Entry) -> None:
        _enter(self.now, entry)
        self.pending.append(entry)

    def sync(self) -> None:
        self.durable = dict(self.now)
        self.pending = []


Node = File | Folder


def _lay(content: bytearray, change: Write | Resize) -> None:
    if isinstance(change, Resize):
        if len(content) > change.length:
            del content[change.length :]
        else:
            content.extend(bytes(change.length - len(content)))
        return
    if len(content) < change.at:
        content.extend(bytes(change.at - len(content)))
    content[change.at : change.end] = change.data


def _enter(names: dict[str, Node], entry: Entry) -> None:
    if entry.gone is not None:
        names.pop(entry.gone, None)
    if entry.name is not None and entry.node is not None:
        names[entry.name] = entry.node


class Disk:
    """The medium of one record, moved forward call by call.

    ``obeys`` False is a medium that takes a sync for nothing: a control.
    """

    def __init__(self, recording: Recording, *, obeys: bool = True) -> None:
        self._ops = recording.ops
        self._obeys = obeys
        self._open: dict[int, Node] = {}
        self.at = 0
        self.root = Folder()
        for path, content in recording.initial.items():
            *folders, name = path.split("/")
            place = self.root
            for folder in folders:
                place = _folder(place.now.setdefault(folder, Folder()))
            place.now[name] = File(bytearray(content))
        for node in self._nodes():
            if isinstance(node, Folder):
                node.sync()

    def forward(self, to: int) -> None:
        """Carry out the calls up to the ``to``th."""
        for op in self._ops[self.at : to]:
            self._step(op)
        self.at = to

    def pending(self) -> int:
        """How many changes a cut may still take back, the volatile file's not counted."""
        return sum(len(node.pending) for node in self._nodes())

    def goes_on(self, recording: Recording) -> Disk:
        """This medium, pending and all, under the calls of the next desk: the last was killed."""
        disk = copy.deepcopy(self)
        disk._ops, disk._open, disk.at = recording.ops, {}, 0
        return disk

    def is_file(self, fd: int, name: str) -> bool:
        """Whether the descriptor is open on a file of this name."""
        node = self._open.get(fd)
        return node is not None and any(path.endswith("/" + name) for path in self._paths(node))

    def image(self, fate: Everything) -> Image:
        """Path and content of every file that a cut at this point leaves, as ``fate`` draws it."""
        found: Image = {}
        self._walk(self.root, "", fate, found)
        return found

    def _walk(self, folder: Folder, path: str, fate: Everything, found: Image) -> None:
        for name, node in fate.names(folder).items():
            if isinstance(node, Folder):
                self._walk(node, f"{path}{name}/", fate, found)
            elif not name.endswith(VOLATILE):
                found[path + name] = fate.content(node)

    def _nodes(self) -> Iterator[Node]:
        """Everything that can be reached now or may be after a cut, once."""
        seen: dict[int, Node] = {}
        left: list[tuple[str, Node]] = [("", self.root)]
        while left:
            name, node = left.pop()
            if id(node) in seen or name.endswith(VOLATILE):
                continue
            seen[id(node)] = node
            if isinstance(node, Folder):
                left += [*node.durable.items(), *node.now.items()]
                left += [(e.name or "", e.node) for e in node.pending if e.node is not None]
        return iter(seen.values())

    def _find(self, path: str) -> tuple[Folder, str, Node | None]:
        """The folder that holds ``path``, its name there, and what is there."""
        if not path:
            return self.root, "", self.root
        *folders, name = path.split("/")
        place = self.root
        for folder in folders:
            place = _folder(place.now[folder])
        return place, name, place.now.get(name)

    def _step(self, op: Op) -> None:
        match op.kind:
            case "o":
                self._opened(op)
            case "w":
                _file(self._open[op.fd]).pending.append(Write(op.number, op.data))
            case "t":
                _file(self._open[op.fd]).pending.append(Resize(op.number))
            case "s":
                if self._obeys:
                    self._open[op.fd].sync()
            case "d":
                place, name, _node = self._find(op.path)
                place.change(Entry(None, name, Folder()))
            case "u":
                place, name, _node = self._find(op.path)
                place.change(Entry(name))
            case "r":
                before, after = op.path.split("\0")
                place, name, node = self._find(before)
                target, new, _old = self._find(after)
                if target is not place:
                    raise ValueError("a move between folders is not modelled")
                place.change(Entry(name, new, node))
            case "m":
                path = next(p for p in self._paths(self._open[op.fd]))
                if not path.endswith(VOLATILE):
                    raise ValueError("a file was mapped for writing, which the record does not hold")
            case _:
                raise ValueError(f"a call of the kind {op.kind!r}")

    def _opened(self, op: Op) -> None:
        place, name, node = self._find(op.path)
        if node is None:
            if not op.number & os.O_CREAT:
                raise ValueError("a file was opened whose making is not in the record")
            node = File()
            place.change(Entry(None, name, node))
        elif op.number & os.O_TRUNC:
            _file(node).pending.append(Resize(0))
        self._open[op.fd] = node

    def _paths(self, wanted: Node) -> Iterator[str]:
        left: list[tuple[str, Node]] = [("", self.root)]
        while left:
            path, node = left.pop()
            if node is wanted:
                yield path
            elif isinstance(node, Folder):
                left += [(f"{path}/{name}", child) for name, child in node.now.items()]


def _file(node: Node) -> File:
    if not isinstance(node, File):
        raise ValueError("a folder was written to")
    return node


def _folder(node: Node) -> Folder:
    if not isinstance(node, Folder):
        raise ValueError("a file stands where a folder was")
    return node


# What the cut takes ----------------------------------------------------------------------------------


class Everything:
    """The fate of a medium that nothing happened to: what programs see now."""

    def names(self, folder: Folder) -> dict[str, Node]:
        return folder.now

    def content(self, file: File) -> bytes | bytearray:
        content = bytearray(file.durable)
        for change in file.pending:
            _lay(content, change)
        return content


class Fate(Everything):
    """One draw of what the cut takes back; alike for alike seeds.

    Each file's pending writes are kept, dropped and torn by a plan drawn for that file, and laid in
    another order now and then; each pending act on a folder's names is kept or dropped by itself.
    ``beside`` are sectors' lengths, one of which is drawn: what else lies in a sector of that length
    may be spoiled by a pending write to it. 0 spoils nothing.
    """

    def __init__(self, seed: object, *, beside: tuple[int, ...] = (0,)) -> None:
        self.draw = random.Random(str(seed))  # noqa: S311
        self._beside = self.draw.choice(beside)
        self.dropped = self.torn = self.kept = self.unnamed = 0

    def names(self, folder: Folder) -> dict[str, Node]:
        names = dict(folder.durable)
        chance = self.draw.choice((0.0, 0.5, 1.0))
        for entry in folder.pending:
            if self.draw.random() < chance:
                _enter(names, entry)
            else:
                self.unnamed += 1
        return names

    def content(self, file: File) -> bytes | bytearray:
        if not file.pending:
            return file.durable
        pieces = list(self._pieces(file.pending))
        if self.draw.random() < 0.25:
            self.draw.shuffle(pieces)
        content = bytearray(file.durable)
        self._grow(content, file, pieces)
        for piece in pieces:
            _lay(content, piece)
        if self._beside:
            self._spoil(content, file.pending)
        return content

    def _pieces(self, pending: list[Write | Resize]) -> Iterator[Write | Resize]:
        """What arrives of ``pending``, by one of the ways in which caches are emptied."""
        count = len(pending)
        way = self.draw.choice(
            ("none", "all", "each", "some sectors", "first", "last", "one", "but one")
        )
        at = self.draw.randrange(count)
        chance = self.draw.choice((0.05, 0.3, 0.5, 0.7, 0.95))
        for index, change in enumerate(pending):
            kept = {
                "none": False,
                "all": True,
                "first": index < at,
                "last": index > at,
                "one": index == at,
                "but one": index != at,
            }.get(way, self.draw.random() < chance)
            edge = way in ("first", "last", "one", "but one") and index == at
            if isinstance(change, Write) and (
                way == "some sectors" or (edge and self.draw.random() < 0.5)
            ):
                self.torn += 1
                yield from self._torn(change)
            elif kept:
                self.kept += 1
                yield change
            else:
                self.dropped += 1

    def _torn(self, write: Write) -> Iterator[Write]:
        """Some of a write: from the front, from the back, or any of its sectors."""
        # 0 sectors and all of them are among the draws.
        bounds = [*range(-(-(write.at + 1) // SECTOR) * SECTOR, write.end, SECTOR), write.end]
        starts = [write.at, *bounds[:-1]]
        sectors = list(zip(starts, bounds, strict=True))
        match self.draw.randrange(4):
            case 0:
                chosen = sectors[: self.draw.randint(0, len(sectors))]
            case 1:
                chosen = sectors[self.draw.randint(0, len(sectors)) :]
            case 2:
                chosen = [sector for sector in sectors if self.draw.random() < 0.5]
            case _:  # within a sector, too
                chosen = [(write.at, self.draw.randint(write.at, write.end))]
        for start, end in chosen:
            yield Write(start, write.data[start - write.at : end - write.at])

    def _grow(self, content: bytearray, file: File, pieces: list[Write | Resize]) -> None:
        """The length may arrive before the bytes do: then zeros or what lay there before are in them."""
        if any(isinstance(change, Resize) for change in file.pending):
            return
        every = file.pending if self.draw.random() < 0.5 else pieces
        length = max([len(content), *(p.end for p in every if isinstance(p, Write))])
        missing = length - len(content)
        content.extend(self.draw.randbytes(missing) if self.draw.random() < 0.5 else bytes(missing))

    def _spoil(self, content: bytearray, pending: list[Write | Resize]) -> None:
        for write in pending:
            if isinstance(write, Write) and self.draw.random() < 0.5:
                first = write.at // self._beside * self._beside
                last = min(-(-write.end // self._beside) * self._beside, len(content))
                for start, end in ((first, min(write.at, len(content))), (write.end, last)):
                    if start < end:
                        content[start:end] = self.draw.randbytes(end - start)


def write_image(image: Image, folder: Path) -> None:
    """Lay an image's files into the empty ``folder``."""
    for path, content in image.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as stream:
            stream.write(content)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder`` that a cut could leave, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(VOLATILE) and path.name != MARKS
    }
