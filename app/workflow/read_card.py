"""Reading whatever health card lies on the reader into named fields (``kangka read-card``)."""

from __future__ import annotations

import threading
from typing import Any

from app.cardspec import files
from app.cardspec.codecs import FieldValue
from app.cardspec.profile import FileSpec, Profile, Structure
from app.devices.ports import LinkFault, NoCardPresent
from app.personalize.commands import CardBlocked, CardNotGenuine, CardSession, identify
from app.personalize.sam import SamRefused
from app.personalize.verify import CardContents, read_card
from app.workflow.issue import Station


def read_any_card(station: Station, profile: Profile, cancel: threading.Event) -> dict[str, Any]:
    """The card as commands.md's ``read-card`` has it; a blocked one says so in ``state``."""
    if not station.reader.wait_for_card(station.card_wait_ms, cancel):
        raise NoCardPresent(role="card")
    channel = station.channel(station.reader)
    try:
        product = station.products.card_of(channel.atr)
        chip = identify(channel, product)
        told: dict[str, Any] = {
            "atr": channel.atr.hex().upper(),
            "product": product.id,
            "locks": product.locks,
            "chip_serial": chip.serial,
            "genuine": True,
            "fields": {},
            "allergies": [],
            "immunizations": [],
            "photo_bytes": 0,
        }
        session = CardSession(
            channel,
            station.sam.session(),
            product=product,
            profile=profile,
            chip=chip,
            random=station.random,
        )
        try:
            contents = read_card(session, profile)
        except CardBlocked:
            return told | {"state": "blocked"}
        except CardNotGenuine:
            return told | {"genuine": False, "state": "unknown"}
        return told | {"state": contents.state.value} | _shown(contents)
    except (LinkFault, SamRefused):
        station.sam.forget()
        raise
    finally:
        channel.close()


# The standard's keys for what this desk's profile splits: a record's parts have keys of their own there,
# and each of a hospital's records is a file (card-files.csv, DF02 EF07 and EF08, DF03 EE01 to ED05).
_LISTS = {"allergies": "GM", "immunizations": "MY"}
_LIST_NAMES = {"GM": ("过敏", "allergies"), "MY": ("免疫接种", "immunizations")}
_RECORDS = {"ZYJL": ("住院记录", "inpatient records"), "MZJL": ("门诊记录", "outpatient records")}


def card_labels(profile: Profile, lang: str) -> dict[str, str]:
    """What each key of ``fields`` is called."""
    labels = {
        field.key: field.name_zh if lang == "zh" else field.name_en
        for file in profile.files
        for field in file.fields
    }
    others = _LIST_NAMES | _RECORDS
    return labels | {key: zh if lang == "zh" else en for key, (zh, en) in others.items()}


def _shown(contents: CardContents) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    lists: dict[str, list[dict[str, FieldValue]]] = {"allergies": [], "immunizations": []}
    records: dict[str, list[str | None]] = {}
    values = contents.values()
    photo = 0
    for file in contents.profile.files:
        key = file.fields[0].key
        if file.structure is Structure.VARIABLE:
            fields |= {field.key: _text(values.get(field.key)) for field in file.fields}
        elif file.structure is Structure.CYCLIC and file.source is not None:
            name = file.source.rsplit(".", maxsplit=1)[-1]
            lists[name] = _rows(file, contents)
            fields[_LISTS.get(name, name)] = lists[name]
        elif file.structure is Structure.FIXED:
            numbers = range(1, file.records + 1)
            fields[key] = [_text(values.get(files.numbered(key, number))) for number in numbers]
        elif file.length_prefix:
            image = values.get(key)
            photo = len(image) if isinstance(image, bytes) else 0
            fields[key] = _text(image)
        else:
            group = key.rstrip("0123456789")
            records.setdefault(group, []).append(_text(values.get(key)))
            # Null while no hospital wrote any; else each record's bytes, null where there is none.
            fields[group] = records[group] if any(records[group]) else None
    return {"fields": fields, "photo_bytes": photo, **lists}


def _rows(file: FileSpec, contents: CardContents) -> list[dict[str, FieldValue]]:
    values = contents.values()
    return [
        {
            field.source or field.key: values.get(files.numbered(field.key, number))
            for field in file.fields
        }
        for number in range(1, len(contents.records[file.path]) + 1)
    ]


def _text(value: FieldValue) -> str | None:
    return value.hex().upper() if isinstance(value, bytes) else value
