"""A person's words in every form in which they may slip out, and looking for them in bytes and files.

What is a PDF is looked into as well: its streams, inflated.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.base import gb18030

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def bcd(digits: str) -> bytes:
    """Digits two a byte, an odd one filled up with 0."""
    return bytes.fromhex(digits + "0" * (len(digits) % 2))


def needles(text: str) -> dict[str, bytes]:
    """One text in every form that it may have slipped out in."""
    forms = {
        "utf-8": text.encode(),
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "gb18030": gb18030.encode(text),
        "json": json.dumps(text)[1:-1].encode(),
    }
    if text.isdecimal():
        forms["bcd"] = bcd(text)
    hexes = {f"{name} in hex": raw.hex().encode() for name, raw in forms.items()}
    capitals = {f"{name} in HEX": raw.hex().upper().encode() for name, raw in forms.items()}
    return forms | hexes | capitals


def found_in(hay: bytes, texts: Mapping[str, str]) -> set[tuple[str, str]]:
    """What of ``texts`` (word by name) stands in ``hay``, and in which form."""
    return {
        (what, form) for what, text in texts.items() for form, raw in needles(text).items() if raw in hay
    }


@dataclass(frozen=True)
class Hit:
    """A file that says something of a person; never the word itself."""

    path: str
    what: str
    form: str


def inflated(content: bytes) -> Iterator[bytes]:
    """The content itself and, of a PDF, each of its streams as it was before it was deflated."""
    yield content
    if content.startswith(b"%PDF"):
        for stream in _STREAM.finditer(content):
            body = stream.group(1)
            if body.rstrip().endswith(b"~>"):  # ASCII85 around what was deflated, as reportlab may write
                body = base64.a85decode(body.strip(), adobe=True)
            try:
                yield zlib.decompress(body)
            except zlib.error:
                continue


def search_files(roots: Iterable[Path], texts: Mapping[str, str]) -> list[Hit]:
    """Every file below ``roots`` that holds one of ``texts``; names of files are looked at as well."""
    forms = [(what, form, raw) for what, text in texts.items() for form, raw in needles(text).items()]
    hits = []
    for path in sorted(found for root in roots for found in root.rglob("*") if found.is_file()):
        hay = b"\n".join([str(path).encode(), *inflated(path.read_bytes())])
        hits += [Hit(path.name, what, form) for what, form, raw in forms if raw in hay]
    return hits
