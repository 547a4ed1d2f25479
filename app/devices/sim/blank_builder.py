"""Builds a blank chip up into a card, as a card factory does beforehand (docs/products.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.cardspec import codecs
from app.cardspec.keys import KeyName
from app.cardspec.product import CardProduct
from app.cardspec.profile import DirectorySpec, FileSpec, Profile, Structure
from app.devices.sim.blank import MODES, WRITE_ONCE
from app.devices.sim.blank_layout import BlankLayout, Values
from app.devices.sim.card_files import MF_FID
from app.devices.sim.card_layout import KEY_TRIES, key_directory, protection_of
from app.devices.sim.suite import MAC_BYTES, CipherSuite, card_key, card_keys, city_factor, suite_of

Transmit = Callable[[bytes], bytes]

_CLASS_OF_MODE = {protection: cla for cla, protection in MODES.items()}
_ORIGINAL = b"\x00" * 8


class BuildFailed(Exception):
    """A command of the construction did not answer 9000."""


class BlankBuilder:
    """Sends the whole construction through ``transmit``. It knows the root, as a key centre does."""

    def __init__(  # noqa: PLR0917 - what makes a card, in the order of its making
        self,
        transmit: Transmit,
        product: CardProduct,
        profile: Profile,
        factor: bytes,
        root: bytes,
        city_code: str,
    ) -> None:
        self._transmit = transmit
        self._product = product
        self._profile = profile
        self._layout = BlankLayout(product)
        self._suite: CipherSuite = suite_of(product.simulator["algorithm"])
        self.keys = card_keys(self._suite, root, city_code, factor)
        top = self._suite.cipher(root)
        transport = card_key(
            self._suite, top, self._layout.transport_key, city_factor(city_code), factor
        )
        self._transport = self._suite.cipher(transport)

    def run(self) -> None:
        """Prove the transport key, make every directory, file and key, and end construction."""
        self.prove_transport_key()
        for name in ("MF", *(spec.name for spec in self._profile.directories)):
            if name == "MF":
                self._write_keys(name)
                continue
            spec = self._profile.directory(name)
            parent = MF_FID if spec.parent == "MF" else self._profile.directory(spec.parent).fid
            self._select(parent)
            self._send(bytes((0x80, 0xE0)) + spec.fid.to_bytes(2, "big"), self._directory(spec))
            for file in self._profile.files:
                if file.directory == name:
                    self._send(bytes((0x80, 0xE0)) + file.fid.to_bytes(2, "big"), self._file(file))
            self._write_keys(name)
        self._select(MF_FID)
        self._send(bytes.fromhex("800E0001"), MF_FID.to_bytes(2, "big"))

    def _send(self, head: bytes, data: bytes = b"", le: bytes = b"") -> bytes:
        body = bytes((len(data),)) + data if data else b""
        given = self._transmit(head + body + le)
        if given[-2:] != b"\x90\x00":
            raise BuildFailed(f"{head.hex()} answered {given[-2:].hex()}")
        return given[:-2]

    def _select(self, fid: int) -> None:
        self._send(bytes.fromhex("00A40000"), fid.to_bytes(2, "big"))

    def _challenge(self) -> bytes:
        return self._send(bytes.fromhex("00840000"), le=b"\x08")

    def prove_transport_key(self) -> None:
        """EXTERNAL AUTHENTICATE with the transport key: construction is open till reset."""
        session = self._suite.cipher(self._suite.session_key(self._transport, self._challenge()))
        token = self._suite.token(session, _ORIGINAL)
        head = bytes((0x00, 0x82, 0x00, self._layout.transport_reference))
        self._send(head, token + _ORIGINAL + bytes((self._product.key_version,)))

    def _directory(self, spec: DirectorySpec) -> bytes:
        lock = next((n for n in KeyName if n.startswith("LK") and key_directory(n) == spec.name), None)
        right = None if lock is None else self._product.authenticate[lock]
        values: Values = {
            "type": self._layout.directory_type,
            "lock_right": self._layout.right_code(right),
            "aid": spec.aid,
        }
        return self._layout.pack("create_directory", values)

    def _file(self, spec: FileSpec) -> bytes:
        layout = self._layout
        values: Values = {
            "type": layout.structure_code(spec.structure),
            "read_right": self._right(spec.read_key),
            "update_right": self._right(spec.update_key),
            "erase_right": layout.never if spec.erase_key is None else self._right(spec.erase_key),
            "mode": _CLASS_OF_MODE[protection_of(self._product, spec)],
            "flags": WRITE_ONCE if spec.write_once else 0,
            "body": bytes(self._body(spec)),
        }
        return layout.pack("create_file", values)

    def _right(self, key: KeyName | None) -> int:
        return self._layout.right_code(None if key is None else self._product.authenticate[key])

    @staticmethod
    def _body(spec: FileSpec) -> Iterator[int]:
        if spec.structure is Structure.VARIABLE:
            for field in spec.fields:
                yield from (field.tag or 0, field.length, codecs.empty(field.coding, 1)[0])
        elif spec.structure is Structure.TRANSPARENT:
            yield from (*spec.size.to_bytes(2, "big"), 0x00 if spec.length_prefix else 0xFF)
        else:
            yield from (spec.records, spec.size, 0xFF)

    def _write_keys(self, directory: str) -> None:
        for name, value in self.keys.items():
            if key_directory(name) == directory:
                self._write_key(name, value)

    def _write_key(self, name: KeyName, value: bytes) -> None:
        layout, suite = self._layout, self._suite
        kind = "maintenance" if name.startswith("STK") else "internal"
        if name in self._product.authenticate:
            kind = "external"
        data = layout.pack(
            "write_key",
            {
                "type": layout.key_code(kind),
                "reference": self._product.authenticate.get(name, 0),
                "use_right": layout.free,
                "change_right": layout.never,
                "version": self._product.key_version,
                "algorithm": layout.algorithm,
                "tries": KEY_TRIES,
                "key": value,
            },
        )
        session = suite.cipher(suite.session_key(self._transport, self._challenge()))
        cipher = session.encrypt(wrapped(data, suite.block_size))
        head = bytes.fromhex("84D40000")
        mac = suite.mac(session, head + bytes((len(cipher) + MAC_BYTES,)) + cipher)
        self._send(head, cipher + mac)


def wrapped(data: bytes, size: int) -> bytes:
    """L || data, padded with 80 00.. where it is no whole number of blocks (item 6)."""
    plain = bytes((len(data),)) + data
    return plain if len(plain) % size == 0 else plain + b"\x80" + b"\x00" * (-(len(plain) + 1) % size)
