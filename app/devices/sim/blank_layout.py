"""The data of CREATE FILE and WRITE KEY as the product file lays it out, for chip and builder alike."""

from __future__ import annotations

from typing import Any

from app.cardspec.product import CardProduct
from app.cardspec.profile import Structure

Values = dict[str, int | bytes]


class BlankLayout:
    """The ``simulator.blank`` table of a product (docs/products.md)."""

    def __init__(self, product: CardProduct) -> None:
        table: dict[str, Any] = product.simulator["blank"]
        self._table = table
        self.becomes = bytes.fromhex(table["becomes"])
        self.transport_key: str = table["transport_key"]
        self.transport_reference: int = table["transport_reference"]
        self.capacity: int = table["capacity"]
        self.free: int = table["free"]
        self.never: int = table["never"]
        self.algorithm: int = table["algorithm"]
        self.directory_type: int = table["file_types"]["directory"]
        self.structures = {table["file_types"][kind.value]: kind for kind in Structure}
        self.key_types = {code: name for name, code in table["key_types"].items()}

    def structure_code(self, structure: Structure) -> int:
        """The type byte of a file's structure."""
        code: int = self._table["file_types"][structure.value]
        return code

    def key_code(self, kind: str) -> int:
        """The type byte of a kind of key: master, maintenance, external, internal, pin."""
        code: int = self._table["key_types"][kind]
        return code

    def pack(self, layout: str, values: Values) -> bytes:
        """``values`` by name as the data of a command (one-byte numbers, or bytes)."""
        data = b""
        for name, length in self._table[layout]:
            value = values[name]
            data += value.to_bytes(length, "big") if isinstance(value, int) else value
        return data

    def unpack(self, layout: str, data: bytes) -> dict[str, bytes]:
        """The parts of a command's data by name; ValueError where they do not fill it."""
        parts: dict[str, bytes] = {}
        at = 0
        for name, length in self._table[layout]:
            end = at + length if length else len(data)
            parts[name] = data[at:end]
            if len(parts[name]) < length:
                raise ValueError("the data is shorter than its layout")
            at = end
        if at != len(data):
            raise ValueError("the data is longer than its layout")
        return parts

    def right(self, code: int) -> int | None:
        """A right's byte as an access condition: None for "free"."""
        return None if code == self.free else code

    def right_code(self, right: int | None) -> int:
        """The twin of ``right``."""
        return self.free if right is None else right
