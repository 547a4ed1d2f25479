"""What a workplace says of itself on every card and paper: declared once, kept in the store, audited
(decision 16). The ministry numbers terminals, so institution and terminal stand on every transaction
(rules.md, Terminals, institutions and staff)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Protocol

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class SettingRefused(KangkaError):
    """A setting that is missing or has another form than its numbers have."""

    setting: str

    code = "settings.refused"
    cause = N_("The setting {setting} is missing or not in its form.")
    meaning = N_("It would stand on every card and paper, so nothing was kept.")
    remedy = N_("Give it as the ministry or the province assigned it.")


@dataclass(eq=False)
class SettingFixed(KangkaError):
    """A setting that stays as the workplace was set up."""

    setting: str

    code = "settings.fixed"
    cause = N_("The setting {setting} stays as this workplace was set up.")
    meaning = N_("Cards, numbers or records that were given out bear it, so nothing was changed.")
    remedy = N_("Where it has to be another one, set up another workplace: kangka init.")


# WS 218: institution codes have 22 digits, and card.md (FKJGDM, cn 11 bytes) has room for as many.
_INSTITUTION: Final = r"[0-9]{22}"
_FORMS: Final[Mapping[str, str]] = {
    "name": r".{1,40}",
    # Leads every human number, so that two desks of a centre never give the same one (decision 10).
    "desk": r"[0-9]{2}",
    "institution_code": _INSTITUTION,
    # The terminal's number as the ministry assigned it (Measures, article 11).
    "terminal_number": r"[0-9]{12}",
    "issuer_name": r".{1,15}",
    "issuer_code": _INSTITUTION,
    # GB/T 2260
    "city_code": r"[0-9]{6}",
    "vendor": r"[0-9A-Z]{2}",
    # Told to residents on receipts and proofs; a desk that says neither has its own place, a blank line.
    "collect_at": r".{0,60}",
    "enquiry_phone": r"(\+?[0-9][0-9 ()-]{2,19})?",
}


@dataclass(frozen=True)
class WorkplaceSettings:
    """The settings of one desk. All are public; none is a person's. The last two may be empty.

    ``collect_at`` is where residents collect their cards, ``enquiry_phone`` whom they call.
    """

    name: str
    desk: str
    institution_code: str
    terminal_number: str
    issuer_name: str
    issuer_code: str
    city_code: str
    vendor: str
    collect_at: str = ""
    enquiry_phone: str = ""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, str) or not re.fullmatch(_FORMS[name], value.strip()):
                raise SettingRefused(setting=name)

    def told(self) -> dict[str, str]:
        """Each setting that says something, by its name."""
        return {name: value for name, value in asdict(self).items() if value}


# What may change after the first run: words of papers that are yet to be printed. Everything else was
# given out and is asked for again. Issuer's name and code and the city's code stand on every issued chip
# (the city's in the factor of its keys), the maker's code on every back. The desk's number leads each
# number that it gave and names its chain of the audit; institution and terminal stand in each row of it,
# as the ministry numbered this terminal.
CHANGEABLE: Final = frozenset({"name", "collect_at", "enquiry_phone"})
SETTINGS: Final = tuple(field.name for field in fields(WorkplaceSettings))


def workplace_settings(told: Mapping[str, object]) -> WorkplaceSettings:
    """The settings among ``told``; ``SettingRefused`` names the first that is missing or wrong."""
    return WorkplaceSettings(**{name: str(told.get(name, "")) for name in SETTINGS})


class SettingBook(Protocol):
    """One desk's settings in the store. ``put`` writes its own audit row."""

    def all(self) -> dict[str, str]:
        """Every setting that was ever put for this desk, by name."""
        ...

    def put(self, name: str, value: str) -> None: ...
