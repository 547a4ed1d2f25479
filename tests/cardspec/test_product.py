"""Products as data: the training ones against training-product.md, and files that can not be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cardspec.keys import KeyName
from app.cardspec.product import (
    ProductInvalid,
    SamSlot,
    TokenRule,
    UnknownChip,
    WriteMode,
    load_products,
)

PRODUCTS = load_products()
FACTOR = bytes.fromhex("0102030405060708")


def atr(historical: bytes, factor: bytes = FACTOR) -> bytes:
    # training-product.md, item 15: 3B 8C 80 01, the factor, four letters, TCK
    body = bytes.fromhex("8C8001") + factor + historical
    check = 0
    for part in body:
        check ^= part
    return b"\x3b" + body + bytes((check,))


def test_a_chip_is_known_by_its_atr_and_gives_its_factor() -> None:
    for letters, name in [(b"KANG", "KT-SECURED"), (b"KPLN", "KT-PLAIN"), (b"KOPN", "KT-OPEN")]:
        product = PRODUCTS.card_of(atr(letters))
        assert product.id == name
        assert product.factor(atr(letters)) == FACTOR
    assert PRODUCTS.card_of(atr(b"K3DS")).id == "KT-3DES"
    assert PRODUCTS.card_of(atr(b"KBLK")).issuable is False


def test_an_unknown_chip_is_refused_with_its_bytes_shown() -> None:
    with pytest.raises(UnknownChip) as refused:
        PRODUCTS.card_of(bytes.fromhex("3B8C8001"))
    assert refused.value.atr == "3B 8C 80 01"
    assert PRODUCTS.sam_of(bytes.fromhex("3B8C8001")) is None


def test_a_sam_is_known_by_its_atr() -> None:
    serial = bytes(range(8))
    for letters, name in [(b"KKSM", "KT-SAM"), (b"KK3M", "KT-SAM-3DES")]:
        found = PRODUCTS.sam_of(bytes.fromhex("3B6C0000") + letters + serial)
        assert found is PRODUCTS.sam(name)


def test_the_strict_card_is_the_secured_one_with_another_register() -> None:
    secured, strict = PRODUCTS.card("KT-SECURED"), PRODUCTS.card("KT-STRICT")
    assert strict.simulator["strict_register"] is True
    assert secured.simulator["strict_register"] is False
    assert (strict.authenticate, strict.activation) == (secured.authenticate, secured.activation)
    # the same ATR: what lies there is taken for the secured one, and treated as the strict one
    assert strict.matches(atr(b"KANG"))
    with pytest.raises(KeyError):
        PRODUCTS.card("KT-NONE")
    with pytest.raises(KeyError):
        PRODUCTS.sam("KT-NONE")


def test_what_training_products_decide() -> None:
    secured = PRODUCTS.card("KT-SECURED")
    assert secured.activation == bytes.fromhex("84440000")
    assert (secured.token, secured.block_size, secured.key_version) == (TokenRule.XOR_HALVES, 16, 1)
    assert secured.authenticate[KeyName.UK3DF02] == 0x87
    assert not any(name.startswith(("STK", "IRK")) for name in secured.authenticate)
    plain = PRODUCTS.card("KT-PLAIN")
    assert (plain.before_activation, plain.reselect_mf) == (WriteMode.PLAIN, True)
    opened = PRODUCTS.card("KT-OPEN")
    assert (opened.activation, opened.activation_mac) == (None, False)
    assert [product.locks for product in (secured, opened)] == [True, False]
    old = PRODUCTS.card("KT-3DES")
    assert (old.token, old.block_size) == (TokenRule.BLOCK, 8)


def test_the_kinds_of_sam() -> None:
    # card.md, "SAM kinds" and [field] slots
    sam = PRODUCTS.sam("KT-SAM")
    assert sam.slots[KeyName.STKDDF1] == SamSlot(0x28, 0x02, with_city=False)
    assert sam.slots[KeyName.UK3DF02] == SamSlot(0x47, 0x2E, with_city=True)
    assert sam.kinds[5] == frozenset(KeyName) == frozenset(sam.slots)
    assert sam.kinds[2] - sam.kinds[3] == {KeyName.UK2DF02}
    reads = {name for name in KeyName if name.startswith("RK")}
    assert sam.kinds[1] == {KeyName.IRKDDF1} | reads
    assert not sam.kinds[4] & reads
    assert all(kind <= sam.kinds[5] for kind in sam.kinds.values())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[card\n", "line 1"),
        ('extends = "other"\n', "other is missing"),
        ('extends = "own"\n[card]\n', "own in a circle"),
        ('extends = "kt-secured"\n[card]\natr = "3B8("\n', "unterminated"),
        ('extends = "kt-secured"\n[card]\ntoken = "none"\n', "'none' is not a valid TokenRule"),
        ('extends = "kt-secured"\n[card]\natr = 3\n', "first argument must be string"),
        ('[card]\nid = "OWN"\n', "title is missing"),
        ('extends = "kt-sam"\n[sam.kinds]\n1 = ["RK9"]\n', "'RK9' is not a valid KeyName"),
    ],
)
def test_a_product_file_that_can_not_be_used_is_named(tmp_path: Path, text: str, reason: str) -> None:
    for name in ("kt-secured", "kt-sam"):
        shipped = Path(__file__).resolve().parents[2] / "resources" / "products" / f"{name}.toml"
        (tmp_path / shipped.name).write_bytes(shipped.read_bytes())
    assert len(load_products(tmp_path).cards) == 1
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProductInvalid) as refused:
        load_products(tmp_path)
    assert refused.value.file == "own.toml"
    assert reason in refused.value.reason
