"""What the store refuses, and what a desk can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.base.errors import N_, KangkaError
from app.domain.lives import life_word


@dataclass(eq=False)
class StoreMissing(KangkaError):
    """There are no records in the workplace, or only their key."""

    folder: str

    code = "store.missing"
    cause = N_("There are no records in {folder}.")
    meaning = N_("Nothing was opened and nothing was made.")
    remedy = N_("Check the workplace folder; a new workplace is set up first.")


@dataclass(eq=False)
class StoreExists(KangkaError):
    """Records were to be made where some are already."""

    folder: str

    code = "store.exists"
    cause = N_("There are already records in {folder}.")
    meaning = N_("They have not been touched.")
    remedy = N_("Open them, or name another workplace folder.")


@dataclass(eq=False)
class StoreRealmMismatch(KangkaError):
    """A training store was to be opened as a live one, or the reverse."""

    found: str
    wanted: str

    code = "store.realm-mismatch"
    cause = N_("This workplace holds {found} records and was to be opened as {wanted}.")
    meaning = N_("Practice and real work never share records; nothing was opened.")
    remedy = N_("Leave out or add the training switch, or name another workplace folder.")


@dataclass(eq=False)
class StoreKeyWrong(KangkaError):
    """The key file belongs to other records than those that lie beside it."""

    file: str

    code = "store.key-wrong"
    cause = N_("The key does not fit the records in {file}.")
    meaning = N_("The records were not opened and not changed.")
    remedy = N_("Put back the key file that was made together with these records.")


@dataclass(eq=False)
class StoreDamaged(KangkaError):
    """The file is no store of ours, or its parts contradict each other."""

    file: str

    code = "store.damaged"
    cause = N_("The records in {file} are damaged or were made by something else.")
    meaning = N_("They were not opened, so that nothing gets worse.")
    remedy = N_("Keep the file as it is and restore the records from the last good backup.")


@dataclass(eq=False)
class StoreNewer(KangkaError):
    """The records were last opened by a newer program than this one."""

    found: int
    known: int

    code = "store.newer"
    cause = N_("These records have format {found}; this program knows formats up to {known}.")
    meaning = N_("An older program would damage them; they were not opened.")
    remedy = N_("Start the newer program, or install it on this desk.")


@dataclass(eq=False)
class EngineUnfit(KangkaError):
    """The database library is too old, or does not encrypt."""

    found: str
    needed: str

    code = "store.engine-unfit"
    cause = N_("The database library is {found}; {needed} is needed.")
    meaning = N_("Records could be lost or stand open with it; nothing was opened.")
    remedy = N_("Install the program again with the libraries that belong to it.")


@dataclass(eq=False)
class PragmaRefused(KangkaError):
    """The database did not take a setting that the records' safety rests on."""

    setting: str

    code = "store.setting-refused"
    cause = N_("The database did not take the setting {setting}.")
    meaning = N_("A power cut could cost finished work, so the records were not opened.")
    remedy = N_("Put the workplace on a local disk of this computer, not on a shared folder.")


@dataclass(eq=False)
class StoreBusy(KangkaError):
    """Another program holds the records."""

    code = "store.busy"
    cause = N_("Another program is writing to these records.")
    meaning = N_("Nothing was recorded by this step.")
    remedy = N_("Close the other window or wait until its task is done, then try again.")


@dataclass(eq=False)
class StoreWriteFailed(KangkaError):
    """The medium did not take a write: full, gone or failing."""

    code = "store.write-failed"
    cause = N_("The records could not be written: the disk is full or does not answer.")
    meaning = N_("This step was not recorded and has not been done.")
    remedy = N_("Free some space or have the disk checked, then go on where it stopped.")


@dataclass(eq=False)
class StoreFolderRefused(KangkaError):
    """The system does not let the program read or write where the records lie."""

    folder: str

    code = "store.folder-refused"
    cause = N_("The system does not let this program work with the records in {folder}.")
    meaning = N_("No records were opened and none were made.")
    remedy = N_("Check that the disk is there and not full, and that you may read and write the folder.")


@dataclass(eq=False)
class ClockWentBack(KangkaError):
    """The computer's clock is behind the last recorded row."""

    seconds: int

    code = "store.clock-went-back"
    cause = N_("The computer's clock is {seconds} seconds behind the last recorded work.")
    meaning = N_("A wrong time on a card can not be undone, so nothing new is begun.")
    remedy = N_("Set the computer's date and time right, then continue.")


@dataclass(eq=False)
class RealmRefused(KangkaError):
    """A row of one realm was to be kept in a store of another."""

    realm: str
    store: str

    code = "store.realm-refused"
    cause = N_("A {realm} record can not be kept among {store} records.")
    meaning = N_("Nothing was recorded.")
    remedy = N_("Make the application again in this workplace.")


@dataclass(eq=False)
class NoSuchApplication(KangkaError):
    """No application, or no such version of it."""

    application_id: str

    code = "store.no-application"
    cause = N_("There is no application {application_id} here.")
    remedy = N_("Look it up in the list of applications.")


@dataclass(eq=False)
class NoSuchCase(KangkaError):
    """No case has this id."""

    case_id: str

    code = "store.no-case"
    cause = N_("There is no case {case_id} here.")
    remedy = N_("Look it up in the list of cases.")


@dataclass(eq=False)
class ApplicationChanged(KangkaError):
    """A version was to be added that does not follow the newest one."""

    number: str
    version: int

    code = "store.application-changed"
    cause = N_("Application {number} was changed meanwhile; version {version} can not be added.")
    meaning = N_("The newer version is kept and this one was not recorded.")
    remedy = N_("Open the application again and repeat the change.")


@dataclass(eq=False)
class PersonKnown(KangkaError):
    """A document's number already belongs to another person's record."""

    person_id: str

    code = "store.person-known"
    cause = N_("The document's number already belongs to a person recorded here.")
    meaning = N_("One person would stand here twice; nothing was recorded.")
    remedy = N_("Search by the number and continue with the record found.")


@dataclass(eq=False)
class CaseOpen(KangkaError):
    """A card for this person is already being made."""

    number: str

    code = "store.case-open"
    cause = N_("Case {number} already makes a card for this person.")
    meaning = N_("A person has one card; no second one was begun.")
    remedy = N_("Continue case {number} or settle it first.")


@dataclass(eq=False)
class CardLives(KangkaError):
    """This person already has a card."""

    number: str
    state: str

    code = "store.card-lives"
    cause = N_("This person already has a card, made in case {number}: {state}.")
    meaning = N_("A person has one card; no second one was begun.")
    remedy = N_("Report the old card lost or exchange it; a first card is issued once.")

    def params(self) -> dict[str, Any]:
        return {"number": self.number, "state": life_word("card", "state", self.state)}


@dataclass(eq=False)
class ChipTaken(KangkaError):
    """A chip that belongs to another case, spoiled ones included."""

    chip_serial: str
    number: str

    code = "store.chip-taken"
    cause = N_("The chip {chip_serial} belongs to case {number}.")
    meaning = N_("Nothing was written to it.")
    remedy = N_("Take this card off and lay a blank one; a chip is never used twice.")


@dataclass(eq=False)
class IssueSerialTaken(KangkaError):
    """A chip whose issue serial number another card bears already."""

    issue_serial: str
    number: str

    code = "store.issue-serial-taken"
    cause = N_(
        "The issue serial number {issue_serial} of this chip stands on the card of case {number}."
    )
    meaning = N_("No two cards may bear one issue serial number, so nothing was written to it.")
    remedy = N_("Put this card aside for the supplier and take another blank one.")


@dataclass(eq=False)
class ChipDiffers(KangkaError):
    """A case that is bound to one chip (or plan) was to be bound to another."""

    number: str
    chip_serial: str

    code = "store.chip-differs"
    cause = N_("Case {number} was begun with the chip {chip_serial}.")
    meaning = N_("A begun card is finished as it was planned; nothing was written.")
    remedy = N_("Lay the card with the chip {chip_serial} back, or settle the case as spoiled.")


@dataclass(eq=False)
class CaseClosed(KangkaError):
    """A verified or spoiled case was to be changed."""

    number: str
    state: str

    code = "store.case-closed"
    cause = N_("Case {number} is closed: {state}.")
    meaning = N_("A closed case is not changed any more.")
    remedy = N_("Open a new case if another card is due.")


@dataclass(eq=False)
class IntentUnsettled(KangkaError):
    """A case was to be closed as verified while nobody knows how one of its acts ended."""

    number: str
    kind: str

    code = "store.intent-unsettled"
    cause = N_("In case {number} it is not known how this step ended: {kind}.")
    meaning = N_("The case stays open until somebody has looked.")
    remedy = N_("Look at the card and settle the case.")


def known_fault(text: str, file: str) -> KangkaError | None:
    """The desk's fault for what the engine reports of lock, medium and ``file``; None for all else."""
    text = text.lower()
    if "locked" in text or "busy" in text:
        return StoreBusy()
    if any(word in text for word in ("is full", "disk i/o", "readonly", "unable to open")):
        return StoreWriteFailed()
    if "malformed" in text or "not a database" in text:
        return StoreDamaged(file)
    return None
