"""A frozen application as bytes and back, without loss: canonical JSON and the pictures beside it.

Layout: format version (1 byte), number of parts (1 byte), then JSON and each part led by its length
(4 bytes, big endian). JSON has sorted keys, no blanks and only ASCII, so equal applications are equal
bytes. Bytes of a field stand as {"part": n}. A field that this program does not know is refused; one
that is missing takes its default, so that a record of an older program still opens.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from functools import cache
from typing import Any, Final, Union

from app.domain.application import FrozenApplication

# 2: with the evidence of what an application was collected from.
FORMAT: Final = 2
_LENGTH_BYTES: Final = 4


def dump(application: FrozenApplication) -> bytes:
    """The bytes of ``application``; ``load`` gives an equal one back."""
    parts: list[bytes] = []
    plain = _plain(application, parts)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    blocks = [text.encode("ascii"), *parts]
    return bytes((FORMAT, len(parts))) + b"".join(
        len(block).to_bytes(_LENGTH_BYTES, "big") + block for block in blocks
    )


def load(raw: bytes) -> FrozenApplication:
    """The application in ``raw``; ValueError where these are not such bytes."""
    if len(raw) < 2 or raw[0] != FORMAT:
        raise ValueError("not a frozen application of a known format")
    blocks: list[bytes] = []
    at = 2
    while at < len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        if at + length > len(raw):
            raise ValueError("a frozen application was cut short")
        blocks.append(raw[at : at + length])
        at += length
    if len(blocks) != raw[1] + 1:
        raise ValueError("a frozen application has parts missing")
    found = _typed(json.loads(blocks[0]), FrozenApplication, blocks[1:])
    assert isinstance(found, FrozenApplication)  # noqa: S101 - for the type checker
    return found


def _plain(value: Any, parts: list[bytes]) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        parts.append(value)
        return {"part": len(parts) - 1}
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), parts) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item, parts) for item in value]
    if isinstance(value, dict):
        # Sorted, so that equal applications number their parts alike.
        return {key: _plain(value[key], parts) for key in sorted(value)}
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"a frozen application holds a {type(value).__name__}")


def _typed(value: Any, kind: Any, parts: list[bytes]) -> Any:  # noqa: PLR0911 - one line a type
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _typed(value, next(k for k in arguments if k is not type(None)), parts)
    if origin is tuple:
        return tuple(_typed(item, arguments[0], parts) for item in _expect(value, list))
    if origin is dict:
        return {key: _typed(item, arguments[1], parts) for key, item in _expect(value, dict).items()}
    if kind is bytes:
        return parts[_expect(value, dict)["part"]]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        known = {name: _typed(item, hints[name], parts) for name, item in _fields(value, hints).items()}
        return kind(**known)
    return _expect(value, kind)


def _fields(value: Any, hints: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _expect(value, dict)
    unknown = found.keys() - hints.keys()
    if unknown:
        raise ValueError(f"a frozen application has unknown fields: {', '.join(sorted(unknown))}")
    return found


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"a frozen application has a {type(value).__name__} for a {kind.__name__}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
