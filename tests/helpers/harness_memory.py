"""Looking for secrets in another process's memory, through the kernel's proc files (Linux)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

# Wherever sixteen bytes lie, one whole aligned machine word lies within them: words are looked up first.
_WORD = 8
_LEAST = 2 * _WORD - 1
_CHUNK = 1 << 22
_KERNELS = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
_MAP = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S)(\S)\S\S \S+ \S+ \S+\s*(.*)")


def readable(pid: int) -> bool:
    """Whether this process may read that one's memory."""
    try:
        descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except OSError:
        return False
    os.close(descriptor)
    return True


def regions(pid: int) -> list[tuple[int, int]]:
    """Everything of a process that is no unchanged file: heap, stacks, anonymous and written maps."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="ascii").splitlines():
        match = _MAP.match(line)
        if match is None:
            raise ValueError(f"a map nobody knows: {line}")
        begin, end, read, write, name = match.groups()
        own = write == "w" or not name or name.startswith("[")
        if read == "r" and own and name not in _KERNELS:
            found.append((int(begin, 16), int(end, 16)))
    return found


def forms(needles: Mapping[str, bytes]) -> dict[bytes, str]:
    """Each needle as it may lie there: its bytes, and their hexadecimal text in both cases."""
    found = {}
    for name, value in needles.items():
        found[value] = name
        found[value.hex().encode()] = f"{name} in hex"
        found[value.hex().upper().encode()] = f"{name} in hex"
    return found


class Needles:
    """Named secrets of at least 15 bytes, to be found in blocks whose addresses are multiples of 8."""

    def __init__(self, needles: Mapping[str, bytes]) -> None:
        self._names = forms(needles)
        if any(len(value) < _LEAST for value in self._names):
            raise ValueError("a needle that may hold no aligned word")
        self._by_word: dict[int, list[bytes]] = {}
        for value in self._names:
            for at in range(_WORD):
                word = int.from_bytes(value[at : at + _WORD], "little")
                self._by_word.setdefault(word, []).append(value)
        self._words = frozenset(self._by_word)
        # Blocks that follow each other share so many bytes.
        self.overlap = max(map(len, self._names)) - 1

    def within(self, block: bytes) -> set[str]:
        """The names of those that lie anywhere in ``block``."""
        whole = len(block) - len(block) % _WORD
        hits = self._words.intersection(memoryview(block)[:whole].cast("Q"))
        return {self._names[v] for word in hits for v in self._by_word[word] if v in block}


def search(pid: int, needles: Mapping[str, bytes]) -> tuple[set[str], int]:
    """The names of the needles that lie in a process's memory, and how many bytes were read."""
    wanted = Needles(needles)
    found: set[str] = set()
    seen = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - not a file of bytes
        for begin, end in regions(pid):
            for at in range(begin, end, _CHUNK):
                block = _read(memory.fileno(), at, min(_CHUNK + wanted.overlap, end - at))
                seen += min(len(block), _CHUNK)
                found |= wanted.within(block)
    return found, seen


def _read(descriptor: int, at: int, size: int) -> bytes:
    block = b""
    while len(block) < size:
        try:
            part = os.pread(descriptor, size - len(block), at + len(block))
        except OSError:
            break  # a page that is mapped and not there
        if not part:
            break
        block += part
    return block
