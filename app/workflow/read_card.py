"""Reading whatever health card lies on the reader into named fields (``kangka read-card``)."""

from __future__ import annotations

import threading
from typing import Any

from app.cardspec.codecs import FieldValue
from app.cardspec.profile import Profile, Structure
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


def _shown(contents: CardContents) -> dict[str, Any]:
    fields: dict[str, FieldValue] = {}
    lists: dict[str, list[dict[str, FieldValue]]] = {"allergies": [], "immunizations": []}
    values = contents.values()
    photo = 0
    for file in contents.profile.files:
        if file.structure is Structure.VARIABLE:
            fields |= {field.key: _text(values.get(field.key)) for field in file.fields}
        elif file.structure is Structure.CYCLIC and file.source is not None:
            lists[file.source.rsplit(".", maxsplit=1)[-1]] = [
                {field.source or field.key: values.get(f"{field.key}{number}") for field in file.fields}
                for number in range(1, len(contents.records[file.path]) + 1)
            ]
        elif file.length_prefix:
            image = values.get(file.fields[0].key)
            photo = len(image) if isinstance(image, bytes) else 0
    return {"fields": fields, "photo_bytes": photo, **lists}


def _text(value: FieldValue) -> str | None:
    return value.hex().upper() if isinstance(value, bytes) else value
