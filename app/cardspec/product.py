"""What vendors decide: card products and SAM products, as data (``resources/products``).

A product says how a chip is recognised, how it takes its files before activation, what activates it
and how its keys are called. The ``simulator`` tables of a training product are read by the simulators
alone; the host works with what stands outside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.cardspec.keys import KeyName
from app.cardspec.status import StatusWord


class WriteMode(StrEnum):
    """How EF05, EF06 and EF08 of DDF1 take their records before activation."""

    SECURED = "secured"
    PLAIN = "plain"


class TokenRule(StrEnum):
    """How the host makes a token of the SAM's cipher: XOR of two 8-byte halves, or the block itself."""

    XOR_HALVES = "xor-halves"
    BLOCK = "block"


@dataclass(frozen=True)
class CardProduct:
    """One chip with its operating system, as the host must treat it.

    ``factor_offset`` counts bytes of PC/SC's ATR, ``ats_factor_offset`` those of a contactless ATS.
    ``authenticate`` gives P2 of EXTERNAL AUTHENTICATE by key. ``activation`` is the command's header
    (CLA INS P1 P2), None for a chip without that step. ``blocked_word`` is what a blocked card answers
    to SELECT.
    """

    id: str
    title: str
    maker: str
    training: bool
    atr: re.Pattern[str]
    factor_offset: int
    ats_factor_offset: int
    block_size: int
    token: TokenRule
    key_version: int
    authenticate: dict[KeyName, int]
    before_activation: WriteMode
    activation: bytes | None
    activation_mac: bool
    reselect_mf: bool
    cyclic_secured: bool
    index_mac: bool
    max_command: int
    issuable: bool
    blocked_word: int
    simulator: dict[str, Any] = field(repr=False)

    @property
    def locks(self) -> bool:
        """Whether EF05 and EF06 become write-once; where not, the host alone must refuse."""
        return self.activation is not None

    def matches(self, atr: bytes) -> bool:
        """Whether a chip with this ATR is of this product."""
        return self.atr.fullmatch(atr.hex().upper()) is not None

    def factor(self, atr: bytes) -> bytes:
        """The card's 8-byte factor F, its serial, out of PC/SC's ATR."""
        return atr[self.factor_offset : self.factor_offset + 8]


@dataclass(frozen=True)
class SamSlot:
    """How a key is called in DELIVERY SESSION KEY: P1 P2, and whether the city factor goes in too."""

    p1: int
    p2: int
    with_city: bool


@dataclass(frozen=True)
class SamProduct:
    """One kind of SAM. ``kinds`` maps the kind (1 to 5) to the keys it holds."""

    id: str
    title: str
    training: bool
    atr: re.Pattern[str]
    block_size: int
    pin_in: tuple[int, ...]
    pin_tries: int
    slots: dict[KeyName, SamSlot]
    kinds: dict[int, frozenset[KeyName]]
    key_check: bytes
    simulator: dict[str, Any] = field(repr=False)

    def matches(self, atr: bytes) -> bool:
        """Whether a chip with this ATR is a SAM of this product."""
        return self.atr.fullmatch(atr.hex().upper()) is not None


@dataclass(eq=False)
class UnknownChip(KangkaError):
    """An ATR that no product knows."""

    atr: str

    code = "card.unknown-product"
    cause = N_("The chip answers with {atr}, which belongs to no product this desk knows.")
    meaning = N_("Nothing was written to it.")
    remedy = N_("Take a card of an approved product, or have the product's data installed.")


@dataclass(eq=False)
class ProductInvalid(KangkaError):
    """A product file that the program can not use."""

    file: str
    reason: str

    code = "product.invalid"
    cause = N_("The product file {file} can not be used: {reason}.")
    meaning = N_("No card can be made until it is corrected or taken away.")
    remedy = N_("Correct the file, or install the product's data again.")


@dataclass(frozen=True)
class Products:
    """Every card and SAM product that was loaded."""

    cards: tuple[CardProduct, ...]
    sams: tuple[SamProduct, ...]

    def card(self, product_id: str) -> CardProduct:
        """A card product by id; KeyError where there is none."""
        found = {product.id: product for product in self.cards}
        return found[product_id]

    def sam(self, product_id: str) -> SamProduct:
        """A SAM product by id; KeyError where there is none."""
        found = {product.id: product for product in self.sams}
        return found[product_id]

    def card_of(self, atr: bytes) -> CardProduct:
        """The product of a chip by its ATR, or the refusal that shows the bytes."""
        for product in self.cards:
            if product.matches(atr):
                return product
        raise UnknownChip(atr=atr.hex(" ").upper())

    def sam_of(self, atr: bytes) -> SamProduct | None:
        """The SAM product of an ATR, None where it is no SAM of ours."""
        return next((product for product in self.sams if product.matches(atr)), None)


def load_products(folder: Path | None = None) -> Products:
    """Every product in ``folder`` (``resources/products``, read once a process), by file name."""
    return _shipped() if folder is None else _read(folder)


@cache
def _shipped() -> Products:
    return _read(resource("products"))


def _read(folder: Path) -> Products:
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            files[path.stem] = read_toml(path)
        except ValueError as error:  # TOML's own message names line and column
            raise ProductInvalid(file=path.name, reason=str(error)) from error
    cards: list[CardProduct] = []
    sams: list[SamProduct] = []
    for name in files:
        try:
            tables = _extended(files, name, ())
            if "card" in tables:
                cards.append(_card(tables["card"], tables.get("simulator", {})))
            if "sam" in tables:
                sams.append(_sam(tables["sam"], tables.get("simulator", {})))
        except KeyError as error:
            raise ProductInvalid(file=f"{name}.toml", reason=f"{error.args[0]} is missing") from error
        except (TypeError, ValueError, re.error) as error:
            raise ProductInvalid(file=f"{name}.toml", reason=str(error)) from error
    return Products(tuple(cards), tuple(sams))


def _extended(files: dict[str, dict[str, Any]], name: str, seen: tuple[str, ...]) -> dict[str, Any]:
    # A product may start from another one's file and state only what differs; within a table a value
    # (of [card.authenticate] too) is replaced as a whole.
    if name in seen:
        raise ValueError(f"it extends {name} in a circle")
    own = dict(files[name])
    base = own.pop("extends", None)
    if base is None:
        return own
    merged = _extended(files, base, (*seen, name))
    return {table: merged.get(table, {}) | own.get(table, {}) for table in merged.keys() | own.keys()}


def _card(row: dict[str, Any], simulator: dict[str, Any]) -> CardProduct:
    activation = row.get("activation") or None
    return CardProduct(
        id=row["id"],
        title=row["title"],
        maker=row["maker"],
        training=row["training"],
        atr=re.compile(row["atr"]),
        factor_offset=row["factor_offset"],
        ats_factor_offset=row["ats_factor_offset"],
        block_size=row["block_size"],
        token=TokenRule(row["token"]),
        key_version=row["key_version"],
        authenticate={KeyName(name): p2 for name, p2 in row["authenticate"].items()},
        before_activation=WriteMode(row["before_activation"]),
        activation=bytes.fromhex(activation["header"]) if activation else None,
        activation_mac=bool(activation and activation["mac"]),
        reselect_mf=row["reselect_mf"],
        cyclic_secured=row["cyclic_secured"],
        index_mac=row["index_mac"],
        max_command=row["max_command"],
        issuable=row.get("issuable", True),
        # training-product.md, 10: a blocked card answers 6A81 to everything.
        blocked_word=row.get("blocked_word", StatusWord.FUNCTION_UNSUPPORTED),
        simulator=simulator,
    )


def _sam(row: dict[str, Any], simulator: dict[str, Any]) -> SamProduct:
    slots = {
        KeyName(name): SamSlot(int(call[:2], 16), int(call[2:4], 16), int(call[:2], 16) >> 5 == 2)
        for name, call in row["slots"].items()
    }
    return SamProduct(
        id=row["id"],
        title=row["title"],
        training=row["training"],
        atr=re.compile(row["atr"]),
        block_size=row["block_size"],
        pin_in=tuple(row["pin_in"]),
        pin_tries=row["pin_tries"],
        slots=slots,
        kinds={
            int(kind): frozenset(KeyName(name) for name in names) for kind, names in row["kinds"].items()
        },
        key_check=bytes.fromhex(row["key_check"]),
        simulator=simulator,
    )
