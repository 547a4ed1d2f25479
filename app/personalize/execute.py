"""Carrying a plan out: the card is the truth, the journal a hint (design decision 2).

A step is a file: authenticate to read, read all, authenticate to update, write what is unequal,
authenticate to read, read back, compare. So a torn, interrupted or doubtful card is simply run again:
what is right already stays, what is not is written. Activation comes last, after every file was found
equal in this same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.cardspec import files
from app.cardspec.profile import Author, FileSpec, Structure
from app.personalize.commands import CardSession
from app.personalize.plan import FileStep, Plan

# Names of the steps that are no file.
GENUINE = "genuine"
ACTIVATE = "activate"


@dataclass(eq=False)
class CardNotBlank(KangkaError):
    """A card that holds something although no case of this desk wrote it."""

    path: str

    code = "card.not-blank"
    cause = N_("The card is not blank: {path} already holds data that this case did not write.")
    meaning = N_("It may belong to another resident, and nothing was written to it.")
    remedy = N_("Put it aside for the supervisor and take a blank card.")


@dataclass(eq=False)
class CardContradictsJournal(KangkaError):
    """A finished card whose write-once files are no longer what was written."""

    path: str

    code = "card.contradicts-journal"
    cause = N_("{path} differs from what this case had already written for good.")
    meaning = N_("The chip failed, or the card is not the one it says it is; it was left as it is.")
    remedy = N_("Record the card as spoiled and take another one.")


@dataclass(eq=False)
class ReadBackDiffers(KangkaError):
    """A file that does not read as it was written."""

    path: str
    records: str

    code = "card.read-back-differs"
    cause = N_("{path} does not read back as it was written (record {records}).")
    meaning = N_("The card is not finished and must not be handed over.")
    remedy = N_("Continue the case to write it again; if it stays so, record the card as spoiled.")


@dataclass(eq=False)
class CyclicFileStuck(KangkaError):
    """A record in a cyclic file that is not the person's and can not be pushed out."""

    path: str

    code = "card.cyclic-stuck"
    cause = N_("{path} holds a record that was torn and can not be removed from this kind of file.")
    meaning = N_("The card would show a wrong entry, so it must not be handed over.")
    remedy = N_("Record the card as spoiled and take another one.")


@dataclass(eq=False)
class ActivationRefused(KangkaError):
    """The card did not lock its write-once files."""

    serial: str

    code = "card.activation-refused"
    cause = N_("Card {serial} holds everything but refuses to be activated.")
    meaning = N_("Its identity data is not locked, so it must not be handed over.")
    remedy = N_("Continue the case; if it refuses again, record the card as spoiled.")


@dataclass(eq=False)
class Stopped(KangkaError):
    """The clerk stopped between two steps."""

    after: str

    code = "issue.stopped"
    cause = N_("Writing was stopped after {after}, as asked.")
    meaning = N_("The case is kept; the card is not finished.")
    remedy = N_("Lay the same card on the reader and continue the case, or record the card as spoiled.")


class Phase(StrEnum):
    """Where a step is."""

    BEGUN = "begun"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class StepEvent:
    """Progress of one step: ``step`` is a file's path, ``genuine`` or ``activate``; ``total`` counts
    the records or blocks to write and ``done`` those written; ``ns`` is the step's time so far."""

    step: str
    phase: Phase
    done: int
    total: int
    ns: int


class CaseLog(Protocol):
    """What the executor tells the journal, and asks of it."""

    @property
    def begun(self) -> bool:
        """Whether this chip was bound to this plan before this run: it may be written in part."""
        ...

    @property
    def sealed(self) -> bool:
        """Whether this chip's write-once files were already finished under this plan."""
        ...

    def before_first_write(self) -> None:
        """Durable: the chip is bound to the case. Called once, when the card was found fit."""
        ...

    def before_activation(self) -> None:
        """Durable: the write-once files are about to be locked for good."""
        ...

    def after_activation(self) -> None:
        """The card is locked."""
        ...


@dataclass
class Progress:
    """Tells steps with their time, and stops between two of them when asked to."""

    clock: Clock
    tell: Callable[[StepEvent], None]
    cancel: threading.Event
    _step: str = ""
    _total: int = 0
    _begun_ns: int = 0

    def begin(self, step: str) -> None:
        """A new step, unless the clerk asked to stop."""
        if self.cancel.is_set():
            raise Stopped(after=self._step or GENUINE)
        self._step, self._total, self._begun_ns = step, 0, self.clock.monotonic_ns()
        self._say(Phase.BEGUN, 0)

    def writing(self, done: int, total: int) -> None:
        """``done`` of ``total`` pieces are written."""
        self._total = total
        self._say(Phase.WRITING, done)

    def end(self) -> None:
        """The step was found equal."""
        self._say(Phase.DONE, self._total)

    def _say(self, phase: Phase, done: int) -> None:
        elapsed = self.clock.monotonic_ns() - self._begun_ns
        self.tell(StepEvent(self._step, phase, done, self._total, elapsed))


def execute(plan: Plan, card: CardSession, log: CaseLog, progress: Progress) -> None:
    """Write ``plan`` on the card and lock it, or raise a known error with the card resumable."""
    progress.begin(GENUINE)
    card.check_chip()
    card.reset()
    card.prove_genuine()
    progress.end()
    run = _Run(card, log, progress)
    for step in plan.steps:
        progress.begin(step.path)
        run.file(step)
        progress.end()
    if plan.product.locks:
        progress.begin(ACTIVATE)
        _activate(plan, card, log)
        progress.end()


def _activate(plan: Plan, card: CardSession, log: CaseLog) -> None:
    # The whole card was found equal in this run, and it must still be the same one.
    card.check_chip()
    recorded = log.sealed
    if not recorded:
        log.before_activation()
    if not card.activate() and not _locked_already(plan, card):
        raise ActivationRefused(serial=plan.chip.serial)
    if not recorded:
        log.after_activation()


def _locked_already(plan: Plan, card: CardSession) -> bool:
    # A second activation is refused like one that comes too early; a locked card tells itself by
    # refusing to take again what it holds.
    step = next(step for step in plan.steps if step.file.write_once)
    return card.refuses_rewrite(step.file, 1, step.records[0])


class _Run:
    """One pass over the files of one card."""

    def __init__(self, card: CardSession, log: CaseLog, progress: Progress) -> None:
        self._card = card
        self._log = log
        self._progress = progress
        # Bound by an earlier run: then what lies there may be ours in part.
        self._log_begun = log.begun
        self._bound = log.begun

    def file(self, step: FileStep) -> None:
        """Bring one file to what the plan says, and prove it."""
        handler = {
            Structure.VARIABLE: self._records,
            Structure.FIXED: self._records,
            Structure.CYCLIC: self._cyclic,
            Structure.TRANSPARENT: self._binary,
        }[step.file.structure]
        self._card.open(step.file)
        self._card.authorize(step.file.read_key)
        handler(step)

    def _require_ours(self, step: FileStep, holds_data: bool) -> None:
        """A file may hold data only on a card that an earlier run of this case began."""
        if holds_data and not self._log_begun:
            raise CardNotBlank(path=step.path)

    def _prepare(self, step: FileStep) -> None:
        """Before a file's first write: the case owns the chip, durably, and the card gave the right."""
        if step.file.write_once and self._log.sealed:
            raise CardContradictsJournal(path=step.path)
        if not self._bound:
            self._card.check_chip()
            self._log.before_first_write()
            self._bound = True
        self._card.authorize(step.file.update_key)

    def _records(self, step: FileStep) -> None:
        file, target = step.file, step.records
        there = self._read_records(file, target)
        wrong = [n for n, (is_, want) in enumerate(zip(there, target, strict=True), 1) if is_ != want]
        holds_data = any(
            record != files.empty_record(file, number) for number, record in enumerate(there, 1)
        )
        self._require_ours(step, holds_data)
        if not wrong:
            return
        if file.author is not Author.DESK:
            # A hospital's index that is set: nothing of a desk's may take it back.
            raise CardNotBlank(path=step.path)
        self._prepare(step)
        for done, number in enumerate(wrong):
            self._progress.writing(done, len(wrong))
            self._card.update_record(file, number, target[number - 1])
        self._progress.writing(len(wrong), len(wrong))
        self._card.authorize(file.read_key)
        self._compare(step, self._read_records(file, target))

    def _read_records(self, file: FileSpec, target: tuple[bytes, ...]) -> list[bytes]:
        return [
            self._card.read_record(file, number, len(record)) or b""
            for number, record in enumerate(target, 1)
        ]

    def _cyclic(self, step: FileStep) -> None:
        target = list(step.records)
        there = self._read_cyclic(step.file)
        self._require_ours(step, bool(there))
        if there == target:
            return
        missing = _to_append(target, there, step.file)
        self._prepare(step)
        for done, record in enumerate(missing):
            self._progress.writing(done, len(missing))
            self._card.append_record(step.file, record)
        self._progress.writing(len(missing), len(missing))
        self._card.authorize(step.file.read_key)
        self._compare(step, self._read_cyclic(step.file))

    def _read_cyclic(self, file: FileSpec) -> list[bytes]:
        found: list[bytes] = []
        while len(found) < file.records:
            record = self._card.read_record(file, len(found) + 1, file.size)
            if record is None:
                break
            found.append(record)
        return found

    def _binary(self, step: FileStep) -> None:
        file, (target,) = step.file, step.records
        there = self._read_binary(step, stop_at_empty=True)
        # A new photo has length 00 00 and anything behind it; other files of bytes are FF.
        head = there[: file.length_prefix]
        holds_data = any(head) if file.length_prefix else there.strip(b"\xff") != b""
        wrong = [
            (offset, count)
            for offset, count in files.blocks(file, len(target))
            if there[offset : offset + count] != target[offset : offset + count]
        ]
        self._require_ours(step, holds_data)
        if not wrong:
            return
        self._prepare(step)
        for done, (offset, count) in enumerate(wrong):
            self._progress.writing(done, len(wrong))
            self._card.update_binary(file, offset, target[offset : offset + count])
        self._progress.writing(len(wrong), len(wrong))
        self._card.authorize(file.read_key)
        self._compare(step, [self._read_binary(step, stop_at_empty=False)])

    def _read_binary(self, step: FileStep, stop_at_empty: bool) -> bytes:
        """As many bytes as the target has. A file whose length says "nothing" is not read further."""
        file, (target,) = step.file, step.records
        raw = b""
        for offset, count in files.blocks(file, len(target)):
            raw += self._card.read_binary(file, offset, count)
            if stop_at_empty and file.length_prefix and not any(raw[: file.length_prefix]):
                break
        return raw

    def _compare(self, step: FileStep, there: list[bytes]) -> None:
        wrong = [
            str(number)
            for number in range(1, max(len(step.records), len(there)) + 1)
            if there[number - 1 : number] != list(step.records[number - 1 : number])
        ]
        if wrong:
            raise ReadBackDiffers(path=step.path, records=", ".join(wrong))


def _to_append(target: list[bytes], there: list[bytes], file: FileSpec) -> list[bytes]:
    """What to append, oldest first, so that the file holds ``target`` (newest first) alone.

    Records can not be taken back: either the file already holds the older end of the target, or the
    whole target is appended and pushes everything else out, which it only does when it fills the file.
    """
    if not there or there == target[len(target) - len(there) :]:
        return target[: len(target) - len(there)][::-1]
    if len(target) == file.records:
        return target[::-1]
    raise CyclicFileStuck(path=file.path)
