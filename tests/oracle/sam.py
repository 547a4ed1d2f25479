"""A SAM in software: for any root, city, kind and product what a desk's SAM would compute.

Source: card.md (SAM kinds, SAM commands), training-product.md items 1 to 6 and 16.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.cipher import OracleError, Suite, suite_of

# P1 P2 of DELIVERY SESSION KEY; the upper three bits of P1 are the levels (card.md and item 2).
SLOTS = {
    "IRKDDF1": 0x4725,
    "STKMF": 0x2801,
    "STKDDF1": 0x2802,
    "STKDF01": 0x2803,
    "STKDF02": 0x4804,
    "STKDF03": 0x4805,
    "BKMF": 0x2726,
    "LKDF01": 0x2727,
    "LKDF02": 0x2728,
    "LKDF03": 0x2729,
    "UK1DDF1": 0x272A,
    "UK1DF01": 0x272B,
    "UK1DF02": 0x472C,
    "UK2DF02": 0x472D,
    "UK3DF02": 0x472E,
    "UK1DF03": 0x472F,
    "UK2DF03": 0x2730,
    "RK1DDF1": 0x4731,
    "RK1DF01": 0x4732,
    "RK1DF02": 0x4733,
    "RK1DF03": 0x4734,
}
# P2 of EXTERNAL AUTHENTICATE and the directory in which it stands (item 7).
AUTHENTICATIONS = {
    "BKMF": ("MF", 0x05),
    "RK1DDF1": ("DDF1", 0x04),
    "UK1DDF1": ("DDF1", 0x05),
    **{f"RK1DF0{n}": (f"DF0{n}", 0x84) for n in (1, 2, 3)},
    **{f"UK1DF0{n}": (f"DF0{n}", 0x85) for n in (1, 2, 3)},
    "UK2DF02": ("DF02", 0x86),
    "UK2DF03": ("DF03", 0x86),
    "UK3DF02": ("DF02", 0x87),
    **{f"LKDF0{n}": (f"DF0{n}", 0x83) for n in (1, 2, 3)},
}
KEY_VERSION = b"\x01"


def keys_of_kind(kind: int) -> frozenset[str]:
    """The key names in a SAM of that kind, 1 to 5 (card.md, SAM kinds)."""
    reading = {"IRKDDF1", "RK1DDF1", "RK1DF01", "RK1DF02", "RK1DF03"}
    hospital = reading | {"STKDF02", "STKDF03", "UK1DF02", "UK2DF02", "UK3DF02", "UK1DF03"}
    unlocking = {"IRKDDF1", "STKMF", "STKDDF1", "STKDF01", "STKDF02", "STKDF03", "BKMF"}
    unlocking |= {"LKDF01", "LKDF02", "LKDF03"}
    table = {1: reading, 2: hospital, 3: hospital - {"UK2DF02"}, 4: unlocking, 5: set(SLOTS)}
    if kind not in table:
        raise OracleError(f"there is no SAM kind {kind}")
    return frozenset(table[kind])


@dataclass(frozen=True)
class SoftwareSam:
    """Keys of one root and city; every answer is bytes, OracleError where this kind lacks the key."""

    root: bytes
    city_code: str
    kind: int = 5
    product: str = "KT-SECURED"

    @property
    def suite(self) -> Suite:
        """The product's cipher."""
        return suite_of(self.product)

    def session(self, name: str, factor: bytes, challenge: bytes) -> bytes:
        """The session key that DELIVERY SESSION KEY would keep."""
        if name not in keys_of_kind(self.kind):
            raise OracleError(f"{name} is not in a SAM of kind {self.kind}")
        card_key = self.suite.card_key(self.root, name, self.city_code, factor)
        return self.suite.session(card_key, challenge)

    def token(self, name: str, factor: bytes, challenge: bytes, original: bytes) -> bytes:
        """The eight bytes of an authentication."""
        return self.suite.token(self.session(name, factor, challenge), original)

    def mac(self, name: str, factor: bytes, challenge: bytes, message: bytes) -> bytes:
        """The four MAC bytes over a command as sent, Lc counting them."""
        return self.suite.mac(self.session(name, factor, challenge), message)

    def secured(self, name: str, factor: bytes, challenge: bytes, header: bytes, data: bytes) -> bytes:
        """A secured update: four header bytes, Lc, cipher of L || data, MAC."""
        return self.suite.secured(self.session(name, factor, challenge), header, data)

    def stored_key(self, name: str) -> bytes:
        """The key in the slot: the national one where it takes two factors, else the province's."""
        if SLOTS[name] >> 13 == 2:
            return self.suite.national(self.root, name)
        return self.suite.province(self.root, name, self.city_code)

    def key_check(self, name: str = "IRKDDF1") -> bytes:
        """The three bytes of GET DATA (item 16)."""
        return self.suite.key_check(self.stored_key(name))
