"""The plan of one card: every file with the bytes it shall hold (design decisions 2 and 5).

Compiling is pure: the same profile, product, frozen application, chip and issuer certificate give the
same plan, today and years later. A plan holds a person's data, so it lives in memory alone; journals
keep its ``id``, a keyed digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.base.errors import N_, KangkaError
from app.cardspec import codecs, files
from app.cardspec.codecs import FieldValue
from app.cardspec.keys import KeyName, maintenance_key
from app.cardspec.product import CardProduct
from app.cardspec.profile import Author, FileSpec, Profile, Protection, Structure
from app.domain.application import FrozenApplication

# HMAC-SM3 under the store's digest key: bytes in, 32 bytes out.
Digest = Callable[[bytes], bytes]


@dataclass(eq=False)
class ProfileChanged(KangkaError):
    """The profile at hand is not the one that the application was frozen with."""

    profile: str

    code = "plan.profile-changed"
    cause = N_("The card profile {profile} has changed since this application was checked.")
    meaning = N_("A card begun under one profile is never finished under another.")
    remedy = N_("Install the earlier profile again to finish the card, or check the application anew.")


@dataclass(eq=False)
class ProductNotIssuable(KangkaError):
    """A chip that can not take a person's data as it is."""

    product: str

    code = "plan.product-not-issuable"
    cause = N_("A chip of {product} can not take a person's data as it is.")
    meaning = N_("Nothing was written to it.")
    remedy = N_("Build the chip's files first, or take a card of another product.")


@dataclass(frozen=True)
class Chip:
    """The chip a plan is for: its 8-byte factor and what the standard calls its unique number."""

    factor: bytes
    issue_serial: str

    @property
    def serial(self) -> str:
        """The factor in hex, 16 digits: how journals and people name a chip."""
        return self.factor.hex().upper()


@dataclass(frozen=True, repr=False)
class FileStep:
    """One file and what it shall hold.

    ``records`` are whole records as READ RECORD gives them; of a cyclic file only those to be there,
    the newest first; of a transparent file one element, the bytes from offset 0 on.
    """

    file: FileSpec
    records: tuple[bytes, ...]

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def keys(self) -> frozenset[KeyName]:
        """The SAM keys that this step can ask for."""
        wanted = set() if self.file.read_key is None else {self.file.read_key}
        if self.file.author is Author.DESK:
            wanted.add(self.file.update_key)
            if self.file.protection is not Protection.PLAIN:
                wanted.add(maintenance_key(self.file.directory))
        return frozenset(wanted)


@dataclass(frozen=True, repr=False)
class Plan:
    """All steps of one card, in the profile's order, for one chip."""

    id: str
    chip: Chip
    product: CardProduct
    profile: Profile
    application_id: str
    application_version: int
    steps: tuple[FileStep, ...]

    @property
    def keys(self) -> frozenset[KeyName]:
        """Every key the SAM must hold to carry the plan out."""
        wanted = {KeyName.IRKDDF1}
        for step in self.steps:
            wanted |= step.keys
        return frozenset(wanted)


def compile_plan(
    profile: Profile,
    product: CardProduct,
    application: FrozenApplication,
    *,
    chip: Chip,
    issuer_certificate: bytes,
    digest: Digest,
) -> Plan:
    """The plan for writing ``application`` on ``chip``, or a known error that names the field."""
    if application.profile_hash != profile.content_hash:
        raise ProfileChanged(profile=profile.id)
    if not product.issuable:
        raise ProductNotIssuable(product=product.id)
    facts = {
        "card": application.card,
        "resident": application.resident,
        "chip": {"issue_serial": chip.issue_serial},
        "sam": {"issuer_certificate": issuer_certificate},
    }
    steps = tuple(FileStep(file, _target(file, facts)) for file in planned(profile))
    return Plan(
        id=digest(_canonical(profile, product, application, chip, steps)).hex(),
        chip=chip,
        product=product,
        profile=profile,
        application_id=application.id,
        application_version=application.version,
        steps=steps,
    )


def planned(profile: Profile) -> tuple[FileSpec, ...]:
    """The files a plan speaks of: those that a desk writes, and the indexes of hospitals' records.

    A desk does not write the indexes, but a new card must leave it with every one empty (card.md).
    """
    return tuple(
        file for file in profile.files if file.author is Author.DESK or file.structure is Structure.FIXED
    )


def resolve(path: str | None, facts: object) -> Any:
    """The value at a dotted path of attributes, mapping keys and positions; None where it ends."""
    value = facts
    for part in path.split(".") if path else ():
        if value is None:
            return None
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = getattr(value, part)
    return value


def _target(file: FileSpec, facts: object) -> tuple[bytes, ...]:
    if file.structure is Structure.CYCLIC:
        rows = resolve(file.source, facts) or ()
        return tuple(files.cyclic_record(file, _values(file, row)) for row in rows[: file.records])
    if file.structure is Structure.TRANSPARENT:
        field = file.fields[0]
        value = resolve(field.source, facts)
        if file.length_prefix:
            return (files.photo_bytes(file, value),)
        return (codecs.encode(field.coding, field.length, value, field.key),)
    return files.record_values(file, _values(file, facts))


def _values(file: FileSpec, facts: object) -> dict[str, FieldValue]:
    return {field.key: resolve(field.source, facts) for field in file.fields}


def _canonical(
    profile: Profile,
    product: CardProduct,
    application: FrozenApplication,
    chip: Chip,
    steps: tuple[FileStep, ...],
) -> bytes:
    # Every part is preceded by its length, so that no two plans share a canonical form.
    parts: list[bytes] = [
        profile.content_hash.encode(),
        product.id.encode(),
        application.id.encode(),
        application.version.to_bytes(4, "big"),
        chip.factor,
    ]
    for step in steps:
        parts.append(step.path.encode())
        parts.extend(step.records)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
